// CUDA C++ for g++: what nvcc includes by itself in front of every source, as far as this project's kernels
// use it. Compile kernels with -include tests/shim/device.hpp.
#pragma once

#include <cuda_runtime_api.h>
#include <math.h>
#include <vector_functions.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#undef __global__
#undef __shared__
#undef __launch_bounds__
#define __global__ __attribute__((unused)) static  // not inline: or shared arrays would have no redzones
#define __shared__ static
#define __launch_bounds__(...)

extern thread_local constinit uint3 threadIdx, blockIdx;
extern thread_local constinit dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace crossover::shim {

using Place = std::source_location;

void wait_for_block(const Place&);
void wait_for_warp(unsigned mask, const Place&);

/// What each lane of the warp handed over in this exchange; `present`: a bit for each lane that exists.
struct Exchanged {
  const std::uint64_t* values;
  unsigned present, lane;
};
Exchanged exchange(unsigned mask, std::uint64_t value, const char* call, const Place&);

template <class T>
T from_lane(const Exchanged& exchanged, unsigned lane) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
  std::uint64_t bits = 0xfff5a5a5fff5a5a5U;  // of a lane that does not exist: anything, here NaN
  if (exchanged.present >> lane & 1) bits = exchanged.values[lane];
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T>
std::uint64_t bits_of(T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

}  // namespace crossover::shim

inline void __syncthreads(const crossover::shim::Place& where = crossover::shim::Place::current()) {
  crossover::shim::wait_for_block(where);
}

inline void __syncwarp(unsigned mask = 0xffffffffU,
                       const crossover::shim::Place& where = crossover::shim::Place::current()) {
  crossover::shim::wait_for_warp(mask, where);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              const crossover::shim::Place& where = crossover::shim::Place::current()) {
  const auto all = crossover::shim::exchange(mask, crossover::shim::bits_of(value), "__shfl_sync", where);
  const unsigned segment = all.lane & ~static_cast<unsigned>(width - 1);
  return crossover::shim::from_lane<T>(all, segment | (static_cast<unsigned>(source) & (width - 1U)));
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 const crossover::shim::Place& where = crossover::shim::Place::current()) {
  const auto all = crossover::shim::exchange(mask, crossover::shim::bits_of(value), "__shfl_up_sync", where);
  const unsigned in_segment = all.lane & (width - 1U);
  return crossover::shim::from_lane<T>(all, in_segment < delta ? all.lane : all.lane - delta);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   const crossover::shim::Place& where = crossover::shim::Place::current()) {
  const auto all =
      crossover::shim::exchange(mask, crossover::shim::bits_of(value), "__shfl_down_sync", where);
  const unsigned in_segment = all.lane & (width - 1U);
  return crossover::shim::from_lane<T>(
      all, in_segment + delta >= static_cast<unsigned>(width) ? all.lane : all.lane + delta);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32,
                  const crossover::shim::Place& where = crossover::shim::Place::current()) {
  const auto all = crossover::shim::exchange(mask, crossover::shim::bits_of(value), "__shfl_xor_sync", where);
  const unsigned source = all.lane ^ static_cast<unsigned>(lane_mask);
  const unsigned end = (all.lane & ~static_cast<unsigned>(width - 1)) + static_cast<unsigned>(width);
  return crossover::shim::from_lane<T>(all, source < end ? source : all.lane);
}

inline unsigned __ballot_sync(unsigned mask, int predicate,
                              const crossover::shim::Place& where = crossover::shim::Place::current()) {
  const auto all = crossover::shim::exchange(mask, predicate != 0, "__ballot_sync", where);
  unsigned ballot = 0;
  for (unsigned lane = 0; lane < 32; ++lane)
    if ((all.present >> lane & 1) && all.values[lane]) ballot |= 1U << lane;
  return ballot;
}

inline int __any_sync(unsigned mask, int predicate,
                      const crossover::shim::Place& where = crossover::shim::Place::current()) {
  return __ballot_sync(mask, predicate, where) != 0;
}

inline int __all_sync(unsigned mask, int predicate,
                      const crossover::shim::Place& where = crossover::shim::Place::current()) {
  return __ballot_sync(mask, !predicate, where) == 0;
}

template <class T>
T __ldg(const T* address) {
  return *address;
}

template <class T>
T __ldcg(const T* address) {
  return *address;
}

inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }
inline int __float_as_int(float value) { return std::bit_cast<int>(value); }
inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline float __int_as_float(int bits) { return std::bit_cast<float>(bits); }
inline long long __double_as_longlong(double value) { return std::bit_cast<long long>(value); }
inline double __longlong_as_double(long long bits) { return std::bit_cast<double>(bits); }

inline int __popc(unsigned value) { return std::popcount(value); }
inline int __popcll(unsigned long long value) { return std::popcount(value); }
inline int __clz(int value) { return std::countl_zero(static_cast<unsigned>(value)); }
inline int __clzll(long long value) { return std::countl_zero(static_cast<unsigned long long>(value)); }
inline int __ffs(int value) { return value == 0 ? 0 : std::countr_zero(static_cast<unsigned>(value)) + 1; }
inline int __ffsll(long long value) {
  return value == 0 ? 0 : std::countr_zero(static_cast<unsigned long long>(value)) + 1;
}

inline float rsqrtf(float value) { return 1 / std::sqrt(value); }
inline double rsqrt(double value) { return 1 / std::sqrt(value); }

/// Integers only: sums of floats in the order of arrival differ from run to run.
template <class T>
requires std::is_integral_v<T> T atomicAdd(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  *address = old + value;
  return old;
}

template <class T>
requires std::is_integral_v<T> T atomicMax(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  if (value > old) *address = value;
  return old;
}

template <class T>
requires std::is_integral_v<T> T atomicMin(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  if (value < old) *address = value;
  return old;
}
