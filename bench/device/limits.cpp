// crossover-device-limits [DEVICE]: what one device and the link to it can do, as CSV on stdout. The ceilings
// that measured rows are read against: launches, allocations, page-locking, copies by size, direction and
// kind of host memory, copies on the device, reads of its memory and of its L2 by a kernel (a copy engine
// understates them), multiply-adds in f32 and f64, FP32 products. Each figure is a median of single timed
// events with a synchronisation at the end, by the host's steady clock.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/device/limits_kernels.hpp"
#include "bench/statistics.hpp"
#include "common/execution.hpp"
#include "gpu/check.hpp"
#include "gpu/cublas.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/probe.hpp"

namespace {

using namespace crossover;
using namespace crossover::gpu;

constexpr int samples = 16;
constexpr std::size_t MiB = std::size_t{1} << 20, GiB = std::size_t{1} << 30;

std::string device_name;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<double> timed(const std::function<void()>& work, int repeats = samples) {
  work();  // untimed: code, pages and clocks
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    const double start = now_s();
    work();
    seconds.push_back(now_s() - start);
  }
  return seconds;
}

/// One line: `bytes` moved and `flops` done per event, 0 where that is not the question.
void say(const std::string& quantity, const std::string& mode, std::size_t bytes, double flops,
         const std::vector<double>& seconds) {
  const double middle = median(seconds);
  const auto interval = median_interval(seconds, 0.01);
  std::printf("%s,%s,\"%s\",%zu,%.9g,", device_name.c_str(), quantity.c_str(), mode.c_str(), bytes, middle);
  if (interval)
    std::printf("%.9g,%.9g,", interval->low, interval->high);
  else
    std::printf(",,");
  if (bytes > 0) std::printf("%.6g", static_cast<double>(bytes) / middle / 1e9);
  std::printf(",");
  if (flops > 0) std::printf("%.6g", flops / middle / 1e9);
  std::printf("\n");
  std::fflush(stdout);
}

void synchronize() { CUDA_CHECK(cudaDeviceSynchronize()); }

struct PinnedEnd {
  void operator()(void* memory) const { cudaFreeHost(memory); }
};
using Pinned = std::unique_ptr<void, PinnedEnd>;

Pinned pinned(std::size_t bytes) {
  void* memory = nullptr;
  CUDA_CHECK(cudaMallocHost(&memory, bytes));
  std::memset(memory, 1, bytes);
  return Pinned(memory);
}

void small_costs(DeviceMemory& memory) {
  const DeviceBuffer values = memory.allocate(std::size_t{256} * 8);
  auto* words = reinterpret_cast<std::uint64_t*>(values.data());
  say("synchronize", "nothing queued", 0, 0, timed(synchronize, 200));
  say("launch", "and synchronize", 0, 0,
      timed(
          [&] {
            CUDA_CHECK(probe(words, 256, nullptr));
            synchronize();
          },
          200));
  say("launch", "1000 queued and synchronize, each", 0, 0, [&] {
    std::vector<double> seconds = timed([&] {
      for (int i = 0; i < 1000; ++i) CUDA_CHECK(probe(words, 256, nullptr));
      synchronize();
    });
    for (double& s : seconds) s /= 1000;
    return seconds;
  }());
  for (const std::size_t bytes : {MiB, 64 * MiB, GiB}) {
    std::vector<double> taken, returned;
    for (int i = 0; i < 9; ++i) {
      const double start = now_s();
      DeviceBuffer buffer = memory.allocate(bytes);
      taken.push_back(now_s() - start);
      const double middle = now_s();
      { const DeviceBuffer end = std::move(buffer); }
      returned.push_back(now_s() - middle);
    }
    say("allocate", "device", bytes, 0, taken);
    say("release", "device", bytes, 0, returned);
  }
}

void pinning() {
  for (const std::size_t bytes : {64 * MiB, GiB}) {
    say("pin", "cudaMallocHost and cudaFreeHost", bytes, 0,
        timed(
            [&] {
              void* memory = nullptr;
              CUDA_CHECK(cudaMallocHost(&memory, bytes));
              CUDA_CHECK(cudaFreeHost(memory));
            },
            5));
    void* ordinary = std::aligned_alloc(4096, bytes);
    if (!ordinary) continue;
    std::memset(ordinary, 1, bytes);
    std::vector<double> taken;
    for (int i = 0; i < 5; ++i) {
      const double start = now_s();
      if (cudaHostRegister(ordinary, bytes, cudaHostRegisterDefault) != cudaSuccess) {
        cudaGetLastError();
        std::fprintf(stderr, "registration is refused on this machine\n");
        break;
      }
      taken.push_back(now_s() - start);
      CUDA_CHECK(cudaHostUnregister(ordinary));
    }
    if (!taken.empty()) say("pin", "cudaHostRegister", bytes, 0, taken);
    std::free(ordinary);
  }
}

void copies(DeviceMemory& memory) {
  for (const std::size_t bytes : {std::size_t{4096}, 64 * std::size_t{1024}, MiB, 16 * MiB, 256 * MiB, GiB}) {
    const DeviceBuffer device = memory.allocate(bytes);
    const Pinned locked = pinned(bytes);
    const std::unique_ptr<std::byte[]> ordinary(new std::byte[bytes]);
    std::memset(ordinary.get(), 1, bytes);
    const auto copy = [&](void* to, const void* from, cudaMemcpyKind kind) {
      return timed([=] {
        CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, kind, nullptr));
        synchronize();
      });
    };
    say("upload", "pageable", bytes, 0, copy(device.data(), ordinary.get(), cudaMemcpyHostToDevice));
    say("upload", "pinned", bytes, 0, copy(device.data(), locked.get(), cudaMemcpyHostToDevice));
    say("download", "pageable", bytes, 0, copy(ordinary.get(), device.data(), cudaMemcpyDeviceToHost));
    say("download", "pinned", bytes, 0, copy(locked.get(), device.data(), cudaMemcpyDeviceToHost));
  }
  for (const std::size_t bytes : {16 * MiB, GiB}) {
    const DeviceBuffer from = memory.allocate(bytes), to = memory.allocate(bytes);
    CUDA_CHECK(cudaMemset(from.data(), 1, bytes));
    say("copy", "on the device, read and written", 2 * bytes, 0, timed([&] {
          CUDA_CHECK(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice, nullptr));
          synchronize();
        }));
  }
}

/// As many blocks as keep every multiprocessor full.
unsigned blocks_of(int device) {
  int multiprocessors = 0;
  CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  return static_cast<unsigned>(multiprocessors) * 8;
}

template <class T>
std::vector<T> read_back(const DeviceBuffer& from) {
  std::vector<T> values(from.bytes() / sizeof(T));
  CUDA_CHECK(cudaMemcpy(values.data(), from.data(), values.size() * sizeof(T), cudaMemcpyDeviceToHost));
  return values;
}

void reads(DeviceMemory& memory, int device) {
  const unsigned blocks = blocks_of(device);
  const DeviceBuffer sums = memory.allocate(std::size_t{blocks} * limits_threads * sizeof(std::uint32_t));
  const struct {
    const char* mode;
    std::size_t bytes;
    int passes;  // so that a launch does not count
  } levels[] = {{"16 MiB again and again (L2)", 16 * MiB, 256}, {"1 GiB (device memory)", GiB, 4}};
  for (const auto& [mode, bytes, passes] : levels) {
    const DeviceBuffer from = memory.allocate(bytes);
    CUDA_CHECK(cudaMemset(from.data(), 1, bytes));
    const std::vector<double> seconds = timed([&] {
      CUDA_CHECK(read_words(reinterpret_cast<const std::uint32_t*>(from.data()), bytes / 4, passes,
                            reinterpret_cast<std::uint32_t*>(sums.data()), blocks, nullptr));
      synchronize();
    });
    std::uint32_t sum = 0;
    for (const std::uint32_t part : read_back<std::uint32_t>(sums)) sum += part;
    if (sum != static_cast<std::uint32_t>(0x01010101 * (bytes / 4) * static_cast<std::size_t>(passes)))
      throw std::runtime_error(std::string("read ") + mode + ": not everything was read");
    say("read", mode, bytes * static_cast<std::size_t>(passes), 0, seconds);
  }
}

template <class T>
void multiply_adds(DeviceMemory& memory, int device, const char* mode) {
  constexpr int steps = 4096;
  const unsigned blocks = blocks_of(device);
  const std::size_t threads = std::size_t{blocks} * limits_threads;
  const DeviceBuffer sums = memory.allocate(threads * sizeof(T));
  const std::vector<double> seconds = timed([&] {
    CUDA_CHECK(multiply_add(reinterpret_cast<T*>(sums.data()), T{1}, T{1}, steps, blocks, nullptr));
    synchronize();
  });
  T expected = 0;
  for (int chain = 0; chain < multiply_add_chains; ++chain) expected += static_cast<T>(chain + steps);
  for (const T sum : read_back<T>(sums))
    if (sum != expected) throw std::runtime_error("multiply-adds: a sum is wrong");
  say("multiply-add", mode, 0, 2.0 * multiply_add_chains * steps * static_cast<double>(threads), seconds);
}

/// Products of seeded random numbers: zeros have been seen to run faster.
void products(DeviceMemory& memory) {
  Cublas cublas;
  const DeviceBuffer room = memory.allocate(Cublas::workspace_bytes + Cublas::workspace_alignment);
  cublas.use(nullptr, Cublas::aligned({room.data(), room.bytes()}));
  for (const auto& [queries, corpus, dim] : {std::array<Index, 3>{8192, 8192, 8192}, {1000, 8192, 100}}) {
    const auto count = static_cast<std::size_t>(std::max(queries, corpus) * dim);
    std::vector<float> values(count);
    std::uint32_t state = 1;
    for (float& value : values) {
      state = state * 1664525U + 1013904223U;
      value = static_cast<float>(state >> 8) * 0x1p-23F - 1;
    }
    const DeviceBuffer a = memory.allocate(4 * count), b = memory.allocate(4 * count);
    const DeviceBuffer c = memory.allocate(4 * static_cast<std::size_t>(queries * corpus));
    for (const DeviceBuffer* to : {&a, &b})
      CUDA_CHECK(cudaMemcpy(to->data(), values.data(), 4 * count, cudaMemcpyHostToDevice));
    const auto* x = reinterpret_cast<const float*>(a.data());
    const auto* y = reinterpret_cast<const float*>(b.data());
    auto* scores = reinterpret_cast<float*>(c.data());
    const double flops =
        2.0 * static_cast<double>(queries) * static_cast<double>(corpus) * static_cast<double>(dim);
    say("product f32", std::to_string(queries) + " x " + std::to_string(corpus) + " x " + std::to_string(dim),
        0, flops, timed([&] {
          cublas.scores(x, queries, y, corpus, dim, scores, corpus);
          synchronize();
        }));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int device = argc > 1 ? std::atoi(argv[1]) : 0;
    CUDA_CHECK(cudaSetDevice(device));
    CUDA_CHECK(cudaFree(nullptr));
    cudaDeviceProp properties{};
    CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
    device_name = properties.name;
    std::printf("gpu,quantity,mode,bytes,median_s,low_s,high_s,gbytes_per_s,gflops_per_s\n");
    DeviceMemory& memory = device_memory(device);
    small_costs(memory);
    pinning();
    copies(memory);
    reads(memory, device);
    multiply_adds<float>(memory, device, "f32");
    multiply_adds<double>(memory, device, "f64");
    try {
      products(memory);
    } catch (const Unavailable& absent) {
      std::fprintf(stderr, "crossover-device-limits: no products: %s\n", absent.what());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crossover-device-limits: %s\n", error.what());
    return 1;
  }
}
