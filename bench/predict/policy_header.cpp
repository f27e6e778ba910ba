// Tables as C++: numbers that are generated, and the few lines that read them.
#include <array>
#include <cstdio>

#include "bench/base/printable.hpp"
#include "bench/predict/policy.hpp"

namespace crossover {
namespace {

constexpr const char* declarations = R"(#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace crossover_policy {

struct Machine {
  const char *label, *cpu;
  int cores;
  const char *device;       // empty: none
  const char *source, *date_utc, *commit;
};

struct Choice {
  const char* backend = "unknown";
  const char* solver = "unknown";
  int threads = 0;
  const char* transfer = "none";
  double seconds = 0, low_s = 0, high_s = 0;  // of a call; the prediction's interval at 99 %
};

struct Decision {
  bool known = false;      // false: outside what was calibrated
  Choice best{}, runner_up{};
  bool contested = false;  // the interval of the best and that of another overlap: measure both
};

namespace detail {

struct Cost {
  float setup_s, stationary_s, again_s;  // again_s 0: not known
  float low, high;                       // the interval, as factors
  float doubt[4];                        // by axis: what it takes half-way to the next size, in logarithms
};

struct Candidate {
  const char *backend, *solver;
  int threads;
  const char* transfer;
  const Cost* costs;  // by shape, the last axis fastest
};

struct Table {
  const char *problem, *type;
  int axes;
  int counts[4];
  const std::int64_t* sizes[4];  // ascending
  int candidate_count;
  const Candidate* candidates;
};

)";

constexpr const char* reading = R"(
// Where a size stands among those of an axis: between `index` and the next, `part` of the way in logarithms.
struct Place {
  int index = -1;
  double part = 0;
};

inline Place place_of(const std::int64_t* sizes, int count, std::int64_t size) {
  for (int i = 0; i < count; ++i) {
    if (size == sizes[i]) return {i, 0};
    if (i + 1 < count && size > sizes[i] && size < sizes[i + 1])
      return {i, std::log(static_cast<double>(size) / static_cast<double>(sizes[i])) /
                     std::log(static_cast<double>(sizes[i + 1]) / static_cast<double>(sizes[i]))};
  }
  return {};
}

// Sums of weighted logarithms; what is 0 at a corner counts as a nanosecond.
struct Mean {
  double sum = 0, largest = 0;
  void add(double weight, double value) {
    sum += weight * std::log(value > 1e-9 ? value : 1e-9);
    if (value > largest) largest = value;
  }
  double value() const { return largest > 0 ? std::exp(sum) : 0; }
};

struct Costs {
  bool known = true;
  Mean setup_s{}, stationary_s{}, again_s{}, low{}, high{};
  double doubt = 0;
};

inline Costs costs_at(const Table& table, const Candidate& candidate, const Place* places) {
  Costs costs;
  for (int corner = 0; corner < (1 << table.axes); ++corner) {
    double weight = 1;
    int node = 0;
    for (int axis = 0; axis < table.axes; ++axis) {
      const bool upper = ((corner >> axis) & 1) != 0;
      weight *= upper ? places[axis].part : 1 - places[axis].part;
      node = node * table.counts[axis] + places[axis].index + (upper ? 1 : 0);
    }
    if (weight <= 0) continue;
    const Cost& cost = candidate.costs[node];
    if (!(cost.again_s > 0)) costs.known = false;
    costs.setup_s.add(weight, static_cast<double>(cost.setup_s));
    costs.stationary_s.add(weight, static_cast<double>(cost.stationary_s));
    costs.again_s.add(weight, static_cast<double>(cost.again_s));
    costs.low.add(weight, static_cast<double>(cost.low));
    costs.high.add(weight, static_cast<double>(cost.high));
    for (int axis = 0; axis < table.axes; ++axis)  // 4 u (1 - u) of it in all, at the part u of the way
      if (((corner >> axis) & 1) == 0)
        costs.doubt += 4 * weight * places[axis].part * static_cast<double>(cost.doubt[axis]);
  }
  return costs;
}

// `others_low_s`: the least that any but the best may take.
inline void offer(Decision& decision, const Choice& choice, double& others_low_s) {
  const bool wins = !decision.known || choice.seconds < decision.best.seconds;
  const Choice& loser = wins ? decision.best : choice;
  if (decision.known && loser.low_s < others_low_s) others_low_s = loser.low_s;
  if (wins) {
    decision.runner_up = decision.best;
    decision.best = choice;
  } else if (decision.runner_up.threads == 0 || choice.seconds < decision.runner_up.seconds) {
    decision.runner_up = choice;
  }
  decision.known = true;
}

inline Decision choose_from(const Table& table, const std::int64_t* sizes, double reuse,
                            std::string_view transfer) {
  Decision decision;
  Place places[4];
  for (int axis = 0; axis < table.axes; ++axis) {
    places[axis] = place_of(table.sizes[axis], table.counts[axis], sizes[axis]);
    if (places[axis].index < 0) return decision;
  }
  double others_low_s = HUGE_VAL;
  for (int i = 0; i < table.candidate_count; ++i) {
    const Candidate& candidate = table.candidates[i];
    const std::string_view moves = candidate.transfer;
    if (moves != "none" && moves != transfer) continue;
    const Costs costs = costs_at(table, candidate, places);
    if (!costs.known) continue;
    const double once_s = reuse > 0 ? (costs.setup_s.value() + costs.stationary_s.value()) / reuse
                                    : costs.stationary_s.value();
    const double seconds = once_s + costs.again_s.value();
    const double low_s = seconds * costs.low.value() * std::exp(-costs.doubt);
    const double high_s = seconds * costs.high.value() * std::exp(costs.doubt);
    offer(decision, {candidate.backend, candidate.solver, candidate.threads, candidate.transfer, seconds,
                     low_s, high_s}, others_low_s);
  }
  decision.contested = others_low_s <= decision.best.high_s;
  return decision;
}

}  // namespace detail

// Which solver to take. `sizes`: in the order of the functions below.
// reuse 0: one call whose buffers are ready and whose inputs all have to be moved. reuse K: one of K calls with
// the same stationary inputs, set-up included; a large K: they are there already.
// transfer: what memory the caller's data is in, pageable or pinned.
inline Decision choose(std::string_view problem, std::string_view type,
                       std::initializer_list<std::int64_t> sizes, double reuse = 0,
                       std::string_view transfer = "pageable") {
  for (const detail::Table& table : detail::tables)
    if (problem == table.problem && type == table.type && static_cast<int>(sizes.size()) == table.axes)
      return detail::choose_from(table, sizes.begin(), reuse, transfer);
  return {};
}

)";

/// With the quotes; nothing in it ends the literal or begins an escape, and no two '?' begin a trigraph.
std::string quoted(const std::string& text) {
  std::string literal = "\"";
  for (const char character : printable(text)) {
    if (character == '"' || character == '\\' || character == '?') literal += '\\';
    literal += static_cast<unsigned char>(character) < ' ' ? ' ' : character;
  }
  return literal + "\"";
}

/// For a comment of one line: neither a backslash nor its trigraph continues that.
std::string plain(const std::string& text) {
  std::string line = printable(text);
  for (char& character : line)
    if (static_cast<unsigned char>(character) < ' ' || character == '\\' || character == '?') character = ' ';
  return line;
}

std::string warnings_text(const Profile& profile) {
  std::string text;
  for (const std::string& warning : profile.warnings)
    text += "// The profile's warning: " + plain(warning) + ".\n";
  return text;
}

std::string number(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.4g", value);
  std::string digits(text.data(), static_cast<std::size_t>(length));
  for (char& character : digits)
    if (character == ',') character = '.';  // whatever the locale
  return digits.find_first_of(".e") == std::string::npos ? digits + ".F" : digits + "F";
}

/// "{0.21F, 0.01F}", without the zeros at its end.
std::string doubt_text(const std::array<double, max_axes>& doubt) {
  std::size_t count = doubt.size();
  while (count > 0 && !(doubt[count - 1] > 0)) --count;
  std::string text;
  for (std::size_t axis = 0; axis < count; ++axis) text += (axis ? ", " : "") + number(doubt[axis]);
  return "{" + text + "}";
}

std::string cost_text(const std::optional<PolicyCost>& cost) {
  if (!cost) return "{}";
  return "{" + number(cost->setup_s) + ", " + number(cost->stationary_s) + ", " + number(cost->again_s) +
         ", " + number(cost->low) + ", " + number(cost->high) + ", " + doubt_text(cost->doubt) + "}";
}

std::string name_of(const PolicyTable& table) {
  return std::string(table.problem->name) + "_" + crossover::name_of(table.type);
}

std::string costs_text(const PolicyTable& table) {
  std::string text;
  for (std::size_t axis = 0; axis < table.sizes.size(); ++axis) {
    text +=
        "inline constexpr std::int64_t " + name_of(table) + "_" + table.problem->axes[axis].name + "[] = {";
    for (std::size_t i = 0; i < table.sizes[axis].size(); ++i)
      text += (i ? ", " : "") + std::to_string(table.sizes[axis][i]);
    text += "};\n";
  }
  for (std::size_t i = 0; i < table.candidates.size(); ++i) {
    text += "inline constexpr Cost " + name_of(table) + "_" + std::to_string(i) + "[] = {\n";
    for (const std::optional<PolicyCost>& cost : table.candidates[i].costs)
      text += "    " + cost_text(cost) + ",\n";
    text += "};\n";
  }
  text += "inline constexpr Candidate " + name_of(table) + "[] = {\n";
  for (std::size_t i = 0; i < table.candidates.size(); ++i) {
    const PolicyCandidate& candidate = table.candidates[i];
    text += "    {" + quoted(candidate.backend) + ", " + quoted(candidate.solver) + ", " +
            std::to_string(candidate.threads) + ", " + quoted(candidate.transfer) + ", " + name_of(table) +
            "_" + std::to_string(i) + "},\n";
  }
  return text + "};\n";
}

std::string row_text(const PolicyTable& table) {
  std::string counts, sizes;
  for (std::size_t axis = 0; axis < max_axes; ++axis) {
    const bool is_axis = axis < table.sizes.size();
    counts += (axis ? ", " : "") + std::to_string(is_axis ? table.sizes[axis].size() : 0);
    sizes += (axis ? ", " : "") +
             (is_axis ? name_of(table) + "_" + table.problem->axes[axis].name : std::string("nullptr"));
  }
  return "    {" + quoted(table.problem->name) + ", " + quoted(crossover::name_of(table.type)) + ", " +
         std::to_string(table.sizes.size()) + ", {" + counts + "}, {" + sizes + "}, " +
         std::to_string(table.candidates.size()) + ", " + name_of(table) + "},\n";
}

/// A function with named sizes for each problem.
std::string function_text(const Problem& problem) {
  std::string parameters, sizes;
  for (const Axis& axis : problem.axes) {
    parameters += std::string("std::int64_t ") + axis.name + ", ";
    sizes += std::string(sizes.empty() ? "" : ", ") + axis.name;
  }
  return std::string("inline Decision ") + problem.name + "(std::string_view type, " + parameters +
         "double reuse = 0,\n    std::string_view transfer = \"pageable\") {\n  return choose(" +
         quoted(problem.name) + ", type, {" + sizes + "}, reuse, transfer);\n}\n";
}

}  // namespace

std::string policy_header(const Profile& profile, const std::vector<PolicyTable>& tables) {
  std::string text = "// Which solver to take, by crossover choose from the profile '" +
                     plain(profile.label) + "' (" + plain(profile.source + " " + profile.date_utc) +
                     ").\n// Times are modelled. C++17; nothing else is needed.\n" + warnings_text(profile) +
                     declarations;
  for (const PolicyTable& table : tables) text += costs_text(table) + "\n";
  text += "inline constexpr Table tables[] = {\n";
  for (const PolicyTable& table : tables) text += row_text(table);
  text += std::string("};\n") + reading;
  text += "inline constexpr Machine machine = {" + quoted(profile.label) + ", " + quoted(profile.cpu) + ", " +
          std::to_string(profile.cores) + ", " + quoted(profile.device ? profile.device->name : "") + ", " +
          quoted(profile.source) + ", " + quoted(profile.date_utc) + ", " + quoted(profile.commit) + "};\n\n";
  const Problem* last = nullptr;
  for (const PolicyTable& table : tables) {
    if (table.problem != last) text += function_text(*table.problem) + "\n";
    last = table.problem;
  }
  return text + "}  // namespace crossover_policy\n";
}

}  // namespace crossover
