// The door to cuBLAS: what a library that is not one gives, which variables are told, and, where there is a
// device and the library, products against plain loops: the order of arguments, strides and blocks.
#include "gpu/cublas.hpp"

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "common/execution.hpp"
#include "tests/cuda/must_run.hpp"

namespace crossover::gpu {
namespace {

/// Holds an environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// A folder in which another library has cuBLAS's names.
std::filesystem::path folder_of_another_library() {
  Dl_info other{};
  EXPECT_NE(dladdr(reinterpret_cast<void*>(static_cast<double (*)(double)>(std::cos)), &other), 0);
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("cublas_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  for (const char* name : {"libcublas.so.12", "libcublas.so.13", "libcublas.so"})
    std::filesystem::create_symlink(other.dli_fname, folder / name);
  return folder;
}

[[noreturn]] void say_why_there_is_none() {
  try {
    const Cublas cublas;
    std::fputs("there is one", stderr);
  } catch (const Unavailable& error) {
    std::fputs(error.what(), stderr);
  }
  std::exit(0);
}

/// In a process of its own: the loader reads LD_LIBRARY_PATH once, and looks there before any place that the
/// build or the system names.
TEST(Cublas, IsUnavailableWhereTheLibraryLacksItsFunctions) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::filesystem::path folder = folder_of_another_library();
  const Variable variable("LD_LIBRARY_PATH", folder.string());
  EXPECT_EXIT(
      {
        std::filesystem::remove_all(folder);  // this process's own; the parent's is the one that is used
        say_why_there_is_none();
      },
      testing::ExitedWithCode(0), "has no cublas.*install");
  std::filesystem::remove_all(folder);
}

TEST(Cublas, TellsTheVariablesThatChangeResults) {
  const Variable variable("NVIDIA_TF32_OVERRIDE", "1");
  const auto found = cublas_environment();
  EXPECT_NE(
      std::find(found.begin(), found.end(), std::pair<std::string, std::string>("NVIDIA_TF32_OVERRIDE", "1")),
      found.end());
}

/// A copy on the device, and back.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(const std::vector<T>& values) : count_(values.size()) {
    EXPECT_EQ(cudaMalloc(&data_, count_ * sizeof(T)), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice), cudaSuccess);
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  ~OnDevice() { cudaFree(data_); }
  T* data() const { return static_cast<T*>(data_); }
  std::vector<T> back() const {
    std::vector<T> values(count_);
    EXPECT_EQ(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost), cudaSuccess);
    return values;
  }

 private:
  void* data_ = nullptr;
  std::size_t count_;
};

class CublasOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (int devices = 0; cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0)
      CROSSOVER_CANNOT_RUN("no device");
    try {
      cublas.emplace();
    } catch (const Unavailable& error) {
      CROSSOVER_CANNOT_RUN(error.what());
    }
    workspace.emplace(std::vector<std::byte>(Cublas::workspace_bytes + Cublas::workspace_alignment));
    cublas->use(nullptr,
                Cublas::aligned({workspace->data(), Cublas::workspace_bytes + Cublas::workspace_alignment}));
  }

  template <class T>
  static std::vector<T> numbers(Index count, int seed) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<T>((i * 37 + static_cast<std::size_t>(seed) * 11) % 64) - 32;
    return values;  // small whole numbers: sums are exact in any order
  }

  template <class T>
  void expect_block_sums() {
    const Index rows = 7, stride = 1000, blocks = 3, length = 300, sums_stride = 5;
    const OnDevice<T> values(numbers<T>(rows * stride, 1)), factors(numbers<T>(length, 2));
    const OnDevice<T> sums(std::vector<T>(static_cast<std::size_t>(rows * sums_stride), T{-1}));
    cublas->block_sums(values.data(), rows, stride, blocks, length, factors.data(), sums.data(), sums_stride);
    const std::vector<T> all = values.back(), by = factors.back(), found = sums.back();
    for (Index row = 0; row < rows; ++row)
      for (Index block = 0; block < sums_stride; ++block) {
        T expected = block < blocks ? 0 : -1;
        for (Index j = 0; block < blocks && j < length; ++j)
          expected += all[static_cast<std::size_t>(row * stride + block * length + j)] *
                      by[static_cast<std::size_t>(j)];
        EXPECT_EQ(found[static_cast<std::size_t>(row * sums_stride + block)], expected)
            << row << ", " << block;
      }
  }

  std::optional<Cublas> cublas;
  std::optional<OnDevice<std::byte>> workspace;
};

TEST_F(CublasOnDevice, MultipliesRowMajorMatrices) {
  const Index queries = 5, corpus = 130, dim = 12, stride = 132;
  const OnDevice<float> left(numbers<float>(queries * dim, 1)), right(numbers<float>(corpus * dim, 2));
  const OnDevice<float> scores(std::vector<float>(static_cast<std::size_t>(queries * stride), -1));
  cublas->scores(left.data(), queries, right.data(), corpus, dim, scores.data(), stride);
  const std::vector<float> a = left.back(), b = right.back(), found = scores.back();
  for (Index q = 0; q < queries; ++q)
    for (Index c = 0; c < stride; ++c) {
      float expected = c < corpus ? 0 : -1;
      for (Index j = 0; c < corpus && j < dim; ++j)
        expected += a[static_cast<std::size_t>(q * dim + j)] * b[static_cast<std::size_t>(c * dim + j)];
      EXPECT_EQ(found[static_cast<std::size_t>(q * stride + c)], expected) << q << ", " << c;
    }
  EXPECT_GE(cublas->version(), 120000);
}

TEST_F(CublasOnDevice, SumsBlocksOfColumns) {
  expect_block_sums<float>();
  expect_block_sums<double>();
}

}  // namespace
}  // namespace crossover::gpu
