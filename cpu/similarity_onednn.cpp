// Similarity with oneDNN's product, in tiles.
#include "cpu/onednn.hpp"
#include "cpu/similarity_products.hpp"

namespace crossover::cpu {
namespace {

constexpr Product product{.multiply =
                              [](const float* queries, Index query_count, const float* corpus,
                                 Index row_count, Index dim, float* scores) {
                                Onednn::get().multiply(queries, query_count, corpus, row_count, dim, scores,
                                                       1);
                              },
                          .set_threads = nullptr,
                          .least_queries = 16};

}  // namespace

std::size_t similarity_onednn_tiled_workspace(const Shape& shape, Type, const Limits& limits) {
  return product_tiled_workspace(product, shape, limits);
}

void similarity_onednn_tiled(HostContext& context, const HostPiece& piece) {
  Onednn::get();  // here, where a missing library can be told, and not first inside the team
  product_tiled(product, context, piece);
}

}  // namespace crossover::cpu
