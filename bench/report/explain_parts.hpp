// What the sentences on a row are made of: the row among those it may be compared with. Sentences end in a
// full stop; an empty text says that there is nothing to say.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/rows/row.hpp"

namespace crossover {

/// A row and its group: same problem, sizes, type, seed, caches, binding, and source.
class RowInGroup {
 public:
  /// `group`: of the file, in its order, `row` among them; it has to outlive this.
  RowInGroup(const Row& row, std::span<const Row> file, std::span<const Row* const> group);

  const Row& row() const { return row_; }
  std::span<const Row* const> group() const { return group_; }
  const std::vector<const Row*>& ok() const { return ok_; }  ///< those of the group with a time

  /// "row 3".
  std::string number(const Row&) const;
  /// "openmp (2 threads), row 3,".
  std::string named(const Row&) const;
  /// The row that speed-ups are against; null where the file lacks it.
  const Row* baseline() const;
  /// The rows that its verdict names, the quickest first.
  const std::vector<const Row*>& fastest() const { return fastest_; }
  void set_fastest(std::vector<const Row*> rows) { fastest_ = std::move(rows); }
  bool is_among_fastest(const Row&) const;
  /// The verdict names this row and no other.
  bool won() const;

 private:
  const Row& row_;
  std::span<const Row> file_;
  std::span<const Row* const> group_;
  std::vector<const Row*> ok_, fastest_;
};

/// Operands come over a link: times of moving them belong to the call.
bool moves_data(const Row&);

/// "23.8 ms (+-1.1%)", or why there is no interval.
std::string call_text(const Row&);

/// Why the verdict is provisional; empty where it is not.
std::string provisional_sentence(const RowInGroup&);

std::string host_sentences(const RowInGroup&);    ///< a call that moves nothing, and ended well
std::string device_sentences(const RowInGroup&);  ///< a call that moves its operands, and ended well
std::string ending_sentences(const RowInGroup&);  ///< every other outcome: what happened, what to do

}  // namespace crossover
