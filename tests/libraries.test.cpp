// Libraries that are loaded at run time: what the user is told where one is missing or is not what it is
// taken for, which kernels OpenBLAS is asked for, and products that fail inside a team. Libraries are loaded
// once a process, so that each of the first runs in a child. To add a library: a case as for BLAS and oneDNN.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdlib>
#include <functional>

#include "bench/measure/process.hpp"
#include "cpu/blas.hpp"
#include "cpu/onednn.hpp"
#include "cpu/similarity_products.hpp"
#include "tests/similarity_cases.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

/// What `text` says in a process of its own, where `variable` has `value`; the exception's words where it
/// throws.
std::string in_child(const char* variable, const char* value, const std::function<std::string()>& text) {
  std::string said = "nothing was said";
  Watch watch;
  watch.on_event = [&](const Event& event) {
    said = event.at("text").get<std::string>();
    return watch.first_deadline_s;
  };
  run_child(
      [&](const Report& report) {
        setenv(variable, value, 1);
        try {
          report({{"text", text()}});
        } catch (const Unavailable& absent) {
          report({{"text", std::string("unavailable: ") + absent.what()}});
        }
      },
      watch);
  return said;
}

std::string blas_text() { return cpu::Blas::get().description() + "; " + cpu::Blas::get().caution(); }
std::string onednn_text() { return cpu::Onednn::get().description(); }

TEST(Libraries, AreUnavailableWithAdviceWhereTheyAreMissing) {
  for (const auto& [variable, text] :
       {std::pair{cpu::Blas::variable, &blas_text}, std::pair{cpu::Onednn::variable, &onednn_text}}) {
    const std::string said = in_child(variable, "/nowhere/to/be/found.so", text);
    EXPECT_EQ(said.find("unavailable: "), 0U) << said;
    EXPECT_NE(said.find("/nowhere/to/be/found.so"), std::string::npos) << said;
    EXPECT_NE(said.find("apt-get install lib"), std::string::npos) << said;
    EXPECT_NE(said.find(std::string("unset ") + variable), std::string::npos) << said;
  }
}

TEST(Libraries, ThatAreOthersAreUnavailableByTheirMissingFunction) {
  EXPECT_NE(in_child(cpu::Blas::variable, "libm.so.6", blas_text).find("libm.so.6 has no cblas_sgemm"),
            std::string::npos);
  EXPECT_NE(in_child(cpu::Onednn::variable, "libm.so.6", onednn_text).find("libm.so.6 has no dnnl_sgemm"),
            std::string::npos);
}

TEST(Blas, TellsOpenblasWhatTheProcessorHas) {
  const std::string said = in_child("OMP_DYNAMIC", "false", blas_text);
  if (said.find("OpenBLAS") != 0) GTEST_SKIP() << "no OpenBLAS here: " << said;
  const std::size_t core = said.find("core type ") + 10;
  EXPECT_GE(cpu::vector_bits(said.substr(core, said.find(';') - core)), cpu::vector_bits()) << said;
  EXPECT_EQ(said.substr(said.find(';')), "; ") << "nothing to be cautious of";
}

TEST(Blas, WarnsOfACoreTypeBelowTheProcessor) {
  const std::string said = in_child("OPENBLAS_CORETYPE", "Prescott", blas_text);
  if (said.find("OpenBLAS") != 0) GTEST_SKIP() << "no OpenBLAS here: " << said;
  EXPECT_NE(said.find("core type Prescott; "), std::string::npos) << "the user's choice is kept: " << said;
  EXPECT_EQ(said.find("set OPENBLAS_CORETYPE=") != std::string::npos, cpu::vector_bits() > 128) << said;
}

TEST(Blas, IsTheReferenceOneOnlyWhereThatIsNamed) {
  const std::string named = in_child(cpu::Blas::variable, "libblas.so.3", blas_text);
  if (named.find("takes no number of threads") == std::string::npos)
    GTEST_SKIP() << "libblas.so.3 is another one, or missing: " << named;
  EXPECT_EQ(named.find("libblas.so.3; "), 0U) << named;
  const std::string found = in_child("OMP_DYNAMIC", "false", [] {
    unsetenv(cpu::Blas::variable);
    return blas_text();
  });
  EXPECT_EQ(found.find("takes no number of threads") == std::string::npos, found.find("unavailable: ") != 0)
      << found;
}

TEST(Blas, KnowsWhichCoreTypesAreWide) {
  EXPECT_EQ(cpu::vector_bits("SkylakeX"), 512);
  EXPECT_EQ(cpu::vector_bits("Zen"), 256);
  EXPECT_EQ(cpu::vector_bits("Prescott"), 128);
  EXPECT_EQ(cpu::vector_bits(""), 0);
  for (const bool amd : {false, true})
    for (const int bits : {256, 512}) EXPECT_EQ(cpu::vector_bits(cpu::core_type_for(bits, amd)), bits);
  EXPECT_EQ(cpu::core_type_for(128, false), "") << "left to the library";
}

/// OpenBLAS tries for ever to map its buffers: it must not come to that.
std::string room_under_a_limit() {
  const cpu::Blas& blas = cpu::Blas::get();
  if (!blas.description().starts_with("OpenBLAS")) return "another library";
  const rlimit limit{cpu::openblas_buffer_bytes * 3 / 2, RLIM_INFINITY};
  if (setrlimit(RLIMIT_DATA, &limit) != 0) return "no limit could be set";
  try {
    blas.reserve(2);
    return "room";
  } catch (const OutOfMemory& error) {
    return std::to_string(error.needed_bytes) + " bytes: " + error.what();
  }
}

TEST(Blas, WithoutRoomForItsBuffersIsOutOfMemory) {
  const std::string said = in_child("OMP_DYNAMIC", "false", room_under_a_limit);
  for (const char* reason : {"unavailable:", "another library", "no limit"})
    if (said.starts_with(reason)) GTEST_SKIP() << said;
  EXPECT_NE(said.find(std::to_string(2 * cpu::openblas_buffer_bytes) + " bytes: OpenBLAS"), std::string::npos)
      << said;
}

TEST(Blas, RefusesWhatItCannotCount) {
  const HostSolver& solver = solver_named("blas-full");
  ASSERT_TRUE(solver.cannot);
  EXPECT_EQ(solver.cannot({{1'000'000, 100'000, 1'000, 3}}, Type::f32), "");
  EXPECT_NE(solver.cannot({{Index{1} << 31, 1, 1, 3}}, Type::f32).find("--solver"), std::string::npos);
}

void dot_products(const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
                  float* scores) {
  for (Index q = 0; q < query_count; ++q)
    for (Index c = 0; c < row_count; ++c) {
      scores[q * row_count + c] = 0;
      for (Index j = 0; j < dim; ++j) scores[q * row_count + c] += queries[q * dim + j] * corpus[c * dim + j];
    }
}

void failing_product(const float*, Index, const float*, Index, Index, float*) { throw std::bad_alloc(); }

constexpr cpu::Product plain{.multiply = dot_products,
                             .set_threads = nullptr,
                             .row_step = 6,
                             .query_step = 3,
                             .least_queries = 6,
                             .tile_rows = 12,
                             .tile_queries = 9};
constexpr cpu::Product failing{.multiply = failing_product, .set_threads = nullptr};

HostSolver solver_of(const cpu::Product& product) {
  if (&product == &failing)
    return {{.problem = "similarity",
             .name = "failing",
             .strategy = "",
             .workspace =
                 [](const Shape& shape, Type, const Limits& limits) {
                   return cpu::product_tiled_workspace(failing, shape, limits);
                 }},
            [](HostContext& context, const cpu::HostPiece& piece) {
              cpu::product_tiled(failing, context, piece);
            }};
  return {
      {.problem = "similarity",
       .name = "plain",
       .strategy = "",
       .workspace = [](const Shape& shape, Type,
                       const Limits& limits) { return cpu::product_tiled_workspace(plain, shape, limits); }},
      [](HostContext& context, const cpu::HostPiece& piece) { cpu::product_tiled(plain, context, piece); }};
}

/// Small tiles, so that there are many of them, ragged in both directions and unevenly dealt.
TEST(TiledProducts, AgreeWithTheOracleHoweverTheyAreCut) {
  for (const Index corpus : {1, 5, 12, 13, 100})
    for (const Index queries : {1, 2, 9, 10, 40})
      for (const int threads : {1, 2, 3, 5}) {
        Inputs inputs(Shape{{corpus, queries, 7, std::min<Index>(corpus, 4)}});
        Best out = solve(solver_of(plain), inputs, threads);
        const Check result = check(inputs, out);
        EXPECT_TRUE(result.ok) << corpus << " x " << queries << ", " << threads
                               << " threads: " << result.what;
      }
}

TEST(TiledProducts, PassOnWhatAProductThrows) {
  Inputs inputs(Shape{{100, 20, 7, 3}});
  for (const int threads : {1, 3}) EXPECT_THROW(solve(solver_of(failing), inputs, threads), std::bad_alloc);
}

}  // namespace
}  // namespace crossover
