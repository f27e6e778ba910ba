// gpu/cublas.cpp itself, on a pretend library that is loaded as the real one is (library/cublas.cpp): the
// order of arguments, leading dimensions, strides and blocks, against plain loops over row-major matrices.
// Numbers are small and whole, so that sums are exact in any order. To add a case: a line of sizes.
#include "gpu/cublas.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace crossover::gpu {
namespace {

template <class T>
std::vector<T> numbers(Index count, std::size_t seed) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>((i * 37 + seed * 11) % 61) - 30;
  return values;
}

class PretendCublas : public testing::Test {
 protected:
  PretendCublas() { cublas.use(nullptr, aligned()); }

  std::span<std::byte> aligned() {
    return Cublas::aligned({memory.get(), Cublas::workspace_bytes + Cublas::workspace_alignment});
  }

  template <class T>
  void expect_block_sums(Index rows, Index stride, Index blocks, Index length, Index sums_stride) {
    const std::vector<T> values = numbers<T>(rows * stride, 1), factors = numbers<T>(length, 2);
    std::vector<T> sums(static_cast<std::size_t>(rows * sums_stride), T{-1}), expected = sums;
    cublas.block_sums(values.data(), rows, stride, blocks, length, factors.data(), sums.data(), sums_stride);
    for (Index row = 0; row < rows; ++row)
      for (Index block = 0; block < blocks; ++block) {
        T& sum = expected[static_cast<std::size_t>(row * sums_stride + block)] = 0;
        for (Index j = 0; j < length; ++j)
          sum += values[static_cast<std::size_t>(row * stride + block * length + j)] *
                 factors[static_cast<std::size_t>(j)];
      }
    EXPECT_EQ(sums, expected) << rows << " x " << stride << ", " << blocks << " blocks of " << length;
  }

  Cublas cublas;
  std::unique_ptr<std::byte[]> memory =
      std::make_unique<std::byte[]>(Cublas::workspace_bytes + Cublas::workspace_alignment);
};

TEST_F(PretendCublas, IsTheLibraryThatIsLoaded) { EXPECT_EQ(cublas.version(), 0) << "NVIDIA's has a number"; }

TEST_F(PretendCublas, MultipliesRowMajorMatrices) {
  struct Sizes {
    Index queries, corpus, dim, stride;
  };
  for (const auto& [queries, corpus, dim, stride] :
       {Sizes{5, 130, 12, 132}, Sizes{130, 5, 7, 5}, Sizes{1, 3, 1, 9}, Sizes{3, 1, 40, 1}}) {
    const std::vector<float> left = numbers<float>(queries * dim, 1), right = numbers<float>(corpus * dim, 2);
    std::vector<float> scores(static_cast<std::size_t>(queries * stride), -1), expected = scores;
    cublas.scores(left.data(), queries, right.data(), corpus, dim, scores.data(), stride);
    for (Index q = 0; q < queries; ++q)
      for (Index c = 0; c < corpus; ++c) {
        float& sum = expected[static_cast<std::size_t>(q * stride + c)] = 0;
        for (Index j = 0; j < dim; ++j)
          sum += left[static_cast<std::size_t>(q * dim + j)] * right[static_cast<std::size_t>(c * dim + j)];
      }
    EXPECT_EQ(scores, expected) << queries << " x " << corpus << " of " << dim;
  }
}

TEST_F(PretendCublas, SumsBlocksOfColumns) {
  const auto expect_both = [&](auto... sizes) {
    expect_block_sums<float>(sizes...);
    expect_block_sums<double>(sizes...);
  };
  expect_both(7, 1000, 3, 300, 5);
  expect_both(1, 10, 1, 10, 1);
  expect_both(2, 70'003, 35'000, 2, 35'001);  // more blocks than one batch takes
}

/// What the real library would answer with memory of its own, or refuse, ends with the call's name.
TEST_F(PretendCublas, RefusalsAreToldWithTheCall) {
  const float value = 1;
  float score = 0;
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_NE(message([&] { cublas.scores(&value, 1, &value, 2, 1, &score, 1); }).find("cublasGemmEx: "),
            std::string::npos)
      << "rows of scores that overlap";
  EXPECT_NE(message([&] { cublas.use(nullptr, aligned().subspan(1)); }).find("cublasSetWorkspace: "),
            std::string::npos);
  EXPECT_NE(message([&] { cublas.scores(&value, 1, &value, 1, 1, &score, 1); }).find("without a workspace"),
            std::string::npos)
      << "it went with the stream before";
}

}  // namespace
}  // namespace crossover::gpu
