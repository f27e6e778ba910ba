#include "bench/worker/inputs.hpp"

#include <algorithm>
#include <system_error>
#include <thread>

#include "common/npy.hpp"

namespace crossover {
namespace {

/// std::thread, not OpenMP: the process forks afterwards, and a team does not survive a fork.
void fill_parallel(const Problem& problem, const HostArray& array, int operand, std::uint64_t seed,
                   int threads) {
  const Index rows = array.extents.size[0];
  const Index share = (rows + threads - 1) / threads;
  std::vector<std::jthread> workers;
  for (Index first = 0; first < rows; first += share) {
    const auto fill = [&, first] {
      problem.fill(array.slice(first, std::min(share, rows - first)), operand, first, seed);
    };
    try {
      workers.emplace_back(fill);
    } catch (const std::system_error&) {  // no memory left for a stack: under a guard that may be
      fill();
    }
  }
}

}  // namespace

Inputs::Inputs(const Problem& problem, const Shape& shape, Type type, std::uint64_t seed,
               const std::map<std::string, std::string>& files, HostMemory& memory, int threads) {
  for (std::size_t i = 0; i < problem.in.size(); ++i) {
    const Operand& operand = problem.in[i];
    HostArray array{nullptr, operand.type(type), extents_of(operand, shape)};
    buffers_.push_back(memory.allocate(array.bytes()));
    array.data = buffers_.back().data();
    arrays_.push_back(array);
    if (const auto file = files.find(operand.name); file != files.end())
      read_npy(file->second, read_npy_header(file->second), array);
    else
      fill_parallel(problem, array, static_cast<int>(i), seed, threads);
  }
}

Inputs::Inputs(const Problem& problem, std::span<const Shape> shapes, Type type, std::uint64_t seed,
               HostMemory& memory, int threads) {
  for (std::size_t i = 0; i < problem.in.size(); ++i) {
    const Operand& operand = problem.in[i];
    HostArray array{nullptr, operand.type(type), {}};
    for (const Shape& shape : shapes)
      if (const Extents extents = extents_of(operand, shape); extents.count() > array.extents.count())
        array.extents = extents;
    buffers_.push_back(memory.allocate(array.bytes()));
    array.data = buffers_.back().data();
    arrays_.push_back(array);
    fill_parallel(problem, array, static_cast<int>(i), seed, threads);
  }
}

std::vector<HostArray> Inputs::viewed_as(const Problem& problem, const Shape& shape) const {
  std::vector<HostArray> views = arrays_;
  for (std::size_t i = 0; i < views.size(); ++i) {
    views[i].extents = extents_of(problem.in[i], shape);
    if (views[i].bytes() > arrays_[i].bytes())
      throw std::invalid_argument("the inputs were made for smaller shapes");
  }
  return views;
}

}  // namespace crossover
