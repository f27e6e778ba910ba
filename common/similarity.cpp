// score[q][c] = sum over j of queries[q][j] * corpus[c][j] / (|queries[q]| * |corpus[c]|)
// index[q], score[q] = the k rows c of highest score, highest first
//
// A matrix product with a selection behind it: dim operations for every score, so that the corpus and
// the queries are read rarely and arithmetic decides, unless the scores are written out. Queries are
// independent (map), corpus rows compete for k places (fold): pieces of the corpus leave lists that merge.
// Equal scores go to the lower index. A zero row scores 0; a row with a NaN or an infinity scores NaN,
// against a zero row too, and ranks last.
#include "common/similarity.hpp"

#include <algorithm>
#include <string>

#include "common/random.hpp"
#include "common/similarity_oracle.hpp"
#include "common/top_k.hpp"

namespace crossover {
namespace {

using similarity::corpus;
using similarity::dim;
using similarity::k;
using similarity::queries;

enum State { index_state, score_state };

Work work(const Shape& shape, Type type) {
  const auto size = [&shape](int axis) { return static_cast<double>(shape[axis]); };
  const double values = (size(corpus) + size(queries)) * size(dim);
  const double normalisation = 3 * values;  // square, add, scale
  return {values * static_cast<double>(size_of(type)),
          size(queries) * size(k) * static_cast<double>(size_of(type) + sizeof(Index)),
          2 * size(corpus) * size(queries) * size(dim) + normalisation};
}

std::string contradiction(const Shape& shape) {
  if (shape[k] <= shape[corpus]) return {};
  return "k = " + std::to_string(shape[k]) + " asks for more rows than the corpus of " +
         std::to_string(shape[corpus]) + " has";
}

Rankings rankings(std::span<const HostArray> state) {
  return {vector<float>(state[score_state]).data(), vector<Index>(state[index_state]).data(),
          state[index_state].extents.size[1]};
}

void identity(std::span<const HostArray> state) {
  for (Index q = 0; q < state[index_state].extents.size[0]; ++q) rankings(state)[q].clear();
}

void merge(std::span<const HostArray> into, std::span<const HostArray> from) {
  for (Index q = 0; q < into[index_state].extents.size[0]; ++q) rankings(into)[q].merge(rankings(from)[q]);
}

void finish(const Shape&, std::span<const HostArray> state, std::span<const HostArray> out) {
  std::ranges::copy(vector<Index>(state[index_state]), vector<Index>(out[index_state]).begin());
  std::ranges::copy(vector<float>(state[score_state]), vector<float>(out[score_state]).begin());
}

}  // namespace

const Problem& similarity_problem() {
  static const Problem problem{
      .name = "similarity",
      .summary = "the k rows of a corpus most similar to each query",
      .formula = "score[q][c] = queries[q] . corpus[c] / (|queries[q]| |corpus[c]|); the k highest of each q",
      .accuracy =
          "error of a score at most 2^-22 + dim 2^-25, relative to 1; scores closer than twice "
          "that may change places, except those of equal rows",
      .axes = {{"corpus", Role::fold, 10'000, "rows that are searched"},
               {"queries", Role::map, 1'000, "rows that are looked for"},
               {"dim", Role::inner, 100, "columns of corpus and queries"},
               {"k", Role::parameter, 3, "best corpus rows wanted for each query"}},
      .types = {Type::f32},
      .in = {{"corpus", {corpus, dim}, same_type, true}, {"queries", {queries, dim}}},
      .state = {{"index", {queries, k}, always<Type::i64>}, {"score", {queries, k}}},
      .out = {{"index", {queries, k}, always<Type::i64>}, {"score", {queries, k}}},
      .work = work,
      .contradiction = contradiction,
      .fill = fill_random,
      .identity = identity,
      .merge = merge,
      .finish = finish,
      .oracle = similarity_oracle,
  };
  return problem;
}

}  // namespace crossover
