// Profiles made by hand, with round figures that nobody takes for a measurement.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "bench/model/figures.hpp"
#include "bench/model/model.hpp"

namespace crossover {

/// A figure that is known to within 1 %.
inline Figure about(double value) { return {value, 0.99 * value, 1.01 * value}; }

inline SolverPoint point_at(const Shape& shape, double seconds) {
  return {.shape = shape,
          .compute_s = about(seconds),
          .call_s = about(seconds),
          .allocate_s = about(1e-6),
          .release_s = about(1e-6)};
}

/// 4 cores that read 10 GB/s each, and a device behind a link of 10 GB/s. No solver yet.
inline Profile handmade_profile() {
  Profile profile;
  profile.source = "modelled";
  profile.label = "handmade-4c-gpu";
  profile.date_utc = "2000-01-01T00:00:00Z";
  profile.cpu = "A handmade CPU";
  profile.cores = profile.threads = 4;
  profile.memory_bytes = std::size_t{1} << 36;
  profile.timer_s = about(20e-9);
  profile.launch_s = about(1e-3);
  profile.team_s = {{1, about(1e-7)}, {4, about(2e-6)}};
  profile.levels = {{"L2", std::size_t{1} << 20, 1, about(100e9)},
                    {"L2", std::size_t{1} << 20, 4, about(400e9)},
                    {"DRAM", std::size_t{1} << 30, 1, about(10e9)},
                    {"DRAM", std::size_t{1} << 30, 4, about(40e9)}};
  profile.rates = {{Type::f32, 1, about(100e9)},
                   {Type::f32, 4, about(400e9)},
                   {Type::f64, 1, about(50e9)},
                   {Type::f64, 4, about(200e9)}};
  const Cost pageable{about(10e-6), about(5e9)}, pinned{about(10e-6), about(10e9)};
  profile.device = DeviceFigures{.name = "A handmade GPU",
                                 .total_bytes = std::size_t{16} << 30,
                                 .free_bytes = std::size_t{15} << 30,
                                 .l2_bytes = std::size_t{1} << 22,
                                 .launch_s = about(5e-6),
                                 .synchronize_s = about(1e-6),
                                 .links = {{"pageable", pageable, pageable}, {"pinned", pinned, pinned}},
                                 .allocate = {about(100e-6), about(100e9)},
                                 .release = {about(50e-6), about(100e9)},
                                 .pin = {about(100e-6), about(4e9)},
                                 .read_bytes_per_s = about(1e12),
                                 .l2_read_bytes_per_s = about(4e12),
                                 .copy_bytes_per_s = about(9e11),
                                 .f32_flops_per_s = about(2e13),
                                 .f64_flops_per_s = about(1e13),
                                 .startup_s = {{"context", about(0.2)}, {"driver", about(0.1)}}};
  return profile;
}

inline SolverFigures& add_solver(Profile& profile, const char* problem, Type type, const char* backend,
                                 const char* solver, int threads, const std::vector<Shape>& shapes,
                                 const std::function<double(const Shape&)>& seconds) {
  SolverFigures& figures =
      profile.solvers.emplace_back(SolverFigures{problem, type, backend, solver, threads, {}, {}});
  for (const Shape& shape : shapes) figures.points.push_back(point_at(shape, seconds(shape)));
  return figures;
}

inline double n_of(const Shape& shape) { return static_cast<double>(shape[0]); }

inline ModelCase device_case(const Problem& problem, const Shape& shape, const char* transfer = "pageable") {
  return {&problem, shape, Type::f32, "cuda", "cub", 1, transfer};
}

inline Prediction prediction_of(const Profile& profile, const ModelCase& subject) {
  const Predicted predicted = predict(profile, subject);
  EXPECT_TRUE(predicted.prediction) << predicted.reason;
  return predicted.prediction.value_or(Prediction{});
}

inline Profile with_device_solver() {
  Profile profile = handmade_profile();
  add_solver(profile, "similarity", Type::f32, "cuda", "cub", 1,
             {{{1'000, 1'000, 100, 3}}, {{1'000'000, 1'000, 100, 3}}},
             [](const Shape& shape) { return 1e-5 + 1e-8 * n_of(shape); });
  return profile;
}

}  // namespace crossover
