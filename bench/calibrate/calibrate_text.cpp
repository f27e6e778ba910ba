// A profile in a table or two.
#include <algorithm>
#include <map>
#include <set>

#include "bench/base/format.hpp"
#include "bench/calibrate/calibrate.hpp"

namespace crossover {
namespace {

/// Half the interval over the value, as a share.
std::string spread(const Figure& figure) {
  const double share = 0.5 * (figure.high - figure.low) / figure.value;
  return share > 1 ? "+- more than 100%" : "+-" + format_percent(share);
}

std::string seconds(const Figure& figure) { return format_seconds(figure.value) + " " + spread(figure); }

std::string per_second(const Figure& figure, const char* unit) {
  return format_significant(figure.value / 1e9) + " " + unit + " " + spread(figure);
}
std::string bandwidth(const Figure& figure) { return per_second(figure, "GB/s"); }
std::string rate(const Figure& figure) { return per_second(figure, "GFLOP/s"); }

std::string line(const std::string& name, const std::string& value, int width) {
  std::string padded = "  " + name;
  padded.resize(std::max<std::size_t>(padded.size(), 18), ' ');
  return wrapped(padded + "  " + value, width, 20);
}

std::string cost(const Cost& cost) {
  return seconds(cost.fixed_s) +
         (cost.bytes_per_s.value > 0 ? ", then " + bandwidth(cost.bytes_per_s) : std::string());
}

/// Levels and rates, a line for each number of threads.
std::string table_of(const Profile& profile, int width) {
  std::map<int, std::map<std::string, std::string>> cells;
  std::vector<std::string> columns;
  const auto add = [&](int threads, const std::string& column, const std::string& text) {
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
    cells[threads][column] = text;
  };
  for (const LevelFigures& level : profile.levels) {
    add(level.threads, level.name + " read\nGB/s", format_significant(level.read_bytes_per_s.value / 1e9));
    if (level.copy_bytes_per_s)
      add(level.threads, level.name + " copy\nGB/s", format_significant(level.copy_bytes_per_s->value / 1e9));
  }
  for (const RateFigures& fma : profile.rates)
    add(fma.threads, std::string("FMA ") + name_of(fma.type) + "\nGFLOP/s",
        format_significant(fma.flops_per_s.value / 1e9));
  for (const auto& [threads, figure] : profile.team_s)
    add(threads, "team\nstarted", format_seconds(figure.value));
  TextTable table;
  std::vector<std::string> labels;
  for (const auto& [threads, row] : cells) labels.push_back(std::to_string(threads));
  table.add("threads", labels);
  for (const std::string& column : columns) {
    std::vector<std::string> texts;
    for (const auto& [threads, row] : cells) {
      const auto found = row.find(column);
      texts.push_back(found == row.end() ? std::string() : found->second);
    }
    table.add(column, texts);
  }
  return table.text(width);
}

std::string device_text(const DeviceFigures& device, int width) {
  std::string text = "\ngpu: " + device.name + "\n";
  text += line("launch", seconds(device.launch_s), width);
  for (const LinkFigures& link : device.links) {
    text += line("upload, " + link.transfer, cost(link.upload), width);
    text += line("download, " + link.transfer, cost(link.download), width);
  }
  text += line("allocate", cost(device.allocate), width) + line("pin", cost(device.pin), width);
  text += line("memory read", bandwidth(device.read_bytes_per_s), width) +
          line("L2 read", bandwidth(device.l2_read_bytes_per_s), width);
  text += line("FMA f32", rate(device.f32_flops_per_s), width) +
          line("FMA f64", rate(device.f64_flops_per_s), width);
  if (device.product_flops_per_s) text += line("product f32", rate(*device.product_flops_per_s), width);
  for (const auto& [part, figure] : device.startup_s)
    text += line("startup, " + part, seconds(figure), width);
  return text;
}

/// "openmp (2): 132 points of 10 problems" by solver.
std::string solvers_text(const Profile& profile, int width) {
  std::size_t points = 0;
  std::set<std::string> problems;
  for (const SolverFigures& solver : profile.solvers) {
    points += solver.points.size();
    problems.insert(solver.problem);
  }
  return line("solvers",
              std::to_string(points) + " points of " + std::to_string(profile.solvers.size()) +
                  " solvers (by problem, type and threads) of " + std::to_string(problems.size()) +
                  " problems",
              width);
}

}  // namespace

std::string render_profile(const Profile& profile, int width) {
  std::string text = "profile of " + profile.label + ", " + profile.source + " " + profile.date_utc + "\n";
  text += line(
      "cpu",
      profile.cpu + ", " + std::to_string(profile.cores) + " core(s), " + bytes_text(profile.memory_bytes),
      width);
  text += line("clock read", seconds(profile.timer_s), width) +
          line("process", seconds(profile.launch_s) + " from its start to its end", width);
  text += solvers_text(profile, width) + "\n" + table_of(profile, width);
  text += profile.device ? device_text(*profile.device, width)
                         : "\n" + wrapped("no gpu: " + profile.no_device, width, 8);
  for (const std::string& warning : profile.warnings) text += wrapped("warning: " + warning, width, 9);
  return text;
}

}  // namespace crossover
