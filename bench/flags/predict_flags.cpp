#include "bench/flags/predict_flags.hpp"

#include <algorithm>
#include <array>

#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"

namespace crossover {
namespace {

constexpr const char* supposed = "What if (instead of the profile's figures)";
constexpr const char* own = "A workload of your own (instead of a problem), per call";
constexpr std::array own_flags = {"flops", "bytes-in", "bytes-out", "stationary", "reuse"};

Type parse_type(const std::string& text) {
  for (const Type type : {Type::f32, Type::f64, Type::i64})
    if (text == name_of(type)) return type;
  const std::array<std::string, 3> known = {"f32", "f64", "i64"};
  throw UsageError(unknown("type", text, known));
}

/// Of the profile's machine: all of its threads are 0.
std::vector<int> parse_thread_counts(const std::string& text) {
  std::vector<int> counts;
  for (const std::string& item : parse_list(text))
    counts.push_back(item == "all" ? 0 : static_cast<int>(std::min<Index>(parse_size(item), 1 << 30)));
  return counts;
}

OwnWorkload own_workload(const Flags& flags) {
  if (flags.has("problem"))
    throw UsageError("--flops and bytes are of a workload of your own: leave '" + text_of(flags, "problem") +
                     "' out");
  OwnWorkload work;
  set(flags, "flops", work.flops, parse_size);
  set(flags, "bytes-in", work.bytes_in, parse_bytes);
  set(flags, "bytes-out", work.bytes_out, parse_bytes);
  set(flags, "stationary", work.bytes_stationary, parse_bytes);
  set(flags, "reuse", work.reuse, parse_size);
  set(flags, "type", work.type, parse_type);
  if (work.flops == 0 && work.bytes_in == 0)
    throw UsageError("a workload of your own needs --flops or --bytes-in, as in --flops 2e12 --bytes-in 4GB");
  if (work.bytes_stationary > work.bytes_in)
    throw UsageError("--stationary: more than --bytes-in, of which it is a part");
  return work;
}

}  // namespace

std::vector<PredictFlag> predict_flags() {
  return {
      {"link", "RATE", supposed, "between host and device, as in 55GB/s, both ways"},
      {"device-memory", "BYTES", supposed, "how much there is, as in 24GiB"},
      {"device-bandwidth", "RATE", supposed, "of the device's memory, as in 3TB/s"},
      {"launch", "SECONDS", supposed, "of a kernel, as in 5us"},
      {"flops", "N", own, "operations, as in 2e12"},
      {"bytes-in", "BYTES", own, "inputs, as in 4GB"},
      {"bytes-out", "BYTES", own, "outputs"},
      {"stationary", "BYTES", own, "of --bytes-in, what is the same in each call [0]"},
      {"reuse", "N", own, "calls with the same stationary inputs [1]"},
  };
}

void set_prediction(const Flags& flags, Options& options) {
  set(flags, "link", options.what_if.link_bytes_per_s, parse_rate);
  set(flags, "device-memory", options.what_if.device_memory_bytes, parse_bytes);
  set(flags, "device-bandwidth", options.what_if.device_bandwidth_bytes_per_s, parse_rate);
  set(flags, "launch", options.what_if.launch_s, parse_seconds);
  set(flags, "backend", options.backends, parse_list);
  set(flags, "solver", options.solvers, parse_list);
  set(flags, "transfer", options.transfers, parse_list);
  set(flags, "threads", options.threads, parse_thread_counts);
  options.csv = text_of(flags, "csv");
  options.force = flags.has("force");
  options.quiet = flags.has("quiet");
  if (std::ranges::any_of(own_flags, [&](const char* name) { return flags.has(name); }))
    options.own = own_workload(flags);
}

}  // namespace crossover
