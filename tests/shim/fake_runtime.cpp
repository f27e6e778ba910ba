#include "tests/shim/fake_runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

struct CUstream_st {};

namespace crossover::fake {
namespace {

constexpr std::size_t alignment = 256;
constexpr int rubbish = 0xCD;
constexpr std::size_t most_rubbish = 1 << 20;  // at each end of new memory

struct Plan {
  Call call;
  Countdown countdown;  ///< null: every call
  cudaError_t status;
  bool sticky;
};

/// A copy to host memory that has been asked for and not been waited for.
struct Delivery {
  void* to;
  std::vector<std::byte> bytes;
};

/// Queued work is done at once, but nobody may count on it before the stream is waited for.
struct Stream {
  std::vector<Delivery> deliveries;
  bool busy = false;
};

struct State {
  Machine machine;
  std::map<Call, int> calls;
  std::vector<Plan> plans;
  cudaError_t last = cudaSuccess, sticky = cudaSuccess;
  std::map<std::byte*, std::size_t> device, pinned;
  std::map<cudaStream_t, Stream> streams;
  int misuses = 0;
};

State& state() {
  static State state;
  return state;
}

/// What no call can get past: no driver, an old one, no device, a device that is lost.
cudaError_t standing_error() {
  const State& now = state();
  if (now.machine.driver_version / 1000 < CUDART_VERSION / 1000) return cudaErrorInsufficientDriver;
  if (now.machine.devices == 0) return cudaErrorNoDevice;
  return now.sticky;
}

cudaError_t failed(cudaError_t status) {
  if (status != cudaSuccess) state().last = status;
  return status;
}

cudaError_t misused(cudaError_t status) {
  ++state().misuses;
  return failed(status);
}

bool inside(const std::map<std::byte*, std::size_t>& blocks, const void* begin, std::size_t bytes) {
  auto* const first = const_cast<std::byte*>(static_cast<const std::byte*>(begin));
  auto after = blocks.upper_bound(first);
  if (after == blocks.begin()) return false;
  const auto& [start, size] = *--after;
  return first < start + size && bytes <= static_cast<std::size_t>(start + size - first);
}

bool on_device(const void* begin, std::size_t bytes) { return inside(state().device, begin, bytes); }

std::byte* new_block(std::map<std::byte*, std::size_t>& blocks, std::size_t bytes) {
  auto* const data =
      static_cast<std::byte*>(std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment));
  const std::size_t marked = std::min(bytes, most_rubbish);
  std::memset(data, rubbish, marked);
  std::memset(data + bytes - marked, rubbish, marked);
  blocks.emplace(data, bytes);
  return data;
}

/// Whatever the status: the memory of a lost device is gone too.
cudaError_t free_block(std::map<std::byte*, std::size_t>& blocks, void* data, cudaError_t status) {
  if (!data) return status;
  if (blocks.erase(static_cast<std::byte*>(data)) == 0) return misused(cudaErrorInvalidValue);
  std::free(data);
  return status;
}

cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                 std::vector<Delivery>* later) {
  const bool upload = kind == cudaMemcpyHostToDevice, download = kind == cudaMemcpyDeviceToHost,
             inside = kind == cudaMemcpyDeviceToDevice;
  if (!upload && !download && !inside) return misused(cudaErrorInvalidMemcpyDirection);
  if (on_device(to, bytes) != (upload || inside) || on_device(from, bytes) != (download || inside))
    return misused(cudaErrorInvalidValue);
  const auto* const source = static_cast<const std::byte*>(from);
  if (upload || inside || !later)
    std::memcpy(to, from, bytes);
  else
    later->push_back({to, {source, source + bytes}});
  return cudaSuccess;
}

void finish(Stream& stream) {
  for (const Delivery& delivery : std::exchange(stream, {}).deliveries)
    std::memcpy(delivery.to, delivery.bytes.data(), delivery.bytes.size());
}

/// Null where there is none; else it has work from now on.
Stream* busy_stream(cudaStream_t stream) {
  const auto found = state().streams.find(stream);
  if (found == state().streams.end()) return nullptr;
  found->second.busy = true;
  return &found->second;
}

cudaError_t set_bytes(void* data, int value, std::size_t bytes) {
  if (const cudaError_t status = enter(Call::memset); status != cudaSuccess) return status;
  if (!on_device(data, bytes)) return misused(cudaErrorInvalidValue);
  std::memset(data, value, bytes);
  return cudaSuccess;
}

std::size_t in_use() {
  std::size_t total = 0;
  for (const auto& [data, bytes] : state().device) total += bytes;
  return total;
}

}  // namespace

cudaError_t enter(Call call) {
  State& now = state();
  ++now.calls[call];
  ++now.calls[Call::any];
  for (Plan& plan : now.plans)
    if (plan.call == call || plan.call == Call::any)
      if (!plan.countdown || --*plan.countdown == 0) {
        if (plan.sticky) now.sticky = plan.status;
        return failed(plan.status);
      }
  return failed(standing_error());
}

void start(const Machine& machine) {
  state() = State();
  state().machine = machine;
}

void plan(Call call, Countdown countdown, cudaError_t status, bool sticky) {
  state().plans.push_back({call, std::move(countdown), status, sticky});
}

void fail(Call call, int nth, cudaError_t status) {
  plan(call, std::make_shared<std::atomic<int>>(nth), status, false);
}

void break_from(Call call, int nth, cudaError_t status) {
  plan(call, std::make_shared<std::atomic<int>>(nth), status, true);
}

void refuse(Call call, cudaError_t status) { plan(call, nullptr, status, false); }

int calls(Call call) { return state().calls[call]; }

Live live() {
  return {in_use(), state().device.size(), state().pinned.size(), state().streams.size(), state().misuses};
}

const Machine& machine() { return state().machine; }

cudaError_t launch(cudaStream_t stream) {
  if (const cudaError_t status = enter(Call::launch); status != cudaSuccess) return status;
  return stream && !busy_stream(stream) ? misused(cudaErrorInvalidResourceHandle) : cudaSuccess;
}

}  // namespace crossover::fake

using namespace crossover::fake;

extern "C" {

cudaError_t cudaGetLastError() {
  const cudaError_t status = cudaPeekAtLastError();
  state().last = cudaSuccess;
  return status;
}

cudaError_t cudaPeekAtLastError() {
  const cudaError_t standing = standing_error();
  return standing == cudaSuccess ? state().last : standing;
}

cudaError_t cudaSetDevice(int device) {
  if (const cudaError_t status = enter(Call::set_device); status != cudaSuccess) return status;
  return failed(device >= 0 && device < state().machine.devices ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t cudaDeviceSynchronize() {
  if (const cudaError_t status = enter(Call::synchronize); status != cudaSuccess) return status;
  for (auto& [handle, stream] : state().streams) finish(stream);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  if (const cudaError_t status = enter(Call::query); status != cudaSuccess) return status;
  *total = state().machine.memory_bytes;
  *free = *total - in_use();
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** data, std::size_t bytes) {
  if (const cudaError_t status = enter(Call::malloc); status != cudaSuccess) return status;
  if (bytes > state().machine.memory_bytes - in_use()) return failed(cudaErrorMemoryAllocation);
  *data = bytes == 0 ? nullptr : new_block(state().device, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* data) { return free_block(state().device, data, enter(Call::free)); }

cudaError_t cudaHostAlloc(void** data, std::size_t bytes, unsigned) {
  if (const cudaError_t status = enter(Call::host_alloc); status != cudaSuccess) return status;
  *data = new_block(state().pinned, bytes);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** data, std::size_t bytes) { return cudaHostAlloc(data, bytes, 0); }

cudaError_t cudaHostRegister(void*, std::size_t, unsigned) { return failed(cudaErrorNotSupported); }

cudaError_t cudaHostUnregister(void*) { return misused(cudaErrorHostMemoryNotRegistered); }

cudaError_t cudaFreeHost(void* data) { return free_block(state().pinned, data, enter(Call::host_free)); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (const cudaError_t status = enter(Call::stream_create); status != cudaSuccess) return status;
  *stream = new CUstream_st;
  state().streams[*stream];
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const cudaError_t status = enter(Call::stream_destroy);
  const auto found = state().streams.find(stream);
  if (found == state().streams.end()) return misused(cudaErrorInvalidResourceHandle);
  if (!found->second.deliveries.empty() && state().sticky == cudaSuccess) ++state().misuses;
  state().streams.erase(found);
  delete stream;
  return status;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (const cudaError_t status = enter(Call::synchronize); status != cudaSuccess) return status;
  const auto found = state().streams.find(stream);
  if (found == state().streams.end()) return misused(cudaErrorInvalidResourceHandle);
  finish(found->second);
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t) { return enter(Call::query); }

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (const cudaError_t status = enter(Call::memcpy); status != cudaSuccess) return status;
  for (const auto& [handle, stream] : state().streams)
    if (stream.busy) return misused(cudaErrorInvalidValue);
  return copy(to, from, bytes, kind, nullptr);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t handle) {
  if (const cudaError_t status = enter(Call::memcpy); status != cudaSuccess) return status;
  Stream* const stream = busy_stream(handle);
  return stream ? copy(to, from, bytes, kind, &stream->deliveries) : misused(cudaErrorInvalidResourceHandle);
}

cudaError_t cudaMemset(void* data, int value, std::size_t bytes) { return set_bytes(data, value, bytes); }

cudaError_t cudaMemsetAsync(void* data, int value, std::size_t bytes, cudaStream_t handle) {
  if (!busy_stream(handle)) return misused(cudaErrorInvalidResourceHandle);
  return set_bytes(data, value, bytes);
}

}  // extern "C"
