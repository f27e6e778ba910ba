// The pretend machine of a whole program, from the environment, read once at start: CROSSOVER_PRETEND holds
// words
//   devices=0            driver=0, driver=11080            memory_mib=512
//   fail=CALL:N:ERROR    the N-th such call fails, once in the program, whichever process makes it
//   break=CALL:N:ERROR   likewise, and from then on every call of that process
//   refuse=CALL:ERROR    every such call fails
// with a CALL of the names below and CUDA's number of an ERROR.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/shim/fake_runtime.hpp"

namespace crossover::fake {
namespace {

constexpr std::array<std::pair<const char*, Call>, 13> names = {{
    {"set_device", Call::set_device},
    {"malloc", Call::malloc},
    {"free", Call::free},
    {"host_alloc", Call::host_alloc},
    {"host_free", Call::host_free},
    {"memcpy", Call::memcpy},
    {"memset", Call::memset},
    {"stream_create", Call::stream_create},
    {"stream_destroy", Call::stream_destroy},
    {"synchronize", Call::synchronize},
    {"launch", Call::launch},
    {"query", Call::query},
    {"any", Call::any},
}};

[[noreturn]] void refuse_to_start(const std::string& word) {
  std::fprintf(stderr, "CROSSOVER_PRETEND: %s: see tests/shim/pretend.cpp\n", word.c_str());
  std::exit(2);
}

Call call_named(const std::string& name, const std::string& word) {
  for (const auto& [known, call] : names)
    if (name == known) return call;
  refuse_to_start(word);
}

int number(const std::string& text, const std::string& word) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') refuse_to_start(word);
  return static_cast<int>(value);
}

/// Processes that are forked later count together.
Countdown shared_countdown(int from) {
  void* const memory =
      mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  return {new (memory) std::atomic<int>(from), [](std::atomic<int>*) {}};  // until the program ends
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

struct FromEnvironment {
  FromEnvironment() {
    const char* const text = std::getenv("CROSSOVER_PRETEND");
    if (!text) return;
    Machine machine;
    std::vector<std::string> failures;
    for (const std::string& word : split(text, ' ')) {
      const std::size_t equals = word.find('=');
      const std::string name = word.substr(0, equals),
                        value = word.substr(std::min(equals, word.size() - 1) + 1);
      if (name == "devices")
        machine.devices = number(value, word);
      else if (name == "driver")
        machine.driver_version = number(value, word);
      else if (name == "memory_mib")
        machine.memory_bytes = static_cast<std::size_t>(number(value, word)) << 20;
      else
        failures.push_back(word);
    }
    start(machine);
    for (const std::string& word : failures) add(word);
  }

  static void add(const std::string& word) {
    const std::vector<std::string> sides = split(word, '=');
    const std::vector<std::string> parts = sides.size() == 2 ? split(sides[1], ':') : sides;
    const auto status = static_cast<cudaError_t>(number(parts.back(), word));
    if (sides[0] == "refuse" && parts.size() == 2)
      refuse(call_named(parts[0], word), status);
    else if ((sides[0] == "fail" || sides[0] == "break") && parts.size() == 3)
      plan(call_named(parts[0], word), shared_countdown(number(parts[1], word)), status, sides[0] == "break");
    else
      refuse_to_start(word);
  }
};
const FromEnvironment from_environment;

}  // namespace
}  // namespace crossover::fake
