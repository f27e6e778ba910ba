#include "bench/find.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "bench/csv.hpp"
#include "bench/interrupt.hpp"
#include "bench/log.hpp"
#include "bench/pair_search.hpp"
#include "bench/sim_backend.hpp"
#include "bench/suggest.hpp"

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
    const std::vector<Case> two = pair_cases(options_, machine_, devices_, {});
    const auto on_device = std::ranges::find_if(two, is_on_device);
    if (on_device == two.end()) {
      if (options_.prices.cpu_per_s)
        throw UsageError("both solvers run on the CPU, at one price: leave --cpu-price and --gpu-price out");
      return search(two, {{}});  // nothing depends on the way to a device
    }
    for (const std::string& transfer : transfers_of(*on_device))
      search(pair_cases(options_, machine_, devices_, transfer), options_.questions);
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
    if (walls_)
      for (const Wall& wall : walls_of_pair(pair, two, options_))
        walls_->write(csv_record(wall_record(wall, options_, label_)));
    std::optional<BreakEven> break_even;
    bool is_said = false;  // once is enough
    for (const Question& question : questions) {
      Searched searched{.found = pair.find(question),
                        .title = pair.title(),
                        .a = label_of(two[0]),
                        .b = label_of(two[1]),
                        .question = question,
                        .transfer = is_on_device(two[0]) ? two[0].transfer : two[1].transfer,
                        .is_modelled = options_.simulated != nullptr};
      if (!break_even) break_even = pair.break_even_at(searched.found.last_size);
      if (question.kind != Question::Kind::cost) searched.break_even = break_even;  // of times
      for (const auto& record : crossing_records(searched, options_, label_)) write(record);
      if (is_said) searched.break_even.reset();
      is_said = is_said || searched.break_even.has_value();
      say(searched);
    }
  }

  void say(const Searched& searched) const {
    const std::string axis = options_.problem->axes[static_cast<std::size_t>(options_.vary)].name;
    std::fputs((render_findings(searched, axis) + "\n").c_str(), stream_);
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
  std::string label_;
};

}  // namespace

int find_command(const Options& options) {
  note_interrupts();
  try {
    FindCommand(options).run();
    return 0;
  } catch (const SearchInterrupted&) {
    std::fputs("crossover: interrupted; searches that ended before are kept\n", stderr);
    return interrupted_status;
  } catch (const SearchFailed& failure) {
    std::fprintf(stderr, "crossover: the search ended: %s\n", failure.what());
    return 1;
  }
}

}  // namespace crossover
