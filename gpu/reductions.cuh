// Two levels: a bounded number of blocks, each of which reduces every so-many-th tile to one state, and one
// block that joins those in a fixed order, so that a result depends on the device, never on timing. Where one
// block is enough it ends the work itself.
#pragma once

#include "gpu/reductions_terms.cuh"

namespace crossover::gpu {

inline constexpr unsigned blocks_per_multiprocessor = 4;  // resident at once: 64 KiB of loads in flight

template <class T>
__device__ void load_full(Elements<T>& elements, const T* data, bool aligned) {
  constexpr int width = Vector<T>::width;
  for (int load = 0; load < loads_per_thread; ++load) {
    const T* const from = data + Index{load} * reduction_threads * width;
    if (aligned) {
      const auto vector = *reinterpret_cast<const Vector<T>*>(from);
      for (int i = 0; i < width; ++i) elements.at[load * width + i] = vector.at[i];
    } else {
      for (int i = 0; i < width; ++i) elements.at[load * width + i] = from[i];
    }
  }
}

/// For a thread that has an element. Slots without one hold zero, or the first one where `repeats`.
template <class T>
__device__ void load_single(Elements<T>& elements, const T* data, const Tiles<T>& tiles, Index tile,
                            bool repeats) {
  const int slots = tiles.slots(tile);
  elements.at[0] = data[tiles.index(tile, 0)];
  for (int slot = 1; slot < Elements<T>::count; ++slot)
    elements.at[slot] = slot < slots ? data[tiles.index(tile, slot)] : repeats ? elements.at[0] : T{0};
}

/// The states of a block's threads, joined, in thread 0.
template <class State>
__device__ State join_block(State state) {
  for (int distance = 16; distance > 0; distance /= 2) state.merge(state.of_lane(distance));
  __shared__ State warps[reduction_threads / 32];
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = state;
  __syncthreads();
  if (threadIdx.x == 0)
    for (unsigned warp = 1; warp < reduction_threads / 32; ++warp) state.merge(warps[warp]);
  return state;
}

/// Grid: any number of blocks of reduction_threads. partials[block] = its state; a block that is alone ends
/// the work.
template <class Reduction>
__global__ __launch_bounds__(reduction_threads, blocks_per_multiprocessor) void reduce_kernel(
    Tiles<typename Reduction::Element> tiles, typename Reduction::State* partials, Ending ending) {
  using T = typename Reduction::Element;
  Reduction own;
  for (Index tile = blockIdx.x; tile < tiles.tiles(); tile += gridDim.x) {
    Elements<T> x, y;
    if (tiles.is_full(tile)) {
      load_full(x, tiles.x + tiles.begin(tile), true);
      if constexpr (Reduction::inputs == 2) load_full(y, tiles.y + tiles.begin(tile), tiles.y_aligned);
    } else {
      if (tiles.slots(tile) == 0) continue;
      load_single(x, tiles.x, tiles, tile, Reduction::repeats);
      if constexpr (Reduction::inputs == 2) load_single(y, tiles.y, tiles, tile, Reduction::repeats);
    }
    own.take(x, y, tiles, tile);
  }
  const typename Reduction::State joined = join_block(own.result(tiles));
  if (threadIdx.x != 0) return;
  if (gridDim.x == 1)
    conclude(joined, ending);
  else
    partials[blockIdx.x] = joined;
}

/// One block of reduction_threads.
template <class State>
__global__ void fold_kernel(const State* partials, unsigned count, Ending ending) {
  State own = State::identity();
  for (unsigned i = threadIdx.x; i < count; i += reduction_threads) own.merge(partials[i]);
  own = join_block(own);
  if (threadIdx.x == 0) conclude(own, ending);
}

}  // namespace crossover::gpu
