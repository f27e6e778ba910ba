// The outputs on disk (--result), so that anybody can check them with NumPy.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "bench/plan/plan.hpp"

namespace crossover {

/// "DIR/<problem>_<shape>_<type>/<backend>_<solver>_<transfer>_t<threads>.<output>.npy"
std::filesystem::path result_path(const std::string& folder, const Group&, const Case&,
                                  std::string_view output);

/// Writes every output of the case. Throws NpyError.
void write_results(const std::string& folder, const Group&, const Case&, std::span<const HostArray> outputs);

/// Throws UsageError where a result file that the run would write exists, unless --force,
/// or --resume with the folder of an earlier run.
void check_results(const Options&, std::span<const Group>);

}  // namespace crossover
