// oneDNN's product where the library is installed. Declared here, so that the build needs no headers of it:
// dnnl_sgemm is row-major and the same in versions 1 to 3.
#pragma once

#include <cstdint>
#include <string>

#include "common/array.hpp"
#include "cpu/shared_library.hpp"

namespace crossover::cpu {

class Onednn {
 public:
  /// Names the library's file, and no other is tried.
  static constexpr const char* variable = "CROSSOVER_ONEDNN";

  /// The process's only one, loaded by the first who asks. Throws Unavailable where there is none.
  static const Onednn& get();

  /// scores[q][c] = queries[q] . corpus[c], by `threads` threads of the library's own; may be called by
  /// several threads at once. Extents as for Blas::multiply, without its limit. Throws std::bad_alloc or
  /// std::runtime_error.
  void multiply(const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
                float* scores, int threads) const;

  /// "oneDNN 2.6.3".
  std::string description() const;
  /// As Blas::caution.
  std::string caution() const;

 private:
  Onednn();

  using Sgemm = int(char trans_a, char trans_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
                    const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c,
                    std::int64_t ldc);
  struct Version {  // the beginning of dnnl_version_t
    int major, minor, patch;
  };

  SharedLibrary library_;
  Sgemm* sgemm_;
  const Version* version_;
  // Of the OpenMP runtime that the library uses, which is another than this program's where that is linked
  // statically. Null: it does not use OpenMP.
  int (*max_threads_)();
  void (*set_threads_)(int);
};

}  // namespace crossover::cpu
