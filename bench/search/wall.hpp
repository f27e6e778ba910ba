// `crossover wall`: the largest size that fits, per solver and memory, and what happens on both sides of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/plan/options.hpp"
#include "bench/plan/plan.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

/// The memory that ends the range of a case.
enum class WallMemory : std::uint8_t {
  host,
  device,           ///< the whole problem at once
  device_in_pieces  ///< cut into as many pieces as it takes, at most most_chunks
};

const char* name_of(WallMemory);

/// A size beside a wall: what it needs of that memory, by arithmetic, and what was seen there.
struct WallSide {
  Index size = 0;
  std::int64_t needed_bytes = 0;  ///< without slack
  std::optional<Row> seen{};      ///< empty: neither run nor asked for
};

/// Of one case in one memory. Bytes.
struct Wall {
  WallMemory memory = WallMemory::host;
  Row planned;                    ///< names the case
  const char* strategy = "";      ///< of its solver
  std::string unknown;            ///< why no wall can be foretold; empty where it can
  std::optional<WallSide> last;   ///< the largest size that fits; empty: not even the first does
  std::optional<WallSide> first;  ///< one element more; empty: no wall in this range
  std::int64_t available_bytes = 0, slack_bytes = 0;
  std::string limit;             ///< what sets available_bytes, or the solver's own limit
  std::optional<WallSide> over;  ///< --over-the-wall: the first size that really failed, or the last tried
  std::string cliff;             ///< see cliff_before_wall(); empty: none was seen
  Index cliff_size = 0;

  /// What was seen contradicts the prediction: a sentence; empty where it does not.
  std::string contradiction() const;
};

/// What a case needs at a size of the varied axis; empty where 64 bits do not hold the bytes, which fit
/// nowhere.
using NeedAt = std::function<std::optional<Need>(Index)>;

/// Bytes that the memory gets, without slack.
std::int64_t needed_bytes(const Need&, WallMemory);

/// Of sizes from `low` to `high`, both included, by arithmetic alone. `planned` names the case.
Wall wall_by_arithmetic(Row planned, const Case&, WallMemory, const Options&, Index low, Index high,
                        const NeedAt&);

/// "similarity queries=1000 dim=100 k=10 f32, corpus varied from 1 to 1000000000".
std::string walls_title(const Options&, Index low, Index high);

/// A table, and a sentence for each wall that has more to say. Lines of at most `width` columns.
std::string render_walls(const std::vector<Wall>&, const Options&, int width = 80);

std::vector<std::string> wall_header(const Options&);
std::vector<std::string> wall_record(const Wall&, const Options&, const std::string& label);

/// Predicts, confirms, prints, writes --csv; the exit status: 0, 1 where a prediction was not confirmed or a
/// solver was wrong or failed, 130. Throws UsageError and OutputError.
int wall_command(const Options&);

}  // namespace crossover
