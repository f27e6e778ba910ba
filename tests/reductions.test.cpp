// What every solver of a reduction makes of NaN, infinities, signed zeros, ties, numbers near the ends of
// the range, and of long sums. A case is a line in reduction_cases.hpp.
#include "common/reductions.hpp"

#include <algorithm>

#include "tests/reduction_cases.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {
namespace {

using namespace reduction_cases;

/// Runs every solver that the problem has; calls check(solver, outputs) for each.
template <class Body>
void for_each_solver(const Given& given, Body check) {
  const int axis = given.problem.axis_with(Role::fold);
  for (const SolverInfo* info : cpu_backend().solvers) {
    if (std::string_view(info->problem) != given.problem.name) continue;
    const Arrays state(given.problem.state, given.shape, given.type);
    const Arrays out(given.problem.out, given.shape, given.type);
    solve_piece(given, *cpu::find_host_solver(info->problem, info->name), 2, axis, 0, given.shape[axis],
                state, out, true, true);
    check(*info, out.all());
  }
}

double first_of(const HostArray& array) {
  return with_type(array.type, [&]<class T>() { return static_cast<double>(vector<T>(array)[0]); });
}

void expect_case(const Case& one, Type type) {
  current[0] = one.values;
  current[1] = one.other;
  Shape shape;
  shape[0] = static_cast<Index>(one.values.size());
  const Given given(*find_problem(one.problem), shape, type, {"case", current_value});
  const double stated = type == Type::f32 ? 0x1p-22 : 0x1p-42;
  int solvers = 0;
  for_each_solver(given, [&](const SolverInfo& solver, std::span<const HostArray> out) {
    ++solvers;
    const double got = first_of(out[0]), bound = std::max(stated, error_bound(solver, shape, type));
    if (std::isnan(one.expected))
      EXPECT_TRUE(std::isnan(got)) << given.text() << " " << solver.name << " gives " << got;
    else if (std::isinf(one.expected))
      EXPECT_EQ(got, one.expected) << given.text() << " " << solver.name;
    else
      EXPECT_NEAR(got, one.expected, std::fabs(one.expected) * bound)
          << given.text() << " " << solver.name << ", expected " << one.expected;
    EXPECT_TRUE(given.oracle_of(solver)(out).ok)
        << given.text() << " " << solver.name << ": " << given.oracle_of(solver)(out).what;
  });
  EXPECT_GE(solvers, 3);
}

TEST(Reductions, FollowNumPysRules) {
  for (const Case& one : cases())
    for (const Type type : one.types) expect_case(one, type);
}

/// The same numbers far behind others, where blocks, lanes and threads meet, at every remainder.
TEST(Reductions, FollowThemAnywhereInALongInput) {
  for (const Case& one : cases()) {
    if (!std::isnan(one.expected) || std::string_view(one.problem) == "argmax") continue;
    for (const std::size_t before : {1U, 31U, 1024U, 16'385U, 33'001U}) {
      Case longer = one;
      longer.values.insert(longer.values.begin(), before, 1.0);
      if (!longer.other.empty()) longer.other.insert(longer.other.begin(), before, 1.0);
      for (const Type type : one.types) expect_case(longer, type);
      longer.values.insert(longer.values.end(), before, 1.0);
      if (!longer.other.empty()) longer.other.insert(longer.other.end(), before, 1.0);
      for (const Type type : one.types) expect_case(longer, type);
    }
  }
}

TEST(Reductions, ArgmaxIsTheFirstPlaceOrTheFirstNaN) {
  for (const Index count : {1'000, 1'025, 40'003})
    for (const Index place : {Index{0}, Index{31}, Index{32}, count / 2, count - 1})
      for (const double peak : {9.0, nan}) {
        std::vector<double> values(static_cast<std::size_t>(count), 2.0);
        for (Index i = place; i < count; i += 17) values[static_cast<std::size_t>(i)] = peak;
        expect_case({"argmax", values, static_cast<double>(place)}, Type::f32);
        expect_case({"argmax", values, static_cast<double>(place)}, Type::f64);
      }
}

TEST(Reductions, IntegerSumsWrapAround) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const Index count : {2, 33, 5'000, 40'003}) {
    const Given given(sum_problem(), Shape{{count}}, Type::i64, {"most", [](const Place&) { return inf; }});
    const auto want =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(most) * static_cast<std::uint64_t>(count));
    for_each_solver(given, [&](const SolverInfo& solver, std::span<const HostArray> out) {
      EXPECT_EQ(vector<std::int64_t>(out[0])[0], want) << given.text() << " " << solver.name;
    });
  }
}

/// A sum kept in f32 would stop growing at 2^24; one f64 after another would be off by 1e-10.
TEST(Reductions, ErrorsDoNotGrowWithTheLength) {
  constexpr Index count = 20'000'000;
  for (const Type type : {Type::f32, Type::f64}) {
    const Given given(sum_problem(), Shape{{count}}, type, {"tenths", [](const Place&) { return 0.1; }});
    const long double tenth =
        type == Type::f32 ? static_cast<long double>(0.1F) : static_cast<long double>(0.1);
    const auto want = static_cast<double>(tenth * count);
    for_each_solver(given, [&](const SolverInfo& solver, std::span<const HostArray> out) {
      const double bound = type == Type::f32 ? 0x1p-23 : 0x1p-42;
      if (!solver.error_bound) {
        EXPECT_NEAR(first_of(out[0]), want, want * bound) << solver.name;
      }
      EXPECT_TRUE(given.oracle_of(solver)(out).ok) << solver.name;
    });
  }
}

/// A sum kept in f32 is held to the bound of such a sum: to that, not to nothing.
TEST(Reductions, ASolversOwnBoundHoldsItInstead) {
  constexpr Index count = 20'000'000;
  const Given given(sum_problem(), Shape{{count}}, Type::f32, {"tenths", [](const Place&) { return 0.1; }});
  const SolverInfo& eigen = *cpu::find_host_solver("sum", "eigen");
  const double bound = error_bound(eigen, given.shape, Type::f32), sum = static_cast<double>(0.1F) * count;
  EXPECT_GT(bound, 0x1p-22);
  const Arrays out(given.problem.out, given.shape, Type::f32);
  const Oracle stated = given.oracle(), own = given.oracle_of(eigen);
  const auto right = [&](const Oracle& oracle, double value) {
    vector<float>(out.all()[0])[0] = static_cast<float>(value);
    return oracle(out.all()).ok;
  };
  EXPECT_FALSE(right(stated, sum * (1 + bound / 2)));
  EXPECT_TRUE(right(own, sum * (1 + bound / 2)));
  EXPECT_FALSE(right(own, sum * (1 + bound * 2)));
  EXPECT_NE(own(out.all()).what.find("this solver's own is "), std::string::npos) << own(out.all()).what;
  EXPECT_FALSE(right(own, nan));
  EXPECT_FALSE(right(own, inf));
}

/// norm2 of blocks above, in and below the safe range, in every order, merges to one answer. Squares of
/// integers, so that roots are exact; the longer ones hold whole blocks of every method.
TEST(Reductions, Norm2JoinsBlocksOfAnySize) {
  for (const Index root : {32, 256}) {
    const auto count = static_cast<std::ptrdiff_t>(root * root);
    std::vector<double> values(static_cast<std::size_t>(3 * count), 1e-300);
    std::fill(values.begin() + count, values.begin() + 2 * count, 1e300);
    std::fill(values.begin() + 2 * count, values.end(), 1.0);
    expect_case({"norm2", values, static_cast<double>(root) * 1e300, {}, f64_only}, Type::f64);
    std::fill(values.begin() + count, values.begin() + 2 * count, 1e-140);
    std::fill(values.begin() + 2 * count, values.end(), 0.0);
    expect_case({"norm2", values, static_cast<double>(root) * 1e-140, {}, f64_only}, Type::f64);
  }
}

/// Sums and products that f32 cannot hold, of elements that it can.
TEST(Reductions, F32IsNotLeftOnTheWay) {
  const std::vector<Type> f32_only = {Type::f32};
  const double near_1 = 1 + 0x1p-10;
  std::vector<double> values(16'384, 1e-30);
  expect_case({"norm2", values, 128e-30, {}, f32_only}, Type::f32);
  std::fill(values.begin(), values.end(), 1e30);
  expect_case({"norm2", values, 128e30, {}, f32_only}, Type::f32);
  std::fill(values.begin(), values.end(), near_1 * 0x1p-70);
  expect_case({"dot", values, near_1 * near_1 * 0x1p-126, values, f32_only}, Type::f32);
  std::vector<double> cancelling(192, 3e38);
  std::fill(cancelling.begin() + 64, cancelling.begin() + 128, -3e38);
  std::fill(cancelling.begin() + 128, cancelling.end(), 1.0);
  expect_case({"sum", cancelling, 64, {}, f32_only}, Type::f32);
  expect_case({"mean", cancelling, 64.0 / 192, {}, f32_only}, Type::f32);
  expect_case({"dot", cancelling, 64, std::vector<double>(192, 1.0), f32_only}, Type::f32);
}

/// Whichever lane, or rest behind the lanes, meets it.
TEST(Reductions, OneNaNAnywhereIsNoticed) {
  for (const char* problem : {"sum", "min", "max", "norm2", "square_sine_sum"})
    for (std::size_t place = 0; place < 103; ++place) {
      std::vector<double> values(103, 2.0);
      values[place] = nan;
      expect_case({problem, values, nan}, Type::f32);
      expect_case({problem, values, nan}, Type::f64);
    }
}

/// The bits of the outputs of one call.
std::string answer(const Given& given, int threads) {
  const Arrays state(given.problem.state, given.shape, given.type);
  const Arrays out(given.problem.out, given.shape, given.type);
  solve_piece(given, *cpu::find_host_solver(given.problem.name, "openmp"), threads, reduction::n, 0,
              given.shape[reduction::n], state, out, true, true);
  return {static_cast<const char*>(out.all()[0].data), out.all()[0].bytes()};
}

/// The last digits depend on n and on the threads that take part: on nothing else, and not on how many were
/// offered to an input that is too small for a second one, or to a result that has no rounding.
TEST(Reductions, TheSameCallGivesTheSameBits) {
  const Fill random{"random", random_at};
  for (const Problem* problem : problems()) {
    if (problem->axes.size() != 1) continue;
    const bool exact = std::string_view(problem->accuracy) == "exact";
    for (const Type type : problem->types) {
      const Given small(*problem, Shape{{3'000}}, type, random),
          large(*problem, Shape{{300'000}}, type, random);
      EXPECT_EQ(answer(small, 1), answer(small, 8)) << small.text();
      EXPECT_EQ(answer(large, 3), answer(large, 3)) << large.text();
      if (exact || type == Type::i64) {
        EXPECT_EQ(answer(large, 1), answer(large, 8)) << large.text();
      }
    }
  }
}

}  // namespace
}  // namespace crossover::test
