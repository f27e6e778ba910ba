#include "cpu/team.hpp"

#include <omp.h>
#include <sched.h>

#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace crossover::cpu {
namespace {

/// Of up to 8192 CPUs: one cpu_set_t alone ends at 1024.
class CpuMask {
 public:
  CpuMask() { CPU_ZERO_S(sizeof bits_, bits_.data()); }

  static CpuMask of(int cpu) {
    CpuMask mask;
    CPU_SET_S(static_cast<std::size_t>(cpu), sizeof mask.bits_, mask.bits_.data());
    return mask;
  }
  static CpuMask of_this_thread() {
    CpuMask mask;
    if (sched_getaffinity(0, sizeof mask.bits_, mask.bits_.data()) != 0)
      throw std::runtime_error("--bind: the CPUs of this process cannot be read (" +
                               std::generic_category().message(errno) + "): leave --bind out");
    return mask;
  }
  /// 0, or errno.
  int apply() const { return sched_setaffinity(0, sizeof bits_, bits_.data()) == 0 ? 0 : errno; }

 private:
  std::array<cpu_set_t, 8> bits_;
};

[[noreturn]] void refuse(int cpu, int error) {
  throw std::runtime_error("--bind: a thread could not be tied to CPU " + std::to_string(cpu) + " (" +
                           std::generic_category().message(error) + "): leave --bind out");
}

}  // namespace

void tie_this_thread(int cpu) {
  if (const int error = CpuMask::of(cpu).apply(); error != 0) refuse(cpu, error);
}

void start_team(int threads, std::span<const int> cpus) {
  static std::optional<CpuMask> before;  // the first tie: until then no thread has anything to be freed from
  if (!before && !cpus.empty()) before = CpuMask::of_this_thread();
  const bool touches = before.has_value();
  int refused_with = 0, refused_cpu = -1;
#pragma omp parallel num_threads(threads)
  if (touches) {
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    const int cpu = cpus.empty() ? -1 : cpus[thread % cpus.size()];
    const int error = cpu < 0 ? before->apply() : CpuMask::of(cpu).apply();
    if (error != 0) {
#pragma omp critical
      {
        refused_with = error;
        refused_cpu = cpu;
      }
    }
  }
  if (refused_with != 0) refuse(refused_cpu, refused_with);
}

}  // namespace crossover::cpu
