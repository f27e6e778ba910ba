// Runs a CPU solver on a whole problem through its execution, and on pieces through its function.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>

#include "cpu/execution.hpp"
#include "tests/absence.hpp"
#include "tests/fills.hpp"

namespace crossover::test {

/// Memory that ends at a page nobody may read, so that reading past the end is a crash. Zero-filled.
class GuardedArray {
 public:
  GuardedArray(Type type, Extents extents)
      : array_{nullptr, type, extents}, size_((array_.bytes() + page - 1) / page * page) {
    void* memory = mmap(nullptr, size_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    pages_ = static_cast<std::byte*>(memory);
    mprotect(pages_ + size_, page, PROT_NONE);
    array_.data = pages_ + size_ - array_.bytes();
  }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;
  ~GuardedArray() { munmap(pages_, size_ + page); }

  const HostArray& array() const { return array_; }
  void fill_bytes(int value) const { std::memset(array_.data, value, array_.bytes()); }
  bool holds_only(int value) const {
    const auto* bytes = static_cast<const unsigned char*>(array_.data);
    return std::all_of(bytes, bytes + array_.bytes(), [value](unsigned char byte) { return byte == value; });
  }
  /// From now on, writing to it is a crash too.
  void protect() const { mprotect(pages_, size_, PROT_READ); }

 private:
  static constexpr std::size_t page = 4096;
  HostArray array_;
  std::size_t size_;
  std::byte* pages_;
};

/// Arrays for all operands of one kind.
class Arrays {
 public:
  Arrays(std::span<const Operand> operands, const Shape& shape, Type type) {
    for (const Operand& operand : operands) {
      owned_.push_back(std::make_unique<GuardedArray>(operand.type(type), extents_of(operand, shape)));
      arrays_.push_back(owned_.back()->array());
    }
  }
  std::span<const HostArray> all() const { return arrays_; }
  void fill_bytes(int value) const {
    for (const auto& array : owned_) array->fill_bytes(value);
  }
  bool hold_only(int value) const {
    return std::all_of(owned_.begin(), owned_.end(),
                       [value](auto& array) { return array->holds_only(value); });
  }
  void protect() const {
    for (const auto& array : owned_) array->protect();
  }

 private:
  std::vector<std::unique_ptr<GuardedArray>> owned_;
  std::vector<HostArray> arrays_;
};

inline void apply(const Fill& fill, std::span<const HostArray> inputs) {
  for (std::size_t operand = 0; operand < inputs.size(); ++operand) {
    const Extents& extents = inputs[operand].extents;
    with_type(inputs[operand].type, [&]<class T>() {
      T* next = vector<T>(inputs[operand]).data();
      for (Index row = 0; row < extents.size[0]; ++row)
        for (Index col = 0; col < extents.size[1]; ++col)
          *next++ = element_of<T>(
              fill.value({static_cast<int>(operand), row, col, extents.size[0], extents.size[1]}));
    });
  }
}

/// One problem with its inputs, which stay as they are.
struct Given {
  Given(const Problem& of, const Shape& sizes, Type element, const Fill& fill)
      : problem(of), shape(sizes), type(element), name(fill.name), in(of.in, sizes, element) {
    apply(fill, in.all());
    in.protect();
  }

  Oracle oracle() const { return problem.oracle(shape, type, in.all(), 2e9); }
  /// That holds the solver to its own bound, if it has one.
  Oracle oracle_of(const SolverInfo& solver) const {
    return [oracle = oracle(), bound = error_bound(solver, shape, type)](std::span<const HostArray> out) {
      return oracle(out).within(bound);
    };
  }

  std::string text() const {
    std::string all = std::string(problem.name) + " " + name_of(type) + " " + name;
    for (std::size_t i = 0; i < problem.axes.size(); ++i)
      all += std::string(" ") + problem.axes[i].name + "=" + std::to_string(shape[static_cast<int>(i)]);
    return all;
  }

  const Problem& problem;
  Shape shape;
  Type type;
  const char* name;
  Arrays in;
};

inline std::vector<Type> types_of(const Problem& problem, const SolverInfo& solver) {
  return solver.types.empty() ? problem.types : solver.types;
}

/// Opens, calls and closes the solver's execution, twice on the same state, and holds what it wrote
/// against `oracle`. Asserts on damage and on memory beyond what the footprint announced.
inline void expect_whole(const Given& given, const SolverInfo& solver, int threads, const Oracle& oracle) {
  HostMemory memory;
  const Task task{.problem = &given.problem,
                  .solver = solver.name,
                  .shape = given.shape,
                  .type = given.type,
                  .threads = threads,
                  .transfer = "none",
                  .in = given.in.all(),
                  .host_memory = &memory};
  const auto execution = cpu::open_host(task);
  for (const Step& step : execution->opening()) step.run();
  for (int repetition = 0; repetition < 2; ++repetition) {
    execution->poison();
    for (const Step& step : execution->call()) step.run();
    execution->wait();
    ASSERT_EQ(execution->damage(), "") << given.text();
    const Check check = oracle(execution->outputs());
    ASSERT_TRUE(check.ok) << given.text() << ", " << threads << " threads: " << check.what;
    ASSERT_GT(check.checked, 0) << given.text();
  }
  const std::size_t announced = cpu_backend().footprint(task).host_bytes;
  ASSERT_LE(memory.peak_bytes(), announced + 3) << given.text();  // an empty buffer counts one byte
  for (const Step& step : execution->closing()) step.run();
  ASSERT_EQ(memory.in_use_bytes(), 0U) << given.text();
}

/// Outer boundaries and up to `cuts` random ones of [0, count).
inline std::vector<Index> random_cuts(Index count, int cuts, std::mt19937& random) {
  std::vector<Index> bounds{0, count};
  for (int i = 0; i < cuts; ++i) bounds.push_back(std::uniform_int_distribution<Index>(0, count)(random));
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  return bounds;
}

/// The piece [first, end) of `given` along `axis`; `state` and `out` are whole, and cut here.
inline void solve_piece(const Given& given, const cpu::HostSolver& solver, int threads, int axis, Index first,
                        Index end, const Arrays& state, const Arrays& out, bool start, bool last) {
  Shape shape = given.shape;
  shape[axis] = end - first;
  cpu::HostContext context{solver.threaded ? threads : 1, {}};
  context.limits.threads = context.threads;
  const auto in_part = cut<Space::host>(given.problem.in, given.in.all(), axis, first, end - first);
  const auto state_part = cut<Space::host>(given.problem.state, state.all(), axis, first, end - first);
  const auto out_part = cut<Space::host>(given.problem.out, out.all(), axis, first, end - first);
  const std::size_t bytes = workspace_bytes(solver, shape, given.type, context.limits);
  HostMemory memory;
  const HostBuffer workspace = memory.allocate(bytes + 64);
  std::memset(workspace.data(), 0xA5, bytes + 64);
  solver.solve(context, {.in = in_part,
                         .state = state_part,
                         .out = out_part,
                         .workspace = {workspace.data(), bytes},
                         .shape = shape,
                         .whole = given.shape,
                         .first = first,
                         .start = start,
                         .last = last});
  for (std::size_t i = 0; i < 64; ++i)
    ASSERT_EQ(workspace.data()[bytes + i], std::byte{0xA5}) << "wrote behind the workspace, " << given.text();
}

}  // namespace crossover::test
