// RFC 4180: lines end in CRLF when written, in CRLF or LF when read; quoted cells may hold anything. What
// spreadsheets and data frames make of such a file is read too: a byte order mark, `True`, `FALSE`, `8.0`.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/output_file.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

/// A file that cannot be read as rows, in a sentence.
struct CsvError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One record with its CRLF; cells are quoted where they must be.
std::string csv_record(std::span<const std::string> cells);

struct CsvRecords {
  std::vector<std::vector<std::string>> records;
  /// Text follows the last line end: a run was interrupted, and nothing says whether its last number is
  /// whole (RFC 4180 would allow a last record without a line end).
  bool cut = false;
};

/// Throws CsvError where quotes cannot be understood.
CsvRecords parse_csv(std::string_view text);

std::string csv_header();
std::string csv_row(const Row&);

/// The rows of a finished file. Throws CsvError: missing, empty, cut, of another schema, unknown columns.
std::vector<Row> read_csv(const std::string& path);
std::vector<Row> rows_of_csv(std::string_view text, const std::string& path);

/// Problem, type, sizes and seed: what the rows of one group have in common.
std::string group_key(const Row&);

/// A CSV that --resume goes on with; from now on no other run writes it. Empty: there is none yet. Throws
/// UsageError: it is no file, or another run writes it.
std::optional<OutputFile> open_to_continue(const std::string& csv_path);

/// The rows of a run, flushed as they are written; each group in one piece.
class CsvFile {
 public:
  /// path "-": stdout. Throws UsageError where the file exists and may not be replaced, OutputError where
  /// it cannot be written.
  CsvFile(const std::string& path, Existing existing);

  /// Continues a file, or starts it where there is none: a row that was cut is dropped, and so are groups
  /// that have fewer rows than `planned` says (by group_key), or a row that is_cut_short(). Throws UsageError
  /// for a file that cannot be read as rows, or has a case twice.
  static CsvFile resume(const std::string& path, const std::map<std::string, std::size_t>& planned);
  /// `file`: as open_to_continue() opened it.
  static CsvFile resume(OutputFile file, const std::string& path,
                        const std::map<std::string, std::size_t>& planned);

  /// Throws OutputError; what was written before stays.
  void write(std::span<const Row> group);

  /// What resume() found and kept.
  const std::vector<Row>& found() const { return found_; }

 private:
  CsvFile(OutputFile file, std::vector<Row> found) : file_(std::move(file)), found_(std::move(found)) {}

  OutputFile file_;
  std::vector<Row> found_;
};

}  // namespace crossover
