// Similarity with Eigen's product, whole or in tiles.
#include <Eigen/Core>

#include "cpu/similarity_products.hpp"

namespace crossover::cpu {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void multiply(const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
              float* scores) {
  using In = Eigen::Map<const RowMajor>;
  Eigen::Map<RowMajor>(scores, query_count, row_count).noalias() =
      In(queries, query_count, dim) * In(corpus, row_count, dim).transpose();
}

constexpr Product product{.multiply = multiply, .set_threads = Eigen::setNbThreads};

}  // namespace

std::size_t similarity_eigen_full_workspace(const Shape& shape, Type, const Limits& limits) {
  return product_full_workspace(product, shape, limits);
}

/// With more than one thread Eigen packs a panel of all rows of the corpus, up to 320 columns wide
/// (gemm_blocking_space::initParallel in Eigen 3.4); with one thread, as in the tiles, what fits the caches.
std::size_t similarity_eigen_full_inside(const Shape& shape, Type, const Limits& limits) {
  constexpr Index widest = 320;
  if (limits.threads < 2) return 0;
  return float_bytes(rounded_up(shape[similarity::corpus], product.row_step),
                     std::min(shape[similarity::dim], widest));
}

void similarity_eigen_full(HostContext& context, const HostPiece& piece) {
  product_full(product, context, piece);
}

std::size_t similarity_eigen_tiled_workspace(const Shape& shape, Type, const Limits& limits) {
  return product_tiled_workspace(product, shape, limits);
}

void similarity_eigen_tiled(HostContext& context, const HostPiece& piece) {
  product_tiled(product, context, piece);
}

}  // namespace crossover::cpu
