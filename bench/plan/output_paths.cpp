#include "bench/plan/output_paths.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "bench/base/output_file.hpp"
#include "bench/rows/sidecar.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// Where the path leads, for comparing paths; the file need not exist.
std::string real_path(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return path;
  const fs::path real = fs::weakly_canonical(absolute, error);
  return error ? path : real.string();
}

void check_folder(const std::string& flag, const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder, ignored))
    throw UsageError(flag + ": the folder " + folder.string() + " does not exist: make it first");
  if (!fs::is_directory(folder, ignored))
    throw UsageError(flag + ": " + folder.string() + " is not a folder");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw UsageError(flag + ": the folder " + folder.string() +
                     " cannot be written: " + std::strerror(errno));
}

void check_file(const std::string& flag, const std::string& path, const Options& options) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw UsageError(flag + ": " + path + " is a folder: give a file's name");
  if (!fs::exists(status)) {
    const fs::path folder = fs::path(path).parent_path();
    check_folder(flag, folder.empty() ? "." : folder);
    return;
  }
  if (fs::is_regular_file(status) && !options.force && !is_continued(options, flag, path))
    throw UsageError(flag + ": " + path +
                     (options.resume
                          ? " exists, and no earlier run of " + options.csv + " wrote it: give another name"
                          : " exists: --force replaces it, --resume continues a CSV, or give "
                            "another name"));
  if (::access(path.c_str(), W_OK) != 0)
    throw UsageError(flag + ": " + path + " cannot be written: " + std::strerror(errno));
}

/// The folder itself may be missing, and some of those above it.
void check_result_folder(const std::string& folder) {
  std::error_code ignored;
  fs::path there = fs::absolute(folder, ignored);
  while (!fs::exists(there, ignored) && there.has_relative_path()) there = there.parent_path();
  check_folder("--result", there);
}

}  // namespace

std::map<std::string, std::string> outputs_of(const Options& options) {
  std::map<std::string, std::string> outputs;
  const fs::path folder = fs::path(real_path(options.csv)).parent_path();
  for (const auto& [flag, path] : {std::pair{"--json", &options.json},
                                   {"--samples", &options.samples},
                                   {"--result", &options.result_dir}})
    if (!path->empty()) outputs[flag] = fs::path(real_path(*path)).lexically_relative(folder).string();
  return outputs;
}

bool is_continued(const Options& options, const std::string& flag, const std::string& path) {
  std::error_code ignored;
  if (!options.resume || !fs::is_regular_file(options.csv, ignored)) return false;
  if (flag == "--csv") return true;
  if (!fs::exists(sidecar_path(options.csv), ignored)) return false;
  const fs::path folder = fs::path(real_path(options.csv)).parent_path();
  for (const RunRecord& run : read_sidecar(options.csv).runs)
    if (const auto before = run.outputs.find(flag);
        before != run.outputs.end() && real_path((folder / before->second).string()) == real_path(path))
      return true;
  return false;
}

void check_outputs(const Options& options, const std::map<std::string, std::string>& given) {
  if (options.resume && options.force)
    throw UsageError("--resume continues a CSV and --force replaces it: give one of them");
  if (options.resume && (options.csv.empty() || options.csv == "-"))
    throw UsageError("--resume needs the file to continue: --csv FILE");

  std::map<std::string, std::string> taken;  // real path -> what it is
  for (const auto& [name, path] : options.inputs) taken[real_path(path)] = "--input " + name;
  for (const auto& [flag, path] : given) {
    if (flag == "--result") {
      check_result_folder(path);
      continue;
    }
    if (flag == "--csv" && path == "-") continue;
    if (path == "-") throw UsageError(flag + ": only --csv can go to stdout");
    const auto [other, is_new] = taken.emplace(real_path(path), flag);
    if (!is_new) throw UsageError(flag + " and " + other->second + " name the same file, " + path);
    if (flag == "--csv") taken.emplace(real_path(sidecar_path(path)), "the facts beside --csv");
    check_file(flag, path, options);
  }
}

bool has_sidecar(const std::string& csv_path) {
  std::error_code ignored;
  return !csv_path.empty() && csv_path != "-" &&
         (fs::is_regular_file(csv_path, ignored) || !fs::exists(csv_path, ignored));
}

void prepare_outputs(const Options& options) {
  for (const std::string* path : {&options.csv, &options.json, &options.samples})
    if (!path->empty()) check_writable(*path);
  if (has_sidecar(options.csv)) check_writable(sidecar_path(options.csv));
  if (options.result_dir.empty()) return;
  std::error_code error;
  fs::create_directories(options.result_dir, error);
  if (error) throw OutputError("--result: cannot make " + options.result_dir + ": " + error.message());
}

}  // namespace crossover
