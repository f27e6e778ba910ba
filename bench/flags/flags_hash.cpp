#include "bench/flags/flags_hash.hpp"

#include <filesystem>

#include "bench/base/suggest.hpp"
#include "bench/rows/columns.hpp"

namespace crossover {
namespace {

/// FNV-1a, 64 bits, as hexadecimal digits.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3U;
  std::string digits(16, '0');
  for (std::size_t i = digits.size(); i-- > 0; hash >>= 4) digits[i] = "0123456789abcdef"[hash & 15];
  return digits;
}

/// The flags that change the rows of a group, in one spelling. Those that say which groups there are
/// (problem, sizes, types) are not among them: --resume goes on with more of them.
std::string canonical_text(const Options& options) {
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    text.append(name).append("=").append(value).append("\n");
  };
  if (options.command == Command::scaling) add("command", "scaling");
  add("suite", options.suite);
  add("backends", joined(options.backends));
  add("solvers", joined(options.solvers));
  add("transfers", joined(options.transfers));
  for (const int threads : options.threads) add("threads", std::to_string(threads));
  add("bind", name_of(options.bind));
  if (!options.instruction_set.empty()) add("instruction_set", options.instruction_set);
  add("device", std::to_string(options.device));
  add("seed", std::to_string(options.seed));
  add("budget", options.budget_given || options.suite.empty() ? print_number(options.budget_s) : "suite");
  add("timeout", options.timeout_given || options.suite.empty() ? print_number(options.timeout_s) : "suite");
  add("precision", print_number(options.precision));
  add("min_samples", std::to_string(options.min_samples));
  add("cache", options.cache == Cache::cold ? "cold" : "warm");
  add("host_memory_limit", std::to_string(options.host_memory_limit));
  add("device_memory_limit", std::to_string(options.device_memory_limit));
  if (options.concurrent != 0) add("concurrent", std::to_string(options.concurrent));
  add("rivals", joined(options.rivals));
  add("over_the_wall", options.over_the_wall ? "yes" : "no");
  add("rehearse", options.rehearse);
  std::map<std::string, std::string> files = options.inputs;
  if (options.simulated) files["profile"] = options.profile;
  for (const auto& [name, path] : files) {
    add(name, std::to_string(std::filesystem::file_size(path)) + " " +
                  std::to_string(std::filesystem::last_write_time(path).time_since_epoch().count()));
  }
  return text;
}

}  // namespace

std::string flags_hash_of(const Options& options, const std::string& simulation) {
  return hash_of(canonical_text(options) + simulation);
}

}  // namespace crossover
