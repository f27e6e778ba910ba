// The clock, the gaps and the caches of the machine that measures.
#include <chrono>
#include <memory>
#include <thread>

#include "bench/base/clock.hpp"
#include "bench/measure/timed_call.hpp"

namespace crossover {

World real_world(Report report, std::size_t flush_bytes) {
  auto scratch = std::make_shared<std::vector<char>>(flush_bytes);
  auto reader = std::make_shared<std::optional<ContentionReader>>();  // made when first asked
  return {
      .now = steady_now_s,
      .pause = [](double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); },
      .flush_caches =
          [scratch] {  // by all threads, so that private caches are emptied too, and the team is awake
            char* const bytes = scratch->data();
            const std::size_t size = scratch->size();
#pragma omp parallel for schedule(static)
            for (std::size_t i = 0; i < size; i += 64) ++bytes[i];
          },
      .report = std::move(report),
      .contention =
          [reader](bool closely) {
            if (!*reader) reader->emplace();
            return (*reader)->read(closely);
          },
  };
}

}  // namespace crossover
