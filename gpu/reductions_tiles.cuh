// How elements are dealt to threads: in tiles of four 16-byte loads for each thread of a block. Full tiles
// start at the first 16-byte boundary; the few elements before it, and what is left behind the last full
// tile, are tiles of single loads.
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

/// A piece's inputs, as a kernel's parameter, and how they are cut: into tiles in the order of their
/// elements.
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

  constexpr Index first_full() const { return head > 0 ? 1 : 0; }
  constexpr Index tail_begin() const { return head + full * tile_elements<T>; }
  constexpr Index tiles() const { return first_full() + full + (tail_begin() < count ? 1 : 0); }
  constexpr bool is_full(Index tile) const { return tile >= first_full() && tile < first_full() + full; }

  /// Where slot 0 of this thread's elements stands in the full tile `tile`.
  __device__ Index begin(Index tile) const {
    return head + (tile - first_full()) * tile_elements<T> + Index{threadIdx.x} * Vector<T>::width;
  }
  /// Where `slot` of this thread's elements of `tile` stands; grows with slot.
  __device__ Index index(Index tile, int slot) const {
    constexpr int width = Vector<T>::width;
    if (is_full(tile)) return begin(tile) + Index{slot / width} * reduction_threads * width + slot % width;
    const Index from = tile < first_full() ? 0 : tail_begin();
    return from + Index{slot} * reduction_threads + threadIdx.x;
  }
  /// How many slots hold an element: the first ones.
  __device__ int slots(Index tile) const {
    if (is_full(tile)) return Elements<T>::count;
    const Index elements = tile < first_full() ? head : count - tail_begin();
    const Index mine = elements - Index{threadIdx.x};
    return mine <= 0 ? 0 : static_cast<int>((mine + reduction_threads - 1) / reduction_threads);
  }
};

}  // namespace crossover::gpu
