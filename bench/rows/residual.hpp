// What a profile forecast of measured rows, and by how much the measurement differs.
#pragma once

#include <span>
#include <string>

#include "bench/model/model.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

/// Fills `predicted_call_s` and `residual` of the rows that were measured with warm caches and in one piece,
/// where the profile can answer for them.
void fill_residuals(std::span<Row>, const Profile&);

/// "forecast: serial 95.7 ms (+3%), openmp 23.8 ms (-1%)"; empty where no row has any.
std::string render_residuals(std::span<const Row>, int width = 80);

/// Of a whole run: the median of |residual|, in all and by problem, of the CPU's rows and of the device's.
std::string render_residual_summary(std::span<const Row>, int width = 80);

}  // namespace crossover
