// Reductions by kernels of our own; how they work is said in reductions.cuh and reductions_terms.cuh.
#include "gpu/reductions.cuh"

#include <algorithm>

#include "gpu/launch.hpp"
#include "gpu/solvers.hpp"
#include "gpu/workspace_size.hpp"

namespace crossover::gpu {
namespace {

constexpr Index few_tiles = 4;  // one block is done with them before a second kernel would have started

template <class Reduction>
unsigned blocks_for(Index count, const Limits& limits) {
  const Index tiles = ceil_div(count, tile_elements<typename Reduction::Element>);
  const Index most = Index{std::max(1, limits.multiprocessors)} * blocks_per_multiprocessor;
  return tiles <= few_tiles ? 1 : static_cast<unsigned>(std::min(tiles, most));
}

template <class Reduction>
std::size_t workspace_for(const Shape& shape, const Limits& limits) {
  return blocks_for<Reduction>(shape[reduction::n], limits) * sizeof(typename Reduction::State);
}

template <class Reduction>
void reduce(DeviceContext& context, const DevicePiece& piece, const Ending& ending) {
  using T = typename Reduction::Element;
  using State = typename Reduction::State;
  const T* const x = vector<const T>(piece.in[0]).data();
  const T* const y = Reduction::inputs == 2 ? vector<const T>(piece.in[1]).data() : nullptr;
  const Index count = piece.shape[reduction::n];
  const unsigned blocks = blocks_for<Reduction>(count, context.limits);
  auto* const partials = reinterpret_cast<State*>(piece.workspace.data());
  launch("reduce_kernel", reduce_kernel<Reduction>, {.blocks = blocks, .threads = reduction_threads},
         context.stream, Tiles<T>(x, y, count, piece.first), partials, ending);
  if (blocks > 1)
    launch("fold_kernel", fold_kernel<State>, {.blocks = 1, .threads = reduction_threads}, context.stream,
           partials, blocks, ending);
}

/// The two functions of a row, for a problem whose elements of type T are reduced by Of<T>.
template <template <class> class Of, bool mean = false>
struct Row {
  static std::size_t workspace(const Shape& shape, Type type, const Limits& limits) {
    return with_float(type, [&]<class T>() { return workspace_for<Of<T>>(shape, limits); });
  }
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    with_float(piece.in[0].type, [&]<class T>() { reduce<Of<T>>(context, piece, ending_of(piece, mean)); });
  }
};

/// The same with i64 elements.
struct SumRow : Row<SumOf> {
  static std::size_t workspace(const Shape& shape, Type type, const Limits& limits) {
    return type == Type::i64 ? workspace_for<SumOf<std::int64_t>>(shape, limits)
                             : Row<SumOf>::workspace(shape, type, limits);
  }
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    if (piece.in[0].type == Type::i64)
      reduce<SumOf<std::int64_t>>(context, piece, ending_of(piece));
    else
      Row<SumOf>::solve(context, piece);
  }
};

template <class T>
using MinOf = ExtremeOf<-1, T>;
template <class T>
using MaxOf = ExtremeOf<1, T>;

template <class Row>
DeviceSolver row(const char* problem) {
  return {{.problem = problem,
           .name = "cuda",
           .strategy = "blocks in strides over 16-byte loads, then one block joins theirs in a fixed order",
           .threaded = false,
           .workspace = Row::workspace},
          Row::solve};
}

}  // namespace

std::vector<DeviceSolver> reduction_solvers() {
  return {
      row<SumRow>("sum"),           row<Row<SumOf, true>>("mean"),
      row<Row<MinOf>>("min"),       row<Row<MaxOf>>("max"),
      row<Row<ArgmaxOf>>("argmax"), row<Row<DotOf>>("dot"),
      row<Row<Norm2Of>>("norm2"),   row<Row<SquareSineSumOf>>("square_sine_sum"),
  };
}

}  // namespace crossover::gpu
