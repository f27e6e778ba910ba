// A CSV of rows: read, written again, explained, and compared with itself.
#include "bench/report/compare.hpp"
#include "bench/report/explain.hpp"
#include "bench/rows/csv.hpp"
#include "fuzz.hpp"

using namespace crossover;

namespace {

std::string text_of(const std::vector<Row>& rows) {
  std::string text = csv_header();
  for (const Row& row : rows) text += csv_row(row);
  return text;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto rows = fuzz::unless_refused([&] { return rows_of_csv(fuzz::text_of(data, size), "rows.csv"); });
  if (!rows) return 0;
  const std::string text = text_of(*rows);
  fuzz::require(text_of(rows_of_csv(text, "again.csv")) == text, "what was read is written, and reads back");
  if (rows->empty()) return 0;
  fuzz::unless_refused([&] { return render_explanations(*rows); });
  render_differences(*rows, *rows);
  const auto pairs = fuzz::unless_refused([&] { return paired(*rows, *rows, "rows.csv", "again.csv"); });
  if (!pairs) return 0;
  render_comparison(*pairs);
  parse_csv(comparison_csv(*pairs));
  return 0;
}
