#include "gpu/limits.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "gpu/check.hpp"
#include "gpu/cublas.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/limits_kernels.hpp"
#include "gpu/probe.hpp"
#include "gpu/stream.hpp"

namespace crossover::gpu {
namespace {

constexpr int samples = 16, small_samples = 200;
constexpr int interval_samples = 8;                         // fewer give no interval
constexpr double patience_s = 0.5, longest_patience_s = 2;  // then those, then 3 samples are enough
constexpr double slow_event_s = 0.01;  // nothing that a GPU does here in its smallest form takes as long
constexpr std::size_t KiB = std::size_t{1} << 10, MiB = std::size_t{1} << 20, GiB = std::size_t{1} << 30;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double seconds_of(const std::function<void()>& work) {
  const double start = now_s();
  work();
  return now_s() - start;
}

std::vector<double> timed(const std::function<void()>& work, int repeats = samples) {
  work();  // untimed: code, pages and clocks
  std::vector<double> seconds;
  const double start = now_s();
  for (int i = 0; i < repeats; ++i) {
    const double spent_s = now_s() - start;
    if ((i >= interval_samples && spent_s > patience_s) || (i >= 3 && spent_s > longest_patience_s)) break;
    seconds.push_back(seconds_of(work));
  }
  return seconds;
}

std::string bytes_name(std::size_t bytes) {
  return bytes >= GiB ? std::to_string(bytes / GiB) + " GiB" : std::to_string(bytes / MiB) + " MiB";
}

struct PinnedEnd {
  void operator()(void* memory) const { cudaFreeHost(memory); }
};
struct OrdinaryEnd {
  void operator()(void* memory) const { std::free(memory); }
};

class Limits {
 public:
  Limits(int device, const std::function<void(const LimitSamples&)>& tell) : tell_(tell), memory_() {
    CUDA_CHECK(cudaSetDevice(device));
    CUDA_CHECK(cudaFree(nullptr));
    stream_ = new_stream();
    std::size_t free = 0, total = 0;
    CUDA_CHECK(cudaMemGetInfo(&free, &total));
    largest_ = std::clamp(free / 8 / MiB * MiB, MiB, GiB);
    int multiprocessors = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
    blocks_ = static_cast<unsigned>(multiprocessors) * 8;  // keeps every multiprocessor full
  }

  void measure() {
    small_costs();
    allocations();
    pinning();
    copies();
    copies_on_device();
    reads("again and again (L2)", std::min(16 * MiB, largest_), 256);
    reads("(device memory)", largest_, 4);
    multiply_adds<float>("f32");
    multiply_adds<double>("f64");
    products();
  }

 private:
  void synchronize() const { CUDA_CHECK(cudaStreamSynchronize(stream_.get())); }

  void small_costs() {
    const DeviceBuffer values = memory_.allocate(std::size_t{256} * 8);
    auto* words = reinterpret_cast<std::uint64_t*>(values.data());
    const auto launch = [&] { CUDA_CHECK(probe(words, 256, stream_.get())); };
    tell_({"synchronize", "nothing queued", 0, 0, timed([&] { synchronize(); }, small_samples)});
    tell_({"launch", "and synchronize", 0, 0, timed([&] { launch(), synchronize(); }, small_samples)});
    constexpr int queued = 1000;
    std::vector<double> each = timed([&] {
      for (int i = 0; i < queued; ++i) launch();
      synchronize();
    });
    for (double& seconds : each) seconds /= queued;
    tell_({"launch", "1000 queued and synchronize, each", 0, 0, each});
  }

  /// Up to the largest, each once.
  std::vector<std::size_t> up_to_largest(std::vector<std::size_t> sizes) const {
    std::erase_if(sizes, [&](std::size_t bytes) { return bytes >= largest_; });
    sizes.push_back(largest_);
    return sizes;
  }

  void allocations() {
    for (const std::size_t bytes : up_to_largest({MiB, 64 * MiB})) {
      std::vector<double> taken, returned;
      for (int i = 0; i < interval_samples + 1; ++i) {
        DeviceBuffer buffer;
        taken.push_back(seconds_of([&] { buffer = memory_.allocate(bytes); }));
        returned.push_back(seconds_of([&] { const DeviceBuffer end = std::move(buffer); }));
      }
      tell_({"allocate", "device", bytes, 0, taken});
      tell_({"release", "device", bytes, 0, returned});
    }
  }

  void pinning() {
    for (const std::size_t bytes : up_to_largest({MiB, 64 * MiB})) {
      tell_({"pin", "cudaMallocHost and cudaFreeHost", bytes, 0,
             timed(
                 [&] {
                   void* memory = nullptr;
                   CUDA_CHECK(cudaMallocHost(&memory, bytes));
                   CUDA_CHECK(cudaFreeHost(memory));
                 },
                 interval_samples)});
      if (const std::vector<double> taken = registrations(bytes); !taken.empty())
        tell_({"pin", "cudaHostRegister", bytes, 0, taken});
    }
  }

  /// Empty where registration is refused on this machine.
  static std::vector<double> registrations(std::size_t bytes) {
    const std::unique_ptr<void, OrdinaryEnd> ordinary(std::aligned_alloc(4 * KiB, bytes));
    if (!ordinary) return {};
    std::memset(ordinary.get(), 1, bytes);
    std::vector<double> taken;
    for (int i = 0; i < interval_samples; ++i) {
      const double start = now_s();
      if (cudaHostRegister(ordinary.get(), bytes, cudaHostRegisterDefault) != cudaSuccess) {
        cudaGetLastError();
        return {};
      }
      taken.push_back(now_s() - start);
      CUDA_CHECK(cudaHostUnregister(ordinary.get()));
    }
    return taken;
  }

  std::vector<double> copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) const {
    return timed([=, this] {
      CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, kind, stream_.get()));
      synchronize();
    });
  }

  void copies() {
    for (const std::size_t bytes : up_to_largest({4 * KiB, 64 * KiB, MiB, 16 * MiB, 256 * MiB})) {
      const DeviceBuffer device = memory_.allocate(bytes);
      void* memory = nullptr;
      CUDA_CHECK(cudaMallocHost(&memory, bytes));
      const std::unique_ptr<void, PinnedEnd> pinned(memory);
      const std::unique_ptr<void, OrdinaryEnd> ordinary(std::aligned_alloc(4 * KiB, bytes));
      if (!ordinary) throw OutOfMemory("no host memory for a copy", bytes, 0);
      for (void* const host : {pinned.get(), ordinary.get()}) {
        std::memset(host, 1, bytes);
        const char* const mode = host == pinned.get() ? "pinned" : "pageable";
        tell_({"upload", mode, bytes, 0, copy(device.data(), host, bytes, cudaMemcpyHostToDevice)});
        tell_({"download", mode, bytes, 0, copy(host, device.data(), bytes, cudaMemcpyDeviceToHost)});
      }
    }
  }

  void copies_on_device() {
    for (const std::size_t bytes : up_to_largest({16 * MiB})) {
      const DeviceBuffer from = memory_.allocate(bytes), to = memory_.allocate(bytes);
      CUDA_CHECK(cudaMemset(from.data(), 1, bytes));
      tell_({"copy", "on the device, read and written", 2 * bytes, 0,
             copy(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice)});
    }
  }

  template <class T>
  std::vector<T> read_back(const DeviceBuffer& from) const {
    std::vector<T> values(from.bytes() / sizeof(T));
    CUDA_CHECK(cudaMemcpyAsync(values.data(), from.data(), values.size() * sizeof(T), cudaMemcpyDeviceToHost,
                               stream_.get()));
    synchronize();
    return values;
  }

  /// `passes` so that a launch does not count.
  void reads(const char* what, std::size_t bytes, int passes) {
    const std::string mode = bytes_name(bytes) + " " + what;
    const DeviceBuffer sums = memory_.allocate(std::size_t{blocks_} * limits_threads * sizeof(std::uint32_t));
    const DeviceBuffer from = memory_.allocate(bytes);
    CUDA_CHECK(cudaMemset(from.data(), 1, bytes));
    const auto read = [&](int times) {
      CUDA_CHECK(read_words(reinterpret_cast<const std::uint32_t*>(from.data()), bytes / 4, times,
                            reinterpret_cast<std::uint32_t*>(sums.data()), blocks_, stream_.get()));
      synchronize();
    };
    read(1);
    if (seconds_of([&] { read(1); }) > slow_event_s) passes = 1;
    const std::vector<double> seconds = timed([&] { read(passes); });
    std::uint32_t sum = 0;
    for (const std::uint32_t part : read_back<std::uint32_t>(sums)) sum += part;
    if (sum != static_cast<std::uint32_t>(0x01010101 * (bytes / 4) * static_cast<std::size_t>(passes)))
      throw std::runtime_error("read " + mode + ": not everything was read");
    tell_({"read", mode, bytes * static_cast<std::size_t>(passes), 0, seconds});
  }

  template <class T>
  void multiply_adds(const char* mode) {
    int steps = 64;
    const std::size_t threads = std::size_t{blocks_} * limits_threads;
    const DeviceBuffer sums = memory_.allocate(threads * sizeof(T));
    const auto work = [&] {
      CUDA_CHECK(multiply_add(reinterpret_cast<T*>(sums.data()), T{1}, T{1}, steps, blocks_, stream_.get()));
      synchronize();
    };
    work();
    if (seconds_of(work) < slow_event_s) steps = 4096;
    const std::vector<double> seconds = timed(work);
    T expected = 0;
    for (int chain = 0; chain < multiply_add_chains; ++chain) expected += static_cast<T>(chain + steps);
    for (const T sum : read_back<T>(sums))
      if (sum != expected) throw std::runtime_error("multiply-adds: a sum is wrong");
    tell_(
        {"multiply-add", mode, 0, 2.0 * multiply_add_chains * steps * static_cast<double>(threads), seconds});
  }

  /// Products of seeded random numbers: zeros have been seen to run faster. None where there is no cuBLAS.
  void products() {
    try {
      Cublas cublas;
      const DeviceBuffer room = memory_.allocate(Cublas::workspace_bytes + Cublas::workspace_alignment);
      cublas.use(stream_.get(), Cublas::aligned({room.data(), room.bytes()}));
      if (!product(cublas, 256, 256, 256)) return;
      product(cublas, 8192, 8192, 8192);
      product(cublas, 1000, 8192, 100);
    } catch (const Unavailable&) {
      return;
    }
  }

  /// Whether larger ones are worth their time.
  bool product(Cublas& cublas, Index queries, Index corpus, Index dim) {
    const auto count = static_cast<std::size_t>(std::max(queries, corpus) * dim);
    std::vector<float> values(count);
    std::uint32_t state = 1;
    for (float& value : values) {
      state = state * 1664525U + 1013904223U;
      value = static_cast<float>(state >> 8) * 0x1p-23F - 1;
    }
    const DeviceBuffer a = memory_.allocate(4 * count), b = memory_.allocate(4 * count);
    const DeviceBuffer c = memory_.allocate(4 * static_cast<std::size_t>(queries * corpus));
    for (const DeviceBuffer* to : {&a, &b})
      CUDA_CHECK(
          cudaMemcpyAsync(to->data(), values.data(), 4 * count, cudaMemcpyHostToDevice, stream_.get()));
    synchronize();
    const std::vector<double> seconds = timed([&] {
      cublas.scores(reinterpret_cast<const float*>(a.data()), queries,
                    reinterpret_cast<const float*>(b.data()), corpus, dim, reinterpret_cast<float*>(c.data()),
                    corpus);
      synchronize();
    });
    const double flops =
        2.0 * static_cast<double>(queries) * static_cast<double>(corpus) * static_cast<double>(dim);
    tell_({"product f32",
           std::to_string(queries) + " x " + std::to_string(corpus) + " x " + std::to_string(dim), 0, flops,
           seconds});
    return *std::ranges::min_element(seconds) < slow_event_s;
  }

  const std::function<void(const LimitSamples&)>& tell_;
  DeviceMemory memory_;  // of its own: no case pays for it
  Stream stream_;
  std::size_t largest_ = 0;  ///< of the blocks that are read and copied
  unsigned blocks_ = 1;
};

}  // namespace

void measure_limits(int device, const std::function<void(const LimitSamples&)>& tell) {
  Limits(device, tell).measure();
}

}  // namespace crossover::gpu
