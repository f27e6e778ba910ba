// A problem: what is asked, independent of who answers. problems() is the table of contents.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/shape.hpp"

namespace crossover {

constexpr Type same_type(Type of_case) { return of_case; }
template <Type T>
constexpr Type always(Type) {
  return T;
}
/// What sums of `of_case` are kept in between pieces: i64 for i64, f64 for f32 and f64.
constexpr Type accumulator_type(Type of_case) { return of_case == Type::i64 ? Type::i64 : Type::f64; }

/// One input, state or output array of a problem.
struct Operand {
  const char* name;
  std::vector<int> axes;  ///< positions in Problem::axes, outermost first; empty: one element
  Type (*type)(Type of_case) = same_type;
  bool stationary = false;  ///< inputs: stays where it is when the call is repeated (the corpus)
};

/// Counted from the definition, never measured.
struct Work {
  double bytes_in, bytes_out, flops;
};

/// What comparing outputs with the oracle found.
struct Check {
  bool ok = true;
  double max_error = 0;       ///< largest error, as a multiple of the problem's natural scale (`accuracy`)
  Index checked = 0, of = 0;  ///< outputs compared, outputs there are
  std::string what;           ///< the first disagreement in words; empty where ok
  bool inexact = true;        ///< all disagreements are errors that a larger bound allows

  /// The same outputs held to `bound` where that is larger than the problem's.
  Check within(double bound) const;
};

/// Reference results, held by the closure; compares outputs in host memory. Inputs must outlive it.
using Oracle = std::function<Check(std::span<const HostArray> out)>;

struct Problem {
  const char *name, *summary, *formula;
  const char* accuracy;  ///< the stated error bound, and what max_error is relative to
  std::vector<Axis> axes;
  std::vector<Type> types;  ///< the element types it has
  std::vector<Operand> in, state, out;

  Work (*work)(const Shape&, Type);
  /// Why these sizes contradict each other (k above corpus), or empty. (optional)
  std::string (*contradiction)(const Shape&) = nullptr;
  /// Fills `part` = rows [first, ...) of input `operand`, from a counter-based generator: any part
  /// of any input can be made anywhere, and always comes out the same.
  void (*fill)(const HostArray& part, int operand, Index first, std::uint64_t seed);
  /// Partial results: the neutral state; `into` joined with `from`, whose pieces lie behind into's;
  /// the outputs of a complete state. Null where nothing folds.
  void (*identity)(std::span<const HostArray> state) = nullptr;
  void (*merge)(std::span<const HostArray> into, std::span<const HostArray> from) = nullptr;
  void (*finish)(const Shape& whole, std::span<const HostArray> state,
                 std::span<const HostArray> out) = nullptr;
  /// Computes references in higher precision for as many outputs as `max_operations` allows
  /// (at least one), spread over the map axis.
  Oracle (*oracle)(const Shape&, Type, std::span<const HostArray> in, double max_operations);

  int axis(std::string_view axis_name) const;  ///< its position, or -1
  int axis_with(Role role) const;              ///< the first of that role, or -1
};

/// Every problem, in the order in which they are listed.
std::span<const Problem* const> problems();

/// By name; null where there is none.
const Problem* find_problem(std::string_view name);

Extents extents_of(const Operand&, const Shape&);

/// Bytes of all the operands together. Throws std::overflow_error past 63 bits.
std::int64_t bytes_of(std::span<const Operand>, const Shape&, Type);

}  // namespace crossover
