#include "bench/machine/topology.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

constexpr int most_cpus = 8192;  // NR_CPUS of x86 at most: what names more, or greater numbers, is no list

/// The first CPU of a list file names the place that the list is about.
std::optional<int> place_of(const fs::path& list_file) {
  const std::vector<int> cpus = cpus_of_list(read_line(list_file));
  return cpus.empty() ? std::nullopt : std::optional(*std::min_element(cpus.begin(), cpus.end()));
}

std::optional<int> number_in(const fs::path& file) {
  const std::string text = read_line(file);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? std::optional(value)
                                                                                : std::nullopt;
}

std::map<int, int> nodes_by_cpu(const fs::path& root) {
  std::map<int, int> nodes;
  for (const fs::path& entry : entries_of(root / "sys/devices/system/node")) {
    const std::string name = entry.filename().string();
    if (!name.starts_with("node") || name.size() == 4) continue;
    for (const int cpu : cpus_of_list(read_line(entry / "cpulist"))) nodes[cpu] = std::atoi(name.c_str() + 4);
  }
  return nodes;
}

std::optional<int> last_level_of(const fs::path& folder) {
  for (int index = 0; index < 8; ++index) {
    const fs::path cache = folder / "cache" / ("index" + std::to_string(index));
    if (read_line(cache / "level") == "3") return place_of(cache / "shared_cpu_list");
  }
  return std::nullopt;
}

LogicalCpu read_cpu(const fs::path& root, int id, const std::map<int, int>& nodes) {
  const fs::path folder = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(id));
  LogicalCpu cpu{.id = id};
  cpu.package = number_in(folder / "topology/physical_package_id").value_or(0);
  const auto node = nodes.find(id);
  cpu.node = node == nodes.end() ? cpu.package : node->second;
  cpu.l3 = last_level_of(folder).value_or(cpu.node);
  // Kernels from 5.2 on have the first name, older ones the second alone.
  auto core = place_of(folder / "topology/core_cpus_list");
  if (!core) core = place_of(folder / "topology/thread_siblings_list");
  cpu.core = core.value_or(id);
  return cpu;
}

std::vector<int> allowed_ids(const fs::path& root) {
  std::string status = read_system_file(root / "proc/self/status");
  const std::string key = "Cpus_allowed_list:";
  const std::size_t at = status.find(key);
  if (at == std::string::npos) return {};
  std::string list = status.substr(at + key.size(), status.find('\n', at) - at - key.size());
  list.erase(0, list.find_first_not_of(" \t"));
  return cpus_of_list(list);
}

/// From the outside in.
constexpr std::array places = {&LogicalCpu::package, &LogicalCpu::node, &LogicalCpu::l3, &LogicalCpu::core,
                               &LogicalCpu::id};

/// One of each place at `depth` in turn, each place's own in the same manner.
std::vector<LogicalCpu> in_turn(std::span<const LogicalCpu> cpus, std::size_t depth) {
  if (depth == places.size() || cpus.size() < 2) return {cpus.begin(), cpus.end()};
  std::vector<std::vector<LogicalCpu>> parts;  // `cpus` is sorted: a place's lie together
  for (const LogicalCpu& cpu : cpus) {
    if (parts.empty() || parts.back().front().*places[depth] != cpu.*places[depth]) parts.emplace_back();
    parts.back().push_back(cpu);
  }
  for (std::vector<LogicalCpu>& part : parts) part = in_turn(part, depth + 1);
  std::vector<LogicalCpu> order;
  for (std::size_t round = 0; order.size() < cpus.size(); ++round)
    for (const std::vector<LogicalCpu>& part : parts)
      if (round < part.size()) order.push_back(part[round]);
  return order;
}

/// How many of the same core stand before it.
std::map<int, int> sibling_ranks(std::span<const LogicalCpu> cpus) {
  std::map<int, int> seen, rank;
  for (const LogicalCpu& cpu : cpus) rank[cpu.id] = seen[cpu.core]++;
  return rank;
}

}  // namespace

std::vector<int> cpus_of_list(std::string_view list) {
  std::vector<int> cpus;
  const char* next = list.data();
  const char* const end = list.data() + list.size();
  while (next < end) {
    int first = 0;
    auto [rest, error] = std::from_chars(next, end, first);
    if (error != std::errc{}) break;
    int last = first;
    if (rest < end && *rest == '-') rest = std::from_chars(rest + 1, end, last).ptr;
    if (first < 0 || last >= most_cpus || cpus.size() >= most_cpus) break;
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    next = rest + 1;  // the comma
  }
  return cpus;
}

std::vector<LogicalCpu> usable_cpus(const fs::path& root) {
  const std::vector<int> online = cpus_of_list(read_line(root / "sys/devices/system/cpu/online"));
  const std::vector<int> allowed = allowed_ids(root);
  const std::set<int> on(online.begin(), online.end());
  const std::map<int, int> nodes = nodes_by_cpu(root);
  std::vector<LogicalCpu> cpus;
  for (const int id : allowed.empty() ? online : allowed)
    if (on.empty() || on.contains(id)) cpus.push_back(read_cpu(root, id, nodes));
  std::ranges::sort(cpus, {},
                    [](const LogicalCpu& c) { return std::tuple(c.package, c.node, c.l3, c.core, c.id); });
  return cpus;
}

int physical_cores(std::span<const LogicalCpu> cpus) {
  std::set<int> cores;
  for (const LogicalCpu& cpu : cpus) cores.insert(cpu.core);
  return static_cast<int>(cores.size());
}

const char* name_of(Binding binding) {
  switch (binding) {
    case Binding::close: return "close";
    case Binding::spread: return "spread";
    case Binding::none: break;
  }
  return "";
}

std::optional<Binding> binding_named(std::string_view name) {
  if (name == "none") return Binding::none;
  for (const Binding binding : {Binding::close, Binding::spread})
    if (name == name_of(binding)) return binding;
  return std::nullopt;
}

std::vector<int> binding_order(std::span<const LogicalCpu> cpus, Binding binding) {
  if (binding == Binding::none) return {};
  std::vector<LogicalCpu> order(cpus.begin(), cpus.end());
  if (binding == Binding::spread) {
    order = in_turn(cpus, 0);
    const std::map<int, int> rank = sibling_ranks(cpus);
    std::ranges::stable_sort(order, {}, [&](const LogicalCpu& cpu) { return rank.at(cpu.id); });
  }
  std::vector<int> ids;
  for (const LogicalCpu& cpu : order) ids.push_back(cpu.id);
  return ids;
}

}  // namespace crossover
