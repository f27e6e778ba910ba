#include "gpu/check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <new>
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

// By number: older toolkits lack some of the names. Sticky: contained, illegal address, launch timeout,
// assert, stack to launch failure, tensor memory leak, MPS client terminated, external device. Then:
// unloading, devices unavailable, ECC uncorrectable, unknown.
constexpr std::array process_ending{226, 700, 702, 710, 714, 715, 716, 717, 718,
                                    719, 721, 810, 911, 4,   46,  214, 999};

struct Advice {
  int code;
  const char* what_to_do;
};

constexpr const char* no_code =
    "this build has no code for the device: build with -DCMAKE_CUDA_ARCHITECTURES=90, or whatever number its "
    "compute capability is without the point (bench/device/capability.py)";
constexpr const char* fallen = "the device fell away: see the kernel log for an Xid (dmesg | grep -i xid)";
constexpr const char* memcheck = "a kernel went astray: run the same case under compute-sanitizer";
constexpr const char* astray_or_fallen =
    "a kernel went astray (run the case under compute-sanitizer) or the device fell away (dmesg | grep -i "
    "xid)";

constexpr std::array all_advice = {
    Advice{3, "the driver did not start: see nvidia-smi, and reload its module or restart the machine"},
    Advice{46, "the device is busy or in exclusive mode: end the other process, or nvidia-smi -c 0"},
    Advice{101, "no such device: see crossover devices"},
    Advice{209, no_code},
    Advice{214, "the device's memory has an uncorrectable error: nvidia-smi -q -d ECC, then reset it"},
    Advice{222, no_code},
    Advice{226, "the device's memory has an uncorrectable error: nvidia-smi -q -d ECC, then reset it"},
    Advice{700, memcheck},
    Advice{702, "a display's watchdog ended the kernel: use a device without a display, or smaller sizes"},
    Advice{714, memcheck},
    Advice{715, memcheck},
    Advice{716, memcheck},
    Advice{717, memcheck},
    Advice{718, memcheck},
    Advice{719, astray_or_fallen},
    Advice{802, "start NVIDIA's fabric manager, or wait until the device is ready"},
    Advice{803, "driver and its libraries are of two versions: restart the machine after an update"},
    Advice{999, fallen},
};

std::string with_advice(cudaError_t status) {
  const std::string what_to_do = advice(status);
  return what_to_do.empty() ? "" : "; " + what_to_do;
}

/// Whether `text` quotes the error by its name, as libraries do.
bool quotes(const std::string& text, cudaError_t status) {
  const std::string name = cudaGetErrorName(status);
  const std::size_t at = text.find(name);
  return name.starts_with("cudaError") && at != std::string::npos &&
         (at + name.size() == text.size() ||
          !std::isalnum(static_cast<unsigned char>(text[at + name.size()])));
}

}  // namespace

bool ends_process(cudaError_t status) {
  return std::find(process_ending.begin(), process_ending.end(), static_cast<int>(status)) !=
         process_ending.end();
}

const char* advice(cudaError_t status) {
  for (const Advice& advice : all_advice)
    if (advice.code == static_cast<int>(status)) return advice.what_to_do;
  return "";
}

void rethrow_from_library() {
  const cudaError_t status = cudaGetLastError();
  try {
    throw;
  } catch (const OutOfMemory&) {
    throw;
  } catch (const DeviceLost&) {
    throw;
  } catch (const std::exception& error) {
    const std::string what = error.what();
    if (ends_process(status)) throw DeviceLost(what + with_advice(status));
    for (const int code : process_ending)
      if (const auto named = static_cast<cudaError_t>(code); quotes(what, named))
        throw DeviceLost(what + with_advice(named));
    if (quotes(what, cudaErrorMemoryAllocation))
      throw OutOfMemory("a library inside the solver found no room on the device: " + what, 0, free_bytes(),
                        Space::device);
    if (dynamic_cast<const std::bad_alloc*>(&error) && what.find("cudaError") != std::string::npos)
      throw std::runtime_error(what);
    throw;
  }
}

void check(cudaError_t status, const char* call, std::size_t needed_bytes, std::source_location where) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  const std::string_view path = where.file_name();
  const std::string what = std::string(cudaGetErrorString(status)) + " (" + cudaGetErrorName(status) + ", " +
                           std::to_string(static_cast<int>(status)) + ") in " + call + ", " +
                           std::string(path.substr(path.find_last_of('/') + 1)) + ":" +
                           std::to_string(where.line()) + with_advice(status);
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory(what, needed_bytes, free_bytes(), Space::device);
  if (ends_process(status)) throw DeviceLost(what);
  throw std::runtime_error(what);
}

}  // namespace crossover::gpu
