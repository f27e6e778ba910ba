#include "cpu/blas.hpp"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <sstream>

#include "common/execution.hpp"
#include "common/host_memory.hpp"

namespace crossover::cpu {
namespace {

constexpr int row_major = 101, no_transpose = 111, transpose = 112;  // as cblas.h numbers them

const std::string blas_advice =
    "install a BLAS (apt-get install libopenblas0-pthread) or name the file of one in CROSSOVER_BLAS";

bool is_amd() {
#if defined(__x86_64__)
  return __builtin_cpu_is("amd") != 0;
#else
  return false;
#endif
}

/// What OpenBLAS reads while it is loaded.
void prepare_environment() {
  constexpr int keep = 0;  // what the user set
  if (const std::string core = core_type_for(vector_bits(), is_amd()); !core.empty())
    setenv("OPENBLAS_CORETYPE", core.c_str(), keep);
  // Its idle threads spin for 2^26 cycles, far into the next solver's sample; an OpenMP team's spin for about
  // 2^21.
  setenv("OPENBLAS_THREAD_TIMEOUT", "21", keep);
}

SharedLibrary load() {
  prepare_environment();
  return {"a BLAS",
          Blas::variable,
          {"libopenblas.so.0", "libopenblas.so", "libmkl_rt.so.2", "libmkl_rt.so", "libblis.so.4",
           "libcblas.so.3", "libblas.so.3"},
          blas_advice};
}

}  // namespace

int vector_bits() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return 512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 256;
#endif
  return 128;
}

int vector_bits(const std::string& core_type) {
  static constexpr std::array wide = {"SkylakeX", "Cooperlake", "SapphireRapids"};
  static constexpr std::array middle = {"Haswell", "Zen", "Excavator"};
  if (core_type.empty()) return 0;
  for (const char* name : wide)
    if (core_type == name) return 512;
  for (const char* name : middle)
    if (core_type == name) return 256;
  return 128;
}

std::string core_type_for(int bits, bool amd) {
  if (bits >= 512) return "SkylakeX";
  if (bits >= 256) return amd ? "Zen" : "Haswell";
  return {};
}

const Blas& Blas::get() {
  static const Blas blas;
  return blas;
}

Blas::Blas() : library_(load()), sgemm_(library_.get<Sgemm>("cblas_sgemm")) {
  for (const char* name : {"openblas_set_num_threads", "MKL_Set_Num_Threads"})
    if (!set_threads_) set_threads_ = library_.find<void(int)>(name);
  if (const auto set_of_blis = library_.find<void(std::int64_t)>("bli_thread_set_num_threads"))
    set_threads_ = [set_of_blis](int threads) { set_of_blis(threads); };
  if (const auto core = library_.find<char*()>("openblas_get_corename")) core_type_ = core();
  if (const auto config = library_.find<char*()>("openblas_get_config")) {
    std::string name;
    std::istringstream(config()) >> name >> version_;  // "OpenBLAS 0.3.21 NO_LAPACKE ..."
  }
  if (!set_threads_ && !std::getenv(variable))
    throw Unavailable(
        library_.name() +
        " takes no number of threads: the reference BLAS, as a rule, which says nothing of a good "
        "one; " +
        blas_advice);
}

void Blas::multiply(const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
                    float* scores) const {
  const auto m = static_cast<int>(query_count), n = static_cast<int>(row_count), k = static_cast<int>(dim);
  sgemm_(row_major, no_transpose, transpose, m, n, k, 1, queries, k, corpus, k, 0, scores, n);
}

void Blas::use_threads(int threads) const {
  if (set_threads_) set_threads_(threads);
}

void Blas::reserve(int threads) const {
  static std::atomic<int> mapped{0};  // of threads that had their room
  const int more = threads - mapped;
  if (core_type_.empty() || more <= 0) return;
  const std::size_t bytes = static_cast<std::size_t>(more) * openblas_buffer_bytes;
  void* const room =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED)
    throw OutOfMemory(
        "OpenBLAS maps 128 MiB for each thread, and there was no room: choose another solver "
        "(--solver openmp-tiled) or fewer --threads",
        bytes, 0);
  munmap(room, bytes);
  mapped = threads;
}

std::string Blas::description() const {
  if (core_type_.empty()) return library_.name();
  return "OpenBLAS " + version_ + ", core type " + core_type_;
}

std::string Blas::caution() const {
  if (!set_threads_)
    return library_.name() +
           " takes no number of threads and may be the slow reference BLAS: apt-get install "
           "libopenblas0-pthread";
  if (const int bits = vector_bits(core_type_); bits != 0 && bits < vector_bits())
    return "OpenBLAS takes this processor for a " + core_type_ +
           ", whose products use less than it has: set OPENBLAS_CORETYPE=" +
           core_type_for(vector_bits(), is_amd());
  return {};
}

}  // namespace crossover::cpu
