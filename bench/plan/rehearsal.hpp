// --rehearse SOLVER:PHASE:FAILURE[@N]: a failure on demand, so that anybody can see (and tests can check)
// what a run loses when a solver dies, or the group's process (SOLVER: group). The N-th time the phase is run
// in one process (1st by default); wrong and overrun from then on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/plan/plan.hpp"
#include "common/execution.hpp"

namespace crossover {

struct Rehearsal {
  enum class Failure : std::uint8_t { kill, segv, hang, stop, error, out_of_memory, wrong, overrun };
  std::string solver;
  Phase phase;
  Failure failure;
  int at = 1;
};

/// Throws UsageError with the forms that are understood. Empty text: none.
std::optional<Rehearsal> parse_rehearsal(std::string_view text);

/// Throws UsageError where none of the groups has the solver of --rehearse.
void check_rehearsal(const Options&, std::span<const Group>);

/// Where the failure of --rehearse never happened, by the outcomes of its solver's rows: a sentence.
std::string missed_rehearsal(const Options&, std::span<const Row>);

/// Stands for the solver where the process that makes inputs and oracle is meant.
inline constexpr const char* rehearsed_group = "group";

/// Fails here and now where the phase of `solver` is rehearsed: of startup, and of the group's process.
void rehearse_now(const std::optional<Rehearsal>&, std::string_view solver, Phase);

/// `execution` itself, or wrapped so that it fails as rehearsed.
std::unique_ptr<Execution> rehearse(std::unique_ptr<Execution> execution, std::string_view solver,
                                    const std::optional<Rehearsal>&);

}  // namespace crossover
