// Similarity with the product of an installed BLAS: whole, by the library's own threads, or in tiles, by
// ours.
#include "cpu/blas.hpp"
#include "cpu/similarity_products.hpp"

namespace crossover::cpu {
namespace {

constexpr Product product{
    .multiply =
        [](const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
           float* scores) { Blas::get().multiply(queries, query_count, corpus, row_count, dim, scores); },
    .set_threads = [](int threads) { Blas::get().use_threads(threads); },
    .reserve = [](int threads) { Blas::get().reserve(threads); },
    .least_queries = 16};

}  // namespace

std::size_t similarity_blas_full_workspace(const Shape& shape, Type, const Limits& limits) {
  return product_full_workspace(product, shape, limits);
}

void similarity_blas_full(HostContext& context, const HostPiece& piece) {
  product_full(product, context, piece);
}

std::size_t similarity_blas_tiled_workspace(const Shape& shape, Type, const Limits& limits) {
  return product_tiled_workspace(product, shape, limits);
}

void similarity_blas_tiled(HostContext& context, const HostPiece& piece) {
  product_tiled(product, context, piece);
}

std::string similarity_blas_cannot(const Shape& shape, Type) {
  constexpr Index most = std::numeric_limits<int>::max() - 64;  // padding included
  for (const int axis : {similarity::corpus, similarity::queries, similarity::dim})
    if (shape[axis] > most)
      return "a BLAS counts in 32 bits, up to " + std::to_string(most) +
             " rows or columns: choose another solver (--solver openmp-tiled)";
  return {};
}

}  // namespace crossover::cpu
