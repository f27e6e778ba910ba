// Which rivals are here: each is loaded once, by the first Python that has it.
#include "bench/rivals/rivals.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "bench/base/user_limits.hpp"
#include "bench/measure/process.hpp"
#include "bench/rivals/rival_process.hpp"
#include "bench/rows/row.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

constexpr const char* distribution_python = "/usr/bin/python3";
constexpr double loading_deadline_s = 60;  // PyTorch from a cold disk

std::string first_on_path() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / "python3";
    std::error_code ignored;
    if (access(candidate.c_str(), X_OK) == 0 && fs::is_regular_file(candidate, ignored))
      return fs::absolute(candidate).string();
  }
  return {};
}

/// For readers: a path below the working folder is told from there, so that files that are kept do not name
/// it.
std::string shown(const std::string& python) {
  std::error_code error;
  const fs::path here = fs::current_path(error), below = fs::path(python).lexically_relative(here);
  return error || below.empty() || *below.begin() == ".." ? python : below.string();
}

/// What one Python says about one rival.
struct Found {
  RivalReport report;
  std::string missing;  ///< the module that it does not have; empty: another reason, or none
};

Found ask(const std::string& python, const std::string& name, double end_s) {
  Found found{.report = {.name = name, .python = python}, .missing = {}};
  bool has_said = false;
  Watch watch;
  watch.first_deadline_s = probe_limit_s(loading_deadline_s, end_s);
  watch.on_event = [&](const Event& said) {
    has_said = true;
    found.report.reason = said.value("reason", "");
    found.report.version = said.value("version", "");
    found.report.device = said.value("device", "");
    found.missing = said.value("missing", "");
    return watch.first_deadline_s;
  };
  const ChildEnd end = run_child(
      [&](const Report& say) {
        try {
          say(RivalProcess(python, name).facts());
        } catch (const std::exception& error) {
          say({{"reason", error_text(error)}});
        }
      },
      watch);
  if (!has_said && end.timed_out && watch.first_deadline_s < loading_deadline_s)
    found.report.reason = no_time_for("its probe " + describe(end));
  else if (!has_said && end.timed_out)
    found.report.reason = "it did not load (its probe " + describe(end) +
                          "): start it by hand, or name another Python in CROSSOVER_PYTHON";
  else if (!has_said)
    found.report.reason = "its probe " + describe(end);
  return found;
}

RivalReport probe_rival(const std::vector<std::string>& pythons, const std::string& name, double end_s) {
  RivalReport best{.name = name};
  std::string missing;
  for (const std::string& python : pythons) {
    const Found found = ask(python, name, end_s);
    if (found.report.reason.empty()) return found.report;
    if (found.missing.empty() && best.reason.empty())
      best.reason = found.report.reason + " (" + shown(python) + ")";
    if (!found.missing.empty())
      missing += (missing.empty() ? found.missing + " is missing in " : " and in ") + shown(python);
  }
  if (pythons.empty()) best.reason = "there is no python3: install it, or name one in CROSSOVER_PYTHON";
  if (best.reason.empty())
    best.reason = missing + ": bench/run --with-rivals installs what there is for this machine";
  return best;
}

}  // namespace

std::string source_of(const RivalReport& rival) {
  return rival.reason.empty() ? rival.version + ": " + shown(rival.python) : rival.reason;
}

std::vector<std::string> rival_pythons() {
  if (const char* own = std::getenv("CROSSOVER_PYTHON"); own && *own) return {own};
  std::vector<std::string> found;
  if (const std::string first = first_on_path(); !first.empty()) found.push_back(first);
  std::error_code ignored;
  if (access(distribution_python, X_OK) == 0 &&
      (found.empty() || !fs::equivalent(distribution_python, found.front(), ignored)))
    found.emplace_back(distribution_python);
  return found;
}

std::vector<RivalReport> probe_rivals(std::span<const std::string> names, double end_s) {
  std::vector<RivalReport> reports;
  const std::vector<std::string> pythons = names.empty() ? std::vector<std::string>{} : rival_pythons();
  for (const std::string& name : names) reports.push_back(probe_rival(pythons, name, end_s));
  return reports;
}

}  // namespace crossover
