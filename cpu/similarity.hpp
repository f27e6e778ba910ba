// What the similarity solvers share: the piece as typed views, its running lists, sizes of workspaces.
#pragma once

#include <algorithm>
#include <limits>

#include "common/similarity.hpp"
#include "common/top_k.hpp"
#include "cpu/solvers.hpp"

namespace crossover::cpu {

struct SimilarityPiece {
  Matrix<const float> corpus, queries;
  Rankings best;   ///< the state, which outlives the piece
  Index k, first;  ///< first: index of the piece's first corpus row in the whole corpus
  bool start, last;
  Rankings out;

  explicit SimilarityPiece(const HostPiece& piece)
      : corpus(matrix<const float>(piece.in[0])),
        queries(matrix<const float>(piece.in[1])),
        best{vector<float>(piece.state[1]).data(), vector<Index>(piece.state[0]).data(),
             piece.shape[similarity::k]},
        k(piece.shape[similarity::k]),
        first(piece.shape[similarity::corpus] == piece.whole[similarity::corpus] ? 0 : piece.first),
        start(piece.start),
        last(piece.last),
        out{vector<float>(piece.out[1]).data(), vector<Index>(piece.out[0]).data(), k} {}

  /// Call before the first candidate of a query, and after its last.
  void open(Index query) const {
    if (start) best[query].clear();
  }
  void close(Index query) const {
    if (!last) return;
    std::copy_n(best[query].score, k, out[query].score);
    std::copy_n(best[query].index, k, out[query].index);
  }
};

constexpr Index rounded_up(Index count, Index step) { return (count + step - 1) / step * step; }

constexpr Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

/// Bytes of `count` elements, in whole cache lines.
constexpr std::size_t line_bytes(Index count, std::size_t size) {
  return (static_cast<std::size_t>(count) * size + 63) / 64 * 64;
}

/// Offers a row of scores, those of corpus rows [first, first + count).
inline void offer_all(const Ranking<float>& best, const float* scores, Index count, Index first) {
  for (Index i = 0; i < count; ++i)
    if (!(scores[i] <= best.threshold())) best.offer(scores[i], first + i);
}

}  // namespace crossover::cpu
