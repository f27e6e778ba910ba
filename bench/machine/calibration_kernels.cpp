// The loops that are timed. One function per instruction set, chosen at run time, so that a binary
// that travels still measures what the processor can do: each unit is compiled for the baseline, and
// only the functions that say so use more.
#include <array>
#include <cstring>

#include "bench/machine/calibration.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace crossover::kernels {
namespace {

// Multiplying by `shrink` and adding `grow` converges to 1: no overflow, no denormal, never zero.
constexpr double shrink = 0.75, grow = 0.25;

/// Twelve independent chains hide a latency of 4 cycles on up to three units.
constexpr std::size_t chains = 12;

std::uint64_t read_baseline(const std::byte* data, std::size_t bytes, int repeats) {
  std::array<std::uint64_t, 8> sum{};
  for (int again = 0; again < repeats; ++again)
    for (std::size_t i = 0; i < bytes; i += sizeof sum) {
      std::array<std::uint64_t, 8> part;
      std::memcpy(part.data(), data + i, sizeof part);
      for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += part[j];
    }
  std::uint64_t total = 0;
  for (const std::uint64_t value : sum) total += value;
  return total;
}

template <class T, std::size_t Lanes>
double fma_baseline(std::int64_t rounds, T* sink) {
  std::array<T, chains * Lanes> value;
  value.fill(*sink);
  for (std::int64_t i = 0; i < rounds; ++i)
    for (T& x : value) x = x * static_cast<T>(shrink) + static_cast<T>(grow);
  *sink = value[0];
  for (std::size_t j = 1; j < value.size(); ++j) *sink += value[j];
  return 2.0 * static_cast<double>(chains * Lanes) * static_cast<double>(rounds);
}

#if defined(__x86_64__)

enum class Isa { baseline, avx2, avx512 };

Isa isa() {
  static const Isa found = __builtin_cpu_supports("avx512f")                                 ? Isa::avx512
                           : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Isa::avx2
                                                                                             : Isa::baseline;
  return found;
}

[[gnu::target("avx2")]] std::uint64_t read_avx2(const std::byte* data, std::size_t bytes, int repeats) {
  __m256i sum[4] = {};
  for (int again = 0; again < repeats; ++again)
    for (std::size_t i = 0; i < bytes; i += 128)
      for (std::size_t j = 0; j < 4; ++j)
        sum[j] =
            _mm256_add_epi64(sum[j], _mm256_load_si256(reinterpret_cast<const __m256i*>(data + i + 32 * j)));
  for (std::size_t j = 1; j < 4; ++j) sum[0] = _mm256_add_epi64(sum[0], sum[j]);
  std::uint64_t part[4];
  std::memcpy(part, &sum[0], sizeof part);
  return part[0] + part[1] + part[2] + part[3];
}

[[gnu::target("avx512f")]] std::uint64_t read_avx512(const std::byte* data, std::size_t bytes, int repeats) {
  __m512i sum[8] = {};
  for (int again = 0; again < repeats; ++again)
    for (std::size_t i = 0; i < bytes; i += 512)
      for (std::size_t j = 0; j < 8; ++j)
        sum[j] = _mm512_add_epi64(sum[j], _mm512_load_si512(data + i + 64 * j));
  for (std::size_t j = 1; j < 8; ++j) sum[0] = _mm512_add_epi64(sum[0], sum[j]);
  std::uint64_t part[8], total = 0;
  std::memcpy(part, &sum[0], sizeof part);
  for (const std::uint64_t value : part) total += value;
  return total;
}

[[gnu::target("avx2,fma")]] double fma_avx2(std::int64_t rounds, float* sink) {
  const __m256 a = _mm256_set1_ps(static_cast<float>(shrink)), b = _mm256_set1_ps(static_cast<float>(grow));
  __m256 x[chains];
  for (__m256& chain : x) chain = _mm256_set1_ps(*sink);
  for (std::int64_t i = 0; i < rounds; ++i)
    for (__m256& chain : x) chain = _mm256_fmadd_ps(chain, a, b);
  for (std::size_t j = 1; j < chains; ++j) x[0] = _mm256_add_ps(x[0], x[j]);
  *sink = _mm256_cvtss_f32(x[0]);
  return 2.0 * 8 * chains * static_cast<double>(rounds);
}

[[gnu::target("avx2,fma")]] double fma_avx2(std::int64_t rounds, double* sink) {
  const __m256d a = _mm256_set1_pd(shrink), b = _mm256_set1_pd(grow);
  __m256d x[chains];
  for (__m256d& chain : x) chain = _mm256_set1_pd(*sink);
  for (std::int64_t i = 0; i < rounds; ++i)
    for (__m256d& chain : x) chain = _mm256_fmadd_pd(chain, a, b);
  for (std::size_t j = 1; j < chains; ++j) x[0] = _mm256_add_pd(x[0], x[j]);
  *sink = _mm256_cvtsd_f64(x[0]);
  return 2.0 * 4 * chains * static_cast<double>(rounds);
}

[[gnu::target("avx512f")]] double fma_avx512(std::int64_t rounds, float* sink) {
  const __m512 a = _mm512_set1_ps(static_cast<float>(shrink)), b = _mm512_set1_ps(static_cast<float>(grow));
  __m512 x[chains];
  for (__m512& chain : x) chain = _mm512_set1_ps(*sink);
  for (std::int64_t i = 0; i < rounds; ++i)
    for (__m512& chain : x) chain = _mm512_fmadd_ps(chain, a, b);
  for (std::size_t j = 1; j < chains; ++j) x[0] = _mm512_add_ps(x[0], x[j]);
  *sink = _mm512_cvtss_f32(x[0]);
  return 2.0 * 16 * chains * static_cast<double>(rounds);
}

[[gnu::target("avx512f")]] double fma_avx512(std::int64_t rounds, double* sink) {
  const __m512d a = _mm512_set1_pd(shrink), b = _mm512_set1_pd(grow);
  __m512d x[chains];
  for (__m512d& chain : x) chain = _mm512_set1_pd(*sink);
  for (std::int64_t i = 0; i < rounds; ++i)
    for (__m512d& chain : x) chain = _mm512_fmadd_pd(chain, a, b);
  for (std::size_t j = 1; j < chains; ++j) x[0] = _mm512_add_pd(x[0], x[j]);
  *sink = _mm512_cvtsd_f64(x[0]);
  return 2.0 * 8 * chains * static_cast<double>(rounds);
}

#endif

}  // namespace

#if defined(__x86_64__)

/// Beyond what a core has for itself, shorter loads in smaller steps read faster on Zen 4: DRAM by 7 %, L3 by
/// 1 %; in its L1 and on Intel, longer ones do.
constexpr std::size_t private_bytes = std::size_t{2} << 20;

std::uint64_t read_all(const std::byte* data, std::size_t bytes, int repeats) {
  switch (isa()) {
    case Isa::avx512:
      return bytes > private_bytes ? read_avx2(data, bytes, repeats) : read_avx512(data, bytes, repeats);
    case Isa::avx2: return read_avx2(data, bytes, repeats);
    case Isa::baseline: break;
  }
  return read_baseline(data, bytes, repeats);
}

double fma_f32(std::int64_t rounds, float* sink) {
  switch (isa()) {
    case Isa::avx512: return fma_avx512(rounds, sink);
    case Isa::avx2: return fma_avx2(rounds, sink);
    case Isa::baseline: break;
  }
  return fma_baseline<float, 4>(rounds, sink);
}

double fma_f64(std::int64_t rounds, double* sink) {
  switch (isa()) {
    case Isa::avx512: return fma_avx512(rounds, sink);
    case Isa::avx2: return fma_avx2(rounds, sink);
    case Isa::baseline: break;
  }
  return fma_baseline<double, 2>(rounds, sink);
}

const char* instruction_set() {
  return isa() == Isa::avx512 ? "AVX-512" : isa() == Isa::avx2 ? "AVX2" : "baseline";
}

#else

std::uint64_t read_all(const std::byte* data, std::size_t bytes, int repeats) {
  return read_baseline(data, bytes, repeats);
}
double fma_f32(std::int64_t rounds, float* sink) { return fma_baseline<float, 4>(rounds, sink); }
double fma_f64(std::int64_t rounds, double* sink) { return fma_baseline<double, 2>(rounds, sink); }
const char* instruction_set() { return "baseline"; }

#endif

}  // namespace crossover::kernels
