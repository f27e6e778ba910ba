#include "cpu/execution.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace crossover::cpu {
namespace {

constexpr std::size_t sentinel_bytes = 64;  // on either side of outputs, states and the workspace
constexpr std::byte sentinel{0xA5};
constexpr std::byte poison_value{0xFF};  // NaN in f32 and f64, -1 in i64
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t team_from_bytes = std::size_t{1} << 20;  // below, starting a team takes longer

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

std::size_t guarded_bytes(std::span<const Operand> operands, const Shape& shape, Type type) {
  std::size_t total = 0;
  for (const Operand& operand : operands)
    total +=
        rounded(static_cast<std::size_t>(extents_of(operand, shape).count()) * size_of(operand.type(type))) +
        2 * sentinel_bytes;
  return total;
}

/// Touches every page from the threads that will compute, in the order of a static schedule.
void touch(std::byte* data, std::size_t bytes, int threads) {
  const auto pages = static_cast<Index>((bytes + page_bytes - 1) / page_bytes);
#pragma omp parallel for schedule(static) num_threads(threads) if (bytes >= team_from_bytes)
  for (Index page = 0; page < pages; ++page) data[static_cast<std::size_t>(page) * page_bytes] = std::byte{0};
}

class HostExecution final : public Execution {
 public:
  HostExecution(const Task& task, const HostSolver& solver)
      : task_(task), solver_(solver), context_{solver.threaded ? task.threads : 1, task.limits} {}

  std::vector<Step> opening() override {
    return {{Phase::allocate, 1, [this] { allocate(); }}};
  }

  std::vector<Step> call() override {
    return {{Phase::compute, 1, [this] { compute(); }}};
  }

  std::vector<Step> closing() override {
    return {{Phase::release, 1, [this] { release(); }}};
  }

  void wait() override {}

  void poison() override {
    std::fill_n(results_.data(), results_.bytes(), sentinel);
    for (const HostArray& array : out_)
      std::memset(array.data, static_cast<int>(poison_value), array.bytes());
    for (const Guarded& kept : guarded()) {
      std::fill_n(kept.data - sentinel_bytes, sentinel_bytes, sentinel);
      std::fill_n(kept.data + kept.bytes, sentinel_bytes, sentinel);
    }
  }

  std::string damage() override {
    const auto spoiled = [](std::byte value) { return value != sentinel; };
    for (const Guarded& kept : guarded())
      if (std::any_of(kept.data - sentinel_bytes, kept.data, spoiled) ||
          std::any_of(kept.data + kept.bytes, kept.data + kept.bytes + sentinel_bytes, spoiled))
        return "wrote outside " + kept.name;
    return {};
  }

  std::span<const HostArray> outputs() override { return out_; }

 private:
  void allocate() {
    const Problem& problem = *task_.problem;
    results_ = task_.host_memory->allocate(guarded_bytes(problem.out, task_.shape, task_.type));
    states_ = task_.host_memory->allocate(guarded_bytes(problem.state, task_.shape, task_.type));
    workspace_ = task_.host_memory->allocate(workspace_bytes(solver_, task_.shape, task_.type, limits()) +
                                             2 * sentinel_bytes);
    out_ = place(problem.out, results_);
    state_ = place(problem.state, states_);
    for (const HostBuffer* buffer : {&results_, &states_, &workspace_})
      touch(buffer->data(), buffer->bytes(), context_.threads);
  }

  std::vector<HostArray> place(std::span<const Operand> operands, const HostBuffer& buffer) const {
    std::vector<HostArray> arrays;
    std::byte* next = buffer.data();
    for (const Operand& operand : operands) {
      next += sentinel_bytes;
      arrays.push_back({next, operand.type(task_.type), extents_of(operand, task_.shape)});
      next += rounded(arrays.back().bytes()) + sentinel_bytes;
    }
    return arrays;
  }

  void compute() {
    solver_.solve(context_, {.in = task_.in,
                             .state = state_,
                             .out = out_,
                             .workspace = workspace(),
                             .shape = task_.shape,
                             .whole = task_.shape});
  }

  /// What a solver may write to, with sentinels on both sides.
  struct Guarded {
    std::string name;
    std::byte* data;
    std::size_t bytes;
  };

  std::vector<Guarded> guarded() const {
    std::vector<Guarded> all;
    const auto add = [&all](const char* role, std::span<const Operand> operands,
                            std::span<const HostArray> arrays) {
      for (std::size_t i = 0; i < arrays.size(); ++i)
        all.push_back({std::string(role) + " " + operands[i].name, static_cast<std::byte*>(arrays[i].data),
                       arrays[i].bytes()});
    };
    add("output", task_.problem->out, out_);
    add("state", task_.problem->state, state_);
    all.push_back({"its workspace", workspace().data(), workspace().size()});
    return all;
  }

  std::span<std::byte> workspace() const {
    return {workspace_.data() + sentinel_bytes, workspace_.bytes() - 2 * sentinel_bytes};
  }

  void release() {
    out_.clear();
    state_.clear();
    for (HostBuffer* buffer : {&results_, &states_, &workspace_}) HostBuffer(std::move(*buffer));
  }

  Limits limits() const {
    Limits limits = task_.limits;
    limits.threads = context_.threads;
    return limits;
  }

  Task task_;
  const HostSolver& solver_;
  HostContext context_;
  HostBuffer results_, states_, workspace_;
  std::vector<HostArray> out_, state_;
};

}  // namespace

std::size_t own_bytes(const Problem& problem, const HostSolver& solver, const Shape& shape, Type type,
                      const Limits& limits) {
  return guarded_bytes(problem.out, shape, type) + guarded_bytes(problem.state, shape, type) +
         workspace_bytes(solver, shape, type, limits) + 2 * sentinel_bytes;
}

const HostSolver* find_host_solver(std::string_view problem, std::string_view solver) {
  for (const std::span<const HostSolver> list : host_solvers())
    for (const HostSolver& candidate : list)
      if (candidate.problem == problem && candidate.name == solver) return &candidate;
  return nullptr;
}

std::unique_ptr<Execution> open_host(const Task& task) {
  const HostSolver* solver = find_host_solver(task.problem->name, task.solver);
  if (!solver) throw std::invalid_argument("the cpu backend has no such solver");
  return open_host(task, *solver);
}

std::unique_ptr<Execution> open_host(const Task& task, const HostSolver& solver) {
  return std::make_unique<HostExecution>(task, solver);
}

}  // namespace crossover::cpu
