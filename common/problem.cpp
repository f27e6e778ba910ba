#include "common/problem.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

#include "common/execution.hpp"
#include "common/reductions.hpp"
#include "common/row_means.hpp"
#include "common/similarity.hpp"

namespace crossover {

Check Check::within(double bound) const {
  Check check = *this;
  if (bound == 0 || ok || !inexact) return check;
  char text[48];
  std::snprintf(text, sizeof text, "; this solver's own is %.3g", bound);
  check.ok = max_error <= bound;
  check.what = check.ok ? "" : what + text;
  return check;
}

std::span<const Problem* const> problems() {
  static const std::array table = {
      &row_means_problem(), &similarity_problem(),
      &sum_problem(),       &mean_problem(),
      &min_problem(),       &max_problem(),
      &argmax_problem(),    &dot_problem(),
      &norm2_problem(),     &square_sine_sum_problem(),
  };
  return table;
}

const Problem* find_problem(std::string_view name) {
  for (const Problem* problem : problems())
    if (problem->name == name) return problem;
  return nullptr;
}

int Problem::axis(std::string_view axis_name) const {
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes[i].name == axis_name) return static_cast<int>(i);
  return -1;
}

int Problem::axis_with(Role role) const {
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes[i].role == role) return static_cast<int>(i);
  return -1;
}

Extents extents_of(const Operand& operand, const Shape& shape) {
  Extents extents;
  extents.rank = static_cast<int>(operand.axes.size());
  for (std::size_t i = 0; i < operand.axes.size(); ++i) extents.size[i] = shape[operand.axes[i]];
  return extents;
}

std::int64_t bytes_of(std::span<const Operand> operands, const Shape& shape, Type type) {
  std::int64_t total = 0;
  for (const Operand& operand : operands) {
    const Extents extents = extents_of(operand, shape);
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(extents.size[0], extents.size[1], &bytes) ||
        __builtin_mul_overflow(bytes, static_cast<std::int64_t>(size_of(operand.type(type))), &bytes) ||
        __builtin_add_overflow(total, bytes, &total))
      throw std::overflow_error(std::string("the bytes of ") + operand.name + " overflow 64 bits");
  }
  return total;
}

const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::inputs: return "inputs";
    case Phase::startup: return "startup";
    case Phase::allocate: return "allocate";
    case Phase::pin: return "pin";
    case Phase::upload: return "upload";
    case Phase::upload_fresh: return "upload_fresh";
    case Phase::compute: return "compute";
    case Phase::download: return "download";
    case Phase::overlapped: return "overlapped";
    case Phase::release: return "release";
    case Phase::call: return "call";
    case Phase::verify: break;
  }
  return "verify";
}

}  // namespace crossover
