// The flags of `run`, one row each, and which of them other commands know only to refuse.
#pragma once

#include <span>

#include "bench/plan/options.hpp"

namespace crossover {

/// Headings of the help.
namespace flag_group {
inline constexpr const char* sizes = "Sizes";
inline constexpr const char* where = "Where and how";
inline constexpr const char* sampling = "Sampling";
inline constexpr const char* memory = "Memory";
inline constexpr const char* simulated = "Simulated device (--backend sim)";
inline constexpr const char* data = "Data in and out";
}  // namespace flag_group

struct Flag {
  const char* name;
  const char* value;  ///< what stands for the value in the help; empty: the flag has none
  const char* group;
  const char* meaning;  ///< ends in the default, in brackets, where there is one
};

/// In the order of the help; sizes, which are each problem's own, are not among them.
std::span<const Flag> flag_table();

/// Flags of `run` that another command knows only to refuse them.
struct Refusal {
  std::span<const char* const> flags;
  const char* why;
};

/// Nothing where the command takes them all, or is none of those with the flags of `run`.
Refusal refused_by(Command command);

}  // namespace crossover
