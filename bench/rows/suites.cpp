#include "bench/rows/suites.hpp"

#include <array>

namespace crossover {

std::span<const Suite> suites() {
  static const std::array table = {
      Suite{"lecture",
            "the sizes of the lectures' published figures, the memory wall included",
            1.3,
            8.5,
            {
                {"row_means", {{100'000, 1'000}}, Type::f64},
                {"row_means", {{100'000, 1'000}}, Type::f32},
                {"row_means", {{100'000, 10'000}}, Type::f64},
                {"row_means", {{100'000, 10'000}}, Type::f32},
                // corpus, queries, dim, k
                {"similarity", {{1'000, 100, 100, 3}}, Type::f32},
                {"similarity", {{10'000, 1'000, 100, 3}}, Type::f32},
                {"similarity", {{1'000'000, 1'000, 100, 3}}, Type::f32},
                {"similarity", {{1'000, 1'000'000, 100, 3}}, Type::f32},  // as the lecture asks
                {"similarity", {{100'000, 1'000, 1'000, 3}}, Type::f32},
                {"similarity", {{100'000, 10'000, 1'000, 3}}, Type::f32},
                {"sum", {{50'000'000}}, Type::i64},
                {"square_sine_sum", {{1'000'000}}, Type::f64},
                {"square_sine_sum", {{10'000'000}}, Type::f64},
                // Last: what is left of --within is known. corpus, queries, dim, k
                {"similarity", {{100'000, 100'000, 1'000, 3}}, Type::f32, "openmp-tiled"},
            }},
      Suite{"quick",
            "every problem once, in cache: a look at the program in half a minute",
            0.5,
            5.0,
            {
                {"row_means", {{1'000, 1'000}}, Type::f32},
                {"similarity", {{1'000, 100, 100, 3}}, Type::f32},
                {"sum", {{1'000'000}}, Type::i64},
                {"mean", {{1'000'000}}, Type::f32},
                {"min", {{1'000'000}}, Type::f32},
                {"max", {{1'000'000}}, Type::f32},
                {"argmax", {{1'000'000}}, Type::f32},
                {"dot", {{1'000'000}}, Type::f32},
                {"norm2", {{1'000'000}}, Type::f32},
                {"square_sine_sum", {{100'000}}, Type::f64},
            }},
  };
  return table;
}

const Suite* find_suite(std::string_view name) {
  for (const Suite& suite : suites())
    if (suite.name == name) return &suite;
  return nullptr;
}

}  // namespace crossover
