// What a user writes on the command line: sizes, bytes, rates, times, prices, lists. One text for all.
#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"
#include "bench/machine/machine.hpp"
#include "bench/machine/thread_flags.hpp"
#include "fuzz.hpp"

using namespace crossover;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  for (const auto& parse : {parse_percent, parse_seconds, parse_rate, parse_price})
    if (const auto value = fuzz::unless_refused([&] { return parse(text); }))
      fuzz::require(*value >= 0, "a number that is accepted is not negative");
  for (const Index number :
       fuzz::unless_refused([&] { return parse_sizes(text); }).value_or(std::vector<Index>{}))
    fuzz::require(number > 0, "a size is above 0");
  fuzz::unless_refused([&] { return parse_bytes(text); });
  Machine machine;
  machine.usable = machine.usable_cores = 8;
  for (const int threads :
       fuzz::unless_refused([&] { return parse_threads(text, machine); }).value_or(std::vector<int>{}))
    fuzz::require(threads > 0, "a number of threads is above 0");
  const std::vector<std::string> names = {"serial", "openmp", "eigen-tiled"};
  unknown("solver", text, names);
  return 0;
}
