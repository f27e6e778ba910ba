#include "bench/search/find.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "bench/base/interrupt.hpp"
#include "bench/base/log.hpp"
#include "bench/base/printable.hpp"
#include "bench/base/suggest.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/rows/csv.hpp"
#include "bench/search/pair_search.hpp"
#include "bench/search/wall_search.hpp"
#include "cpu/build_fault.hpp"

namespace crossover {
namespace {

class FindCommand {
 public:
  explicit FindCommand(const Options& options)
      : options_(options),
        machine_(machine_facts()),
        devices_(measures(options) ? probe_devices(options.device) : std::vector<ProbedDevice>{}),
        stream_(options.csv == "-" ? stderr : stdout) {
    if (!options.walls.empty())
      walls_.emplace(options.walls, options.force ? Existing::replace : Existing::refuse);
    if (!options.csv.empty())
      file_.emplace(options.csv, options.force ? Existing::replace : Existing::refuse);
    label_ = !options.label.empty() ? options.label
             : options.simulated    ? options.simulated->profile().label
                                    : machine_label(machine_);
  }

  void run() {
    write(crossing_header(options_));
    if (walls_) walls_->write(csv_record(wall_header(options_)));
    const std::vector<Case> two = pair_cases(options_, machine_, devices_);
    const auto on_device = std::ranges::find_if(two, is_on_device);
    if (on_device == two.end()) {
      if (options_.prices.cpu_per_s)
        throw UsageError("both solvers run on the CPU, at one price: leave --cpu-price and --gpu-price out");
      if (std::ranges::any_of(options_.questions, &Question::of_phases) && !options_.quiet)
        log_note("between two CPU solvers every --question is the call: there is one search");
      return search(two, {{}});  // nothing depends on the way to a device
    }
    for (const std::string& transfer : transfers_of(*on_device)) {
      std::vector<Case> same = two;
      for (Case& subject : same)
        if (is_on_device(subject)) subject.transfer = transfer;
      search(same, options_.questions);
    }
  }

 private:
  /// Those asked for that the device has. Throws UsageError where it has none of them.
  std::vector<std::string> transfers_of(const Case& subject) const {
    if (options_.transfers.empty()) return {subject.transfer};
    const std::vector<std::string> known(subject.backend->transfers.begin(),
                                         subject.backend->transfers.end());
    std::vector<std::string> chosen;
    for (const std::string& transfer : options_.transfers) {
      if (std::ranges::find(known, transfer) != known.end())
        chosen.push_back(transfer);
      else if (transfer != "none" && !options_.quiet)
        log_note("no search with --transfer " + transfer + ": there is " + joined(known));
    }
    if (chosen.empty()) throw UsageError("--transfer: there is " + joined(known) + " to a device here");
    return chosen;
  }

  /// Between two CPU solvers every question is the call.
  void search(const std::vector<Case>& two, const std::vector<Question>& questions) {
    PairSearch pair(options_, machine_, devices_, two);
    if (walls_) write_walls(pair, two);
    std::map<Index, std::optional<BreakEven>> break_evens;  // by size
    for (const Question& question : questions) {
      Searched searched{.found = pair.find(question),
                        .title = pair.title(),
                        .a = label_of(two[0]),
                        .b = label_of(two[1]),
                        .question = question,
                        .transfer = is_on_device(two[0]) ? two[0].transfer : two[1].transfer,
                        .is_modelled = options_.simulated != nullptr,
                        .doubts = pair.doubts(),
                        .disturbed = pair.disturbed_shares()};
      bool is_new = false;
      if (question.kind != Question::Kind::cost) {  // a break-even is of times
        const auto [at, inserted] = break_evens.try_emplace(searched.found.last_size);
        if (inserted) at->second = break_even_or_note(pair, at->first);
        searched.break_even = at->second;
        is_new = inserted;
      }
      for (const auto& record : crossing_records(searched, options_, label_)) write(record);
      if (!is_new) searched.break_even.reset();  // once is enough on the screen
      say(searched);
    }
  }

  /// A search is not lost where its break-even cannot be taken.
  std::optional<BreakEven> break_even_or_note(PairSearch& pair, Index size) const {
    try {
      return pair.break_even_at(size);
    } catch (const SearchFailed& failure) {
      if (!options_.quiet) log_note(std::string("no break-even: ") + failure.what());
      return std::nullopt;
    }
  }

  /// The host's of the CPU's case are the same for every way to a device.
  void write_walls(const PairSearch& pair, const std::vector<Case>& two) {
    for (const Wall& wall : walls_of_pair(pair, two, options_)) {
      const std::string which = wall.planned.backend + ' ' + wall.planned.solver + ' ' +
                                wall.planned.transfer + ' ' + name_of(wall.memory);
      if (written_walls_.insert(which).second) walls_->write(csv_record(wall_record(wall, options_, label_)));
    }
  }

  void say(const Searched& searched) const {
    const std::string axis = options_.problem->axes[static_cast<std::size_t>(options_.vary)].name;
    print(stream_, render_findings(searched, axis) + "\n");
    std::fflush(stream_);
  }

  void write(const std::vector<std::string>& record) {
    if (file_) file_->write(csv_record(record));
  }

  const Options& options_;
  const Machine machine_;
  const std::vector<ProbedDevice> devices_;
  std::FILE* const stream_;
  std::optional<OutputFile> file_, walls_;
  std::set<std::string> written_walls_;
  std::string label_;
};

/// Searches the sizes of --vary's range that the problem has, and says which it has not.
Options within_range(Options options) {
  const SizeRange range = range_of(options);
  const std::string axis = options.problem->axes[static_cast<std::size_t>(options.vary)].name;
  const auto note = [&](const char* does, Index size, const std::string& why) {
    if (!why.empty() && !options.quiet)
      log_note("the range " + std::string(does) + " at " + axis + " = " + std::to_string(size) + ": " + why);
  };
  note("begins", range.low, range.begin);
  note("ends", range.high, range.end);
  options.vary_from = range.low;
  options.vary_to = range.high;
  return options;
}

}  // namespace

int find_command(const Options& options) {
  note_interrupts();
  if (const std::string fault = cpu::build_fault(); measures(options) && !fault.empty()) log_warning(fault);
  try {
    const Options existing = within_range(options);
    FindCommand(existing).run();
    return 0;
  } catch (const SearchInterrupted&) {
    print(stderr, "crossover: interrupted; searches that ended before are kept\n");
    return interrupted_status;
  } catch (const SearchFailed& failure) {
    print(stderr, std::string("crossover: the search ended: ") + failure.what() + "\n");
    return 1;
  }
}

}  // namespace crossover
