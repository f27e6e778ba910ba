// A CBLAS where one is installed: OpenBLAS by preference, else MKL, BLIS or whatever is the system's BLAS.
// OpenBLAS picks its kernels by the processor's name and takes some new ones for a Prescott of 2004: it is
// told a core type that fits the instruction set before it is loaded, and what it took is checked afterwards.
#pragma once

#include <functional>
#include <string>

#include "common/array.hpp"
#include "cpu/shared_library.hpp"

namespace crossover::cpu {

class Blas {
 public:
  /// Names the library's file, and no other is tried.
  static constexpr const char* variable = "CROSSOVER_BLAS";

  /// The process's only one, loaded by the first who asks. Sets OPENBLAS_CORETYPE and OPENBLAS_THREAD_TIMEOUT
  /// in the environment, unless the user did. Throws Unavailable where there is no library, or none but the
  /// reference BLAS and the user did not name that one.
  static const Blas& get();

  /// scores[q][c] = queries[q] . corpus[c]: queries are query_count x dim, corpus is row_count x dim, scores
  /// are query_count x row_count; no extent above 2^31 - 1.
  void multiply(const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
                float* scores) const;

  /// Threads of the library's own, for all products that follow. Not to be called while one runs.
  void use_threads(int threads) const;

  /// To be called before the products of so many threads. Throws OutOfMemory where OpenBLAS could not map its
  /// buffers, which it would try for ever. Nothing with other libraries.
  void reserve(int threads) const;

  /// "OpenBLAS 0.3.21, core type SkylakeX"; other libraries by the name of their file.
  std::string description() const;
  /// Why its times are no measure of a good BLAS, in a sentence that says what to do; empty where they are.
  std::string caution() const;

 private:
  Blas();

  using Sgemm = void(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a,
                     int lda, const float* b, int ldb, float beta, float* c, int ldc);

  SharedLibrary library_;
  Sgemm* sgemm_;
  std::function<void(int)> set_threads_;
  std::string core_type_, version_;  // of OpenBLAS only
};

/// Address space that OpenBLAS maps for each thread that multiplies, a few MiB of which become resident
/// (BUFFER_SIZE of its common_x86_64.h).
inline constexpr std::size_t openblas_buffer_bytes = std::size_t{32} << 22;

/// Width of the vectors that a core's products can use, in bits: 512 for AVX-512, 256 for AVX2 with FMA, else
/// 128.
int vector_bits();
/// The same of OpenBLAS's kernels for a core type; 0: not known.
int vector_bits(const std::string& core_type);
/// The core type to ask OpenBLAS for; empty: its own choice will do.
std::string core_type_for(int bits, bool amd);

}  // namespace crossover::cpu
