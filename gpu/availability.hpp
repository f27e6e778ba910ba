// Whether a device can be used by this build, and if not, what the user can do about it.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace crossover::gpu {

/// What was found on the way to a first result from a device.
struct Attempt {
  int device = 0;
  int devices = 0;          ///< that the driver shows
  int driver_version = 0;   ///< newest CUDA that the driver knows, 1000 * major + 10 * minor; 0: no driver
  int runtime_version = 0;  ///< CUDA that this build was made with, likewise
  cudaError_t status = cudaSuccess;
  bool correct = false;  ///< the probe's values were those it should have written
};

/// Runs a first kernel on the current device and compares what it wrote. Returns the first error, uncleared.
cudaError_t run_probe(bool& correct);

/// Brings the device up and runs the probe on it. Throws nothing; leaves no error behind.
Attempt attempt(int device);

/// The same with a status from later on, for a device that was there before.
Attempt attempt_after(int device, cudaError_t status);

/// Why the device cannot be used, in a sentence that says what to do; empty where it can.
std::string reason(const Attempt&);

/// "13.0" of 13000.
std::string version_name(int version);

}  // namespace crossover::gpu
