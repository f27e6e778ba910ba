#include "bench/goals/goal.hpp"

#include <cstdio>

#include "bench/base/statistics.hpp"
#include "bench/measure/timed_call.hpp"

namespace crossover::goals {
namespace {

double now_s() {
  static const World world = real_world({}, 0);
  return world.now();
}

}  // namespace

double seconds_of(const std::function<void()>& work) {
  const double start = now_s();
  work();
  return now_s() - start;
}

std::pair<double, double> alternate(int rounds, const std::function<void()>& ours,
                                    const std::function<void()>& theirs, bool warm_up) {
  std::vector<double> a, b;
  for (int round = 0; round < rounds; ++round) {
    if (warm_up) ours();
    a.push_back(seconds_of(ours));
    if (warm_up) theirs();
    b.push_back(seconds_of(theirs));
  }
  return {median(a), median(b)};
}

bool report(const std::string& what, double ratio, double goal, const std::string& detail) {
  std::printf("%-6s %-46s %.3f (goal %.2f)  %s\n", ratio >= goal ? "met" : "MISSED", what.c_str(), ratio,
              goal, detail.c_str());
  std::fflush(stdout);
  return ratio >= goal;
}

std::string milliseconds(double ours_s, double theirs_s) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f ms against %.3f ms", ours_s * 1e3, theirs_s * 1e3);
  return text;
}

Bench::Bench(const char* name, const Shape& sizes, Type type, const char* solver, int threads)
    : Bench(name, sizes, type, solver, threads, {}) {}

Bench::Bench(const char* name, const Shape& sizes, Type type, const char* solver, int threads,
             std::vector<HostArray> given)
    : problem(*find_problem(name)), shape(sizes), in(std::move(given)) {
  if (in.empty()) {
    inputs = std::make_unique<Inputs>(problem, shape, type, 1, std::map<std::string, std::string>{}, memory,
                                      threads);
    in.assign(inputs->arrays().begin(), inputs->arrays().end());
  }
  execution = cpu_backend().open({.problem = &problem,
                                  .solver = solver,
                                  .shape = shape,
                                  .type = type,
                                  .threads = threads,
                                  .transfer = "none",
                                  .in = in,
                                  .limits = default_limits(machine_facts(), threads),
                                  .host_memory = &memory});
  for (const Step& step : execution->opening()) step.run();
}

void Bench::call() {
  for (const Step& step : execution->call()) step.run();
}

}  // namespace crossover::goals
