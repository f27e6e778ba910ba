// The textbook triple loop, compiled without auto-vectorisation so that it is what it says. Products are
// summed in f64 and divided by both norms; the corpus norms are the only workspace beside a long list.
#include <cmath>

#include "cpu/similarity_lists.hpp"

namespace crossover::cpu {
namespace {

double dot(const float* a, const float* b, Index count) {
  double sum = 0;
  for (Index j = 0; j < count; ++j) sum += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  return sum;
}

/// 1 / |row|; 0 for a row of zeros, NaN for a row that is not finite.
double inverse_length(const float* row, Index count) {
  const double squares = dot(row, row, count);
  if (squares == 0) return 0;
  return std::isfinite(squares) ? 1 / std::sqrt(squares) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::size_t similarity_serial_workspace(const Shape& shape, Type, const Limits&) {
  return line_bytes(shape[similarity::corpus], sizeof(double)) +
         Lists::bytes_beside_state(1, shape[similarity::k], shape[similarity::corpus]);
}

void similarity_serial(HostContext&, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  auto* inverse = reinterpret_cast<double*>(host_piece.workspace.data());
  const Index dim = piece.corpus.cols;
  for (Index c = 0; c < piece.corpus.rows; ++c) inverse[c] = inverse_length(piece.corpus.row(c), dim);
  for (Index q = 0; q < piece.queries.rows; ++q) {
    const float* query = piece.queries.row(q);
    const double inverse_query = inverse_length(query, dim);
    const Lists list(host_piece.workspace.data() + line_bytes(piece.corpus.rows, sizeof(double)), 1, piece,
                     q);
    piece.open(q);
    list.clear(0);
    for (Index c = 0; c < piece.corpus.rows; ++c) {
      const auto score =
          static_cast<float>(dot(piece.corpus.row(c), query, dim) * inverse[c] * inverse_query);
      list.offer(&score, 1, piece.first + c, 0);
    }
    list.merge_into(piece.best[q], 0, list);
    piece.close(q);
  }
}

}  // namespace crossover::cpu
