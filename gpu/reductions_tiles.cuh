// How elements are dealt to threads: in tiles of four 16-byte loads for each thread of a block. Full tiles
// start at the first 16-byte boundary; what stands before it and behind the last full tile, the rest, is
// numbered on as tiles of single loads.
#pragma once

#include <cstdint>

#include "common/array.hpp"

namespace crossover::gpu {

inline constexpr unsigned reduction_threads = 256;
inline constexpr int loads_per_thread = 4;  // in flight at a time, of each input

template <class T>
struct alignas(16) Vector {
  static constexpr int width = 16 / sizeof(T);
  T at[width];
};

/// Those of one thread in one tile.
template <class T>
struct Elements {
  static constexpr int count = loads_per_thread * Vector<T>::width;
  T at[count];
};

template <class T>
inline constexpr Index tile_elements = Index{reduction_threads} * Elements<T>::count;

/// A piece's inputs, as a kernel's parameter, and how they are cut.
template <class T>
struct Tiles {
  const T *x, *y;  // y: of dot
  Index count;
  Index first;  // of the piece in the whole work
  Index head;   // elements before the first full tile
  Index full;   // full tiles
  bool y_aligned;

  Tiles(const T* x_data, const T* y_data, Index elements, Index first_index)
      : x(x_data), y(y_data), count(elements), first(first_index) {
    constexpr std::uintptr_t size = sizeof(T);
    const std::uintptr_t to_boundary = (16 - reinterpret_cast<std::uintptr_t>(x) % 16) % 16 / size;
    head = static_cast<Index>(to_boundary) < count ? static_cast<Index>(to_boundary) : count;
    full = (count - head) / tile_elements<T>;
    y_aligned = y && reinterpret_cast<std::uintptr_t>(y + head) % 16 == 0;
  }

  constexpr Index rest() const { return count - full * tile_elements<T>; }
  constexpr Index tiles() const { return full + (rest() + tile_elements<T> - 1) / tile_elements<T>; }

  /// Where slot 0 of this thread's elements stands in the full tile `tile`.
  __device__ Index begin(Index tile) const {
    return head + tile * tile_elements<T> + Index{threadIdx.x} * Vector<T>::width;
  }
  /// Where `slot` of this thread's elements of `tile` stands; grows with slot.
  __device__ Index index(Index tile, int slot) const {
    constexpr int width = Vector<T>::width;
    if (tile < full) return begin(tile) + Index{slot / width} * reduction_threads * width + slot % width;
    const Index i = (tile - full) * tile_elements<T> + Index{slot} * reduction_threads + threadIdx.x;
    return i < head ? i : full * tile_elements<T> + i;
  }
  /// How many slots hold an element: the first ones.
  __device__ int slots(Index tile) const {
    if (tile < full) return Elements<T>::count;
    const Index left = rest() - (tile - full) * tile_elements<T> - Index{threadIdx.x};
    return left <= 0                  ? 0
           : left >= tile_elements<T> ? Elements<T>::count
                                      : static_cast<int>((left + reduction_threads - 1) / reduction_threads);
  }
};

}  // namespace crossover::gpu
