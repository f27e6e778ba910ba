// Stands in for cuBLAS where kernels run on the CPU: plain loops behind the same class, and the rules that
// the real library would enforce, or break without a word, are checked.
#include <stdexcept>

#include "gpu/cublas.hpp"

namespace crossover::gpu {

struct Cublas::Library {
  std::span<std::byte> workspace{};

  void require(bool holds, const char* what) const {
    if (!holds) throw std::logic_error(what);
  }
  /// Products spoil the workspace, as the library may: here its ends.
  void start() const {
    require(!workspace.empty(), "a product without a workspace");
    workspace.front() = workspace.back() = std::byte{0x5A};
  }

  /// Sums of 32 lanes, then the lanes' sum, all in T: much as a warp adds.
  template <class T>
  void block_sums(const T* values, Index rows, Index stride, Index blocks, Index length, const T* factors,
                  T* sums, Index sums_stride) const {
    start();
    require(stride >= length && sums_stride >= blocks && rows > 0 && blocks > 0 && length > 0,
            "block_sums: sizes that GEMV refuses");
    for (Index row = 0; row < rows; ++row)
      for (Index block = 0; block < blocks; ++block) {
        T lanes[32] = {};
        for (Index j = 0; j < length; ++j)
          lanes[j % 32] += values[row * stride + block * length + j] * factors[j];
        for (int half = 16; half > 0; half /= 2)
          for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
        sums[row * sums_stride + block] = lanes[0];
      }
  }
};

Cublas::Cublas() : library_(std::make_unique<Library>()) {}
Cublas::~Cublas() = default;

void Cublas::use(cudaStream_t, std::span<std::byte> workspace) {
  library_->require(workspace.size() == workspace_bytes, "a workspace of another size than recommended");
  library_->require(reinterpret_cast<std::uintptr_t>(workspace.data()) % workspace_alignment == 0,
                    "a workspace that is not aligned");
  library_->workspace = workspace;
}

int Cublas::version() const { return 0; }

void Cublas::scores(const float* queries, Index query_count, const float* corpus, Index corpus_count,
                    Index dim, float* scores, Index stride) {
  library_->start();
  library_->require(query_count > 0 && corpus_count > 0 && dim > 0 && stride >= corpus_count,
                    "scores: sizes that GEMM refuses");
  for (Index query = 0; query < query_count; ++query)
    for (Index row = 0; row < corpus_count; ++row) {
      float sum = 0;
      for (Index j = 0; j < dim; ++j) sum += queries[query * dim + j] * corpus[row * dim + j];
      scores[query * stride + row] = sum;
    }
}

void Cublas::block_sums(const float* values, Index rows, Index stride, Index blocks, Index length,
                        const float* factors, float* sums, Index sums_stride) {
  library_->block_sums(values, rows, stride, blocks, length, factors, sums, sums_stride);
}

void Cublas::block_sums(const double* values, Index rows, Index stride, Index blocks, Index length,
                        const double* factors, double* sums, Index sums_stride) {
  library_->block_sums(values, rows, stride, blocks, length, factors, sums, sums_stride);
}

std::vector<std::pair<std::string, std::string>> cublas_environment() { return {}; }

}  // namespace crossover::gpu
