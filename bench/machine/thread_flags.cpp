#include "bench/machine/thread_flags.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"
#include "cpu/team.hpp"

namespace crossover {
namespace {

constexpr Index max_threads = 4096;

int thread_count(const std::string& item, const Machine& machine) {
  if (item == "all") return machine.usable;
  if (item == "physical") return machine.usable_cores;
  const bool is_word = !item.empty() && item.find_first_of("0123456789+-.") == std::string::npos;
  if (is_word) {
    const std::array<std::string, 2> known = {"all", "physical"};
    throw UsageError(unknown("number of threads", item, known) + ", or a count like 4");
  }
  const Index count = parse_size(item);
  if (count > max_threads)
    throw UsageError("'" + std::to_string(count) + "' is more than " + std::to_string(max_threads));
  if (count > cpu::most_threads())
    throw UsageError("'" + std::to_string(count) + "' is more than OMP_THREAD_LIMIT allows (" +
                     std::to_string(cpu::most_threads()) + "): unset it, or ask for fewer");
  return static_cast<int>(count);
}

}  // namespace

std::vector<int> parse_threads(const std::string& text, const Machine& machine) {
  std::vector<int> threads;
  for (const std::string& item : parse_list(text)) {
    const int count = thread_count(item, machine);
    if (std::find(threads.begin(), threads.end(), count) == threads.end()) threads.push_back(count);
  }
  return threads;
}

Binding parse_binding(const std::string& text, const Machine& machine) {
  const std::optional<Binding> binding = binding_named(text);
  if (!binding) {
    const std::array<std::string, 3> known = {"none", "close", "spread"};
    throw UsageError(unknown("binding", text, known));
  }
  if (*binding == Binding::none) return *binding;
  for (const char* variable : {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"})
    if (std::getenv(variable))
      throw UsageError(std::string(variable) +
                       " is set and binds threads too: unset it, or leave --bind out");
  if (machine.cpus.empty())
    throw UsageError("this system does not say which CPUs may be used: leave --bind out");
  return *binding;
}

std::vector<int> doubling_threads(const Machine& machine) {
  std::vector<int> threads;
  for (int count = 1; count < machine.usable; count *= 2) threads.push_back(count);
  threads.push_back(machine.usable);
  return threads;
}

}  // namespace crossover
