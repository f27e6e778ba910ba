// A build with CUDA: what each error becomes, and the sentence a user reads. Needs no device, except where
// it says so. To add a case: a line in `cases`, or an Attempt and what its sentence must name.
#include <gtest/gtest.h>

#include <new>

#include "common/execution.hpp"
#include "gpu/availability.hpp"
#include "gpu/check.hpp"
#include "gpu/probe.hpp"
#include "tests/cuda/must_run.hpp"

namespace crossover::gpu {
namespace {

enum class Becomes { nothing, out_of_memory, device_lost, runtime_error };

Becomes thrown_by(cudaError_t status) {
  try {
    check(status, "call");
  } catch (const OutOfMemory&) {
    return Becomes::out_of_memory;
  } catch (const DeviceLost&) {
    return Becomes::device_lost;
  } catch (const std::runtime_error&) {
    return Becomes::runtime_error;
  }
  return Becomes::nothing;
}

TEST(Check, TurnsEachErrorIntoItsException) {
  const struct {
    int code;
    Becomes becomes;
  } cases[] = {
      {0, Becomes::nothing},         {1, Becomes::runtime_error},   {2, Becomes::out_of_memory},
      {4, Becomes::device_lost},     {35, Becomes::runtime_error},  {46, Becomes::device_lost},
      {100, Becomes::runtime_error}, {209, Becomes::runtime_error}, {214, Becomes::device_lost},
      {226, Becomes::device_lost},   {700, Becomes::device_lost},   {701, Becomes::runtime_error},
      {702, Becomes::device_lost},   {710, Becomes::device_lost},   {712, Becomes::runtime_error},
      {713, Becomes::runtime_error}, {714, Becomes::device_lost},   {719, Becomes::device_lost},
      {720, Becomes::runtime_error}, {721, Becomes::device_lost},   {801, Becomes::runtime_error},
      {810, Becomes::device_lost},   {911, Becomes::device_lost},   {999, Becomes::device_lost},
  };
  for (const auto& [code, becomes] : cases)
    EXPECT_EQ(thrown_by(static_cast<cudaError_t>(code)), becomes) << "error " << code;
}

TEST(Check, QuotesTheCallAndTheError) {
  const auto fail = [](int) { return cudaErrorInvalidValue; };
  try {
    CUDA_CHECK(fail(42));
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("fail(42)"), std::string::npos) << what;
    EXPECT_NE(what.find("cudaErrorInvalidValue"), std::string::npos) << what;
    EXPECT_NE(what.find("door.test.cpp:"), std::string::npos) << what;
  }
}

TEST(Check, SaysHowMuchMemoryWasAskedFor) {
  try {
    check(cudaErrorMemoryAllocation, "cudaMalloc", 12345);
    FAIL() << "nothing was thrown";
  } catch (const OutOfMemory& error) {
    EXPECT_EQ(error.needed_bytes, 12345U);
  }
}

TEST(Check, SaysWhatToDoWhereThatIsKnown) {
  try {
    check(cudaErrorIllegalAddress, "call");
    FAIL() << "nothing was thrown";
  } catch (const DeviceLost& error) {
    EXPECT_NE(std::string(error.what()).find("compute-sanitizer"), std::string::npos) << error.what();
  }
  EXPECT_STREQ(advice(cudaErrorInvalidValue), "");
}

/// What Thrust throws where it finds no memory, with CUDA's own names.
struct LibraryError : std::bad_alloc {
  explicit LibraryError(int code)
      : text(std::string("std::bad_alloc: ") + cudaGetErrorName(static_cast<cudaError_t>(code)) + ": " +
             cudaGetErrorString(static_cast<cudaError_t>(code))) {}
  const char* what() const noexcept override { return text.c_str(); }
  std::string text;
};

TEST(RethrowFromLibrary, TellsAWallFromOtherErrors) {
  const auto becomes = [](int code) {
    try {
      try {
        throw LibraryError(code);
      } catch (...) {
        rethrow_from_library();
      }
    } catch (const OutOfMemory&) {
      return Becomes::out_of_memory;
    } catch (const DeviceLost&) {
      return Becomes::device_lost;
    } catch (const std::runtime_error&) {
      return Becomes::runtime_error;
    }
    return Becomes::nothing;
  };
  EXPECT_EQ(becomes(cudaErrorMemoryAllocation), Becomes::out_of_memory);
  EXPECT_EQ(becomes(cudaErrorInsufficientDriver), Becomes::runtime_error);
  EXPECT_EQ(becomes(cudaErrorInvalidValue), Becomes::runtime_error);
  EXPECT_EQ(becomes(cudaErrorIllegalAddress), Becomes::device_lost);
  EXPECT_EQ(becomes(cudaErrorUnknown), Becomes::device_lost);
}

TEST(Reason, TellsTheCasesApart) {
  const auto sentence = [](cudaError_t status, int driver) {
    return reason({.device = 3,
                   .devices = 2,
                   .driver_version = driver,
                   .runtime_version = 13000,
                   .status = status,
                   .correct = true});
  };
  const struct {
    cudaError_t status;
    int driver;
    const char* names;
  } cases[] = {
      {cudaErrorInsufficientDriver, 0, "no NVIDIA driver"},
      {cudaErrorInsufficientDriver, 12040, "knows CUDA 12.4, this build was made with CUDA 13.0"},
      {cudaErrorNoDevice, 13000, "CUDA_VISIBLE_DEVICES"},
      {cudaErrorInvalidDevice, 13000, "no device 3: this machine shows 2"},
      {cudaErrorNoKernelImageForDevice, 13000, "CMAKE_CUDA_ARCHITECTURES"},
      {cudaErrorDevicesUnavailable, 13000, "exclusive mode"},
      {cudaErrorMemoryAllocation, 13000, "no free memory"},
      {cudaErrorSystemNotReady, 13000, "cudaErrorSystemNotReady, 802"},
  };
  for (const auto& [status, driver, names] : cases)
    EXPECT_NE(sentence(status, driver).find(names), std::string::npos) << sentence(status, driver);
  EXPECT_EQ(sentence(cudaSuccess, 13000), "");
}

TEST(Reason, NamesADeviceThatComputesWrongly) {
  const std::string why = reason({.device = 0, .devices = 1, .status = cudaSuccess, .correct = false});
  EXPECT_NE(why.find("wrong values"), std::string::npos) << why;
}

TEST(Attempt, LeavesNoErrorBehindAndKnowsItsRuntime) {
  const Attempt found = attempt(0);
  EXPECT_GE(found.runtime_version, 12000);
  if (found.devices == 0) GTEST_SKIP() << "no device, or a driver without its module: every call returns why";
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

TEST(Attempt, ProbesTheDevice) {
  const Attempt found = attempt(0);
  if (found.devices == 0) CROSSOVER_CANNOT_RUN(reason(found));
  EXPECT_EQ(found.status, cudaSuccess) << reason(found);
  EXPECT_TRUE(found.correct);
}

}  // namespace
}  // namespace crossover::gpu
