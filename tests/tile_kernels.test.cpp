// openmp-tiled with every instruction set that this processor has, each forced in turn: the same cases as for
// the best one. To add a case: a shape in the lists, or a fill that is held against the oracle.
#include <algorithm>
#include <cmath>
#include <random>

#include "cpu/similarity_few.hpp"
#include "cpu/similarity_lists.hpp"
#include "cpu/similarity_many.hpp"
#include "cpu/tile_kernels.hpp"
#include "tests/similarity_cases.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

class InstructionSet : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_EQ(cpu::choose_tile_kernels(GetParam()), ""); }
  void TearDown() override { cpu::choose_tile_kernels(""); }

  static Best answer(Inputs& inputs, int threads = 2) {
    return solve(solver_named("openmp-tiled"), inputs, threads);
  }
  static void expect_right(Inputs& inputs, int threads = 2) {
    Best out = answer(inputs, threads);
    const Check result = check(inputs, out);
    EXPECT_TRUE(result.ok) << result.what;
    EXPECT_EQ(result.checked, result.of);
  }
  static testing::Message text(const Shape& shape) {
    return testing::Message() << shape[similarity::corpus] << " x " << shape[similarity::dim] << ", "
                              << shape[similarity::queries] << " queries, k = " << shape[similarity::k];
  }
};

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const cpu::TileKernels* kernels : cpu::usable_tile_kernels()) all.emplace_back(kernels->name);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Usable, InstructionSet, testing::ValuesIn(names()),
                         [](const auto& name) { return name.param; });

TEST_P(InstructionSet, IsTheOneThatRuns) { EXPECT_EQ(cpu::tile_kernels().name, GetParam()); }

TEST_P(InstructionSet, TakesAnyNumberOfColumns) {
  for (Index dim = 1; dim <= 70; ++dim)
    for (const Index queries : {1, 9, 17}) {
      Inputs inputs(Shape{{70, queries, dim, 3}}, static_cast<std::uint64_t>(dim));
      SCOPED_TRACE(text(inputs.shape));
      expect_right(inputs);
    }
  for (const Index dim : {255, 256, 257, 1000, 1024, 4096})
    for (const Index queries : {1, 3, 40}) {
      Inputs inputs(Shape{{67, queries, dim, 3}});
      SCOPED_TRACE(text(inputs.shape));
      expect_right(inputs);
    }
}

TEST_P(InstructionSet, TakesAnyNumberOfRowsAndQueries) {
  for (const Index corpus : {1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 127, 128, 129, 511, 512, 513, 1025})
    for (const Index queries : {1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 16, 28, 29})
      for (const Index dim : {20, 100}) {
        Inputs inputs(Shape{{corpus, queries, dim, std::min<Index>(corpus, 2)}});
        SCOPED_TRACE(text(inputs.shape));
        expect_right(inputs, 1 + static_cast<int>(queries % 3));
      }
}

/// Small corpora, below and above the rows of a tile, whose queries are dealt among the threads.
TEST_P(InstructionSet, TakesManyQueriesForASmallCorpus) {
  for (const Index corpus : {1, 31, 33, 300, 1023, 1024, 1025, 2100})
    for (const Index queries : {corpus / 2 + 24, 2 * corpus + 131})
      for (const Index k : {1, 3, 16, 17}) {
        Inputs inputs(Shape{{corpus, queries, 20, std::min(corpus, k)}});
        SCOPED_TRACE(text(inputs.shape));
        EXPECT_TRUE(cpu::are_many(inputs.shape, {.threads = 3}));
        expect_right(inputs, 1 + static_cast<int>(queries % 3));
      }
}

/// Among values many are equal, zeros of either sign, infinite or NaN; the list is empty, or has seen others.
TEST_P(InstructionSet, SelectsWhatOffersWould) {
  const cpu::TileKernels& kernels = cpu::tile_kernels();
  const float values[] = {-infinity, -1.5F, -1e-40F, -0.0F, 0.0F, 1e-40F, 0.25F, 0.25F, 0.5F, infinity, nan};
  std::mt19937 random(5);
  const auto any = [&](int kinds) { return values[random() % static_cast<unsigned>(kinds)]; };
  for (const Index k : {1, 2, 3, 8, 15, 16, 17, 33})
    for (const Index count : {1, 5, 32, 100, 512, 1024, 2500})
      for (const int kinds : {3, 9, 11}) {
        Best selected(1, k), offered(1, k);
        const Ranking<float> into{selected.score.data(), selected.index.data(), k};
        const Ranking<float> by_offers{offered.score.data(), offered.index.data(), k};
        into.clear(), by_offers.clear();
        for (const Index first : {7000, 0, 3000}) {
          const Index padded = (count + kernels.tile_rows - 1) / kernels.tile_rows * kernels.tile_rows;
          Values scores(static_cast<std::size_t>(padded));
          std::ranges::generate(scores, [&] { return any(kinds); });
          for (Index i = 0; i < count; ++i) by_offers.offer(scores[static_cast<std::size_t>(i)], first + i);
          kernels.select(scores.data(), count, padded, first, into);
          EXPECT_TRUE(selected.same_as(offered)) << "k = " << k << ", " << count << " scores at " << first;
        }
      }
}

/// Long lists are collected, and ranked at the end: so often cut to the best, so many equal, as they come.
TEST_P(InstructionSet, CollectsWhatOffersWould) {
  const float values[] = {-infinity, -0.0F, 0.0F, 1e-40F, 0.25F, 0.5F, infinity, nan};
  std::mt19937 random(6);
  enum class Order { any, equal, ascending, descending, few_numbers };
  for (const Index k : {33, 100, 255, 257, 1000})
    for (const Index corpus : {k, k + 1, 2 * k + 3, 9 * k})
      for (const Order order :
           {Order::any, Order::equal, Order::ascending, Order::descending, Order::few_numbers}) {
        std::vector<std::byte> memory(cpu::Lists::bytes(2, k, corpus) + 64);
        std::byte* const at = memory.data() + 64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64;
        const cpu::Lists lists(at, 2, k, corpus);
        Best collected(1, k), offered(1, k);
        const Ranking<float> into{collected.score.data(), collected.index.data(), k};
        const Ranking<float> by_offers{offered.score.data(), offered.index.data(), k};
        into.clear(), by_offers.clear();
        into.offer(0.25F, 5), by_offers.offer(0.25F, 5);  // of a piece before
        lists.clear(1);
        for (Index first = 0; first < corpus; first += 512) {
          const Index count = std::min<Index>(512, corpus - first);
          Values scores(576);
          for (Index i = 0; i < count; ++i) {
            const auto place = static_cast<float>(first + i);
            scores[static_cast<std::size_t>(i)] = order == Order::any         ? values[random() % 8]
                                                  : order == Order::equal     ? 0.25F
                                                  : order == Order::ascending ? place
                                                  : order == Order::few_numbers
                                                      ? (random() % 9 == 0 ? place : nan)
                                                      : -place;
            by_offers.offer(scores[static_cast<std::size_t>(i)], 1000 + first + i);
          }
          lists.select(cpu::tile_kernels(), scores.data(), count, 512, 1000 + first, 1);
        }
        lists.merge_into(into, 1, lists);
        EXPECT_TRUE(collected.same_as(offered))
            << "k = " << k << ", corpus = " << corpus << ", order " << static_cast<int>(order);
      }
}

TEST_P(InstructionSet, TakesKUpToTheCorpus) {
  for (const Index k : {1, 7, 8, 9, 16, 17, 32, 33, 64, 65, 100, 300})
    for (const Index queries : {2, 33}) {
      Inputs inputs(Shape{{300, queries, 64, k}});
      SCOPED_TRACE(text(inputs.shape));
      expect_right(inputs);
    }
}

/// Rows of 1e30, 1e-30, denormals, zeros, infinity and NaN beside ordinary ones, in every place of a vector.
TEST_P(InstructionSet, KeepsMagnitudesApart) {
  const float scales[] = {1, 1e30F, 1e-30F, 1e-42F, 3e37F, 1e-21F, 0, infinity, nan};
  for (const Index dim : {3, 40, 100})
    for (const Index queries : {1, 8, 21}) {
      Inputs inputs(Shape{{203, queries, dim, 12}});
      for (Index row = 0; row < 203; ++row) {
        const float scale = scales[(row * 5 + row / 9) % 9];
        if (std::isfinite(scale))
          std::for_each_n(inputs.row(row), dim, [scale](float& value) { value *= scale; });
        else
          inputs.row(row)[row % dim] = scale;
      }
      for (Index q = 0; q < queries; ++q)
        std::for_each_n(inputs.queries.data() + q * dim, dim,
                        [scale = scales[q % 7]](float& value) { value *= scale; });
      SCOPED_TRACE(text(inputs.shape));
      expect_right(inputs);
    }
}

TEST_P(InstructionSet, ScoresCopiesOfARowAlike) {
  for (const Index queries : {3, 37})
    for (const Index dim : {50, 100, 300}) {
      Inputs inputs(Shape{{1037, queries, dim, 8}});
      const std::vector<Index> copies{0, 17, 511, 512, 959, 960, 1023, 1036};
      for (const Index copy : copies)
        std::copy_n(inputs.queries.data() + (queries - 1) * dim, dim, inputs.row(copy));
      const Best out = answer(inputs);
      const auto last = static_cast<std::size_t>((queries - 1) * 8);
      for (std::size_t rank = 0; rank < copies.size(); ++rank) {
        EXPECT_EQ(out.index[last + rank], copies[rank]) << text(inputs.shape);
        EXPECT_EQ(out.score[last + rank], out.score[last]);
      }
    }
}

/// Few queries are answered another way than others, and many for a small corpus in a third; a piece of not
/// so few is still a piece of those.
TEST_P(InstructionSet, AnswersPiecesAsTheWhole) {
  std::mt19937 random(3);
  for (const Index queries : {7, 60, 1000}) {
    Inputs inputs(Shape{{900, queries, 64, 5}});
    EXPECT_EQ(cpu::are_few(inputs.shape), queries == 7);
    EXPECT_EQ(cpu::are_many(inputs.shape, {.threads = 3}), queries == 1000);
    const Best whole = answer(inputs, 3);
    for (const int axis : {similarity::corpus, similarity::queries}) {
      const Problem& problem = similarity_problem();
      Best out(queries, 5), state(queries, 5);
      const auto in = inputs.arrays(), states = state.arrays(), outs = out.arrays();
      for (Index first = 0, count = 0; first < inputs.shape[axis]; first += count) {
        count = std::min(1 + static_cast<Index>(random() % 90), inputs.shape[axis] - first);
        Shape shape = inputs.shape;
        shape[axis] = count;
        const auto in_part = cut<Space::host>(problem.in, in, axis, first, count);
        const auto state_part = cut<Space::host>(problem.state, states, axis, first, count);
        const auto out_part = cut<Space::host>(problem.out, outs, axis, first, count);
        const bool folds = axis == similarity::corpus;
        run(solver_named("openmp-tiled"),
            {.in = in_part,
             .state = state_part,
             .out = out_part,
             .workspace = {},
             .shape = shape,
             .whole = inputs.shape,
             .first = first,
             .start = !folds || first == 0,
             .last = !folds || first + count == inputs.shape[axis]},
            2);
      }
      EXPECT_TRUE(out.same_as(whole)) << queries << " queries, axis " << axis;
    }
  }
}

TEST_P(InstructionSet, GivesTheSameForAnyNumberOfThreads) {
  for (const Index queries : {5, 50, 1600}) {
    Inputs inputs(Shape{{3000, queries, 60, 9}});
    const Best one = answer(inputs, 1);
    for (const int threads : {2, 3, 8}) {
      EXPECT_TRUE(answer(inputs, threads).same_as(one)) << threads << " threads";
    }
  }
}

TEST(InstructionSets, ThatAreNotThereAreNamed) {
  const std::string before = cpu::tile_kernels().name;
  const std::string problem = cpu::choose_tile_kernels("mmx");
  EXPECT_NE(problem.find("mmx"), std::string::npos) << problem;
  for (const std::string& name : names()) EXPECT_NE(problem.find(name), std::string::npos) << problem;
  EXPECT_EQ(cpu::tile_kernels().name, before);
}

#if defined __x86_64__
TEST(InstructionSets, BeginWithWhatEveryProcessorHas) {
  EXPECT_EQ(names().front(), "sse4");
  EXPECT_EQ(cpu::tile_kernels().name, names().back());
  if (__builtin_cpu_supports("avx2")) {
    EXPECT_GE(names().size(), 2U);
  }
}
#endif

}  // namespace
}  // namespace crossover
