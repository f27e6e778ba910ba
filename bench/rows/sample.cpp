#include "bench/rows/sample.hpp"

#include <array>
#include <filesystem>
#include <vector>

#include "bench/base/input_file.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/rows/columns.hpp"
#include "bench/rows/csv.hpp"

namespace crossover {
namespace {

/// The columns of rows that say which case a sample belongs to, sizes of every axis among them.
std::vector<const Column*> case_columns() {
  std::vector<const Column*> found;
  for (const char* name : {"run_id", "problem", "type"}) found.push_back(find_column(name));
  for (const Column& column : columns())
    if (column.is_size) found.push_back(&column);
  for (const char* name : {"seed", "backend", "solver", "threads", "transfer"})
    found.push_back(find_column(name));
  return found;
}

constexpr std::array timed_phases = {Phase::allocate,     Phase::pin,     Phase::upload,
                                     Phase::upload_fresh, Phase::compute, Phase::overlapped,
                                     Phase::download,     Phase::release, Phase::call};

std::string header() {
  std::vector<std::string> cells;
  for (const Column* column : case_columns()) cells.emplace_back(column->name);
  cells.insert(cells.end(), {"kind", "process", "block"});
  for (const Phase phase : timed_phases) cells.push_back(std::string(name_of(phase)) + "_s");
  cells.insert(cells.end(), {"preemptions", "waited_s", "throttled", "elapsed_s"});
  return csv_record(cells);
}

/// A line for each call: a run of days may write more than a file that is read whole may have otherwise.
constexpr std::size_t most_samples_bytes = std::size_t{1} << 30;

/// Of a file as this program writes it, or as others saved that.
bool has_columns(const std::string& text) try {
  const CsvRecords first = parse_csv(std::string_view(text).substr(0, text.find('\n') + 1));
  return first.records == parse_csv(header()).records;
} catch (const CsvError&) {
  return false;
}

/// Whether there is something to continue.
bool begun(const std::string& path, Existing existing) {
  std::error_code failed;
  if (existing != Existing::append || path == "-" || !std::filesystem::is_regular_file(path, failed))
    return false;
  const std::string text = read_whole(path, most_samples_bytes);
  const bool is_whole = !header().starts_with(text) || text == header();  // else killed as it began
  if (is_whole && !has_columns(text))
    throw UsageError(path + " has other columns than this program writes: give another file, or --force");
  const std::size_t whole = is_whole ? text.rfind('\n') + 1 : 0;
  if (whole != text.size()) std::filesystem::resize_file(path, whole, failed);
  if (failed) throw OutputError("cannot write to " + path + ": " + failed.message());
  return is_whole;
}

}  // namespace

SamplesFile::SamplesFile(const std::string& path, Existing existing)
    : SamplesFile(path, existing, begun(path, existing)) {}

SamplesFile::SamplesFile(const std::string& path, Existing existing, bool continued) : file_(path, existing) {
  if (!continued) file_.write(header());
}

void SamplesFile::write(const Row& of, const Sample& sample) {
  std::vector<std::string> cells;
  for (const Column* column : case_columns()) cells.push_back(column->print(of));
  cells.push_back(sample.kind);
  cells.push_back(std::to_string(sample.process));
  cells.push_back(std::to_string(sample.block));
  for (const Phase phase : timed_phases) {
    const auto seconds = sample.seconds.find(name_of(phase));
    cells.push_back(seconds == sample.seconds.end() ? std::string() : print_number(seconds->second));
  }
  const Contention& contention = sample.contention;
  cells.push_back(contention.preemptions ? std::to_string(*contention.preemptions) : std::string());
  cells.push_back(contention.waited_s ? print_number(*contention.waited_s) : std::string());
  cells.emplace_back(!contention.throttled ? "" : *contention.throttled ? "true" : "false");
  cells.push_back(print_number(sample.elapsed_s));
  file_.write(csv_record(cells));
}

}  // namespace crossover
