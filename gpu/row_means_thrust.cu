// Row means as Thrust's reduce_by_key, the row being the key. Keys are computed, not stored; values are
// turned into f64 as they are read, because Thrust adds in the type of what it reads; the means are computed
// as the sums are written. A general tool: it looks for the end of each row, which is known here. A key is an
// element's number divided by the columns, in 64 bits: dozens of instructions, which rule this rival's time.
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/discard_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/iterator/transform_output_iterator.h>
#include <thrust/reduce.h>

#include "gpu/row_means_functors.cuh"
#include "gpu/solvers.hpp"
#include "gpu/thrust_policy.hpp"

namespace crossover::gpu {
namespace {

struct SameRow {
  __host__ __device__ bool operator()(Index a, Index b) const { return a == b; }
};

void solve(DeviceContext& context, const DevicePiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    const auto keys =
        thrust::make_transform_iterator(thrust::counting_iterator<Index>(0), RowOfElement{values.cols});
    const auto means = thrust::make_transform_output_iterator(vector<T>(piece.out[0]).data(),
                                                              MeanOfSum<T>{static_cast<double>(values.cols)});
    thrust::reduce_by_key(thrust_policy(context), keys, keys + values.rows * values.cols,
                          thrust::make_transform_iterator(values.data, InDouble()),
                          thrust::make_discard_iterator(), means, SameRow(), AddDoubles());
  });
}

}  // namespace

std::vector<DeviceSolver> row_means_thrust_solvers() {
  return {
      {{.problem = "row_means",
        .name = "thrust",
        .strategy =
            "reduce_by_key, a 64-bit division for each element's row as its key; allocates and waits inside",
        .threaded = false,
        .allocates = true},
       solve}};
}

}  // namespace crossover::gpu
