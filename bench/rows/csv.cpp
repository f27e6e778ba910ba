#include "bench/rows/csv.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "bench/base/format.hpp"
#include "bench/base/input_file.hpp"
#include "bench/base/suggest.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/rows/columns.hpp"

namespace crossover {
namespace {

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) text.append(c == '"' ? 2 : 1, c);
  return text + '"';
}

std::vector<std::string> column_names() {
  std::vector<std::string> all;
  for (const Column& column : columns()) all.emplace_back(column.name);
  return all;
}

/// The columns of a header. Throws CsvError for names that are unknown, double or missing.
std::vector<const Column*> columns_of(const std::vector<std::string>& header, const std::string& path) {
  std::vector<const Column*> found;
  for (const std::string& name : header) {
    const Column* column = find_column(name);
    if (column == nullptr) throw CsvError(path + ": " + unknown("column", name, column_names()));
    if (std::ranges::find(found, column) != found.end())
      throw CsvError(path + ": the column " + name + " stands there twice");
    found.push_back(column);
  }
  for (const Column& column : columns())
    if (column.in_every_file && std::ranges::find(found, &column) == found.end())
      throw CsvError(path + ": the column " + column.name + " is missing");
  return found;
}

/// Before anything else: a file of another version may have other columns.
void check_schema(const CsvRecords& parsed, const std::string& path) {
  const std::vector<std::string>& header = parsed.records.front();
  const auto at = static_cast<std::size_t>(std::ranges::find(header, "schema_version") - header.begin());
  if (at == header.size())
    throw CsvError(path + " has no column schema_version: it was not written by crossover");
  std::vector<std::string> known;
  for (int version = oldest_schema_version; version <= schema_version; ++version)
    known.push_back(std::to_string(version));
  for (std::size_t line = 1; line < parsed.records.size(); ++line)
    if (at < parsed.records[line].size() && std::ranges::find(known, parsed.records[line][at]) == known.end())
      throw CsvError(path + ", row " + std::to_string(line) + ": schema version '" +
                     shortened(parsed.records[line][at], 64) + "'; this program reads versions " +
                     joined(known));
}

std::vector<Row> rows_of(CsvRecords parsed, const std::string& path) {
  std::erase(parsed.records, std::vector<std::string>{""});  // empty lines
  if (parsed.records.empty()) throw CsvError(path + " is empty");
  check_schema(parsed, path);
  const std::vector<const Column*> header = columns_of(parsed.records.front(), path);
  std::vector<Row> rows;
  for (std::size_t line = 1; line < parsed.records.size(); ++line) {
    const std::vector<std::string>& cells = parsed.records[line];
    const std::string where = path + ", row " + std::to_string(line) + ": ";
    if (cells.size() != header.size())
      throw CsvError(where + std::to_string(cells.size()) + " cells instead of " +
                     std::to_string(header.size()));
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) try {
        header[i]->parse(row, cells[i]);
        if (header[i]->kind == Column::Kind::number && !header[i]->may_be_negative && !cells[i].empty() &&
            parse_number(cells[i]) < 0)
          throw std::invalid_argument("'" + shortened(cells[i], 64) + "' is below 0");
      } catch (const std::invalid_argument& error) {
        throw CsvError(where + header[i]->name + ": " + error.what());
      }
  }
  upgrade_verdicts(rows);
  for (Row& row : rows) upgrade(row);
  return rows;
}

/// Throws CsvError where a case stands in the file twice: two programs wrote it at once, or it was edited.
void check_each_once(const std::vector<Row>& rows, const std::string& path) {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::size_t>& group = groups[group_key(rows[i])];
    for (const std::size_t other : group)
      if (is_same_case(rows[i], rows[other]))
        throw CsvError(path + ": rows " + std::to_string(other + 1) + " and " + std::to_string(i + 1) +
                       " are the same case: leave one of them out");
    group.push_back(i);
  }
}

/// Drops the groups that are to be measured again: those with fewer rows than `planned` says, and those that
/// a run had no time for.
void drop_unfinished(std::vector<Row>& rows, const std::map<std::string, std::size_t>& planned) {
  std::map<std::string, std::size_t> found;
  std::set<std::string> unfinished;
  for (const Row& row : rows) {
    ++found[group_key(row)];
    if (is_cut_short(row)) unfinished.insert(group_key(row));
  }
  for (const auto& [key, count] : planned)
    if (found.contains(key) && found[key] < count) unfinished.insert(key);
  std::erase_if(rows, [&](const Row& row) { return unfinished.contains(group_key(row)); });
}

/// Spreadsheets write other separators where commas are decimal points.
void check_separator(std::string_view text, const std::string& path) {
  const std::string_view header = text.substr(0, text.find('\n'));
  const auto commas = std::ranges::count(header, ',');
  for (const auto& [separator, name] : {std::pair{';', "semicolons"}, {'\t', "tabs"}})
    if (std::ranges::count(header, separator) > commas)
      throw CsvError(path + " has " + name +
                     " between its cells: save it with commas, and points in numbers");
}

}  // namespace

std::string csv_record(std::span<const std::string> cells) {
  std::string text;
  for (const std::string& cell : cells) text += (&cell == cells.data() ? "" : ",") + quoted(cell);
  return text + "\r\n";
}

CsvRecords parse_csv(std::string_view text) {
  CsvRecords parsed;
  std::vector<std::string> record;
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0, end_of_last = 0;
  while (at < text.size()) {
    std::string& cell = record.emplace_back();
    if (text[at] == '"') {
      for (++at; at < text.size(); ++at) {
        if (text[at] == '"' && !(at + 1 < text.size() && text[at + 1] == '"')) break;
        if (text[at] == '"') ++at;
        cell += text[at];
      }
      if (at == text.size()) break;
      ++at;
      if (at < text.size() && text[at] != ',' && text[at] != '\r' && text[at] != '\n')
        throw CsvError("record " + std::to_string(parsed.records.size() + 1) +
                       ": text after a closing quote");
    } else {
      const std::size_t end = std::min(text.find_first_of(",\r\n", at), text.size());
      cell = text.substr(at, end - at);
      at = end;
      if (cell.find('"') != std::string::npos)
        throw CsvError("record " + std::to_string(parsed.records.size() + 1) +
                       ": a quote inside a bare cell");
    }
    if (at < text.size() && text[at] == ',') {
      ++at;
      if (at < text.size() && text[at] != '\r' && text[at] != '\n') continue;
      record.emplace_back();
    }
    if (at < text.size() && text[at] == '\r') ++at;
    if (at >= text.size()) break;
    if (text[at] != '\n')
      throw CsvError("record " + std::to_string(parsed.records.size() + 1) + ": a bare CR");
    parsed.records.push_back(std::move(record));
    end_of_last = ++at;
    record.clear();
  }
  parsed.cut = end_of_last != text.size();
  return parsed;
}

std::string csv_header() { return csv_record(column_names()); }

std::string csv_row(const Row& row) {
  std::vector<std::string> cells;
  for (const Column& column : columns()) cells.push_back(column.print(row));
  return csv_record(cells);
}

std::vector<Row> rows_of_csv(std::string_view text, const std::string& path) {
  if (text.empty()) throw CsvError(path + " is empty");
  check_separator(text, path);
  CsvRecords parsed;
  try {
    parsed = parse_csv(text);
  } catch (const CsvError& error) {
    throw CsvError(path + ", " + error.what());
  }
  if (parsed.cut)
    throw CsvError(path + " ends in the middle of row " + std::to_string(parsed.records.size()) +
                   ": its run was interrupted; --resume continues it");
  return rows_of(parsed, path);
}

std::vector<Row> read_csv(const std::string& path) {
  try {
    return rows_of_csv(read_whole(path), path);
  } catch (const UsageError& error) {
    throw CsvError(error.what());
  }
}

std::string group_key(const Row& row) {
  std::string key = row.problem + ' ' + row.type + " seed=" + std::to_string(row.seed);
  for (const auto& [axis, size] : row.sizes) key += ' ' + axis + '=' + std::to_string(size);
  return key;
}

CsvFile::CsvFile(const std::string& path, Existing existing) : file_(path, existing) {
  file_.write(csv_header());
}

CsvFile CsvFile::resume(const std::string& path, const std::map<std::string, std::size_t>& planned) {
  std::optional<OutputFile> there = open_to_continue(path);
  return there ? resume(std::move(*there), path, planned) : CsvFile(path, Existing::refuse);
}

CsvFile CsvFile::resume(OutputFile file, const std::string& path,
                        const std::map<std::string, std::size_t>& planned) {
  const std::string text = read_whole(path), header = csv_header();
  std::vector<Row> rows;
  std::string kept = header;
  if (!header.starts_with(text)) try {
      check_separator(text, path);
      rows = rows_of(parse_csv(text), path);
      check_each_once(rows, path);
      drop_unfinished(rows, planned);
    } catch (const CsvError& error) {
      throw UsageError(std::string(error.what()) + ": give another file, or --force");
    }
  for (const Row& row : rows) kept += csv_row(row);
  file.change(text, kept);
  return {std::move(file), std::move(rows)};
}

std::optional<OutputFile> open_to_continue(const std::string& csv_path) {
  if (csv_path == "-") throw UsageError("--resume needs a CSV file to continue; stdout cannot be read back");
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::status(csv_path, unknown);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  if (!std::filesystem::is_regular_file(status))
    throw UsageError("--resume needs a CSV file to continue; " + csv_path + " is none");
  return OutputFile(csv_path, Existing::append);
}

void CsvFile::write(std::span<const Row> group) {
  std::string text;
  for (const Row& row : group) text += csv_row(row);
  file_.write(text);
}

}  // namespace crossover
