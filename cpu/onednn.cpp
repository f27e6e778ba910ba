#include "cpu/onednn.hpp"

#include <new>
#include <stdexcept>

namespace crossover::cpu {

constexpr int out_of_memory = 1;  // dnnl_status_t

const Onednn& Onednn::get() {
  static const Onednn library;
  return library;
}

Onednn::Onednn()
    : library_("oneDNN", variable, {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"},
               "install oneDNN (apt-get install libdnnl3, or libdnnl2 on Debian 12) or name its file in "
               "CROSSOVER_ONEDNN"),
      sgemm_(library_.get<Sgemm>("dnnl_sgemm")),
      version_(library_.get<const Version*()>("dnnl_version")()),
      max_threads_(library_.find<int()>("omp_get_max_threads")),
      set_threads_(library_.find<void(int)>("omp_set_num_threads")) {}

void Onednn::multiply(const float* queries, Index query_count, const float* corpus, Index row_count,
                      Index dim, float* scores, int threads) const {
  const bool counts = max_threads_ && set_threads_;
  const int before = counts ? max_threads_() : 0;
  if (counts) set_threads_(threads);  // of the calling thread, also inside a team
  const int status =
      sgemm_('N', 'T', query_count, row_count, dim, 1, queries, dim, corpus, dim, 0, scores, row_count);
  if (counts) set_threads_(before);
  if (status == out_of_memory) throw std::bad_alloc();
  if (status != 0) throw std::runtime_error("dnnl_sgemm failed with status " + std::to_string(status));
}

std::string Onednn::description() const {
  return "oneDNN " + std::to_string(version_->major) + '.' + std::to_string(version_->minor) + '.' +
         std::to_string(version_->patch);
}

std::string Onednn::caution() const {
  if (max_threads_ && set_threads_) return {};
  return library_.name() +
         " does not use OpenMP, so its threads cannot be set: apt-get install libdnnl3 (or "
         "libdnnl2 on Debian 12)";
}

}  // namespace crossover::cpu
