// What the sums of the reductions' kernels are made of: the sine, exact additions, sums that do not lose with
// their length. To add a case: a range in `ranges`.
#include "gpu/launch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gpu/reductions_terms.cuh"

namespace crossover::gpu {
namespace {

template <class T>
void expect_sine(T x) {
  // Beside x^2 the error weighs what it does beside max(|sin x|, x^2).
  const long double want = std::sin(static_cast<long double>(x)), square = static_cast<long double>(x) * x;
  const long double scale = std::max(std::fabs(want), square < 1 ? 0.0L : 1.0L);
  constexpr long double unit = std::numeric_limits<T>::epsilon();
  EXPECT_LE(std::fabs(sine(x) - want), 2 * unit * scale + std::numeric_limits<T>::denorm_min()) << x;
}

template <class T>
void expect_sine_of_all_sizes() {
  std::mt19937 random(11);
  const std::vector<double> ranges{1e-30, 1e-3, 0.5, 1.6, 4, 100, 1e4, static_cast<double>(Sine<T>::reach)};
  for (const double range : ranges)
    for (int i = 0; i < 20'000; ++i)
      expect_sine(static_cast<T>(std::uniform_real_distribution<double>(-range, range)(random)));
  for (int k = -1000; k <= 1000; ++k)  // where the sine is next to nothing, and where k changes
    for (const double near : {0.0, 1e-9, 0.5})
      expect_sine(static_cast<T>((k + near) * 3.14159265358979323846));
}

TEST(Sine, IsRightToTwoUnits) {
  expect_sine_of_all_sizes<float>();
  expect_sine_of_all_sizes<double>();
}

TEST(TwoSum, LosesNothing) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> mantissa(-1, 1);
  std::uniform_int_distribution<int> exponent(-20, 3);
  for (int i = 0; i < 100'000; ++i) {
    const float a = std::ldexp(mantissa(random), exponent(random)),
                b = std::ldexp(mantissa(random), exponent(random));
    float sum = a, lost = 0;
    two_sum(sum, b, lost);
    EXPECT_EQ(sum, a + b);
    EXPECT_EQ(static_cast<double>(sum) + static_cast<double>(lost),
              static_cast<double>(a) + static_cast<double>(b));
  }
}

TEST(LongSum, DoesNotLoseWithItsLength) {
  constexpr int count = 10'000'000;
  LongSum sum;
  double plain = 0;
  for (int i = 0; i < count; ++i) {
    sum.add(0.1);
    plain += 0.1;
  }
  const auto want = static_cast<double>(static_cast<long double>(0.1) * count);
  EXPECT_EQ(sum.total(), want);
  EXPECT_GT(std::fabs(plain - want), 1e-5);
}

TEST(LongSum, PassesInfinitiesAndNanOn) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto total = [](std::initializer_list<double> values) {
    LongSum sum;
    for (const double value : values) sum.add(value);
    return sum.total();
  };
  EXPECT_EQ(total({1, infinity, 2}), infinity);
  EXPECT_EQ(total({-infinity, -infinity}), -infinity);
  EXPECT_TRUE(std::isnan(total({infinity, -infinity, 1})));
  EXPECT_TRUE(std::isnan(total({1, std::numeric_limits<double>::quiet_NaN()})));
  EXPECT_EQ(total({std::numeric_limits<double>::max(), std::numeric_limits<double>::max()}), infinity);
}

/// Sixteen elements in f32 and their sum in f64: what a thread makes of a tile.
TEST(AddExactly, KeepsWhatF32WouldLose) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> mantissa(-1, 1);
  for (int i = 0; i < 10'000; ++i) {
    float terms[16];
    long double want = 0, magnitude = 0;
    for (int j = 0; j < 16; ++j) {
      terms[j] = std::ldexp(mantissa(random), j % 5 * 5 - 10);
      want += terms[j];
      magnitude += std::fabs(static_cast<long double>(terms[j]));
    }
    LongSum sum;
    ASSERT_TRUE(add_exactly(sum, terms, 0));
    EXPECT_LE(std::fabs(sum.total() - want), 0x1p-42L * magnitude);
  }
  float beyond[16];
  std::fill_n(beyond, 16, std::numeric_limits<float>::max());
  LongSum sum;
  EXPECT_FALSE(add_exactly(sum, beyond, 0));
  EXPECT_EQ(sum.total(), 0);
}

/// Products of f32, whatever their size: f32 holds them exactly with what is lost, or they are made in f64.
TEST(AddProducts, KeepsWhatF32WouldLose) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> mantissa(-1, 1);
  for (const int size : {-149, -70, -60, -45, -20, 0, 40, 60, 63, 64, 100})
    for (int i = 0; i < 1'000; ++i) {
      Elements<float> x, y;
      long double want = 0, magnitude = 0;
      for (int j = 0; j < Elements<float>::count; ++j) {
        x.at[j] = std::ldexp(mantissa(random), size);
        y.at[j] = std::ldexp(mantissa(random), size + j % 3);
        const long double product = static_cast<long double>(x.at[j]) * y.at[j];
        want += product;
        magnitude += std::fabs(product);
      }
      LongSum sum;
      add_products(sum, x, y);
      ASSERT_LE(std::fabs(sum.total() - want), 0x1p-42L * magnitude) << size;
    }
}

}  // namespace
}  // namespace crossover::gpu
