// What is asked of a call: data that comes and goes with each, data that is on the device already, or data
// that is sent once and used several times. Each has a crossing of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace crossover {

struct Question {
  enum class Kind : std::uint8_t {
    call,      ///< from host memory to host memory
    resident,  ///< inputs and outputs on the device: the computation alone
    reuse,     ///< stationary inputs stay on the device for `uses` calls
    cost       ///< calls as `call` has them, each second at the price of its machine
  };
  Kind kind = Kind::call;
  double uses = 1;  ///< of reuse

  /// It is answered by phases, each with a wait, not by calls.
  bool of_phases() const { return kind == Kind::resident || kind == Kind::reuse; }
};

/// "call", "resident", "reuse=100", "cost": as --question takes and the CSV has it.
std::string name_of(const Question&);
/// "calls from host memory to host memory": for readers.
std::string text_of(const Question&);
/// Of the two, the one that wins is "faster", or "cheaper".
const char* comparative_of(const Question&);

/// A comma list; `all` is call, resident and reuse=100. Throws UsageError.
std::vector<Question> parse_questions(const std::string& text);

/// Seconds for each call, of one case, from seconds by phase: a sample (of its call, or of its phases) and,
/// for reuse, the medians of opening and closing it. A case without phases answers every question with its
/// call.
double seconds_for(const Question&, const std::map<std::string, double>& sample,
                   const std::map<std::string, double>& around);

/// allocate + pin + release.
double setup_of(const std::map<std::string, double>& around);

}  // namespace crossover
