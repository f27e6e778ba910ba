#include "bench/run_files.hpp"

#include "bench/base/log.hpp"
#include "bench/plan/output_paths.hpp"

namespace crossover {
namespace {

std::string key_of(const Options& options, const Group& group) {
  return group_key(planned_row(options, group, group.cases[0]));
}

}  // namespace

RunFiles::RunFiles(const Options& options, Sidecar facts, const std::vector<Group>& groups)
    : options_(options), facts_(std::move(facts)) {
  auto there = options.resume ? open_to_continue(options.csv) : std::nullopt;  // held before it is read
  if (options.resume) facts_ = resumed_sidecar(options.csv, facts_);
  prepare_outputs(options);
  open_rows(groups, std::move(there));
  if (has_sidecar(options.csv)) write_sidecar(options.csv, facts_);
  const Existing otherwise = options.force ? Existing::replace : Existing::refuse;
  if (!options.json.empty()) json_.emplace(options.json, options.resume ? Existing::replace : otherwise);
  if (!options.samples.empty())
    samples_.emplace(options.samples, options.resume ? Existing::append : otherwise);
}

void RunFiles::open_rows(const std::vector<Group>& groups, std::optional<OutputFile> there) {
  if (!there) {
    if (!options_.csv.empty())
      csv_.emplace(options_.csv, options_.force ? Existing::replace : Existing::refuse);
    return;
  }
  std::map<std::string, std::size_t> planned;
  for (const Group& group : groups) planned[key_of(options_, group)] = group.cases.size();
  csv_.emplace(CsvFile::resume(std::move(*there), options_.csv, planned));
  found_ = csv_->found();
  for (const Row& row : found_) finished_.insert(group_key(row));
  if (!options_.quiet && !finished_.empty())
    log_note((finished_.size() == 1 ? "1 group is" : std::to_string(finished_.size()) + " groups are") +
             " in " + options_.csv + " already");
}

bool RunFiles::has(const Group& group) const { return finished_.contains(key_of(options_, group)); }

void RunFiles::write(const std::vector<Row>& rows_of_a_group) {
  if (csv_) csv_->write(rows_of_a_group);
}

void RunFiles::write(const Row& of, const Sample& sample) {
  if (samples_) samples_->write(of, sample);
}

void RunFiles::finish(const std::vector<Row>& all_rows, const std::string& ended_utc,
                      const nlohmann::ordered_json& more) {
  facts_.runs.back().ended_utc = ended_utc;
  if (has_sidecar(options_.csv)) write_sidecar(options_.csv, facts_);
  if (!json_) return;
  nlohmann::ordered_json metadata = {
      {"machine", facts_.machine}, {"software", facts_.software}, {"limits", facts_.limits}};
  metadata.update(more);
  json_->write(all_rows, metadata);
}

}  // namespace crossover
