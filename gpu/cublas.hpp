// cuBLAS where it is installed: loaded at run time, never linked, so that the program runs without it.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/array.hpp"

namespace crossover::gpu {

/// What the solvers need of cuBLAS, on row-major matrices: one handle on the current device. Products are
/// queued on the stream given last; results are the same from run to run on one stream. Calls throw
/// OutOfMemory, DeviceLost or std::runtime_error. Arithmetic is plain f32 and f64, unless the environment
/// says otherwise (`cublas_environment`).
class Cublas {
 public:
  /// Bytes of workspace that are recommended: 32 MiB for compute capability 9.0 and 10.x, less for others
  /// (NVIDIA's cuBLAS documentation, cublasSetWorkspace).
  static constexpr std::size_t workspace_bytes = std::size_t{32} << 20;
  static constexpr std::size_t workspace_alignment = 256;

  /// Throws Unavailable where the library, or a function in it, is missing.
  Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;
  ~Cublas();

  /// The part of `memory`, which has room for both constants, that `use` may be given.
  static std::span<std::byte> aligned(std::span<std::byte> memory) {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory.data()) % workspace_alignment;
    return memory.subspan((workspace_alignment - past) % workspace_alignment, workspace_bytes);
  }

  /// For all calls that follow. With a workspace of its own the library takes no more memory; the workspace
  /// is aligned to `workspace_alignment` and outlives the work that is queued.
  void use(cudaStream_t stream, std::span<std::byte> workspace);

  /// 130100 is 13.1.0.
  int version() const;

  /// scores[q * stride + c] = queries[q] . corpus[c]; queries are query_count x dim, corpus is
  /// corpus_count x dim.
  void scores(const float* queries, Index query_count, const float* corpus, Index corpus_count, Index dim,
              float* scores, Index stride);

  /// sums[r * sums_stride + b] = values[r * stride + b * length + j] * factors[j], added over j < length, for
  /// each b < blocks: a row's blocks of `length` columns, each summed in T.
  void block_sums(const float* values, Index rows, Index stride, Index blocks, Index length,
                  const float* factors, float* sums, Index sums_stride);
  void block_sums(const double* values, Index rows, Index stride, Index blocks, Index length,
                  const double* factors, double* sums, Index sums_stride);

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

/// Environment variables that are set and change cuBLAS's results without a word, with their values.
std::vector<std::pair<std::string, std::string>> cublas_environment();

}  // namespace crossover::gpu
