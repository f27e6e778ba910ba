// Asserts that the in-place execution notices whoever writes outside what was given to it: outputs, states
// and the workspace; and that it starts no team for small buffers. To add a place, add a byte to `outside`.
#include <gtest/gtest.h>

#include <filesystem>

#include "cpu/execution.hpp"

namespace crossover::cpu {
namespace {

std::byte* byte_to_spoil(const HostPiece& piece, int which) {
  const auto before = [](const HostArray& array) { return static_cast<std::byte*>(array.data) - 1; };
  const auto behind = [](const HostArray& array) {
    return static_cast<std::byte*>(array.data) + array.bytes();
  };
  switch (which) {
    case 0: return before(piece.out[0]);
    case 1: return behind(piece.out[0]);
    case 2: return before(piece.state[0]);
    case 3: return behind(piece.state[0]);
    case 4: return piece.workspace.data() - 1;
    case 5: return piece.workspace.data() + piece.workspace.size();
    default: return piece.workspace.data();  // its own
  }
}

template <int which>
void spoil(HostContext&, const HostPiece& piece) {
  *byte_to_spoil(piece, which) ^= std::byte{0xFF};
}

std::size_t a_little(const Shape&, Type, const Limits&) { return 100; }

std::string damage_of(void (*solve)(HostContext&, const HostPiece&)) {
  const HostSolver solver{{.problem = "sum", .name = "careless", .strategy = "", .workspace = a_little},
                          solve};
  HostMemory memory;
  const HostBuffer values = memory.allocate(800);
  const std::vector<HostArray> in = {{values.data(), Type::f64, {1, {100, 1}}}};
  const Task task{.problem = find_problem("sum"),
                  .solver = "careless",
                  .shape = {{100}},
                  .type = Type::f64,
                  .transfer = "none",
                  .in = in,
                  .host_memory = &memory};
  const std::unique_ptr<Execution> execution = open_host(task, solver);
  for (const Step& step : execution->opening()) step.run();
  EXPECT_EQ(memory.in_use_bytes() - 800, own_bytes(*task.problem, solver, task.shape, task.type, {}));
  execution->poison();
  EXPECT_EQ(execution->damage(), "");
  for (const Step& step : execution->call()) step.run();
  const std::string damage = execution->damage();
  execution->poison();
  EXPECT_EQ(execution->damage(), "") << "poison() puts the sentinels back";
  for (const Step& step : execution->closing()) step.run();
  return damage;
}

TEST(HostExecution, NoticesWritesOutside) {
  const std::string output = std::string("wrote outside output ") + find_problem("sum")->out[0].name;
  const std::string state = std::string("wrote outside state ") + find_problem("sum")->state[0].name;
  EXPECT_EQ(damage_of(spoil<0>), output);
  EXPECT_EQ(damage_of(spoil<1>), output);
  EXPECT_EQ(damage_of(spoil<2>), state);
  EXPECT_EQ(damage_of(spoil<3>), state);
  EXPECT_EQ(damage_of(spoil<4>), "wrote outside its workspace");
  EXPECT_EQ(damage_of(spoil<5>), "wrote outside its workspace");
  EXPECT_EQ(damage_of(spoil<6>), "");
}

std::ptrdiff_t running_threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

/// Opens and closes it with four threads for `rows` results.
void open_for(Index rows) {
  const HostSolver solver{{.problem = "row_means", .name = "idle", .strategy = "", .threaded = true},
                          [](HostContext&, const HostPiece&) {}};
  HostMemory memory;
  const HostBuffer values = memory.allocate(static_cast<std::size_t>(rows) * 8);
  const std::vector<HostArray> in = {{values.data(), Type::f64, {2, {rows, 1}}}};
  const Task task{.problem = find_problem("row_means"),
                  .solver = "idle",
                  .shape = {{rows, 1}},
                  .type = Type::f64,
                  .threads = 4,
                  .transfer = "none",
                  .in = in,
                  .host_memory = &memory};
  const std::unique_ptr<Execution> execution = open_host(task, solver);
  for (const Step& step : execution->opening()) step.run();
  for (const Step& step : execution->closing()) step.run();
}

TEST(HostExecution, StartsNoTeamForSmallBuffers) {
  const std::ptrdiff_t before = running_threads();
  open_for(1000);
  EXPECT_EQ(running_threads(), before);
  open_for(1 << 18);  // 2 MiB of results
  EXPECT_EQ(running_threads(), before + 3);
}

}  // namespace
}  // namespace crossover::cpu
