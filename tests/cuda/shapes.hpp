// The shapes that solvers on a device are tried on: on both sides of each change of kernel, on a small device
// (on_device.hpp) or on a large one. Those that are `tiny` reach every kernel on a small device: checkers of
// memory and races run them alone.
#pragma once

#include <string_view>
#include <vector>

#include "tests/device_runner.hpp"

namespace crossover::test {

struct Subject {
  Shape shape;
  bool tiny;
};

inline const std::vector<Subject>& row_means_subjects() {
  static const std::vector<Subject> all = {
      // Tiles in shared memory; the second shape has several for each block.
      {{{1, 1}}, true},
      {{{4100, 1}}, true},
      {{{257, 32}}, true},
      {{{100'003, 3}}, false},
      // 4, 8, 16 and 32 lanes a row in f32; f64 is one ahead.
      {{{65, 36}}, true},
      {{{33, 65}}, true},
      {{{17, 129}}, true},
      {{{9, 257}}, true},
      {{{30, 2047}}, false},
      {{{4099, 1368}}, false},
      // A block a row on a small device, then on a large one too; else rows in parts.
      {{{13, 2049}}, true},
      {{{700, 2500}}, false},
      {{{3, 4096}}, true},
      {{{1, 30'001}}, true},
      // cuBLAS: more sums of a row than a warp adds up.
      {{{1, 262'401}}, true},
  };
  return all;
}

/// Corpus, queries, dim, k.
inline const std::vector<Subject>& similarity_subjects() {
  static const std::vector<Subject> all = {
      {{{1, 1, 1, 1}}, true},
      {{{33, 13, 13, 3}}, true},
      // In two pieces: of 128 and of 129 rows.
      {{{257, 87, 87, 3}}, true},
      // The fused kernel's four: wide loads or not, lists of 4 or of 32; tiles and splits are several.
      {{{300, 17, 36, 1}}, true},
      {{{300, 20, 36, 32}}, true},
      {{{270, 20, 33, 2}}, true},
      {{{700, 140, 33, 5}}, true},
      // Lengths by a block for each row.
      {{{130, 9, 2051, 3}}, true},
      // cuBLAS: score tiles along the corpus on a small device, and lists that are carried on; tiles of
      // queries; lists kept for a part of the queries at a time; score tiles on a large device too.
      {{{8300, 40, 4, 5}}, true},
      {{{1000, 1100, 40, 3}}, false},
      {{{7200, 40'000, 4, 32}}, false},
      {{{1'000'003, 100, 100, 3}}, false},
      {{{8193, 130, 100, 32}}, false},
      {{{50'000, 300, 64, 5}}, false},
  };
  return all;
}

inline std::vector<Subject> subjects_of(const Problem& problem) {
  if (problem.name == std::string_view("row_means")) return row_means_subjects();
  if (problem.name == std::string_view("similarity")) return similarity_subjects();
  if (problem.axes.size() == 1)
    return {
        {{{1}}, true},      {{{2}}, false},         {{{31}}, false},         {{{33}}, true},
        {{{257}}, false},   {{{1000}}, true},       {{{1025}}, false},       {{{4099}}, false},
        {{{70'001}}, true}, {{{1'000'003}}, false}, {{{20'000'001}}, false},
    };
  return {
      {small_shape(problem, 1), true}, {small_shape(problem, 33), true}, {small_shape(problem, 1000), false}};
}

}  // namespace crossover::test
