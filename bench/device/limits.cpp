// crossover-device-limits [DEVICE]: what one device and the link to it can do, as CSV on stdout: the ceilings
// that measured rows are read against. Each figure is a median of single timed events; see gpu/limits.hpp.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "bench/base/statistics.hpp"
#include "common/backend.hpp"

namespace {

using namespace crossover;

void print(const std::string& gpu, const LimitSamples& limit) {
  const double middle = median(limit.seconds);
  const auto interval = median_interval(limit.seconds, 0.01);
  std::printf("%s,%s,\"%s\",%zu,%.9g,", gpu.c_str(), limit.quantity.c_str(), limit.mode.c_str(), limit.bytes,
              middle);
  if (interval)
    std::printf("%.9g,%.9g,", interval->low, interval->high);
  else
    std::printf(",,");
  if (limit.bytes > 0) std::printf("%.6g", static_cast<double>(limit.bytes) / middle / 1e9);
  std::printf(",");
  if (limit.flops > 0) std::printf("%.6g", limit.flops / middle / 1e9);
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int device = argc > 1 ? std::atoi(argv[1]) : 0;
    const Backend& backend = cuda_backend();
    if (const std::string reason = backend.unavailable(device); !reason.empty())
      throw std::runtime_error(reason);
    const std::string gpu = backend.describe(device).name;
    std::printf("gpu,quantity,mode,bytes,median_s,low_s,high_s,gbytes_per_s,gflops_per_s\n");
    backend.limits(device, [&](const LimitSamples& limit) { print(gpu, limit); });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crossover-device-limits: %s\n", error.what());
    return 1;
  }
}
