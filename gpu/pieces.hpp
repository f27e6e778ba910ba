// A task in pieces: past the device's memory the part of the inputs that is cut is there one piece at a time;
// the other inputs, outputs and state are whole. Pieces differ by one index at most.
#pragma once

#include <algorithm>

#include "common/backend.hpp"
#include "gpu/context.hpp"

namespace crossover::gpu {

class Pieces {
 public:
  Pieces(const Task& task, const SolverInfo& solver)
      : problem_(*task.problem), whole_(task.shape), axis_(chunk_axis(problem_, solver)) {
    if (axis_ >= 0) count_ = static_cast<int>(std::clamp<Index>(task.chunks, 1, whole_[axis_]));
    folds_ = axis_ >= 0 && problem_.axes[static_cast<std::size_t>(axis_)].role == Role::fold;
  }

  int count() const { return count_; }
  /// Whether the operand is there one piece at a time.
  bool cuts(const Operand& operand) const {
    return count_ > 1 && !operand.axes.empty() && operand.axes.front() == axis_;
  }

  Index first(int piece) const { return count_ == 1 ? 0 : whole_[axis_] * piece / count_; }
  Shape shape(int piece) const {
    Shape shape = whole_;
    if (count_ > 1) shape[axis_] = first(piece + 1) - first(piece);
    return shape;
  }
  /// The last is the longest; the first, the shortest.
  Shape longest() const { return shape(count_ - 1); }

  /// Its part of arrays that cover the whole task.
  template <Space S>
  std::vector<Array<S>> part(std::span<const Operand> operands, std::span<const Array<S>> arrays,
                             int piece) const {
    if (count_ == 1) return {arrays.begin(), arrays.end()};
    return cut<S>(operands, arrays, axis_, first(piece), shape(piece)[axis_]);
  }

  /// Pieces of a map axis stand alone; those of a fold axis are one after the other in one state.
  bool starts(int piece) const { return !folds_ || piece == 0; }
  bool ends(int piece) const { return !folds_ || piece == count_ - 1; }

  /// What one of them gets: a short one may want more than the longest.
  std::size_t workspace_bytes(const SolverInfo& solver, Type type, const Limits& limits, int piece) const {
    return std::max(crossover::workspace_bytes(solver, shape(piece), type, limits),
                    crossover::workspace_bytes(solver, longest(), type, limits));
  }
  /// What all of them take in turn: there are two lengths at most.
  std::size_t workspace_bytes(const SolverInfo& solver, Type type, const Limits& limits) const {
    return workspace_bytes(solver, type, limits, 0);
  }

 private:
  const Problem& problem_;
  Shape whole_;
  int axis_, count_ = 1;
  bool folds_ = false;
};

}  // namespace crossover::gpu
