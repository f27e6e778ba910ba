// row_means: mean[i] = (values[i][0] + ... + values[i][cols-1]) / cols
//
// Each element is read once and used once, so memory bandwidth decides, wherever the matrix lies: the
// smallest problem that shows what moving data costs. Rows are independent (map), a row's elements are
// summed (inner). Rows are the pieces; there is no state between them. Sums are kept in f64 and in
// blocks, which bounds the error whatever the number of columns.
#include "common/row_means.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/random.hpp"
#include "common/sampling.hpp"

namespace crossover {
namespace {

using row_means::cols;
using row_means::rows;

Work work(const Shape& shape, Type type) {
  const double elements = static_cast<double>(shape[rows]) * static_cast<double>(shape[cols]);
  const auto size = static_cast<double>(size_of(type));
  return {elements * size, static_cast<double>(shape[rows]) * size, elements};
}

template <class T>
Oracle oracle_of(const Shape& shape, const HostArray& input, double max_operations) {
  struct Row {
    Index index;
    Total mean;
    bool may_overflow;  // the sum, though the mean need not
  };
  const Matrix<const T> values = matrix<const T>(input);
  std::vector<Row> expected;
  for (const Index i : sampled_indices(shape[rows], max_operations / static_cast<double>(shape[cols]))) {
    long double sum = 0, magnitude = 0;
    for (Index j = 0; j < shape[cols]; ++j) {
      sum += values.row(i)[j];
      magnitude += std::fabs(static_cast<long double>(values.row(i)[j]));
    }
    const auto count = static_cast<long double>(shape[cols]);
    expected.push_back(
        {i, {sum / count, magnitude / count}, std::isfinite(magnitude) && magnitude > 0x1p1023L});
  }
  return [expected = std::move(expected), of = shape[rows]](std::span<const HostArray> out) {
    const double bound = type_of<T> == Type::f32 ? 0x1p-22 : 0x1p-40;
    const std::span<const T> means = vector<const T>(out[0]);
    Comparison comparison(bound, of);
    for (const Row& row : expected)
      comparison.add_total(row.index, means[static_cast<std::size_t>(row.index)], row.mean,
                           std::numeric_limits<double>::denorm_min() + std::numeric_limits<T>::denorm_min(),
                           row.may_overflow);
    return comparison.result();
  };
}

Oracle oracle(const Shape& shape, Type type, std::span<const HostArray> in, double max_operations) {
  return with_float(type, [&]<class T>() { return oracle_of<T>(shape, in[0], max_operations); });
}

}  // namespace

const Problem& row_means_problem() {
  static const Problem problem{
      .name = "row_means",
      .summary = "the mean of every row of a matrix",
      .formula = "mean[i] = sum over j of values[i][j] / cols",
      .accuracy = "error of a mean at most 2^-22 (f32) or 2^-40 (f64) of the row's mean absolute value",
      .axes = {{"rows", Role::map, 100'000, "rows of the matrix"},
               {"cols", Role::inner, 1'000, "columns of the matrix"}},
      .types = {Type::f32, Type::f64},
      .in = {{"values", {rows, cols}, same_type, true}},
      .state = {},
      .out = {{"mean", {rows}}},
      .work = work,
      .fill = fill_random,
      .oracle = oracle,
  };
  return problem;
}

}  // namespace crossover
