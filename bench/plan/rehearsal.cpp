#include "bench/plan/rehearsal.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <utility>

#include "bench/base/suggest.hpp"
#include "bench/plan/options.hpp"

namespace crossover {
namespace {

using Failure = Rehearsal::Failure;

constexpr std::array<std::pair<std::string_view, Failure>, 8> failures = {{
    {"kill", Failure::kill},
    {"segv", Failure::segv},
    {"hang", Failure::hang},
    {"stop", Failure::stop},
    {"error", Failure::error},
    {"out-of-memory", Failure::out_of_memory},
    {"wrong", Failure::wrong},
    {"overrun", Failure::overrun},
}};

constexpr std::array rehearsed_phases = {Phase::startup,  Phase::allocate,     Phase::pin,
                                         Phase::upload,   Phase::upload_fresh, Phase::compute,
                                         Phase::download, Phase::release,      Phase::verify};
constexpr std::array phases_of_group = {Phase::inputs, Phase::verify};

[[noreturn]] void wait_for_signal() {
  for (;;) pause();
}

void fail(Failure failure) {
  switch (failure) {
    case Failure::kill: raise(SIGKILL); break;
    case Failure::segv: raise(SIGSEGV); break;
    case Failure::hang: wait_for_signal();
    case Failure::stop: raise(SIGSTOP); wait_for_signal();
    case Failure::error: throw std::runtime_error("a rehearsed error");
    case Failure::out_of_memory: throw OutOfMemory("a rehearsed shortage", 1 << 30, 1 << 20);
    case Failure::wrong:
    case Failure::overrun: break;
  }
}

class RehearsedExecution final : public Execution {
 public:
  RehearsedExecution(std::unique_ptr<Execution> real, const Rehearsal& what)
      : real_(std::move(real)), what_(what) {}

  std::vector<Step> opening() override { return spoil(real_->opening()); }
  std::vector<Step> call() override { return spoil(real_->call()); }
  std::vector<Step> closing() override { return spoil(real_->closing()); }
  void wait() override {
    real_->wait();
    if (spoils_) spoil_outputs();  // which a device delivers now
    spoils_ = false;
  }
  std::optional<Elsewhere> elsewhere() const override { return real_->elsewhere(); }
  std::optional<std::size_t> peak_elsewhere_bytes() const override { return real_->peak_elsewhere_bytes(); }
  void poison() override { real_->poison(); }
  std::string damage() override {  // asked by every check
    if (what_.phase == Phase::verify && ++times_ == what_.at) fail(what_.failure);
    return real_->damage();
  }
  std::span<const HostArray> outputs() override { return real_->outputs(); }

 private:
  std::vector<Step> spoil(std::vector<Step> steps) {
    for (Step& step : steps)
      if (step.phase == what_.phase)
        step.run = [this, run = std::move(step.run)] {
          if (++times_ == what_.at) fail(what_.failure);
          run();
          spoils_ |= times_ >= what_.at;
        };
    return steps;
  }

  void spoil_outputs() {
    if (real_->outputs().empty()) return;
    const HostArray& out = real_->outputs()[0];
    auto* bytes = static_cast<unsigned char*>(out.data);
    if (what_.failure == Failure::wrong) bytes[out.bytes() - 1] ^= 0x55U;
    if (what_.failure == Failure::overrun) bytes[out.bytes()] ^= 0x55U;
  }

  std::unique_ptr<Execution> real_;
  Rehearsal what_;
  int times_ = 0;
  bool spoils_ = false;
};

}  // namespace

std::optional<Rehearsal> parse_rehearsal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const UsageError bad(
      "--rehearse " + std::string(text) +
      ": expected SOLVER:PHASE:FAILURE[@N] with a phase of allocate, pin, upload, compute, "
      "download, release, startup, verify and a failure of kill, segv, hang, stop, error, "
      "out-of-memory, wrong, overrun, for example openmp:compute:kill; or group:PHASE:FAILURE "
      "with a phase of inputs, verify");
  const std::size_t first = text.find(':');
  const std::size_t second = first == text.npos ? text.npos : text.find(':', first + 1);
  if (second == text.npos) throw bad;
  Rehearsal rehearsal;
  rehearsal.solver = text.substr(0, first);
  const std::string_view phase_name = text.substr(first + 1, second - first - 1);
  std::string_view failure_name = text.substr(second + 1);
  if (const std::size_t at = failure_name.find('@'); at != failure_name.npos) {
    const std::string_view count = failure_name.substr(at + 1);
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), rehearsal.at);
    if (error != std::errc{} || end != count.data() + count.size() || rehearsal.at < 1) throw bad;
    failure_name = failure_name.substr(0, at);
  }
  bool known = false;
  const std::span<const Phase> phases =
      rehearsal.solver == rehearsed_group ? std::span<const Phase>(phases_of_group) : rehearsed_phases;
  for (const Phase phase : phases)
    if (phase_name == name_of(phase)) rehearsal.phase = phase, known = true;
  if (!known) throw bad;
  for (const auto& [name, failure] : failures)
    if (failure_name == name) {
      rehearsal.failure = failure;
      return rehearsal;
    }
  throw bad;
}

void check_rehearsal(const Options& options, std::span<const Group> groups) {
  const std::optional<Rehearsal> rehearsal = parse_rehearsal(options.rehearse);
  if (!rehearsal || rehearsal->solver == rehearsed_group) return;
  std::vector<std::string> planned;
  for (const Group& group : groups)
    for (const Case& subject : group.cases)
      if (subject.solver && std::find(planned.begin(), planned.end(), subject.solver->name) == planned.end())
        planned.emplace_back(subject.solver->name);
  if (std::find(planned.begin(), planned.end(), rehearsal->solver) == planned.end())
    throw UsageError("--rehearse: " + unknown("solver of this run", rehearsal->solver, planned));
}

std::string missed_rehearsal(const Options& options, std::span<const Row> rows) {
  const std::optional<Rehearsal> rehearsal = parse_rehearsal(options.rehearse);
  if (!rehearsal) return {};
  for (const Row& row : rows)
    if ((row.solver == rehearsal->solver || rehearsal->solver == rehearsed_group) &&
        row.outcome != Outcome::ok && row.outcome != Outcome::refused && row.outcome != Outcome::unavailable)
      return {};
  return "--rehearse " + options.rehearse + " never happened: " + rehearsal->solver +
         " was not run, or did not get to " + name_of(rehearsal->phase) +
         (rehearsal->at > 1 ? " that often in one process" : "");
}

void rehearse_now(const std::optional<Rehearsal>& what, std::string_view solver, Phase phase) {
  if (what && what->solver == solver && what->phase == phase && what->at == 1) fail(what->failure);
}

std::unique_ptr<Execution> rehearse(std::unique_ptr<Execution> execution, std::string_view solver,
                                    const std::optional<Rehearsal>& what) {
  if (!what || what->solver != solver) return execution;
  return std::make_unique<RehearsedExecution>(std::move(execution), *what);
}

}  // namespace crossover
