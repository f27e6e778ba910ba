// openmp-tiled similarity, normalisation and selection included, against the product alone: the fastest of
// OpenBLAS, oneDNN and Eigen, each as one product with its own threads where the scores fit into 1 GiB, and
// in tiles by our threads, whose scores are overwritten; against the multiply-adds that the processor does in
// registers; and by threads. And the memory that openmp-tiled takes.
#include <omp.h>

#include <Eigen/Core>
#include <algorithm>
#include <cstdio>

#include "bench/base/statistics.hpp"
#include "bench/goals/goal.hpp"
#include "bench/machine/calibration.hpp"
#include "bench/machine/memory_guard.hpp"
#include "bench/measure/process.hpp"
#include "cpu/blas.hpp"
#include "cpu/onednn.hpp"

namespace crossover::goals {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr Index tile_rows = 960, tile_queries = 256;  // no other tiles were faster by more than the noise
constexpr Index most_scores = Index{1} << 28;         // of one product: 1 GiB
constexpr Index pilot_queries = 1'000;                // by which the fastest is chosen

/// scores[q][c] = queries[q] . corpus[c], with `threads` threads.
using Multiply = std::function<void(const float* queries, Index query_count, const float* corpus,
                                    Index row_count, Index dim, float* scores, int threads)>;

struct Library {
  std::string name;
  std::function<void(int threads)> set_threads;
  Multiply multiply;
};

void multiply_by_eigen(const float* queries, Index query_count, const float* corpus, Index row_count,
                       Index dim, float* scores, int) {
  using In = Eigen::Map<const RowMajor>;
  Eigen::Map<RowMajor>(scores, query_count, row_count).noalias() =
      In(queries, query_count, dim) * In(corpus, row_count, dim).transpose();
}

/// Those that are installed.
std::vector<Library> installed() {
  std::vector<Library> found{{"Eigen", Eigen::setNbThreads, multiply_by_eigen}};
  try {
    const cpu::Blas& blas = cpu::Blas::get();
    found.push_back({blas.description(), [&blas](int threads) { blas.use_threads(threads); },
                     [&blas](const float* q, Index m, const float* c, Index n, Index dim, float* scores,
                             int) { blas.multiply(q, m, c, n, dim, scores); }});
  } catch (const Unavailable& absent) {
    std::printf("without: %s\n", absent.what());
  }
  try {
    const cpu::Onednn& onednn = cpu::Onednn::get();
    found.push_back({onednn.description(), [](int) {},
                     [&onednn](const float* q, Index m, const float* c, Index n, Index dim, float* scores,
                               int threads) { onednn.multiply(q, m, c, n, dim, scores, threads); }});
  } catch (const Unavailable& absent) {
    std::printf("without: %s\n", absent.what());
  }
  return found;
}

/// Products of the same matrices, with room for the scores of either way.
struct Products {
  const float *corpus, *queries;
  Index rows, query_count, dim;
  int threads;
  std::vector<float> scores;

  Products(const Bench& bench, int team)
      : corpus(static_cast<const float*>(bench.in[0].data)),
        queries(static_cast<const float*>(bench.in[1].data)),
        rows(bench.in[0].extents.size[0]),
        query_count(bench.in[1].extents.size[0]),
        dim(bench.in[0].extents.size[1]),
        threads(team),
        scores(static_cast<std::size_t>(
            std::max(team * tile_rows * tile_queries, fit() ? rows * query_count : 0))) {}

  bool fit() const { return rows <= most_scores / query_count; }

  void whole(const Library& library, Index count) {
    library.set_threads(threads);
    library.multiply(queries, count, corpus, rows, dim, scores.data(), threads);
  }

  void in_tiles(const Library& library, Index count) {
    library.set_threads(1);
    const Index height = std::min(tile_rows, (rows + threads - 1) / threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (Index first = 0; first < rows; first += height)
      for (Index query = 0; query < count; query += tile_queries)
        library.multiply(queries + query * dim, std::min(tile_queries, count - query), corpus + first * dim,
                         std::min(height, rows - first), dim,
                         scores.data() + omp_get_thread_num() * tile_rows * tile_queries, 1);
  }
};

struct Candidate {
  std::string name;
  std::function<void(Index queries)> run;
};

/// The one that answers the pilot's queries fastest.
Candidate fastest(Products& products, const std::vector<Library>& libraries) {
  std::vector<Candidate> candidates;
  for (const Library& library : libraries) {
    candidates.push_back(
        {library.name + " in tiles", [&](Index queries) { products.in_tiles(library, queries); }});
    if (products.fit())
      candidates.push_back(
          {library.name + " whole", [&](Index queries) { products.whole(library, queries); }});
  }
  const Index queries = std::min(pilot_queries, products.query_count);
  std::vector<double> best(candidates.size(), 1e300);
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      candidates[i].run(queries);
      best[i] = std::min(best[i], seconds_of([&] { candidates[i].run(queries); }));
    }
  return candidates[static_cast<std::size_t>(std::ranges::min_element(best) - best.begin())];
}

std::string shape_text(Index corpus, Index dim, Index queries) {
  return std::to_string(corpus) + "x" + std::to_string(dim) + "," + std::to_string(queries);
}

bool product_goal(int rounds, int threads, Index corpus, Index dim, Index queries) {
  Bench bench("similarity", {{corpus, queries, dim, 3}}, Type::f32, "openmp-tiled", threads);
  Products products(bench, threads);
  const std::vector<Library> libraries = installed();
  const Candidate best = fastest(products, libraries);
  const double flops =
      2.0 * static_cast<double>(corpus) * static_cast<double>(queries) * static_cast<double>(dim);
  const bool quick = flops < 5e9;
  const auto [ours_s, theirs_s] = alternate(
      quick ? 20 * rounds : rounds, [&] { bench.call(); }, [&] { best.run(queries); }, quick);
  return report("similarity " + shape_text(corpus, dim, queries) + ": the product alone", theirs_s / ours_s,
                0.95, milliseconds(ours_s, theirs_s) + ", " + best.name);
}

/// Against as many multiply-adds in registers, by as many threads, in the same run.
bool limit_goal(int rounds, int threads, Index corpus, Index dim, Index queries, double goal) {
  Bench bench("similarity", {{corpus, queries, dim, 3}}, Type::f32, "openmp-tiled", threads);
  const double flops =
      2.0 * static_cast<double>(corpus) * static_cast<double>(queries) * static_cast<double>(dim);
  float sink = 0;
  const double flops_of_round = kernels::fma_f32(1'000, &sink) / 1'000;
  const auto fma_rounds = static_cast<std::int64_t>(flops / flops_of_round / threads);
  const auto limit = [&] {
#pragma omp parallel num_threads(threads)
    {
      float own = 0;
      kernels::fma_f32(fma_rounds, &own);
    }
  };
  const bool quick = flops < 5e9;
  const auto [ours_s, limit_s] = alternate(
      quick ? 20 * rounds : rounds, [&] { bench.call(); }, limit, quick);
  return report("similarity " + shape_text(corpus, dim, queries) + ": of the FMA rate", limit_s / ours_s,
                goal, milliseconds(ours_s, limit_s));
}

bool team_goal(int rounds, int threads, Index corpus, Index dim, Index queries) {
  const Shape shape{{corpus, queries, dim, 3}};
  Bench team("similarity", shape, Type::f32, "openmp-tiled", threads);
  Bench one("similarity", shape, Type::f32, "openmp-tiled", 1, team.in);
  const auto [team_s, one_s] = alternate(
      5 * rounds, [&] { team.call(); }, [&] { one.call(); }, true);
  return report("similarity " + shape_text(corpus, dim, queries) + ": " + std::to_string(threads) +
                    " threads over 1, per thread",
                one_s / team_s / threads, 0.95, milliseconds(team_s, one_s));
}

/// Past the wall of all scores at once: queries a second of ten times as many queries.
bool length_goal(int threads, Index corpus, Index dim, Index queries) {
  Bench ten("similarity", {{corpus, 10 * queries, dim, 3}}, Type::f32, "openmp-tiled", threads);
  Bench one("similarity", {{corpus, queries, dim, 3}}, Type::f32, "openmp-tiled", threads,
            {ten.in[0], ten.in[1].slice(0, queries)});
  std::vector<double> before, after;
  before.push_back(seconds_of([&] { one.call(); }));
  const double ten_s = seconds_of([&] { ten.call(); });  // longer than a minute: once, between the others
  for (int i = 0; i < 2; ++i) after.push_back(seconds_of([&] { one.call(); }));
  before.insert(before.end(), after.begin(), after.end());
  return report("similarity " + shape_text(corpus, dim, 10 * queries) + ": rate of a tenth of the queries",
                10 * median(before) / ten_s, 0.95, milliseconds(ten_s, 10 * median(before)));
}

/// In a process of its own: everything resident, less inputs and outputs, must stay below 64 MiB.
bool memory_goal(int threads, Index corpus, Index dim, Index queries) {
  double overhead_bytes = 0;
  Watch watch;
  watch.first_deadline_s = 600;
  watch.on_event = [&](const Event& event) {
    overhead_bytes = event.at("bytes");
    return watch.first_deadline_s;
  };
  run_child(
      [&](const Report& say) {
        Bench bench("similarity", {{corpus, queries, dim, 3}}, Type::f32, "openmp-tiled", threads);
        reset_peak();
        bench.call();
        const auto data = bytes_of(bench.problem.in, bench.shape, Type::f32) +
                          bytes_of(bench.problem.out, bench.shape, Type::f32);
        say({{"bytes", static_cast<double>(peak_bytes()) - static_cast<double>(data)}});
      },
      watch);
  char detail[64];
  std::snprintf(detail, sizeof detail, "%.1f MiB beyond inputs and outputs", overhead_bytes / 0x1p20);
  return report("similarity openmp-tiled: 64 MiB over its peak", 64 * 0x1p20 / overhead_bytes, 1.0, detail);
}

}  // namespace

Goals similarity_memory_goals(int threads) {
  return {{"memory", [=] { return memory_goal(threads, 1'000'000, 100, 1'000); }},
          {"memory", [=] { return memory_goal(threads, 100'000, 1'000, 10'000); }},
          {"long-memory", [=] { return memory_goal(threads, 100'000, 1'000, 100'000); }}};
}

Goals similarity_goals(int rounds, int threads) {
  return {
      {"similarity-1", [=] { return product_goal(rounds, threads, 1'000, 100, 100); }},
      {"similarity-2", [=] { return product_goal(rounds, threads, 10'000, 100, 1'000); }},
      {"similarity-3", [=] { return product_goal(rounds, threads, 1'000'000, 100, 1'000); }},
      {"similarity-4", [=] { return product_goal(rounds, threads, 100'000, 1'000, 1'000); }},
      {"similarity-5", [=] { return product_goal(std::min(rounds, 3), threads, 100'000, 1'000, 10'000); }},
      {"similarity-fma-1", [=] { return limit_goal(rounds, threads, 1'000, 100, 100, 0.68); }},
      {"similarity-fma-2", [=] { return limit_goal(rounds, threads, 10'000, 100, 1'000, 0.68); }},
      {"similarity-fma-3", [=] { return limit_goal(rounds, threads, 1'000'000, 100, 1'000, 0.68); }},
      {"similarity-fma-4", [=] { return limit_goal(rounds, threads, 100'000, 1'000, 1'000, 0.78); }},
      {"similarity-fma-5",
       [=] { return limit_goal(std::min(rounds, 3), threads, 100'000, 1'000, 10'000, 0.78); }},
      {"long-similarity", [=] { return length_goal(threads, 100'000, 1'000, 10'000); }},
      {"similarity-team", [=] { return team_goal(rounds, threads, 10'000, 100, 1'000); }},
  };
}

}  // namespace crossover::goals
