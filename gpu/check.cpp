#include "gpu/check.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/execution.hpp"

namespace crossover::gpu {
namespace {

/// Bytes free on the current device, 0 where even that cannot be asked.
std::size_t free_bytes() {
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) {
    cudaGetLastError();
    return 0;
  }
  return free;
}

}  // namespace

bool ends_process(cudaError_t status) {
  // By number: older toolkits lack some of the names. Sticky: contained, illegal address, launch timeout,
  // assert, stack to launch failure, tensor memory leak, MPS client terminated, external device. Then:
  // unloading, devices unavailable, ECC uncorrectable, unknown.
  constexpr std::array codes{226, 700, 702, 710, 714, 715, 716, 717, 718,
                             719, 721, 810, 911, 4,   46,  214, 999};
  return std::find(codes.begin(), codes.end(), static_cast<int>(status)) != codes.end();
}

void check(cudaError_t status, const char* call, std::size_t needed_bytes, std::source_location where) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  const std::string_view path = where.file_name();
  const std::string what = std::string(cudaGetErrorString(status)) + " (" + cudaGetErrorName(status) + ", " +
                           std::to_string(static_cast<int>(status)) + ") in " + call + ", " +
                           std::string(path.substr(path.find_last_of('/') + 1)) + ":" +
                           std::to_string(where.line());
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory(what, needed_bytes, free_bytes());
  if (ends_process(status)) throw DeviceLost(what);
  throw std::runtime_error(what);
}

}  // namespace crossover::gpu
