// The bound on a score, relative to 1: 2^-22 + dim 2^-25. The two rows' values are rounded once each, which
// moves a score by 2^-23 at most, and the result twice more at most; a running f32 sum of dim even terms is
// one half on average, and each addition may be wrong by 2^-24 of it. Ranks: all scores move by at most the
// bound, so the score at any rank does, and the row found there may truly lie within twice the bound.
// Equal rows have equal scores in any sound solver: among them the order of indices is checked exactly.
#include "common/similarity_oracle.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "common/sampling.hpp"
#include "common/similarity.hpp"
#include "common/top_k.hpp"

namespace crossover {
namespace {

using Rows = Matrix<const float>;

double dot(const float* a, const float* b, Index count) {
  std::array<double, 8> lanes{};
  Index j = 0;
  for (; j + 8 <= count; j += 8)
    for (Index lane = 0; lane < 8; ++lane)
      lanes[static_cast<std::size_t>(lane)] +=
          static_cast<double>(a[j + lane]) * static_cast<double>(b[j + lane]);
  for (; j < count; ++j) lanes[0] += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/// 1 / |row|; 0 for a row of zeros, NaN for a row that is not finite.
double inverse_norm(const float* row, Index count) {
  const double squares = dot(row, row, count);
  if (squares == 0) return 0;
  return std::isfinite(squares) ? 1 / std::sqrt(squares) : std::numeric_limits<double>::quiet_NaN();
}

/// For rows that an earlier row equals bit for bit: the last such row before them.
std::unordered_map<Index, Index> earlier_twins(const Rows& rows) {
  std::vector<std::pair<std::uint64_t, Index>> keys(static_cast<std::size_t>(rows.rows));
  for (Index i = 0; i < rows.rows; ++i) {
    std::uint64_t hash = 0;
    for (Index j = 0; j < rows.cols; ++j) {
      std::uint32_t bits;
      std::memcpy(&bits, rows.row(i) + j, sizeof bits);
      hash = (hash ^ bits) * 0x9e3779b97f4a7c15U;
      hash ^= hash >> 32;
    }
    keys[static_cast<std::size_t>(i)] = {hash, i};
  }
  std::ranges::sort(keys);
  std::unordered_map<Index, Index> twins;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const auto [hash, row] = keys[i];
    const auto [earlier_hash, earlier] = keys[i - 1];
    if (hash == earlier_hash && std::memcmp(rows.row(row), rows.row(earlier),
                                            static_cast<std::size_t>(rows.cols) * sizeof(float)) == 0)
      twins.emplace(row, earlier);
  }
  return twins;
}

struct Expected {
  Index query = 0;
  double inverse = 0;  // 1 / |query|
  std::vector<double> score{};
  std::vector<Index> index{};
};

struct Reference {
  Rows corpus, queries;
  Index k;
  double bound;
  std::vector<Expected> expected;
  std::unordered_map<Index, Index> twins;

  void check_query(const Expected&, const Index* index, const float* score, Comparison&) const;
  Check operator()(std::span<const HostArray> out) const;
};

void find_best(const Reference& reference, std::span<const double> inverse_norms, Expected& expected) {
  const Rows& corpus = reference.corpus;
  const float* query = reference.queries.row(expected.query);
  expected.inverse = inverse_norm(query, corpus.cols);
  struct Candidate {
    double score;
    Index row;
  };
  const auto before = [](const Candidate& a, const Candidate& b) {
    return ranks_before(a.score, a.row, b.score, b.row);
  };
  const auto k = static_cast<std::size_t>(reference.k);
  std::vector<Candidate> best;     // the k best so far, and what may join them
  std::optional<Candidate> floor;  // the k-th of them
  best.reserve(2 * k);
  for (Index c = 0; c < corpus.rows; ++c) {
    const Candidate one{dot(corpus.row(c), query, corpus.cols) * inverse_norms[static_cast<std::size_t>(c)] *
                            expected.inverse,
                        c};
    if (floor && !before(one, *floor)) continue;
    best.push_back(one);
    if (best.size() < 2 * k) continue;
    std::ranges::nth_element(best, best.begin() + reference.k - 1, before);
    best.resize(k);
    floor = best.back();
  }
  std::ranges::sort(best, before);
  best.resize(k);
  for (const Candidate& one : best) {
    expected.score.push_back(one.score);
    expected.index.push_back(one.row);
  }
}

/// Calls body(i) for i in [0, count) from as many threads as there are cores.
template <class Body>
void on_all_cores(std::size_t count, const Body& body) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) body(i);
  };
  std::vector<std::jthread> workers;
  try {
    for (std::size_t t = 1; t < std::min<std::size_t>(count, std::thread::hardware_concurrency()); ++t)
      workers.emplace_back(work);
  } catch (const std::system_error&) {  // no memory left for a stack: those that there are do it
  }
  work();
}

std::string place(Index query, Index rank) {
  return "query " + std::to_string(query) + " rank " + std::to_string(rank) + ": ";
}

void Reference::check_query(const Expected& query, const Index* index, const float* score,
                            Comparison& comparison) const {
  std::unordered_map<Index, Index> rank_of;
  for (Index rank = 0; rank < k; ++rank) {
    const Index row = index[rank];
    const auto fail = [&](const std::string& what) { comparison.fail(place(query.query, rank) + what); };
    if (row < 0 || row >= corpus.rows) return fail("index " + std::to_string(row) + " is not in the corpus");
    if (!rank_of.emplace(row, rank).second) return fail("row " + std::to_string(row) + " came before");
    if (rank > 0 && !ranks_before(score[rank - 1], index[rank - 1], score[rank], row))
      fail("row " + std::to_string(row) + " ranks before the one in front of it");
    const auto twin = twins.find(row);
    if (twin != twins.end() && !rank_of.contains(twin->second))
      fail("row " + std::to_string(row) + " came before its equal, row " + std::to_string(twin->second));

    const double truth = dot(corpus.row(row), queries.row(query.query), corpus.cols) *
                         inverse_norm(corpus.row(row), corpus.cols) * query.inverse;
    comparison.add(query.query * k + rank, static_cast<double>(score[rank]), truth, 1);
    const auto at = static_cast<std::size_t>(rank);
    const bool right = std::isnan(query.score[at]) ? row == query.index[at]
                                                   : std::fabs(truth - query.score[at]) <= 2 * bound;
    if (!right)
      fail("row " + std::to_string(row) + " of score " + std::to_string(truth) + ", expected row " +
           std::to_string(query.index[at]) + " of score " + std::to_string(query.score[at]));
  }
}

Check Reference::operator()(std::span<const HostArray> out) const {
  Comparison comparison(bound, queries.rows * k);
  const Matrix<const Index> index = matrix<const Index>(out[0]);
  const Matrix<const float> score = matrix<const float>(out[1]);
  for (const Expected& query : expected)
    check_query(query, index.row(query.query), score.row(query.query), comparison);
  return comparison.result();
}

}  // namespace

Oracle similarity_oracle(const Shape& shape, Type, std::span<const HostArray> in, double max_operations) {
  Reference reference{.corpus = matrix<const float>(in[0]),
                      .queries = matrix<const float>(in[1]),
                      .k = shape[similarity::k],
                      .bound = 0x1p-22 + static_cast<double>(shape[similarity::dim]) * 0x1p-25,
                      .expected = {},
                      .twins = earlier_twins(matrix<const float>(in[0]))};
  const Rows& corpus = reference.corpus;
  std::vector<double> inverse_norms(static_cast<std::size_t>(corpus.rows));
  on_all_cores(inverse_norms.size(), [&](std::size_t c) {
    inverse_norms[c] = inverse_norm(corpus.row(static_cast<Index>(c)), corpus.cols);
  });
  const double per_query = 2 * static_cast<double>(corpus.rows) * static_cast<double>(corpus.cols);
  for (const Index query : sampled_indices(reference.queries.rows, max_operations / per_query - 1))
    reference.expected.push_back({.query = query});
  on_all_cores(reference.expected.size(),
               [&](std::size_t i) { find_best(reference, inverse_norms, reference.expected[i]); });
  return reference;
}

}  // namespace crossover
