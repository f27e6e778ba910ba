// The inputs of a group: made once, in memory of their own, from the seed or from the user's files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/host_memory.hpp"
#include "common/problem.hpp"

namespace crossover {

/// The buffers live in `memory`, which must outlive them.
class Inputs {
 public:
  /// `files`: operand name -> .npy. Pages are touched by the threads that fill them, `threads` of them.
  /// Throws OutOfMemory, NpyError.
  Inputs(const Problem&, const Shape&, Type, std::uint64_t seed,
         const std::map<std::string, std::string>& files, HostMemory& memory, int threads);

  /// For each of the shapes: every operand is made once, at the shape where it is largest.
  Inputs(const Problem&, std::span<const Shape>, Type, std::uint64_t seed, HostMemory& memory, int threads);

  /// The first elements of each, as that shape has them. Throws std::invalid_argument where there are fewer.
  std::vector<HostArray> viewed_as(const Problem&, const Shape&) const;

  std::span<const HostArray> arrays() const { return arrays_; }

 private:
  std::vector<HostBuffer> buffers_;
  std::vector<HostArray> arrays_;
};

}  // namespace crossover
