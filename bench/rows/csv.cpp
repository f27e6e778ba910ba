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

std::vector<Row> rows_of(const CsvRecords& parsed, const std::string& path) {
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
      } catch (const std::invalid_argument& error) {
        throw CsvError(where + header[i]->name + ": " + error.what());
      }
  }
  upgrade_verdicts(rows);
  for (Row& row : rows) upgrade(row);
  return rows;
}

/// How many of `rows` belong to groups that are complete.
std::size_t complete_rows(const std::vector<Row>& rows, const std::map<std::string, std::size_t>& planned) {
  if (rows.empty()) return 0;
  const std::string last = group_key(rows.back());
  const auto expected = planned.find(last);
  if (expected == planned.end()) return rows.size();
  std::size_t of_last = 0;
  while (of_last < rows.size() && group_key(rows[rows.size() - 1 - of_last]) == last) ++of_last;
  return of_last < expected->second ? rows.size() - of_last : rows.size();
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
  std::size_t at = 0;
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
    parsed.ends.push_back(++at);
    record.clear();
  }
  parsed.cut = (parsed.ends.empty() ? 0 : parsed.ends.back()) != text.size();
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
  if (path == "-") throw UsageError("--resume needs a CSV file to continue; stdout cannot be read back");
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::status(path, unknown);
  if (status.type() == std::filesystem::file_type::not_found) return {path, Existing::refuse};
  if (!std::filesystem::is_regular_file(status))
    throw UsageError("--resume needs a CSV file to continue; " + path + " is none");
  const std::string text = read_whole(path);
  const std::string header = csv_header();
  if (!std::string_view(text).starts_with(header) && !std::string_view(header).starts_with(text))
    throw UsageError(path + " has other columns than this program writes: give another file, or --force");
  std::vector<Row> rows;
  std::size_t keep = 0;
  if (text.size() >= header.size()) try {
      const CsvRecords parsed = parse_csv(text);
      rows = rows_of(parsed, path);
      rows.resize(complete_rows(rows, planned));
      keep = parsed.ends[rows.size()];
    } catch (const CsvError& error) {
      throw UsageError(std::string(error.what()) + ": give another file, or --force");
    }
  std::set<std::string> cut_short;
  for (const Row& row : rows)
    if (is_cut_short(row)) cut_short.insert(group_key(row));
  if (!cut_short.empty()) {
    std::erase_if(rows, [&](const Row& row) { return cut_short.contains(group_key(row)); });
    std::string kept = header;
    for (const Row& row : rows) kept += csv_row(row);
    write_whole(path, kept);
    return {OutputFile(path, Existing::append), std::move(rows)};
  }
  std::error_code failed;
  std::filesystem::resize_file(path, keep, failed);
  if (failed) throw OutputError("cannot write to " + path + ": " + failed.message());
  OutputFile file(path, Existing::append);
  if (keep == 0) file.write(header);
  return {std::move(file), std::move(rows)};
}

void CsvFile::write(std::span<const Row> group) {
  std::string text;
  for (const Row& row : group) text += csv_row(row);
  file_.write(text);
}

}  // namespace crossover
