#include "bench/rows/residual.hpp"

#include <cmath>
#include <cstdlib>
#include <map>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

bool can_be_forecast(const Row& row) {
  return row.source == "measured" && row.outcome == Outcome::ok && row.call_s && *row.call_s > 0 &&
         row.cache == "warm" && row.chunks.value_or(1) == 1;
}

/// Empty where the row is of a problem or type that this program does not have.
std::optional<ModelCase> case_of(const Row& row) {
  const Problem* problem = find_problem(row.problem);
  if (!problem) return std::nullopt;
  for (const Type type : problem->types) {
    if (row.type != name_of(type)) continue;
    ModelCase subject{problem, {}, type, row.backend, row.solver, row.threads, row.transfer};
    for (std::size_t axis = 0; axis < problem->axes.size(); ++axis) {
      const auto size = row.sizes.find(problem->axes[axis].name);
      if (size == row.sizes.end()) return std::nullopt;
      subject.shape[static_cast<int>(axis)] = size->second;
    }
    return subject;
  }
  return std::nullopt;
}

/// "+3%", "-12%", "+2.1x" from three times on.
std::string signed_text(double residual) {
  if (residual >= 2) return "+" + format_ratio(residual);
  const long percent = std::lround(100 * residual);
  return (percent < 0 ? "" : "+") + std::to_string(percent) + "%";
}

std::string median_text(const std::vector<double>& off) {
  return format_percent(median(off)) + " (" + std::to_string(off.size()) +
         (off.size() == 1 ? " row)" : " rows)");
}

}  // namespace

void fill_residuals(std::span<Row> rows, const Profile& profile) {
  for (Row& row : rows) {
    if (!can_be_forecast(row)) continue;
    const std::optional<ModelCase> subject = case_of(row);
    if (!subject) continue;
    const Predicted predicted = predict(profile, *subject);
    if (!predicted.prediction || !(predicted.prediction->call_s.value > 0)) continue;
    row.predicted_call_s = predicted.prediction->call_s.value;
    row.residual = *row.call_s / *row.predicted_call_s - 1;
  }
}

std::string render_residuals(std::span<const Row> rows, int width) {
  const std::vector<std::string> labels = short_labels(rows);
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].predicted_call_s && rows[i].residual)
      text += (text.empty() ? "forecast of a call, and the measurement against it: " : ", ") + labels[i] +
              " " + format_seconds(*rows[i].predicted_call_s) + " (" + signed_text(*rows[i].residual) + ")";
  return text.empty() ? text : wrapped(text, width, 2);
}

std::string render_residual_summary(std::span<const Row> rows, int width) {
  std::map<bool, std::vector<double>> by_side;  // the CPU's: true
  std::map<std::string, std::vector<double>> by_problem;
  for (const Row& row : rows) {
    if (!row.residual) continue;
    by_side[row.backend == "cpu"].push_back(std::fabs(*row.residual));
    by_problem[row.problem].push_back(std::fabs(*row.residual));
  }
  if (by_side.empty()) return {};
  std::string text = "forecasts were off by, in the median: ";
  if (by_side.contains(true)) text += "CPU " + median_text(by_side[true]);
  if (by_side.contains(false))
    text += (by_side.contains(true) ? ", GPU " : "GPU ") + median_text(by_side[false]);
  std::string problems;
  for (const auto& [problem, off] : by_problem)
    problems += (problems.empty() ? "" : ", ") + problem + " " + median_text(off);
  if (by_problem.size() > 1) text += "; " + problems;
  return wrapped(text, width, 2);
}

}  // namespace crossover
