// What a worker tells its parent, one JSON object per line. Every field that a reader uses is named here
// and nowhere else.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/machine/contention.hpp"
#include "bench/machine/energy.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

using Event = nlohmann::json;
using Report = std::function<void(const Event&)>;

/// Which process of the group an event comes from, counted from 1; put in by whoever watches it.
inline constexpr const char* process_field = "process";

/// How many seconds the next event may take, for whoever watches the process that sends this one. (optional)
inline constexpr const char* allowed_field = "allowed_s";

/// Seconds by phase name; "call" for the whole call.
using PhaseSeconds = std::map<std::string, double>;

/// 0 where the sample does not have the phase.
double seconds_in(const PhaseSeconds&, Phase);

/// The inverse of name_of(Phase); throws std::invalid_argument.
Phase phase_named(std::string_view);

namespace event {

/// Said before a step, so that a death is blamed on the case and phase it happened in.
Event begin(int case_id, Phase);
/// kind: first, pilot, call, phases, open (allocate, pin), close (release); confirm_pilot and confirm_call
/// in the second process.
Event sample(int case_id, const char* kind, int block, const PhaseSeconds&, const Contention& = {});
/// What a sample event says of it; the inverse.
Contention contention_of(const Event& sample);
/// What the call used, into its sample; the inverse.
void add_energy(Event& sample, const Energy&);
Energy energy_of(const Event& sample);
/// The same, and how long it may take.
Event begin(int case_id, Phase, double allowed_s);
/// A process for the case begins, which says something within so many seconds.
Event process(int case_id, double allowed_s);
/// A number of the case, under the name of its column.
Event value(int case_id, const char* column, double);
Event verified(int case_id, const Check&);
Event failure(int case_id, Outcome, Phase, const std::string& reason, std::size_t needed_bytes = 0,
              std::size_t available_bytes = 0);
Event warning(int case_id, const std::string& text);
/// The baseline that pilot samples chose, of the cases measured together: verdicts use it.
/// What Backend::tune found.
Event tuned(int case_id, const Tuning&);
Event baseline(int case_id);

/// Turns the exception in flight into a failure. Call it in a catch block.
Event failure_in_flight(int case_id, Phase);

/// The case's samples begin afresh, in another process.
Event restart(int case_id, bool interleaved);

}  // namespace event
}  // namespace crossover
