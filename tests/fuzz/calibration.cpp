// The cached limits of a machine: read, written again, and asked for floors.
#include "bench/machine/calibration.hpp"
#include "bench/base/json_field.hpp"
#include "common/problem.hpp"
#include "fuzz.hpp"

using namespace crossover;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto calibration = fuzz::unless_refused([&] {
    return calibration_of(parse_json(fuzz::text_of(data, size), "calibration.json"), "calibration.json");
  });
  if (!calibration) return 0;
  const nlohmann::json json = to_json(*calibration);
  fuzz::require(to_json(calibration_of(json, "again")) == json, "what was read is written, and reads back");
  for (const int threads : {1, 2, 1000})
    for (const double working_set_bytes : {0.0, 1e4, 1e12}) {
      const Work work{.bytes_in = 1e6, .bytes_out = 8, .flops = 1e6};
      floor_of(*calibration, work, Type::f32, threads, working_set_bytes);
      team_s_of(*calibration, threads);
      is_quiet_for(*calibration, threads);
    }
  return 0;
}
