#include "bench/rows/published.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "bench/rows/cell.hpp"
#include "bench/rows/csv.hpp"

namespace crossover {
namespace {

/// A published workload in our words: the problem, and which of its axes each parameter is.
struct Translation {
  const char *workload, *problem;
  std::map<std::string, std::string> axes;
  bool turned = false;
};

const std::vector<Translation>& translations() {
  static const std::vector<Translation> table = {
      {"row_means", "row_means", {{"rows", "rows"}, {"cols", "cols"}}},
      // Its question: of the new texts the best for each existing one; and the same texts asked the other way
      // round, which is the same product.
      {"similarity", "similarity", {{"nb_txt", "queries"}, {"nb_new", "corpus"}, {"dim", "dim"}}},
      {"similarity", "similarity", {{"nb_txt", "corpus"}, {"nb_new", "queries"}, {"dim", "dim"}}, true},
      {"sum", "sum", {{"elements", "n"}}},
      {"sum_square_plus_sine", "square_sine_sum", {{"elements", "n"}}},
  };
  return table;
}

/// "rows=100000 cols=1000 dtype=f64"; words without `=` say nothing.
std::map<std::string, std::string> settings_of(const std::string& parameters) {
  std::map<std::string, std::string> settings;
  std::istringstream words(parameters);
  for (std::string word; words >> word;)
    if (const std::size_t at = word.find('='); at != std::string::npos)
      settings[word.substr(0, at)] = word.substr(at + 1);
  return settings;
}

bool same_work(const Published& figure, const Translation& translation, const Row& row) {
  if (figure.workload != translation.workload || row.problem != translation.problem) return false;
  const std::map<std::string, std::string> settings = settings_of(figure.parameters);
  const auto type = settings.find("dtype");
  if (type == settings.end() || type->second != row.type) return false;
  for (const auto& [name, axis] : translation.axes) {
    const auto setting = settings.find(name);
    const auto size = row.sizes.find(axis);
    if (setting == settings.end() || size == row.sizes.end() ||
        setting->second != std::to_string(size->second))
      return false;
  }
  return true;
}

std::vector<Published> read_figures() {
  const CsvRecords parsed = parse_csv(lecture_figures_csv());
  const std::vector<std::string> header = {"source",  "workload", "parameters", "system",
                                           "seconds", "result",   "note"};
  if (parsed.cut || parsed.records.empty() || parsed.records.front() != header)
    throw CsvError("the published figures have other columns than expected");
  std::vector<Published> figures;
  for (std::size_t i = 1; i < parsed.records.size(); ++i) {
    const std::vector<std::string>& cells = parsed.records[i];
    if (cells.size() != header.size()) throw CsvError("the published figures: a line is not whole");
    Published& figure = figures.emplace_back(
        Published{cells[0], cells[1], cells[2], cells[3], std::nullopt, cells[5], cells[6]});
    parse_cell(figure.seconds, cells[4]);
  }
  return figures;
}

}  // namespace

std::span<const Published> published_figures() {
  static const std::vector<Published> figures = read_figures();
  return figures;
}

std::vector<PublishedFor> published_for(const Row& row) {
  std::vector<PublishedFor> found;
  for (const Published& figure : published_figures()) {
    const auto same = std::ranges::find_if(
        translations(), [&](const Translation& translation) { return same_work(figure, translation, row); });
    if (same != translations().end()) found.push_back({&figure, same->turned});
  }
  return found;
}

}  // namespace crossover
