#include "gpu/cublas.hpp"

#include <cublas_v2.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "common/execution.hpp"
#include "gpu/check.hpp"

namespace crossover::gpu {
namespace {

/// The one this build's header belongs to, in the loader's own order of places.
const std::string library_name = "libcublas.so." + std::to_string(CUBLAS_VER_MAJOR);

/// Where the loader does not look of itself.
std::vector<std::string> toolkit_folders() {
  std::vector<std::string> folders;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char* toolkit = std::getenv(variable)) folders.push_back(std::string(toolkit) + "/lib64/");
  folders.emplace_back("/usr/local/cuda/lib64/");
  return folders;
}

/// A handle of dlopen().
void* open_library() {
  std::string why;
  for (const std::string& name : {library_name, std::string("libcublas.so")}) {
    std::vector<std::string> places = toolkit_folders();
    places.insert(places.begin(), "");
    for (const std::string& folder : places) {
      if (void* library = dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
      const char* error = dlerror();
      if (why.empty() && error) why = error;
    }
  }
  throw Unavailable("cuBLAS cannot be loaded (" + why +
                    "): install the toolkit's cuBLAS and put its folder into LD_LIBRARY_PATH, or choose "
                    "solvers that do without it (--solver cuda-fused)");
}

}  // namespace

struct Cublas::Library {
  struct Close {
    void operator()(void* handle) const { dlclose(handle); }
  };
  const std::unique_ptr<void, Close> library{open_library()};

  template <class Function>
  Function* function(const char* name) const {
    if (void* found = dlsym(library.get(), name)) return reinterpret_cast<Function*>(found);
    throw Unavailable("this machine's cuBLAS has no " + std::string(name) + ": install version " +
                      std::to_string(CUBLAS_VER_MAJOR) + ", which this build was made for");
  }

  // Names in the library: the header maps some of them by macros.
  decltype(cublasCreate_v2)* const create = function<decltype(cublasCreate_v2)>("cublasCreate_v2");
  decltype(cublasDestroy_v2)* const destroy = function<decltype(cublasDestroy_v2)>("cublasDestroy_v2");
  decltype(cublasGetVersion_v2)* const get_version =
      function<decltype(cublasGetVersion_v2)>("cublasGetVersion_v2");
  decltype(cublasGetStatusString)* const status_text =
      function<decltype(cublasGetStatusString)>("cublasGetStatusString");
  decltype(cublasSetStream_v2)* const set_stream =
      function<decltype(cublasSetStream_v2)>("cublasSetStream_v2");
  decltype(cublasSetWorkspace_v2)* const set_workspace =
      function<decltype(cublasSetWorkspace_v2)>("cublasSetWorkspace_v2");
  decltype(cublasGemmEx_64)* const gemm = function<decltype(cublasGemmEx_64)>("cublasGemmEx_64");
  decltype(cublasSgemvStridedBatched_64)* const gemv_f32 =
      function<decltype(cublasSgemvStridedBatched_64)>("cublasSgemvStridedBatched_64");
  decltype(cublasDgemvStridedBatched_64)* const gemv_f64 =
      function<decltype(cublasDgemvStridedBatched_64)>("cublasDgemvStridedBatched_64");

  cublasHandle_t handle = nullptr;

  Library() { check(create(&handle), "cublasCreate"); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (handle) destroy(handle);
  }

  /// A status says what failed; why, where the device is to blame, only the runtime knows.
  void check(cublasStatus_t status, const char* call) const {
    if (status == CUBLAS_STATUS_SUCCESS) return;
    const std::string what = std::string(call) + ": " + status_text(status);
    cudaError_t cause = cudaGetLastError();
    if (cause == cudaSuccess) cause = cudaStreamQuery(nullptr);  // the library has a runtime of its own
    if (cause == cudaErrorNotReady) cause = cudaSuccess;
    if (status == CUBLAS_STATUS_ALLOC_FAILED)
      gpu::check(cudaErrorMemoryAllocation, call);
    else if (status == CUBLAS_STATUS_ARCH_MISMATCH)
      throw Unavailable(what + ": this cuBLAS has no code for the device; install version " +
                        std::to_string(CUBLAS_VER_MAJOR));
    else
      gpu::check(cause, what.c_str());
    throw std::runtime_error(what);
  }

  /// Blocks of columns are a batch; its size is kept below the limits of launches.
  template <class T>
  void block_sums(auto* gemv, const T* values, Index rows, Index stride, Index blocks, Index length,
                  const T* factors, T* sums, Index sums_stride) const {
    constexpr Index most_blocks = 32768;
    constexpr T one = 1, zero = 0;
    for (Index block = 0; block < blocks; block += most_blocks)
      check(gemv(handle, CUBLAS_OP_T, length, rows, &one, values + block * length, stride, length, factors, 1,
                 0, &zero, sums + block, sums_stride, 1, std::min(most_blocks, blocks - block)),
            "cublasGemvStridedBatched");
  }
};

Cublas::Cublas() : library_(std::make_unique<Library>()) {}
Cublas::~Cublas() = default;

void Cublas::use(cudaStream_t stream, std::span<std::byte> workspace) {
  library_->check(library_->set_stream(library_->handle, stream), "cublasSetStream");  // drops the workspace
  library_->check(library_->set_workspace(library_->handle, workspace.data(), workspace.size()),
                  "cublasSetWorkspace");
}

int Cublas::version() const {
  int version = 0;
  library_->check(library_->get_version(library_->handle, &version), "cublasGetVersion");
  return version;
}

void Cublas::scores(const float* queries, Index query_count, const float* corpus, Index corpus_count,
                    Index dim, float* scores, Index stride) {
  // Column-major: scores^T = corpus queries^T, of matrices that lie transposed.
  constexpr float one = 1, zero = 0;
  library_->check(library_->gemm(library_->handle, CUBLAS_OP_T, CUBLAS_OP_N, corpus_count, query_count, dim,
                                 &one, corpus, CUDA_R_32F, dim, queries, CUDA_R_32F, dim, &zero, scores,
                                 CUDA_R_32F, stride, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
                  "cublasGemmEx");
}

void Cublas::block_sums(const float* values, Index rows, Index stride, Index blocks, Index length,
                        const float* factors, float* sums, Index sums_stride) {
  library_->block_sums(library_->gemv_f32, values, rows, stride, blocks, length, factors, sums, sums_stride);
}

void Cublas::block_sums(const double* values, Index rows, Index stride, Index blocks, Index length,
                        const double* factors, double* sums, Index sums_stride) {
  library_->block_sums(library_->gemv_f64, values, rows, stride, blocks, length, factors, sums, sums_stride);
}

std::vector<std::pair<std::string, std::string>> cublas_environment() {
  std::vector<std::pair<std::string, std::string>> found;
  for (const char* name : {"NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULATE_SINGLE_PRECISION",
                           "CUBLAS_EMULATE_DOUBLE_PRECISION", "CUBLAS_EMULATION_STRATEGY"})
    if (const char* value = std::getenv(name)) found.emplace_back(name, value);
  return found;
}

}  // namespace crossover::gpu
