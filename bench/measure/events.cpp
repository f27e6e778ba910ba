#include "bench/measure/events.hpp"

#include <new>
#include <stdexcept>

#include "bench/base/user_limits.hpp"
#include "bench/machine/memory_limits.hpp"

namespace crossover {

Phase phase_named(std::string_view name) {
  for (int phase = 0; phase <= static_cast<int>(Phase::verify); ++phase)
    if (name == name_of(static_cast<Phase>(phase))) return static_cast<Phase>(phase);
  throw std::invalid_argument("no phase is called " + std::string(name));
}

double seconds_in(const PhaseSeconds& seconds, Phase phase) {
  const auto found = seconds.find(name_of(phase));
  return found == seconds.end() ? 0 : found->second;
}

namespace event {

Event begin(int case_id, Phase phase) {
  return {{"event", "begin"}, {"case", case_id}, {"phase", name_of(phase)}};
}

Event begin(int case_id, Phase phase, double allowed_s) {
  Event made = begin(case_id, phase);
  made[allowed_field] = allowed_s;
  return made;
}

Event process(int case_id, double allowed_s) {
  return {{"event", "process"}, {"case", case_id}, {allowed_field, allowed_s}};
}

Event sample(int case_id, const char* kind, int block, const PhaseSeconds& seconds,
             const Contention& contention) {
  Event made = {
      {"event", "sample"}, {"case", case_id}, {"kind", kind}, {"block", block}, {"seconds", seconds}};
  if (contention.preemptions) made["preemptions"] = *contention.preemptions;
  if (contention.waited_s) made["waited_s"] = *contention.waited_s;
  if (contention.throttled) made["throttled"] = *contention.throttled;
  return made;
}

Contention contention_of(const Event& sample) {
  Contention found;
  if (sample.contains("preemptions")) found.preemptions = sample["preemptions"].get<std::int64_t>();
  if (sample.contains("waited_s") && sample["waited_s"].is_number()) found.waited_s = sample["waited_s"];
  if (sample.contains("throttled")) found.throttled = sample["throttled"].get<bool>();
  return found;
}

void add_energy(Event& sample, const Energy& energy) {
  if (energy.packages_j) sample["packages_j"] = *energy.packages_j;
  if (energy.device_j) sample["device_j"] = *energy.device_j;
}

Energy energy_of(const Event& sample) {
  Energy energy;
  if (sample.contains("packages_j")) energy.packages_j = sample["packages_j"].get<double>();
  if (sample.contains("device_j")) energy.device_j = sample["device_j"].get<double>();
  return energy;
}

Event value(int case_id, const char* column, double number) {
  return {{"event", "value"}, {"case", case_id}, {"column", column}, {"number", number}};
}

Event verified(int case_id, const Check& check) {
  return {{"event", "verified"},      {"case", case_id}, {"ok", check.ok},    {"max_error", check.max_error},
          {"checked", check.checked}, {"of", check.of},  {"what", check.what}};
}

Event failure(int case_id, Outcome outcome, Phase phase, const std::string& reason, std::size_t needed_bytes,
              std::size_t available_bytes) {
  return {{"event", "failure"},          {"case", case_id},  {"outcome", name_of(outcome)},
          {"phase", name_of(phase)},     {"reason", reason}, {"needed", needed_bytes},
          {"available", available_bytes}};
}

Event warning(int case_id, const std::string& text) {
  return {{"event", "warning"}, {"case", case_id}, {"text", text}};
}

Event tuned(int case_id, const Tuning& found) {
  return {{"event", "tuned"},
          {"case", case_id},
          {"setting", found.setting},
          {"text", found.text},
          {"threads", found.threads}};
}

Event baseline(int case_id) { return {{"event", "baseline"}, {"case", case_id}}; }

Event restart(int case_id, bool interleaved) {
  return {{"event", "restart"}, {"case", case_id}, {"interleaved", interleaved}};
}

Event failure_in_flight(int case_id, Phase phase) {
  try {
    throw;
  } catch (const OutOfMemory& error) {
    const bool on_host = error.space == Space::host;
    const std::size_t available = error.available_bytes == 0 && on_host
                                      ? host_memory_limits().tightest().available_bytes
                                      : error.available_bytes;
    std::string why = error.what();
    if (error.needed_bytes > 0)
      why += ": needed " + bytes_text(error.needed_bytes) + " at once, " + bytes_text(available) + " free";
    // The row has the device's numbers already: what the whole case needs, and what was free before it.
    return failure(case_id, Outcome::out_of_memory, phase, why, on_host ? error.needed_bytes : 0,
                   on_host ? available : 0);
  } catch (const std::bad_alloc&) {
    return failure(case_id, Outcome::out_of_memory, phase, "an allocation inside a library failed");
  } catch (const Unavailable& error) {
    return failure(case_id, Outcome::unavailable, phase, error.what());
  } catch (const ProcessKilled& error) {
    return failure(case_id, Outcome::killed, phase, error.what());
  } catch (const DeviceLost& error) {
    return failure(case_id, Outcome::failed, phase, std::string("the device was lost: ") + error.what());
  } catch (const std::exception& error) {
    return failure(case_id, Outcome::failed, phase, error_text(error));
  } catch (...) {
    return failure(case_id, Outcome::failed, phase, "an error of an unknown type");
  }
}

}  // namespace event
}  // namespace crossover
