// The contract between a problem and those who solve it: a piece of the work along a named axis.
//
// A whole run is one piece. Streaming past a device's memory is pieces in a loop. A forecast measures
// a small piece. Processes, several devices and MPI ranks take a piece each and merge the states.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/problem.hpp"

namespace crossover {

/// What a solver may count on when it sizes its workspace.
struct Limits {
  int threads = 1;
  std::size_t cache_bytes = 1 << 20;        ///< private to one core (L2), or a device's L2
  std::size_t last_level_bytes = 32 << 20;  ///< shared by all cores
  int multiprocessors = 1;                  ///< of a device
};

/// Rows [first, first + shape[axis]) of the axis that was cut; the other axes are whole.
template <Space S>
struct Piece {
  std::span<const Array<S>> in, state, out;
  std::span<std::byte> workspace;  ///< as many bytes as Solver::workspace asks for, 64-byte aligned
  Shape shape;                     ///< sizes of this piece
  Shape whole;                     ///< sizes of the work it is cut from
  /// Sizes of the longest of its pieces: what must be alike in all of them goes by these. Zeros: `shape`. The
  /// workspace has room for either.
  Shape longest{};
  Index first = 0;    ///< offset along the axis
  bool start = true;  ///< ignore what `state` holds; else continue from it
  bool last = true;   ///< write `out` from the state; else leave `out` alone
};

/// How work is run: host threads here; a stream and library handles in gpu/context.hpp.
template <Space S>
struct Context;

template <>
struct Context<Space::host> {
  int threads = 1;
  Limits limits{};
};

/// What planning and reports need to know of a solver, in whatever memory it works.
struct SolverInfo {
  const char *problem, *name;
  const char* strategy;  ///< one line, for `crossover list solvers`
  bool folds = true;     ///< false: whole problems only along a fold axis
  bool threaded = true;  ///< false: always one thread, whatever was asked for
  /// Bytes, by arithmetic alone: no library call. Null: none.
  std::size_t (*workspace)(const Shape&, Type, const Limits&) = nullptr;
  /// Bytes that a library inside takes for itself, beyond the workspace, where arithmetic foretells them.
  /// (optional)
  std::size_t (*inside)(const Shape&, Type, const Limits&) = nullptr;
  std::vector<Type> types{};  ///< where it has fewer than its problem; empty: all of them
  /// A library inside takes memory of its own that no arithmetic foretells: its need is not known.
  bool allocates = false;
  const char* library = nullptr;  ///< loaded at run time where it is installed: "cuBLAS". (optional)
  /// What it chose for this machine when the program began: "avx512". No library call. (optional)
  std::string (*setting)() = nullptr;
  /// Why it cannot take this shape, in a sentence that says what to do; empty where it can. (optional)
  std::string (*cannot)(const Shape&, Type) = nullptr;
  /// Its own bound where that is larger than the problem's, relative to the same scale. (optional)
  double (*error_bound)(const Shape&, Type) = nullptr;
};

/// One row of a backend's table, keyed on the pair problem x backend. The function contains no timer,
/// no allocation of its own, no copy between memories, no catch; with a stream it returns when the work
/// is queued.
template <Space S>
struct Solver : SolverInfo {
  void (*solve)(Context<S>&, const Piece<S>&) = nullptr;
};

inline std::size_t workspace_bytes(const SolverInfo& solver, const Shape& shape, Type type,
                                   const Limits& limits) {
  return solver.workspace ? solver.workspace(shape, type, limits) : 0;
}

inline std::size_t inside_bytes(const SolverInfo& solver, const Shape& shape, Type type,
                                const Limits& limits) {
  return solver.inside ? solver.inside(shape, type, limits) : 0;
}

inline double error_bound(const SolverInfo& solver, const Shape& shape, Type type) {
  return solver.error_bound ? solver.error_bound(shape, type) : 0;
}

/// The axis along which a whole problem can be given to `solver` in pieces: the fold axis where there is one
/// and it folds, else the map axis; -1: none.
inline int chunk_axis(const Problem& problem, const SolverInfo& solver) {
  const int fold = problem.axis_with(Role::fold);
  return fold >= 0 && solver.folds ? fold : problem.axis_with(Role::map);
}

/// The part [first, first + count) along `axis` of operands that cover `shape`; operands that do not
/// have the axis outermost stay whole.
template <Space S>
std::vector<Array<S>> cut(std::span<const Operand> operands, std::span<const Array<S>> arrays, int axis,
                          Index first, Index count) {
  std::vector<Array<S>> parts(arrays.begin(), arrays.end());
  for (std::size_t i = 0; i < operands.size(); ++i)
    if (!operands[i].axes.empty() && operands[i].axes.front() == axis)
      parts[i] = parts[i].slice(first, count);
  return parts;
}

}  // namespace crossover
