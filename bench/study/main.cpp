// crossover-study [SEEDS [FILE]]: the search for crossings on simulated machines whose truth is known, as a
// table and as CSV. Figures are modelled, and the same wherever it runs. Beside them the rule of GPU-BLOB
// (the smallest size from which b wins at every larger one, each size run once) on the same curves.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "bench/base/progress.hpp"
#include "bench/base/sizes.hpp"
#include "bench/rows/csv.hpp"
#include "bench/study/condition.hpp"

namespace {

int run(int argc, char** argv) {
  using namespace crossover;
  const auto seeds = static_cast<unsigned>(argc > 1 ? parse_size(argv[1]) : 200);
  const std::vector<study::Condition> conditions = study::conditions();
  std::vector<study::Outcome> outcomes;
  Progress progress(true);
  for (const study::Condition& condition : conditions) {
    progress.show("[" + std::to_string(outcomes.size() + 1) + "/" + std::to_string(conditions.size()) + "] " +
                  condition.curve);
    outcomes.push_back(study::study(condition, seeds));
  }
  progress.clear();
  std::printf("modelled, %u seeds each; rule: GPU-BLOB's\n\n%s", seeds,
              study::table_of(conditions, outcomes, 132).c_str());
  if (argc <= 2) return 0;
  std::string text;
  for (const auto& record : study::records_of(conditions, outcomes)) text += csv_record(record);
  write_whole(argv[2], text);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crossover-study: %s\nusage: crossover-study [SEEDS [FILE]]\n", error.what());
    return 2;
  }
}
