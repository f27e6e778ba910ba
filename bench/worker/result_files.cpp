#include "bench/worker/result_files.hpp"

#include "bench/plan/output_paths.hpp"
#include "common/npy.hpp"

namespace crossover {

namespace fs = std::filesystem;

fs::path result_path(const std::string& folder, const Group& group, const Case& subject,
                     std::string_view output) {
  const Problem& problem = *group.problem;
  std::string work = problem.name;
  for (std::size_t i = 0; i < problem.axes.size(); ++i)
    work += std::string("_") + problem.axes[i].name + std::to_string(group.shape[static_cast<int>(i)]);
  work += std::string("_") + name_of(group.type);
  const std::string file = std::string(subject.backend->name) + "_" + subject.solver->name + "_" +
                           subject.transfer + "_t" + std::to_string(subject.threads) + "." +
                           std::string(output) + ".npy";
  return fs::path(folder) / work / file;
}

void write_results(const std::string& folder, const Group& group, const Case& subject,
                   std::span<const HostArray> outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const fs::path path = result_path(folder, group, subject, group.problem->out[i].name);
    fs::create_directories(path.parent_path());
    write_npy(path.string(), outputs[i]);
  }
}

void check_results(const Options& options, std::span<const Group> groups) {
  if (options.result_dir.empty() || options.force || is_continued(options, "--result", options.result_dir))
    return;
  for (const Group& group : groups)
    for (const Case& subject : group.cases) {
      if (!subject.solver) continue;
      for (const Operand& output : group.problem->out) {
        const fs::path path = result_path(options.result_dir, group, subject, output.name);
        std::error_code ignored;
        if (fs::exists(path, ignored))
          throw UsageError("--result: " + path.string() +
                           (options.resume
                                ? " exists, and no earlier run of " + options.csv + " wrote there: "
                                : " exists: --force replaces it, or ") +
                           "give another folder");
      }
    }
}

}  // namespace crossover
