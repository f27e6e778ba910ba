// What the process of one group of solvers does: it calls every solver shape by shape, the ends of
// its ladder first, until the group's share of the time is spent.
#pragma once

#include <span>
#include <vector>

#include "bench/calibrate/calibrate.hpp"
#include "bench/measure/events.hpp"

namespace crossover {

/// One problem and type on one backend: its solvers, and the shapes they are called at.
struct SolverGroup {
  const Backend* backend;
  const Problem* problem;
  Type type;
  std::vector<Case> cases;
  std::vector<Shape> shapes;
};

struct Climb {
  const Calibrating& calibrating;
  const SolverGroup& group;
  std::span<const ProbedDevice> devices;
  double group_s;        ///< for all its points
  const Report& report;  ///< is told each point, and each solver that ended
};

/// Reports {"point": SolverFigures of one point, "disturbed": ...} for each point, and {"ended": solver,
/// "reason":
/// ..., "unavailable": ...} for a solver that failed, which is not called again.
void climb(const Climb&);

}  // namespace crossover
