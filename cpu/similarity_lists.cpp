#include "cpu/similarity_lists.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace crossover::cpu {
namespace {

constexpr Index least_collected = 256;  // before the k best are looked for again
constexpr Index stretch = 64;           // scores looked at together

/// The lower, the better the rank of a score; zeros of either sign are equal, and so are all NaN.
std::uint32_t key_of(float score) {
  if (std::isnan(score)) return 0xFFFFFFFF;
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);  // -0 becomes 0
  return bits & 0x80000000 ? bits : 0x7FFFFFFF - bits;
}

/// Sorts by the upper 32 bits, stably; returns which of the arrays holds the result.
std::uint64_t* sort_by_key(std::uint64_t* values, std::uint64_t* other, Index count) {
  for (int shift = 32; shift < 64; shift += 8) {
    std::array<Index, 257> begin{};
    for (Index i = 0; i < count; ++i) ++begin[(values[i] >> shift & 255) + 1];
    for (std::size_t digit = 0; digit < 256; ++digit) begin[digit + 1] += begin[digit];
    for (Index i = 0; i < count; ++i) other[begin[values[i] >> shift & 255]++] = values[i];
    std::swap(values, other);
  }
  return values;
}

/// The worst that is kept: at least k are not worse, of which the first `equal` with that key stay.
struct Cut {
  std::uint32_t key;
  Index equal;
};

/// A cut near the k-th that a sample finds or, where that would leave too many, at the k-th.
Cut cut_at(const std::uint32_t* keys, Index count, Index k, std::uint32_t* room) {
  constexpr Index sampled = 256, margin = 12;  // about twice the standard deviation of a rank among them
  std::array<std::uint32_t, sampled> sample;
  for (Index i = 0; i < sampled; ++i) sample[static_cast<std::size_t>(i)] = keys[i * count / sampled];
  const Index rank = sampled * k / count + margin;
  if (rank < sampled) {
    std::nth_element(sample.begin(), sample.begin() + rank, sample.end());
    const std::uint32_t found = sample[static_cast<std::size_t>(rank)];
    const Index kept = std::count_if(keys, keys + count, [found](std::uint32_t key) { return key <= found; });
    if (kept >= k && 8 * kept <= 7 * count) return {found, kept};
  }
  std::copy_n(keys, count, room);
  std::nth_element(room, room + k - 1, room + count);
  const std::uint32_t worst = room[k - 1];
  return {worst, k - std::count_if(room, room + k, [worst](std::uint32_t key) { return key < worst; })};
}

/// Candidates that there is room for, of one query.
Index list_capacity(Index k, Index corpus) {
  return Lists::are_ranked(k) ? k : std::max(k, std::min(k + std::max(k, least_collected), corpus));
}

}  // namespace

Index Lists::bytes_of_one(Index k, Index corpus) {
  return list_capacity(k, corpus) * Index{sizeof(float) + sizeof(Index)} +
         (are_ranked(k) ? 0 : Index{sizeof(Head)});
}

std::size_t Lists::bytes(Index queries, Index k, Index corpus) {
  const Index capacity = list_capacity(k, corpus);
  const std::size_t lists =
      line_bytes(queries * capacity, sizeof(Index)) + line_bytes(queries * capacity, sizeof(float));
  if (are_ranked(k)) return lists;
  return lists + line_bytes(queries, sizeof(Head)) + line_bytes(2 * capacity, sizeof(std::uint64_t)) +
         line_bytes(capacity, sizeof(float));
}

Lists::Lists(std::byte* memory, Index queries, Index k, Index corpus)
    : k_(k), capacity_(list_capacity(k, corpus)) {
  take_room(memory, queries);
  if (are_ranked(k)) ranked_ = {score_, index_, k};
}

Lists::Lists(std::byte* memory, Index queries, const SimilarityPiece& piece, Index first_query)
    : is_state_(are_ranked(piece.k)), k_(piece.k), capacity_(list_capacity(piece.k, piece.corpus.rows)) {
  if (is_state_) {
    const Ranking<float> first = piece.best[first_query];
    ranked_ = {first.score, first.index, piece.k};
  } else {
    take_room(memory, queries);
  }
}

void Lists::take_room(std::byte* memory, Index queries) {
  const auto take = [&]<class T>(T*& array, Index count) {
    array = reinterpret_cast<T*>(memory);
    memory += line_bytes(count, sizeof(T));
  };
  take(index_, queries * capacity_);
  take(score_, queries * capacity_);
  if (are_ranked(k_)) return;
  take(head_, queries);
  take(sorted_, 2 * capacity_);
  take(sorted_score_, capacity_);
}

void Lists::clear(Index query) const {
  if (is_state_) return;  // its owner's
  if (ranked_.score != nullptr)
    ranked_[query].clear();
  else
    head_[query] = {0, std::numeric_limits<float>::quiet_NaN()};
}

void Lists::collect(const float* scores, Index count, Index first, Index query) const {
  Head& head = head_[query];
  float* const kept = score_ + query * capacity_;
  Index* const rows = index_ + query * capacity_;
  for (Index i = 0; i < count;) {
    if (head.count == capacity_) keep_best(query, *this);
    const Index end = std::min(count, i + std::min(capacity_ - head.count, stretch));
    int found = 0;
#pragma omp simd reduction(| : found)
    for (Index j = i; j < end; ++j) found |= !(scores[j] < head.floor) ? 1 : 0;
    if (found == 0) {
      i = end;
      continue;
    }
    Index last = head.count;
    for (; i < end; ++i) {  // nothing predicts which
      kept[last] = scores[i];
      rows[last] = first + i;
      last += !(scores[i] < head.floor) ? 1 : 0;
    }
    head.count = last;
  }
}

/// The k best stay, and some that are not far behind, in the order of their rows. Scores equal to the worst
/// of them are not wanted any more: k that reach it have lower rows.
void Lists::keep_best(Index query, const Lists& own) const {
  Head& head = head_[query];
  float* const kept = score_ + query * capacity_;
  Index* const rows = index_ + query * capacity_;
  auto* const keys = reinterpret_cast<std::uint32_t*>(own.sorted_);
  std::transform(kept, kept + head.count, keys, key_of);
  auto [worst, equal] =
      cut_at(keys, head.count, k_, reinterpret_cast<std::uint32_t*>(own.sorted_ + capacity_));
  Index last = 0;
  for (Index i = 0; i < head.count; ++i) {
    const float score = kept[i];
    if (keys[i] == worst) head.floor = std::nextafter(score, std::numeric_limits<float>::infinity());
    const bool stays = keys[i] < worst || (keys[i] == worst && equal > 0);
    equal -= keys[i] == worst ? 1 : 0;
    kept[last] = score;
    rows[last] = rows[i];
    last += stays ? 1 : 0;
  }
  head.count = last;
}

void Lists::merge_into(const Ranking<float>& state, Index query, const Lists& own) const {
  if (is_state_) return;
  if (ranked_.score != nullptr) return state.merge(ranked_[query]);
  if (head_[query].count > k_ + k_ / 4) keep_best(query, own);
  const Index count = head_[query].count;
  const float* const kept = score_ + query * capacity_;
  const Index* const rows = index_ + query * capacity_;
  for (Index i = 0; i < count; ++i)
    own.sorted_[i] = std::uint64_t{key_of(kept[i])} << 32 | static_cast<std::uint32_t>(i);
  std::uint64_t* const other = own.sorted_ + capacity_;
  const std::uint64_t* const order = sort_by_key(own.sorted_, other, count);
  auto* const sorted_rows = reinterpret_cast<Index*>(order == other ? own.sorted_ : other);
  const Index ranked = std::min(count, k_);
  for (Index rank = 0; rank < ranked; ++rank) {
    const auto i = static_cast<std::uint32_t>(order[rank]);
    own.sorted_score_[rank] = kept[i];
    sorted_rows[rank] = rows[i];
  }
  state.merge({own.sorted_score_, sorted_rows, ranked});
}

}  // namespace crossover::cpu
