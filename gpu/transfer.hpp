// How operands in host memory reach a device and results come back: one row per transfer mode.
//
// A mode says where the host's ends of the copies lie and what it costs to prepare them. To add one that
// prepares differently (registering the user's own memory), add a row; one whose call is not upload, compute,
// download (overlapped, or operands read in place) brings a `call` of its own.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/backend.hpp"
#include "gpu/pinned_memory.hpp"

namespace crossover::gpu {

/// The host's ends of the copies, and the memory behind those that the execution owns.
struct HostSide {
  std::vector<HostArray> in, out;  ///< what uploads read, what downloads write
  HostBuffer results;
  std::vector<PinnedBuffer> pinned;
};

/// Inputs by what becomes of them between calls.
enum class InputKind {
  stationary,  ///< may stay on the device
  fresh,       ///< new with each call
  cut,         ///< there one piece at a time: uploaded with each call, stationary or not
};

/// The operations that a call is put together from; each queues its work and returns.
struct CallParts {
  int pieces = 1;
  std::function<int(InputKind)> count;               ///< how many inputs there are of this kind
  std::function<void(InputKind, int piece)> upload;  ///< the piece matters to those that are cut
  std::function<void(int piece)> compute;
  std::function<void()> download;
};

/// One row per mode. The functions throw as Execution's steps do.
struct Transfer {
  const char *name, *summary;
  /// Bytes in host memory, ordinary and page-locked, by arithmetic.
  Footprint (*footprint)(const Task&);
  /// Part of `allocate`: ordinary host memory. Null: none.
  void (*allocate)(HostSide&, const Task&) = nullptr;
  /// The step `pin`: page-locked memory. Null: no such step.
  void (*pin)(HostSide&, const Task&) = nullptr;
  /// What the producer of the inputs would have done, charged to nobody (Phase::inputs). Null: nothing.
  void (*produce)(HostSide&, const Task&) = nullptr;
  /// The steps of one call.
  std::vector<Step> (*call)(const CallParts&, const Problem&);
};

/// The first is the default.
std::span<const Transfer> transfers();

/// Null where there is none.
const Transfer* find_transfer(std::string_view name);

}  // namespace crossover::gpu
