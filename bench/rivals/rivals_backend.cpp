// The execution of a rival: its inputs are sent once, a call is one request, and its time is what the other
// process measured around it. Outputs come back when they are asked for, and meet the ordinary oracle.
#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "bench/machine/memory_limits.hpp"
#include "bench/rivals/rival_process.hpp"
#include "bench/rivals/rivals.hpp"

namespace crossover {
namespace {

using nlohmann::json;

struct Rival {
  const char* name;
  const char* strategy;
  bool on_device;
  bool similarity_only;
  std::size_t process_bytes;  ///< Python with its libraries, resident
};

constexpr std::array rivals = {
    Rival{"numpy", "NumPy: its reductions; blocks of a product, then argmax or argpartition", false, false,
          64U << 20},
    Rival{"torch-cpu", "PyTorch on the CPU: its reductions; blocks of a product, then topk", false, false,
          256U << 20},
    Rival{"torch-cuda", "PyTorch on a GPU, from pageable memory", true, false, 3U << 30},
    Rival{"faiss", "FAISS: normalize_L2 and exact search (knn)", false, true, 128U << 20},
    Rival{"sklearn", "scikit-learn: NearestNeighbors, brute force", false, true, 192U << 20},
    Rival{"cupy", "CuPy on a GPU, from pageable memory", true, false, 1U << 30},
};
constexpr std::array<const char*, rivals.size()> names = [] {
  std::array<const char*, rivals.size()> all{};
  std::transform(rivals.begin(), rivals.end(), all.begin(), [](const Rival& rival) { return rival.name; });
  return all;
}();

const Rival& rival_named(std::string_view name) {
  const auto found =
      std::find_if(rivals.begin(), rivals.end(), [&](const Rival& r) { return r.name == name; });
  if (found == rivals.end()) throw std::invalid_argument("there is no rival of that name");
  return *found;
}

constexpr std::array reductions = {"sum", "mean", "min", "max", "argmax", "dot", "norm2", "square_sine_sum"};

const std::vector<SolverInfo>& table() {
  static const std::vector<SolverInfo> all = [] {
    std::vector<SolverInfo> made;
    for (const Rival& rival : rivals) {
      const auto add = [&](const char* problem) {
        made.push_back({.problem = problem,
                        .name = rival.name,
                        .strategy = rival.strategy,
                        .folds = false,
                        .threaded = !rival.on_device,
                        .allocates = true});
      };
      add("similarity");
      if (rival.similarity_only) continue;
      add("row_means");
      for (const char* problem : reductions) add(problem);
    }
    return made;
  }();
  return all;
}

std::vector<const SolverInfo*> solvers() {
  std::vector<const SolverInfo*> all;
  for (const SolverInfo& solver : table()) all.push_back(&solver);
  return all;
}

std::string unavailable(int) { return {}; }
Device describe(int) { return {.name = "host"}; }

/// One process for each rival, started when first needed, and again where it died. They end with this one.
RivalProcess& process_of(const Task& task) {
  static std::map<std::string, std::unique_ptr<RivalProcess>, std::less<>> all;
  std::unique_ptr<RivalProcess>& process = all[std::string(task.solver)];
  if (!process || !process->alive()) {
    process = std::make_unique<RivalProcess>(std::string(task.program), std::string(task.solver));
    if (process->facts().contains("reason")) throw Unavailable(process->facts().at("reason"));
  }
  return *process;
}

std::vector<StartupPart> startup(const Task& task) {
  return {{"library", [task] { process_of(task); }}};
}

/// Bytes of similarity's scores, and of what is as large, at once: a quarter of the memory, 4 GiB at most.
std::size_t scores_at_most() {
  constexpr std::size_t most = std::size_t{4} << 30;
  static const std::size_t bytes = std::min(most, host_memory_limits().tightest().available_bytes / 4);
  return bytes;
}

/// Its own copy of the inputs, and for similarity unit rows and a block of scores (see rival_libraries.py).
Footprint footprint(const Task& task) {
  const Rival& rival = rival_named(task.solver);
  const auto inputs = static_cast<std::size_t>(bytes_of(task.problem->in, task.shape, task.type));
  std::size_t host =
      inputs + static_cast<std::size_t>(bytes_of(task.problem->out, task.shape, task.type)) * 2;
  if (task.problem->name == std::string_view("similarity") && !rival.on_device) {
    // NumPy's argpartition makes an index of 8 bytes for each score.
    const double score_bytes = rival.name == std::string_view("numpy") && task.shape[3] > 4 ? 12 : 4;
    const double scores =
        score_bytes * static_cast<double>(task.shape[0]) * static_cast<double>(task.shape[1]);
    host += inputs + static_cast<std::size_t>(std::min(scores, static_cast<double>(scores_at_most())));
  }
  return {.host_bytes = host + rival.process_bytes,
          .pinned_bytes = 0,
          .device_bytes = rival.on_device ? std::nullopt : std::optional<std::size_t>(0)};
}

json described(std::span<const Operand> operands, const Task& task) {
  json all = json::array();
  for (const Operand& operand : operands) {
    const Extents extents = extents_of(operand, task.shape);
    std::vector<Index> shape(extents.size.begin(), extents.size.begin() + extents.rank);
    all.push_back({{"type", name_of(operand.type(task.type))}, {"shape", shape}});
  }
  return all;
}

/// Its arrays, filled with the task's inputs.
void send_inputs(RivalProcess& process, const Task& task) {
  json sizes = json::object();
  for (std::size_t axis = 0; axis < task.problem->axes.size(); ++axis)
    sizes[task.problem->axes[axis].name] = task.shape[static_cast<int>(axis)];
  const json what = {{"problem", task.problem->name},
                     {"sizes", sizes},
                     {"inputs", described(task.problem->in, task)},
                     {"outputs", described(task.problem->out, task)},
                     {"threads", task.threads},
                     {"scores_at_most", scores_at_most()},
                     {"setting", task.setting},
                     {"device_limit_bytes", task.device_limit_bytes}};
  process.ask("open " + what.dump());
  process.ask("fill", task.in);
}

class RivalExecution final : public Execution {
 public:
  explicit RivalExecution(const Task& task)
      : task_(task), setting_(task.setting), program_(task.program), in_(task.in.begin(), task.in.end()) {
    task_.setting = setting_;
    task_.program = program_;
    task_.in = in_;
  }

  std::vector<Step> opening() override {
    return {{Phase::inputs, 1, [this] { send_once(); }}, step(Phase::allocate)};
  }

  std::vector<Step> call() override {
    if (!rival_named(task_.solver).on_device) return {step(Phase::compute)};
    std::vector<Step> steps = {step(Phase::upload)};
    if (!std::all_of(task_.problem->in.begin(), task_.problem->in.end(),
                     [](const Operand& operand) { return operand.stationary; }))
      steps.push_back(step(Phase::upload_fresh));
    steps.push_back(step(Phase::compute));
    steps.push_back(step(Phase::download));
    return steps;
  }

  std::vector<Step> closing() override { return {step(Phase::release)}; }

  /// What was queued goes as one request: a call has one synchronisation, at its end.
  void wait() override {
    elsewhere_.reset();
    if (queued_.empty()) return;
    const json said = process_->ask("run " + std::exchange(queued_, {}));
    Elsewhere there{.seconds = said.at("seconds")};
    if (said.contains("preemptions")) there.preemptions = said.at("preemptions").get<std::int64_t>();
    if (said.contains("waited_s")) there.waited_s = said.at("waited_s").get<double>();
    elsewhere_ = there;
  }

  std::optional<Elsewhere> elsewhere() const override { return elsewhere_; }
  std::optional<std::size_t> peak_elsewhere_bytes() const override { return peak_bytes_; }

  void poison() override {
    process_->ask("poison");
    std::fill_n(results_.data(), results_.bytes(), std::byte{0xFF});
    fetched_ = false;
  }

  std::string damage() override { return {}; }  // the bounds of its arrays are kept by its library

  std::span<const HostArray> outputs() override {
    if (!fetched_) {
      const json said = process_->ask_for("fetch", out_);
      if (const std::size_t peak = said.value("peak_bytes", std::size_t{0}); peak > 0) peak_bytes_ = peak;
      fetched_ = true;
    }
    return out_;
  }

 private:
  /// Repeated openings find their inputs there.
  void send_once() {
    RivalProcess& process = process_of(task_);
    if (process_ == &process) return;
    send_inputs(process, task_);
    process_ = &process;
    results_ = task_.host_memory->allocate(
        static_cast<std::size_t>(bytes_of(task_.problem->out, task_.shape, task_.type)) + 64);
    std::byte* next = results_.data();
    out_.clear();
    for (const Operand& operand : task_.problem->out) {
      out_.push_back({next, operand.type(task_.type), extents_of(operand, task_.shape)});
      next += out_.back().bytes();
    }
  }

  Step step(Phase phase) {
    return {phase, 1, [this, phase] {
              fetched_ = false;
              queued_ += (queued_.empty() ? "" : ",") + std::string(name_of(phase));
            }};
  }

  Task task_;
  std::string setting_, program_;
  std::vector<HostArray> in_;
  RivalProcess* process_ = nullptr;
  std::string queued_;
  std::optional<Elsewhere> elsewhere_;
  std::optional<std::size_t> peak_bytes_;
  HostBuffer results_;
  std::vector<HostArray> out_;
  bool fetched_ = false;
};

std::unique_ptr<Execution> open(const Task& task) {
  rival_named(task.solver);
  return std::make_unique<RivalExecution>(task);
}

Tuning tune(const Task& task, double budget_s) {
  RivalProcess& process = process_of(task);
  send_inputs(process, task);
  const json said = process.ask("tune " + std::to_string(budget_s));
  return {.setting = said.at("setting"), .text = said.at("text"), .threads = said.at("threads")};
}

}  // namespace

std::span<const char* const> rival_names() { return names; }

const Backend& rivals_backend() {
  static const Backend backend{
      .name = "rivals",
      .summary = "what a user would pick instead, in Python: with --rivals",
      .transfers = {"none", "pageable"},
      .solvers = solvers(),
      .unavailable = unavailable,
      .describe = describe,
      .startup = startup,
      .footprint = footprint,
      .open = open,
      .tune = tune,
  };
  return backend;
}

}  // namespace crossover
