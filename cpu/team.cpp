#include "cpu/team.hpp"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

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

int cpus_at_start = 1;

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
  int refused_with = 0, refused_cpu = -1, counted = 0;
#pragma omp parallel num_threads(threads) reduction(+ : counted)
  {
    counted = 1;
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
  }
  if (refused_with != 0) refuse(refused_cpu, refused_with);
  if (counted != threads)
    throw std::runtime_error("the OpenMP runtime gives a team of " + std::to_string(counted) + ", not of " +
                             std::to_string(threads) +
                             " threads: unset the OMP_ variables of the environment");
}

void take_asked_teams() {
  static const int cpus = omp_get_num_procs();
  cpus_at_start = cpus;
  omp_set_dynamic(0);
  omp_set_max_active_levels(std::max(1, omp_get_max_active_levels()));
}

int most_threads() { return omp_get_thread_limit(); }

std::string why_fewer_cpus(int threads) {
  const int cpus = cpus_at_start;
  if (most_threads() < cpus)
    return "OMP_THREAD_LIMIT leaves " + std::to_string(most_threads()) + " of " + std::to_string(cpus) +
           " CPUs to teams: unset it to measure this machine";
  std::set<int> in_places;
  for (int place = 0; omp_get_proc_bind() != omp_proc_bind_false && place < omp_get_num_places(); ++place) {
    std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, ids.data());
    in_places.insert(ids.begin(), ids.end());
  }
  const int tied_to = static_cast<int>(in_places.size());
  if (tied_to == 0 || tied_to >= std::min(threads, cpus)) return {};
  return "OMP_PLACES or GOMP_CPU_AFFINITY ties threads to " + std::to_string(tied_to) + " of " +
         std::to_string(cpus) + " CPUs: they take turns; unset it to measure this machine";
}

}  // namespace crossover::cpu
