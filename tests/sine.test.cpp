// The sine of the vector loops against long double's, in units in the last place of the element type: in
// every binade, beside multiples of pi and pi/2, at the smallest numbers; and the terms x^2 + sin x of the
// solver beyond the reach of the sine.
#include "cpu/sine.hpp"

#include <random>

#include "common/reductions.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {
namespace {

/// The distance of two numbers of T's size around `value`.
template <class T>
long double unit_in_last_place(long double value) {
  using Facts = std::numeric_limits<T>;
  if (value == 0) return Facts::denorm_min();
  return std::ldexp(1.0L, std::max(std::ilogb(value), Facts::min_exponent - 1) - (Facts::digits - 1));
}

template <class T>
struct Worst {
  long double error = 0;
  T at = 0;

  void add(T x) {
    const long double want = std::sin(static_cast<long double>(x));
    const long double off =
        std::fabs(static_cast<long double>(cpu::sine(x)) - want) / unit_in_last_place<T>(want);
    if (!(off <= error)) *this = {off, x};
  }
};

template <class T>
class SineOf : public ::testing::Test {
 protected:
  static constexpr double most = type_of<T> == Type::f32 ? 0.6
                                 : cpu::fused            ? 2
                                                         : 2.5;  // as cpu/sine.hpp says
};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SineOf, Types);

TYPED_TEST(SineOf, EveryBinade) {
  std::mt19937_64 random(1);
  Worst<TypeParam> worst;
  for (int exponent = std::numeric_limits<TypeParam>::min_exponent - std::numeric_limits<TypeParam>::digits;
       exponent < 20; ++exponent) {
    std::uniform_real_distribution<TypeParam> mantissa(1, 2);
    for (int i = 0; i < (exponent < -30 ? 100 : 20'000); ++i) {
      const auto x = std::ldexp(mantissa(random), exponent);
      worst.add(x);
      worst.add(-x);
    }
  }
  EXPECT_LE(worst.error, TestFixture::most) << "at " << worst.at;
}

/// The nearest numbers to k pi/2, where nearly all digits cancel.
TYPED_TEST(SineOf, BesideMultiplesOfPi) {
  constexpr long double half_pi = 1.57079632679489661923132169163975144L;
  const auto last = static_cast<Index>(cpu::Sine<TypeParam>::exact_reach / 1.58);
  Worst<TypeParam> worst;
  for (Index k = 1; k < last; k += 1 + k / 1000) {
    auto x = static_cast<TypeParam>(static_cast<long double>(k) * half_pi);
    for (int i = 0; i < 3; ++i) x = std::nextafter(x, TypeParam{0});
    for (int i = 0; i < 7; ++i, x = std::nextafter(x, std::numeric_limits<TypeParam>::infinity())) {
      worst.add(x);
      worst.add(-x);
    }
  }
  EXPECT_LE(worst.error, TestFixture::most) << "at " << worst.at;
}

/// Integers that continued fractions of pi put next to its multiples: 355/113, 104348/33215, ...
TYPED_TEST(SineOf, WhereFractionsApproachPi) {
  Worst<TypeParam> worst;
  for (const double x : {3.0, 22.0, 355.0, 710.0, 104'348.0, 208'696.0, 312'689.0, 833'719.0})
    worst.add(static_cast<TypeParam>(x));
  EXPECT_LE(worst.error, TestFixture::most) << "at " << worst.at;
}

/// One term at a time, so that nothing hides its error: |x| to 1e300, across both limits of the sine.
TYPED_TEST(SineOf, TermsOfTheSolver) {
  static TypeParam current;
  const cpu::HostSolver& solver = *cpu::find_host_solver("square_sine_sum", "openmp");
  std::mt19937_64 random(2);
  const int last = type_of<TypeParam> == Type::f32 ? 120 : 1020;
  for (int exponent = -last; exponent < last; ++exponent)
    for (const int sign : {-1, 1}) {
      current = static_cast<TypeParam>(
          sign * std::ldexp(std::uniform_real_distribution<double>(1, 2)(random), exponent));
      const Type type = type_of<TypeParam>;
      const Given given(square_sine_sum_problem(), Shape{{1}}, type,
                        {"one", [](const Place&) { return static_cast<double>(current); }});
      const Arrays state(given.problem.state, given.shape, type), out(given.problem.out, given.shape, type);
      solve_piece(given, solver, 1, reduction::n, 0, 1, state, out, true, false);
      const long double x = current, square = x * x, sine = std::sin(x);
      const double got = vector<double>(state.all()[0])[0];
      if (square > std::numeric_limits<double>::max())
        EXPECT_EQ(got, infinity) << "at " << current;
      else
        EXPECT_LE(std::fabs(got - (square + sine)) / unit_in_last_place<double>(square + std::fabs(sine)),
                  type == Type::f32 ? 0x1p29 : 2)
            << "at " << current;
    }
}

}  // namespace
}  // namespace crossover::test
