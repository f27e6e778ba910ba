// Predictions from a profile: every phase of a case without running it. Transfers are latency + bytes /
// bandwidth; computations are interpolated, in logarithms, between the shapes that the profile has of the
// same solver.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/model/profile.hpp"
#include "common/execution.hpp"

namespace crossover {

/// What is to be predicted.
struct ModelCase {
  const Problem* problem;
  Shape shape;
  Type type;
  std::string backend, solver;
  int threads = 1;
  std::string transfer;  ///< none for a host
};

/// Seconds and bytes; a phase that the case does not have is empty.
struct Prediction {
  std::optional<Figure> startup_s, allocate_s, pin_s, upload_s, upload_fresh_s, compute_s, download_s,
      release_s;
  Figure call_s, end_to_end_s;
  /// The call with the stationary inputs already on the device, and with all inputs and outputs there.
  Figure reuse_call_s, resident_s;
  double bytes_up = 0, bytes_up_fresh = 0, bytes_down = 0;  ///< over the link
  std::optional<std::size_t> needed_host_bytes, needed_device_bytes;
  bool fits = true;     ///< into the machine's memory and what was free of the device's, as `run` counts
  bool within = true;   ///< every size lies among those at which the solver was measured
  bool far = false;     ///< some size is 30 times beyond them: it decides nothing
  std::string basis;    ///< what it rests on: "interpolated", "at 3.2x the largest shape measured"
  std::string warning;  ///< why it may be far off, or would not fit; empty: nothing is known
};

struct Predicted {
  std::optional<Prediction> prediction;
  std::string reason;  ///< why there is none: "the profile has no openmp with 4 threads for sum f32"
};

/// Under a microsecond for each point of the solver's; no library call, no allocation of data.
Predicted predict(const Profile&, const ModelCase&);

/// Every backend, solver, number of threads and transfer that the profile can answer for.
std::vector<ModelCase> predictable(const Profile&, const Problem&, const Shape&, Type);

/// "What if": figures that replace the profile's. A profile that was changed is `modelled`.
struct WhatIf {
  std::optional<double> link_bytes_per_s{};  ///< both directions of every transfer mode
  std::optional<std::size_t> device_memory_bytes{};
  std::optional<double> device_bandwidth_bytes_per_s{};  ///< computations that it bounds become faster alike
  std::optional<double> launch_s{};
};
/// Throws UsageError where the profile has no device.
Profile what_if(Profile, const WhatIf&);

/// A workload of the user's own, per call.
struct OwnWorkload {
  double flops = 0, bytes_in = 0, bytes_out = 0;
  double bytes_stationary = 0;  ///< of bytes_in: what stays where it is when the call is repeated
  double reuse = 1;             ///< calls with the same stationary bytes
  Type type = Type::f32;
};
struct OwnPrediction {
  ModelCase place;  ///< cpu with its threads, or cuda with its transfer
  Figure upload_s, upload_fresh_s, compute_s, download_s, call_s, total_s;  ///< total: of all `reuse` calls
  std::string bound;                                                        ///< what limits the computation
};
/// Rooflines: no solver of this program is involved. The CPU with all threads, and each transfer mode.
std::vector<OwnPrediction> predict_own(const Profile&, const OwnWorkload&);

}  // namespace crossover
