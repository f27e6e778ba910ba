// A pretend cuBLAS, as the shared library that gpu/cublas.cpp loads: the functions it asks for, as NVIDIA
// defines them, on column-major matrices with transposition, leading dimensions and strides. Memory of the
// device is the process's own. Where the real library would compute something else without a word, or take
// memory of its own, it returns an error.
#include <cublas_v2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "gpu/cublas.hpp"

struct cublasContext {
  std::span<std::byte> workspace{};

  /// Products spoil the workspace, as the library may: here its ends.
  bool start() const {
    if (workspace.empty()) return false;
    workspace.front() = workspace.back() = std::byte{0x5A};
    return true;
  }
};

namespace {

/// op(M) of a column-major matrix M.
template <class T>
struct Operand {
  const T* values;
  std::int64_t leading;
  cublasOperation_t op;

  T at(std::int64_t row, std::int64_t col) const {
    return op == CUBLAS_OP_N ? values[row + col * leading] : values[col + row * leading];
  }
  /// Whether op(M) may be rows x cols.
  bool covers(std::int64_t rows, std::int64_t cols) const {
    return leading >= std::max<std::int64_t>(1, op == CUBLAS_OP_N ? rows : cols);
  }
};

bool is_real(cublasOperation_t op) { return op == CUBLAS_OP_N || op == CUBLAS_OP_T; }

/// The sum of term(0) to term(count - 1) in T, dealt to `lanes` that are joined in the end, much as a warp
/// adds.
template <class T>
T sum_in_lanes(std::int64_t count, std::int64_t lanes, auto term) {
  T sums[32] = {};
  for (std::int64_t i = 0; i < count; ++i) sums[i % lanes] += term(i);
  for (std::int64_t half = lanes / 2; half > 0; half /= 2)
    for (std::int64_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

/// y = alpha op(A) x + beta y for each of the batch.
template <class T>
cublasStatus_t gemv(cublasHandle_t handle, cublasOperation_t op, std::int64_t rows, std::int64_t cols,
                    const T* alpha, const T* a, std::int64_t leading, std::int64_t a_step, const T* x,
                    std::int64_t x_stride, std::int64_t x_step, const T* beta, T* y, std::int64_t y_stride,
                    std::int64_t y_step, std::int64_t batch) {
  if (!is_real(op) || rows < 0 || cols < 0 || batch < 0 || leading < std::max<std::int64_t>(1, rows) ||
      x_stride <= 0 || y_stride <= 0)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (!handle->start()) return CUBLAS_STATUS_INTERNAL_ERROR;
  const std::int64_t outputs = op == CUBLAS_OP_N ? rows : cols, terms = op == CUBLAS_OP_N ? cols : rows;
  for (std::int64_t each = 0; each < batch; ++each) {
    const Operand<T> matrix{a + each * a_step, leading, op};
    for (std::int64_t i = 0; i < outputs; ++i) {
      const T sum = sum_in_lanes<T>(
          terms, 32, [&](std::int64_t j) { return matrix.at(i, j) * x[each * x_step + j * x_stride]; });
      T& out = y[each * y_step + i * y_stride];
      out = *beta == 0 ? *alpha * sum : *alpha * sum + *beta * out;
    }
  }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = new (std::nothrow) cublasContext;
  return *handle ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_ALLOC_FAILED;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetVersion_v2(cublasHandle_t, int* version) {
  *version = 0;
  return CUBLAS_STATUS_SUCCESS;
}

const char* cublasGetStatusString(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "success";
    case CUBLAS_STATUS_INVALID_VALUE: return "an unsupported value or parameter was passed to the function";
    case CUBLAS_STATUS_INTERNAL_ERROR: return "a product without a workspace";
    default: return "another status";
  }
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t) {
  handle->workspace = {};  // as the library does
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  if (bytes != crossover::gpu::Cublas::workspace_bytes ||
      reinterpret_cast<std::uintptr_t>(workspace) % crossover::gpu::Cublas::workspace_alignment != 0)
    return CUBLAS_STATUS_INVALID_VALUE;
  handle->workspace = {static_cast<std::byte*>(workspace), bytes};
  return CUBLAS_STATUS_SUCCESS;
}

/// C = alpha op(A) op(B) + beta C, of f32 only. As with the library, the shape decides in which order a sum
/// is added: here the rows of C alone.
cublasStatus_t cublasGemmEx_64(cublasHandle_t handle, cublasOperation_t a_op, cublasOperation_t b_op,
                               std::int64_t rows, std::int64_t cols, std::int64_t inner, const void* alpha,
                               const void* a, cudaDataType a_type, std::int64_t a_leading, const void* b,
                               cudaDataType b_type, std::int64_t b_leading, const void* beta, void* c,
                               cudaDataType c_type, std::int64_t c_leading, cublasComputeType_t compute,
                               cublasGemmAlgo_t) {
  if (a_type != CUDA_R_32F || b_type != CUDA_R_32F || c_type != CUDA_R_32F || compute != CUBLAS_COMPUTE_32F)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  const Operand<float> left{static_cast<const float*>(a), a_leading, a_op},
      right{static_cast<const float*>(b), b_leading, b_op};
  if (!is_real(a_op) || !is_real(b_op) || rows < 0 || cols < 0 || inner < 0 || !left.covers(rows, inner) ||
      !right.covers(inner, cols) || c_leading < std::max<std::int64_t>(1, rows))
    return CUBLAS_STATUS_INVALID_VALUE;
  if (!handle->start()) return CUBLAS_STATUS_INTERNAL_ERROR;
  const float by = *static_cast<const float*>(alpha), kept = *static_cast<const float*>(beta);
  const std::int64_t lanes = std::int64_t{1} << rows / 128 % 4;
  for (std::int64_t col = 0; col < cols; ++col)
    for (std::int64_t row = 0; row < rows; ++row) {
      const float sum = sum_in_lanes<float>(
          inner, lanes, [&](std::int64_t i) { return left.at(row, i) * right.at(i, col); });
      float& out = static_cast<float*>(c)[row + col * c_leading];
      out = kept == 0 ? by * sum : by * sum + kept * out;
    }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemvStridedBatched_64(cublasHandle_t handle, cublasOperation_t op, std::int64_t rows,
                                            std::int64_t cols, const float* alpha, const float* a,
                                            std::int64_t leading, long long a_step, const float* x,
                                            std::int64_t x_stride, long long x_step, const float* beta,
                                            float* y, std::int64_t y_stride, long long y_step,
                                            std::int64_t batch) {
  return gemv(handle, op, rows, cols, alpha, a, leading, a_step, x, x_stride, x_step, beta, y, y_stride,
              y_step, batch);
}

cublasStatus_t cublasDgemvStridedBatched_64(cublasHandle_t handle, cublasOperation_t op, std::int64_t rows,
                                            std::int64_t cols, const double* alpha, const double* a,
                                            std::int64_t leading, long long a_step, const double* x,
                                            std::int64_t x_stride, long long x_step, const double* beta,
                                            double* y, std::int64_t y_stride, long long y_step,
                                            std::int64_t batch) {
  return gemv(handle, op, rows, cols, alpha, a, leading, a_step, x, x_stride, x_step, beta, y, y_stride,
              y_step, batch);
}

}  // extern "C"
