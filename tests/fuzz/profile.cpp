// A machine's profile: read, written again, predicted from, and made into policies.
#include "bench/base/json_field.hpp"
#include "bench/model/model.hpp"
#include "bench/predict/policy.hpp"
#include "fuzz.hpp"

using namespace crossover;

namespace {

void predict_all(const Profile& profile) {
  for (const Problem* problem : problems())
    for (const Type type : problem->types) {
      Shape shape;
      int axis = 0;
      for (const Axis& each : problem->axes) shape[axis++] = each.fallback;
      for (const ModelCase& subject : predictable(profile, *problem, shape, type)) predict(profile, subject);
    }
  predict_own(profile, {.flops = 1e9, .bytes_in = 1e6, .bytes_out = 1e3});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto profile = fuzz::unless_refused(
      [&] { return profile_of(parse_json(fuzz::text_of(data, size), "profile.json"), "profile.json"); });
  if (!profile) return 0;
  const std::string text = profile_text(*profile);
  fuzz::require(profile_text(profile_of(parse_json(text, "again"), "again")) == text,
                "what was read is written, and reads back");
  fuzz::unless_refused([&] {
    predict_all(*profile);
    return true;
  });
  const auto tables = fuzz::unless_refused([&] { return policy_tables(*profile); });
  if (!tables) return 0;
  const std::string header = policy_header(*profile, *tables);
  fuzz::require(printable(header) == header, "nothing in the header steers a terminal");
  fuzz::require(header.find("??") == std::string::npos, "no trigraph is in the header");
  parse_json(policy_json(*profile, *tables), "policy.json");
  return 0;
}
