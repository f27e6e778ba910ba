// A pretend machine behind the CUDA runtime's functions: device memory is memory of the process, with a
// budget; any call can be made to fail. Linked instead of cudart, with kernels run on the CPU.
//
// It is strict where a device would be silent: copies in the wrong direction or out of bounds fail, results
// arrive in host memory only when their stream is waited for, new memory holds rubbish, and what is not freed
// is counted. To add a function: define it in fake_runtime.cpp; a control: a field of Machine, or a Call.
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <memory>

namespace crossover::fake {

/// Kinds of calls that can be counted, and made to fail.
enum class Call {
  set_device,
  malloc,
  free,
  host_alloc,
  host_free,
  memcpy,
  memset,
  stream_create,
  stream_destroy,
  synchronize,
  launch,
  query,  ///< properties, attributes, free memory
  any,    ///< each of these
};

struct Machine {
  int driver_version = CUDART_VERSION;  ///< 0: no driver; of an older major version: too old
  int devices = 1;
  std::size_t memory_bytes = std::size_t{1} << 30;  ///< of each device; all of it is free
};

/// Counts calls for a failure that happens once. In memory that forked processes share, so do they.
using Countdown = std::shared_ptr<std::atomic<int>>;

/// A failure with a count of its own: fail() or, `sticky`, break_from().
void plan(Call, Countdown, cudaError_t status, bool sticky);

/// A machine as new: no failure is planned, no error pending, nothing counted. What was allocated and never
/// freed is forgotten, and leaks.
void start(const Machine& machine = {});

/// The `nth` call of this kind from now on (from 1) fails once with `status`, and does nothing.
void fail(Call, int nth, cudaError_t status);

/// Every call of this kind fails with `status`, and does nothing.
void refuse(Call, cudaError_t status);

/// From the `nth` call of this kind on, every call of any kind fails with `status`: a sticky error.
void break_from(Call, int nth, cudaError_t status);

/// Calls of this kind since start(), failed ones too.
int calls(Call);

/// What is allocated and not freed, and how often a call was wrong in itself: a copy in the wrong direction
/// or out of bounds, or past a stream that is not waited for; a block freed twice; a stream that does not
/// exist, or that ends before what it should deliver.
struct Live {
  std::size_t device_bytes = 0, device_blocks = 0, pinned_blocks = 0, streams = 0;
  int misuses = 0;
  friend bool operator==(const Live&, const Live&) = default;
};
Live live();

/// For the runtime's functions: counts a call; the error that it fails with, or cudaSuccess.
cudaError_t enter(Call);
const Machine& machine();

/// What a launch on a stream returns on this machine; the kernel runs only where it is cudaSuccess.
cudaError_t launch(cudaStream_t stream = nullptr);

}  // namespace crossover::fake
