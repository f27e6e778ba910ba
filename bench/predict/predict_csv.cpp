#include "bench/predict/predict.hpp"
#include "bench/rows/columns.hpp"
#include "bench/rows/csv.hpp"

namespace crossover {
namespace {

using Cells = std::vector<std::string>;

struct PhaseColumns {
  const char* name;  ///< becomes NAME_s, NAME_low_s and NAME_high_s
  std::optional<Figure> (*figure)(const Prediction&);
};

constexpr std::array phases = {
    PhaseColumns{"startup", [](const Prediction& p) { return p.startup_s; }},
    PhaseColumns{"allocate", [](const Prediction& p) { return p.allocate_s; }},
    PhaseColumns{"pin", [](const Prediction& p) { return p.pin_s; }},
    PhaseColumns{"upload", [](const Prediction& p) { return p.upload_s; }},
    PhaseColumns{"upload_fresh", [](const Prediction& p) { return p.upload_fresh_s; }},
    PhaseColumns{"compute", [](const Prediction& p) { return p.compute_s; }},
    PhaseColumns{"download", [](const Prediction& p) { return p.download_s; }},
    PhaseColumns{"release", [](const Prediction& p) { return p.release_s; }},
    PhaseColumns{"call", [](const Prediction& p) { return std::optional(p.call_s); }},
    PhaseColumns{"reuse_call", [](const Prediction& p) { return std::optional(p.reuse_call_s); }},
    PhaseColumns{"resident", [](const Prediction& p) { return std::optional(p.resident_s); }},
    PhaseColumns{"end_to_end", [](const Prediction& p) { return std::optional(p.end_to_end_s); }},
};

void add_figure_names(Cells& header, const std::string& name) {
  for (const char* part : {"_s", "_low_s", "_high_s"}) header.push_back(name + part);
}

void add_figure(Cells& cells, const std::optional<Figure>& figure) {
  for (const double Figure::*part : {&Figure::value, &Figure::low, &Figure::high})
    cells.push_back(figure ? print_number((*figure).*part) : std::string());
}

std::string bytes(const std::optional<std::size_t>& value) {
  return value ? std::to_string(*value) : std::string();
}

std::string header_of(const Problem& problem) {
  Cells cells = {"source", "label", "problem", "type"};
  for (const Axis& axis : problem.axes) cells.emplace_back(axis.name);
  cells.insert(cells.end(), {"backend", "solver", "threads", "transfer"});
  for (const PhaseColumns& phase : phases) add_figure_names(cells, phase.name);
  cells.insert(cells.end(), {"bytes_up", "bytes_up_fresh", "bytes_down", "needed_host_bytes",
                             "needed_device_bytes", "fits", "breakeven_reuse", "basis", "reason"});
  return csv_record(cells);
}

std::string record_of(const Profile& profile, const PredictedGroup& group, const PredictedCase& each) {
  const ModelCase& subject = each.subject;
  Cells cells = {"modelled", profile.label, group.problem->name, name_of(group.type)};
  for (std::size_t axis = 0; axis < group.problem->axes.size(); ++axis)
    cells.push_back(std::to_string(group.shape[static_cast<int>(axis)]));
  cells.insert(cells.end(),
               {subject.backend, subject.solver, std::to_string(subject.threads), subject.transfer});
  const Prediction* p = each.prediction();
  for (const PhaseColumns& phase : phases) add_figure(cells, p ? phase.figure(*p) : std::nullopt);
  if (p)
    cells.insert(cells.end(),
                 {print_number(p->bytes_up), print_number(p->bytes_up_fresh), print_number(p->bytes_down),
                  bytes(p->needed_host_bytes), bytes(p->needed_device_bytes), p->fits ? "true" : "false",
                  breakeven_of(group, each), p->basis, p->warning});
  else
    cells.insert(cells.end(), {"", "", "", "", "", "", "", "", each.predicted.reason});
  return csv_record(cells);
}

}  // namespace

std::string prediction_csv(const Profile& profile, const std::vector<PredictedGroup>& groups) {
  if (groups.empty()) return {};
  std::string text = header_of(*groups.front().problem);
  for (const PredictedGroup& group : groups)
    for (const PredictedCase& each : group.cases) text += record_of(profile, group, each);
  return text;
}

std::string own_csv(const Profile& profile, const OwnWorkload& work, const std::vector<OwnPrediction>& all) {
  Cells header = {"source", "label",    "backend",   "threads",          "transfer", "type",
                  "flops",  "bytes_in", "bytes_out", "bytes_stationary", "reuse"};
  for (const char* name : {"upload", "upload_fresh", "compute", "download", "call", "total"})
    add_figure_names(header, name);
  header.emplace_back("bound");
  std::string text = csv_record(header);
  for (const OwnPrediction& each : all) {
    Cells cells = {"modelled",
                   profile.label,
                   each.place.backend,
                   std::to_string(each.place.threads),
                   each.place.transfer,
                   name_of(work.type),
                   print_number(work.flops),
                   print_number(work.bytes_in),
                   print_number(work.bytes_out),
                   print_number(work.bytes_stationary),
                   print_number(work.reuse)};
    const bool moves = each.place.backend != "cpu";
    for (const Figure* figure : {&each.upload_s, &each.upload_fresh_s})
      add_figure(cells, moves ? std::optional(*figure) : std::nullopt);
    add_figure(cells, each.compute_s);
    add_figure(cells, moves ? std::optional(each.download_s) : std::nullopt);
    add_figure(cells, each.call_s);
    add_figure(cells, each.total_s);
    cells.push_back(each.bound);
    text += csv_record(cells);
  }
  return text;
}

}  // namespace crossover
