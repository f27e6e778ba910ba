#include "bench/output_paths.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// Where the path leads, for comparing paths; the file need not exist.
std::string real_path(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(fs::absolute(path), error);
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
  if (path.empty()) throw UsageError(flag + ": a file name is missing");
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw UsageError(flag + ": " + path + " is a folder: give a file's name");
  if (!fs::exists(status)) {
    const fs::path folder = fs::path(path).parent_path();
    check_folder(flag, folder.empty() ? "." : folder);
    return;
  }
  if (fs::is_regular_file(status) && !options.force && !options.resume)
    throw UsageError(flag + ": " + path +
                     " exists: --force replaces it, --resume continues a CSV, or give "
                     "another name");
  if (::access(path.c_str(), W_OK) != 0)
    throw UsageError(flag + ": " + path + " cannot be written: " + std::strerror(errno));
}

/// The folder itself may be missing, and some of those above it.
void check_result_folder(const std::string& folder) {
  if (folder.empty()) throw UsageError("--result: a folder's name is missing");
  std::error_code ignored;
  fs::path there = fs::absolute(folder, ignored);
  while (!fs::exists(there, ignored) && there.has_relative_path()) there = there.parent_path();
  check_folder("--result", there);
}

}  // namespace

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
    if (flag == "--csv") taken.emplace(real_path(path + ".meta.json"), "the facts beside --csv");
    check_file(flag, path, options);
  }
}

}  // namespace crossover
