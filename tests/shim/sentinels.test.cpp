// Who writes outside outputs, state or workspace on the device is seen and named; results are spoiled where
// they live before a call is verified. To add a place to write to: a line in `cases`.
#include "tests/shim/device_cases.hpp"

namespace crossover::test {
namespace {

/// Where a bad solver writes: a block, and an offset from its first byte or from the one behind its last.
struct Stray {
  enum { output, second_output, state, workspace } block;
  bool behind;
  std::ptrdiff_t offset;
  const char* named;  ///< what the sentence must say; empty: no damage
};

Stray stray;

void write_astray(DeviceContext& context, const DevicePiece& piece) {
  solve_as_kernel<argmax_problem>(context, piece);
  const auto bytes_of_array = [](const DeviceArray& array) {
    return std::span(static_cast<std::byte*>(array.data), array.bytes());
  };
  const std::span<std::byte> block = stray.block == Stray::workspace       ? piece.workspace
                                     : stray.block == Stray::state         ? bytes_of_array(piece.state[0])
                                     : stray.block == Stray::second_output ? bytes_of_array(piece.out.back())
                                                                           : bytes_of_array(piece.out[0]);
  block.data()[stray.offset + static_cast<std::ptrdiff_t>(stray.behind ? block.size() : 0)] = std::byte{7};
}

TEST(Sentinels, SeesWhatIsWrittenOutside) {
  DeviceSolver solver = pretend_solver<argmax_problem>();
  solver.solve = write_astray;
  solver.workspace = [](const Shape&, Type, const Limits&) { return std::size_t{100}; };
  constexpr Stray cases[] = {
      {Stray::output, false, -1, "outside output index, in front"},
      {Stray::output, false, -256, "outside output index, in front"},
      {Stray::output, true, 0, "outside output index, behind"},
      {Stray::second_output, true, 255, "outside output"},
      {Stray::state, false, -1, "outside state index, in front"},
      {Stray::state, true, 0, "outside state index, behind"},
      {Stray::workspace, false, -1, "outside its workspace, in front"},
      {Stray::workspace, true, 0, "outside its workspace, behind"},
      {Stray::workspace, true, 255, "outside its workspace, behind"},
      {Stray::workspace, true, -1, ""},
      {Stray::workspace, false, 0, ""},
  };
  for (const Stray& each : cases) {
    stray = each;
    fake::start();
    Case subject(solver, "pageable");
    const Ending ending = run_case(subject);
    if (*each.named == '\0')
      EXPECT_EQ(ending.how, Ended::ok) << ending.what;
    else
      EXPECT_NE(ending.what.find(each.named), std::string::npos) << ending.what << " != " << each.named;
    expect_nothing_left(subject);
  }
}

int spoiled_bytes, seen_bytes;

/// Writes nothing; counts the bytes it could have relied on, and those of them that are spoiled.
void only_look(DeviceContext&, const DevicePiece& piece) {
  const auto look = [](std::span<const std::byte> bytes) {
    seen_bytes += static_cast<int>(bytes.size());
    spoiled_bytes += static_cast<int>(std::count(bytes.begin(), bytes.end(), std::byte{0xFF}));
  };
  for (const auto& arrays : {piece.out, piece.state})
    for (const DeviceArray& array : arrays) look({static_cast<std::byte*>(array.data), array.bytes()});
  look(piece.workspace);
}

TEST(Poison, SpoilsResultsWhereTheyLive) {
  DeviceSolver solver = pretend_solver<norm2_problem>();
  solver.solve = only_look;
  solver.workspace = [](const Shape&, Type, const Limits&) { return std::size_t{100}; };
  for (const gpu::Transfer& transfer : gpu::transfers()) {
    fake::start();
    seen_bytes = spoiled_bytes = 0;
    Case subject(solver, transfer.name);
    EXPECT_EQ(run_case(subject).how, Ended::failed) << "a solver that writes nothing";
    EXPECT_GT(seen_bytes, 100);
    EXPECT_EQ(spoiled_bytes, seen_bytes);
  }
}

TEST(Poison, SpoilsResultsInHostMemoryToo) {
  fake::start();
  for (const gpu::Transfer& transfer : gpu::transfers()) {
    const DeviceSolver solver = pretend_solver<row_means_problem>();
    Case subject(solver, transfer.name);
    const auto execution = gpu::open_device(subject.task, solver);
    Phase phase{};
    run_steps(*execution, execution->opening(), phase);
    run_steps(*execution, execution->call(), phase);
    execution->poison();
    for (const float mean : vector<const float>(execution->outputs()[0])) EXPECT_TRUE(std::isnan(mean));
  }
}

}  // namespace
}  // namespace crossover::test
