// `crossover predict`: every phase of every solver from a profile. Nothing is run.
#pragma once

#include <string>
#include <vector>

#include "bench/model/model.hpp"
#include "bench/plan/options.hpp"

namespace crossover {

struct PredictedCase {
  ModelCase subject;
  Predicted predicted;

  const Prediction* prediction() const { return predicted.prediction ? &*predicted.prediction : nullptr; }
};

/// One problem at one shape and type: the profile's cases that --backend, --solver, --threads and --transfer
/// leave.
struct PredictedGroup {
  const Problem* problem;
  Shape shape;
  Type type;
  std::vector<PredictedCase> cases;
};

/// Throws UsageError for names that the profile does not have, and where nothing is left.
std::vector<PredictedGroup> predicted_groups(const Profile&, const Options&);

/// From how many calls with the same stationary inputs on the device pays, against the host's fastest call;
/// "never"; empty for a host, or without one to compare with.
std::string breakeven_of(const PredictedGroup&, const PredictedCase&);

/// Of those that were predicted and fit, the fastest call; null where there is none. `host`: of the CPU's,
/// else of the device's, where it can those that start in ordinary memory.
const PredictedCase* fastest(const PredictedGroup&, bool host);

/// "the profile 'emr-2c' (measured 2026-11-21)".
std::string text_of(const Profile&);

/// That the profile, which has no device, or no link to it, says nothing of one, and why.
std::string no_device_text(const Profile&);

/// "openmp (2 threads)", "cuda cub, pinned".
std::string name_of(const ModelCase&);

std::string render_prediction(const Profile&, const PredictedGroup&, int width = 80);
std::string prediction_csv(const Profile&, const std::vector<PredictedGroup>&);

std::string render_own(const Profile&, const OwnWorkload&, const std::vector<OwnPrediction>&, int width = 80);
std::string own_csv(const Profile&, const OwnWorkload&, const std::vector<OwnPrediction>&);

/// Throws UsageError, OutputError. Returns the exit status.
int predict_command(const Options&);

}  // namespace crossover
