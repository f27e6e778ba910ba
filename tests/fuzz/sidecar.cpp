// The facts beside a CSV: read, and written again.
#include "bench/rows/sidecar.hpp"
#include "bench/base/json_field.hpp"
#include "fuzz.hpp"

using namespace crossover;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto sidecar = fuzz::unless_refused([&] {
    return sidecar_of(parse_json(fuzz::text_of(data, size), "rows.csv.meta.json"), "rows.csv.meta.json");
  });
  if (!sidecar) return 0;
  const std::string text = sidecar_text(*sidecar);
  fuzz::require(sidecar_text(sidecar_of(parse_json(text, "again"), "again")) == text,
                "what was read is written, and reads back");
  return 0;
}
