#include "common/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/random.hpp"

namespace crossover {

std::vector<Index> sampled_indices(Index count, double affordable) {
  std::vector<Index> indices;
  if (static_cast<double>(count) <= affordable) {
    for (Index i = 0; i < count; ++i) indices.push_back(i);
    return indices;
  }
  const Index strata = std::max<Index>(1, static_cast<Index>(affordable));
  const double width = static_cast<double>(count) / static_cast<double>(strata);
  for (Index s = 0; s < strata; ++s) {
    const double place = 0x1p-64 * static_cast<double>(random_bits(0, 0, static_cast<std::uint64_t>(s)));
    const auto index = static_cast<Index>((static_cast<double>(s) + place) * width);
    indices.push_back(s == 0                          ? 0
                      : s == strata - 1               ? count - 1
                      : strata % 2 && s == strata / 2 ? count / 2
                                                      : std::min(index, count - 1));
  }
  return indices;
}

void Comparison::add(Index index, double got, double want, double scale) {
  ++check_.checked;
  if (std::isnan(got) && std::isnan(want)) return;
  if (got == want) return;
  const double error = std::fabs(got - want) / scale;
  if (std::isfinite(error)) check_.max_error = std::max(check_.max_error, error);
  if (error <= bound_) return;
  char text[160];
  std::snprintf(text, sizeof text, "output %lld is %.17g, expected %.17g (error %.3g, bound %.3g)",
                static_cast<long long>(index), got, want, error, bound_);
  note_failure(text);
  if (!(std::isfinite(error) && scale > 0)) check_.inexact = false;
}

void Comparison::fail(const std::string& what) {
  note_failure(what);
  check_.inexact = false;
}

void Comparison::note_failure(const std::string& what) {
  if (check_.ok) check_.what = what;
  check_.ok = false;
}

}  // namespace crossover
