// Forecasts from small pieces: which axis is cut, and what is said where none can be. A shape is a line in
// the loop.
#include <gtest/gtest.h>

#include "bench/first_call.hpp"
#include "bench/inputs.hpp"

namespace crossover {
namespace {

/// Of the serial solver, with a timeout that nothing passes.
double forecast_of(const char* name, const Shape& shape) {
  const Problem& problem = *find_problem(name);
  const Options options;
  const Group group{&problem, shape, Type::f32, {}, 1, 60, {}};
  const Case subject{&cpu_backend(), cpu_backend().find_solver(name, "serial"), 1, "none"};
  HostMemory memory;
  const Inputs inputs(problem, shape, Type::f32, 1, {}, memory, 1);
  const CaseJob job{0, subject, group, options, {}, inputs.arrays(), &memory};
  return forecast_call(job, real_world([](const Event&) {}, 0), 60);
}

TEST(Forecast, CutsAnAxisThatHasMoreThanOneIndex) {
  EXPECT_GT(forecast_of("row_means", {{50, 100}}), 0);
  EXPECT_GT(forecast_of("similarity", {{50, 20, 10, 3}}), 0);
  EXPECT_GT(forecast_of("similarity", {{50, 1, 10, 3}}), 0) << "one query: the corpus is cut";
  EXPECT_GT(forecast_of("sum", {{1000}}), 0);
}

TEST(Forecast, IsZeroWhereNothingCanBeCut) {
  EXPECT_EQ(forecast_of("row_means", {{1, 100}}), 0);
  EXPECT_EQ(forecast_of("sum", {{1}}), 0);
}

}  // namespace
}  // namespace crossover
