// A group of row_means, 1000 x 100 f64, whose cases tell what a test makes them tell.
#pragma once

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "bench/worker/record.hpp"

namespace crossover {

struct Recorded {
  /// Cases as "backend solver", with a trailing number of threads or transfer (optional); `settled`: refused
  /// beforehand.
  explicit Recorded(const std::vector<std::string>& cases, std::vector<bool> settled = {})
      : problem(find_problem("row_means")),
        group{problem, {{1000, 100}}, Type::f64, {}, 1, 1, {}},
        record(rows_of(cases, settled), resized(settled, cases.size()), 8) {}

  void right(int id) {
    record.apply(event::verified(id, {.ok = true, .max_error = 0, .checked = 1, .of = 1, .what = {}}));
  }
  void pilots(int id, const std::vector<double>& seconds) { samples(id, "pilot", seconds); }
  void calls(int id, const std::vector<double>& seconds) { samples(id, "call", seconds); }

  void confirming(int id, const std::vector<double>& seconds) { samples(id, "confirm_call", seconds); }

  /// A case that ended well: verified, three pilots and `count` calls, slightly different from each other.
  void well(int id, double call_s, int count = 16) {
    right(id);
    pilots(id, {call_s, call_s, call_s});
    std::vector<double> seconds;
    for (int i = 0; i < count; ++i) seconds.push_back(call_s * (1 + 1e-3 * ((i * 7) % 5 - 2)));
    calls(id, seconds);
  }

  std::vector<Row> rows() const { return record.rows(nullptr, 8e5, group); }

  const Problem* problem;
  Group group;
  GroupRecord record;

 private:
  void samples(int id, const char* kind, const std::vector<double>& seconds) {
    int block = 0;
    for (const double s : seconds) record.apply(event::sample(id, kind, block++, {{"call", s}}));
  }

  static std::vector<bool> resized(std::vector<bool> settled, std::size_t count) {
    settled.resize(count, false);
    return settled;
  }

  static std::vector<Row> rows_of(const std::vector<std::string>& cases, std::vector<bool> settled) {
    settled = resized(settled, cases.size());
    std::vector<Row> rows;
    for (const std::string& text : cases) {
      Row& row = rows.emplace_back();
      if (settled[rows.size() - 1]) row.outcome = Outcome::refused;
      const std::size_t blank = text.find(' '), second = text.find(' ', blank + 1);
      row.backend = text.substr(0, blank);
      row.solver = text.substr(blank + 1, second - blank - 1);
      row.transfer = row.backend == "cpu" ? "none" : "pageable";
      if (second == text.npos) continue;
      const std::string last = text.substr(second + 1);
      if (std::isdigit(static_cast<unsigned char>(last[0])))
        row.threads = std::stoi(last);
      else
        row.transfer = last;
    }
    return rows;
  }
};

}  // namespace crossover
