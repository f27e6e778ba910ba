// Forecasts from small pieces: which axis is cut, what is said where none can be, and how near the truth they
// come when pieces are lucky. A shape is a line in the loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/worker/first_call.hpp"
#include "bench/worker/inputs.hpp"

namespace crossover {
namespace {

/// Of the serial solver, with a timeout that nothing passes.
double forecast_of(const char* name, const Shape& shape) {
  const Problem& problem = *find_problem(name);
  const Options options;
  const Group group{&problem, shape, Type::f32, {}, 1, 60, {}};
  const Case subject{&cpu_backend(), cpu_backend().find_solver(name, "serial"), 1, "none"};
  HostMemory memory;
  const Inputs inputs(problem, shape, Type::f32, 1, {}, memory, 1);
  const CaseJob job{0, subject, group, options, {}, inputs.arrays(), &memory};
  return forecast_call(job, real_world([](const Event&) {}, 0), 60);
}

/// A backend whose calls take what `seconds` says of their rows, on a clock that moves by nothing else. The
/// number of the call is within all, that of the piece within those of other rows.
struct Scripted {
  static inline double now_s = 0;
  static inline std::function<double(Index rows, int call)> seconds;
  static inline int calls = 0, piece = 0;
  static inline Index rows_before = 0;

  class Call final : public Execution {
   public:
    explicit Call(Index rows) : rows_(rows) {}
    std::vector<Step> opening() override { return {}; }
    std::vector<Step> closing() override { return {}; }
    std::vector<Step> call() override {
      return {{Phase::compute, 1, [this] {
                 piece += rows_ != rows_before;
                 rows_before = rows_;
                 now_s += seconds(rows_, ++calls);
               }}};
    }
    void wait() override {}
    void poison() override {}
    std::string damage() override { return {}; }
    std::span<const HostArray> outputs() override { return {}; }

   private:
    Index rows_;
  };

  static std::unique_ptr<Execution> open(const Task& task) { return std::make_unique<Call>(task.shape[0]); }

  /// Of a call on `rows` rows of 1000 columns.
  static double forecast(Index rows, double timeout_s) {
    now_s = calls = piece = 0;
    rows_before = 0;
    Backend backend{};
    backend.name = "scripted";
    backend.open = open;
    backend.startup = [](const Task&) { return std::vector<StartupPart>{}; };
    const SolverInfo solver{.problem = "row_means", .name = "scripted", .strategy = ""};
    const Problem& problem = *find_problem("row_means");
    const Options options;
    const Group group{&problem, {{rows, 1000}}, Type::f32, {}, 1, timeout_s, {}};
    const Case subject{&backend, &solver, 1, "none"};
    const std::vector<HostArray> in = {{nullptr, Type::f32, {2, {rows, 1000}}}};
    const CaseJob job{0, subject, group, options, {}, in, nullptr};
    World world;
    world.now = [] { return now_s; };
    world.report = [](const Event&) {};
    return forecast_call(job, world, timeout_s);
  }
};

TEST(Forecast, OneLuckyPieceDoesNotDecide) {
  for (const int lucky : {1, 2, 3, 4, 5, 6}) {
    Scripted::seconds = [=](Index rows, int) {
      const double true_s = 1e-6 * static_cast<double>(rows);
      return Scripted::piece == lucky ? 0.3 * true_s : true_s;
    };
    const double found_s = Scripted::forecast(30'000'000, 10);  // 30 s in truth
    EXPECT_GT(found_s, 20) << "piece " << lucky << " was lucky";
    EXPECT_LT(found_s, 45) << "piece " << lucky << " was lucky";
  }
}

TEST(Forecast, OnePreemptedCallRefusesNothing) {
  for (const double truth_s : {1.0, 4.0})
    for (int preempted = 1; preempted <= 24; ++preempted) {
      Scripted::seconds = [=](Index rows, int call) {
        const double true_s = truth_s * (1e-5 + static_cast<double>(rows) / 30e6);
        return call == preempted || call == preempted + 1 ? true_s + 0.3 : true_s;
      };
      EXPECT_LE(Scripted::forecast(30'000'000, 2.5 * truth_s), 2.5 * truth_s) << "call " << preempted;
    }
}

/// Far beyond the timeout the exact figure does not matter: two pieces that agree on that are enough, even
/// where they agree on nothing else.
TEST(Forecast, StopsEarlyWhereThereIsNoHope) {
  Scripted::seconds = [](Index rows, int) {
    return Scripted::piece % 2 ? 1e-7 * static_cast<double>(rows) : 1.5e-7 * static_cast<double>(rows);
  };
  EXPECT_GT(Scripted::forecast(3'000'000'000, 10), 250);
  EXPECT_EQ(Scripted::piece, 2);
  Scripted::forecast(300'000'000, 10);
  EXPECT_GT(Scripted::piece, 2);
}

/// Small pieces of a solver that prepares much say nothing of the rest, but for their noise.
TEST(Forecast, WhatEveryCallPaysIsNoReasonToGiveUp) {
  Scripted::seconds = [](Index rows, int call) {
    return 0.3 + 0.002 * call + 2e-9 * static_cast<double>(rows);  // 2.3 s in truth
  };
  EXPECT_LT(Scripted::forecast(1'000'000'000, 8.5), 8.5);
}

/// Nor is memory that nobody had touched: a piece's second call does not meet it.
TEST(Forecast, TheFirstTouchOfMemoryIsNoReasonToGiveUp) {
  Scripted::seconds = [](Index rows, int call) {
    const double touch_s = call == 2 ? 0.25 : 0;  // of the second piece
    return 0.2 + touch_s + 4e-8 * static_cast<double>(rows);
  };
  EXPECT_LT(Scripted::forecast(30'000'000, 8.5), 8.5) << "1.4 s in truth";
}

/// Nor is code that a process's first call loads, as a driver compiles a GPU's.
TEST(Forecast, LoadingCodeIsNoReasonToGiveUp) {
  for (const double loading_s : {1.0, 2.2, 4.0}) {
    Scripted::seconds = [=](Index rows, int call) {
      return (call == 1 ? loading_s : 0) + 0.04 + 6e-9 * static_cast<double>(rows);
    };
    EXPECT_LT(Scripted::forecast(1'000'000, 8.5), 8.5) << loading_s;
    EXPECT_LT(Scripted::forecast(1'000'000'000, 8.5), 8.5) << loading_s;
  }
}

TEST(Forecast, WhatEveryCallPaysIsPaidOnce) {
  Scripted::seconds = [](Index rows, int) { return 0.02 + 1e-6 * static_cast<double>(rows); };
  EXPECT_NEAR(Scripted::forecast(30'000'000, 10), 30.02, 1);
  const double far_s = Scripted::forecast(1'000'000, 60);
  EXPECT_GE(far_s, 1.02) << "far from the timeout an upper bound is enough";
  EXPECT_LT(far_s, 60 / 4);
}

/// A product reads all of the corpus for a few queries, and takes as long for some more.
TEST(Forecast, PiecesThatTakeEquallyLongSayNothingOfTheRest) {
  Scripted::seconds = [](Index rows, int call) {
    return std::max(0.4 + 1e-4 * call, 1e-6 * static_cast<double>(rows));
  };
  EXPECT_GT(Scripted::forecast(10'000'000, 8.5), 8.5) << "10 s in truth";
}

/// The whole is measured by the first call; as a piece it would be called twice. Near the timeout it is
/// worth that.
TEST(Forecast, ThatIsSafeFromAQuarterOnNeedsNoMore) {
  constexpr Index all = 1'000'000;
  Index longest = 0;
  Scripted::seconds = [&](Index rows, int) {  // 1 s in truth, and no two pieces agree on it
    longest = std::max(longest, rows);
    return std::sqrt(static_cast<double>(rows) / static_cast<double>(all));
  };
  const double safe_s = Scripted::forecast(all, 4);
  EXPECT_GE(safe_s, 1);
  EXPECT_LT(safe_s, 2);
  EXPECT_GE(longest, all / 4);
  EXPECT_LT(longest, all);
  EXPECT_EQ(Scripted::forecast(all, 3), 1);
  EXPECT_EQ(longest, all);
}

TEST(Forecast, CutsAnAxisThatHasMoreThanOneIndex) {
  EXPECT_GT(forecast_of("row_means", {{50, 100}}), 0);
  EXPECT_GT(forecast_of("similarity", {{50, 20, 10, 3}}), 0);
  EXPECT_GT(forecast_of("similarity", {{50, 1, 10, 3}}), 0) << "one query: the corpus is cut";
  EXPECT_GT(forecast_of("sum", {{1000}}), 0);
}

TEST(Forecast, IsZeroWhereNothingCanBeCut) {
  EXPECT_EQ(forecast_of("row_means", {{1, 100}}), 0);
  EXPECT_EQ(forecast_of("sum", {{1}}), 0);
}

}  // namespace
}  // namespace crossover
