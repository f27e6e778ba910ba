// The device's selection alone: candidates as keys, lists that tiles of scores are offered to, and their
// merge with the state, held against Ranking, the host's. To add a case: a pattern of scores in `patterns`.
#include "tests/shim/device.hpp"

#include <random>

#include "common/top_k.hpp"
#include "gpu/similarity.hpp"
#include "gpu/similarity_keys.cuh"
#include "tests/shim/similarity_runner.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;
using gpu::Key;

struct Pattern {
  const char* name;
  float (*score)(Index position, std::mt19937& random);
};

float drawn(std::mt19937& random) { return std::uniform_real_distribution<float>(-1, 1)(random); }

const std::vector<Pattern> patterns = {
    {"random", [](Index, std::mt19937& random) { return drawn(random); }},
    {"ascending", [](Index position, std::mt19937&) { return static_cast<float>(position); }},
    {"descending", [](Index position, std::mt19937&) { return -static_cast<float>(position); }},
    {"equal", [](Index, std::mt19937&) { return 0.5F; }},
    {"few values", [](Index, std::mt19937& random) { return static_cast<float>(random() % 3) - 1; }},
    {"zeros of both signs", [](Index, std::mt19937& random) { return random() % 2 ? 0.0F : -0.0F; }},
    {"NaN", [](Index, std::mt19937&) { return nan; }},
    {"many NaN", [](Index, std::mt19937& random) { return random() % 8 ? nan : drawn(random); }},
    {"infinities",
     [](Index, std::mt19937& random) {
       return random() % 4 ? drawn(random) : random() % 2 ? infinity : -infinity;
     }},
};

TEST(Keys, OrderAsTheProblemDoes) {
  const float tiny = std::numeric_limits<float>::denorm_min(), most = std::numeric_limits<float>::max();
  const Values scores{nan, -infinity, -most, -1, -tiny, -0.0F, 0.0F, tiny, 1, most, infinity};
  const std::vector<unsigned> indices{0, 1, 77, 0x7fffffff, 0x80000000, 0xfffffffe};
  for (const float a : scores)
    for (const float b : scores)
      for (const unsigned i : indices)
        for (const unsigned j : indices) {
          const Key key = gpu::key_of(gpu::ordered(a), i), other = gpu::key_of(gpu::ordered(b), j);
          EXPECT_EQ(key > other, ranks_before(a, Index{i}, b, Index{j}))
              << a << " " << i << ", " << b << " " << j;
          EXPECT_GT(key, gpu::no_key);
          EXPECT_EQ(gpu::index_of(key), i);
          if (std::isnan(a))
            EXPECT_TRUE(std::isnan(gpu::score_of(key)));
          else
            EXPECT_EQ(gpu::score_of(key), a);
        }
  EXPECT_FALSE(std::signbit(gpu::score_of(gpu::key_of(gpu::ordered(-0.0F), 3))));
}

/// Scores of `queries` queries with `corpus` rows, offered tile by tile, merged with what the state held.
void expect_selected(const Pattern& pattern, Index corpus, Index queries, Index k, Index tile_rows,
                     Index segment, bool start, std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << pattern.name << ", corpus " << corpus << " queries " << queries << " k "
                                  << k << " tiles of " << tile_rows << " segments of " << segment);
  std::mt19937 random(static_cast<unsigned>(seed));
  shim::seed(seed);
  DeviceContext context{.limits = {.multiprocessors = 2}};
  Best state(queries, k), out(queries, k), expected(queries, k);
  const Rankings truth{expected.score.data(), expected.index.data(), k};
  for (Index query = 0; query < queries; ++query) {
    truth[query].clear();
    for (Index i = 0; !start && i < 20; ++i) truth[query].offer(pattern.score(i, random), i * 3);
  }
  if (!start) state = expected;

  const Index first = 1000;  // of the piece in the whole corpus
  const Index splits = gpu::ceil_div(tile_rows, segment), stride = gpu::rounded_up(tile_rows, 4);
  std::vector<Key> keys(static_cast<std::size_t>(queries * splits * k), ~Key{0});
  const gpu::KeyLists lists{keys.data(), static_cast<int>(splits), static_cast<int>(k)};
  for (Index tile = 0; tile < corpus; tile += tile_rows) {
    const Index rows = std::min(tile_rows, corpus - tile);
    const test::GuardedArray scores(Type::f32, {2, {queries, stride}});
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(scores.array().data) % 16, 0U);
    for (Index query = 0; query < queries; ++query)
      for (Index column = 0; column < stride; ++column) {
        float& score = matrix<float>(scores.array()).row(query)[column];
        score =
            column < rows ? pattern.score(tile + column, random) : infinity;  // padding must not be chosen
        if (column < rows) truth[query].offer(score, first + tile + column);
      }
    gpu::queue_selection(context, {static_cast<float*>(scores.array().data), stride, queries, rows, tile},
                         lists, segment, tile == 0);
  }
  const float nothing = 0;
  Inputs inputs(1, k, {nothing}, {nothing});
  const auto in = inputs.arrays(), state_arrays = state.arrays(), out_arrays = out.arrays();
  const auto device_in = on_device(in), device_state = on_device(state_arrays),
             device_out = on_device(out_arrays);
  const gpu::DeviceSimilarity piece({.in = device_in,
                                     .state = device_state,
                                     .out = device_out,
                                     .workspace = {},
                                     .shape = Shape{{corpus, queries, 1, k}},
                                     .whole = Shape{{first + corpus, queries, 1, k}},
                                     .first = first,
                                     .start = start,
                                     .last = true});
  gpu::queue_merge(context, piece, lists, 0, queries);
  EXPECT_EQ(out.index, expected.index);
  for (std::size_t i = 0; i < out.score.size(); ++i)
    EXPECT_TRUE(out.score[i] == expected.score[i] ||
                (std::isnan(out.score[i]) && std::isnan(expected.score[i])));
  EXPECT_TRUE(out.same_as(state));
}

TEST(Selection, IsTheHostsWhateverTheScores) {
  std::uint64_t seed = 0;
  for (const Pattern& pattern : patterns)
    for (const Index k : {1, 3, 31, 32})
      for (const bool start : {true, false}) {
        expect_selected(pattern, 300, 3, k, 300, 128, start, ++seed);
        expect_selected(pattern, 500, 5, k, 200, 384, start, ++seed);
      }
}

TEST(Selection, IsTheHostsAtRaggedEdges) {
  std::uint64_t seed = 100;
  for (const Index corpus : {1, 3, 31, 33, 127, 128, 129, 511, 513})
    for (const Index k : {1, 5, 32}) {
      expect_selected(patterns[0], corpus, 1, k, corpus, 128, true, ++seed);
      expect_selected(patterns[4], corpus, 40, k, 128, 128, false, ++seed);
    }
}

}  // namespace
}  // namespace crossover
