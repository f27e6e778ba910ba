// crossover: where should a computation run? See --help.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

#include "bench/base/log.hpp"
#include "bench/base/printable.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/calibrate/calibrate.hpp"
#include "bench/commands.hpp"
#include "bench/flags/parse_options.hpp"
#include "bench/list.hpp"
#include "bench/machine/start_cpus.hpp"
#include "bench/predict/policy.hpp"
#include "bench/predict/predict.hpp"
#include "bench/report/compare.hpp"
#include "bench/report/explain.hpp"
#include "bench/rows/csv.hpp"
#include "bench/run.hpp"
#include "bench/search/find.hpp"
#include "bench/search/wall.hpp"
#include "common/npy.hpp"
#include "cpu/team.hpp"

namespace {

int dispatch(const crossover::Options& options, const std::vector<std::string>& command_line) {
  using crossover::Command;
  const auto print = [](const std::string& text) {
    crossover::print(stdout, text);
    return 0;
  };
  switch (options.command) {
    case Command::plan: return print(crossover::plan_text(options));
    case Command::list: return print(crossover::list_text(options.list_what));
    case Command::devices: return print(crossover::devices_text(options));
    case Command::calibrate: return crossover::calibrate_command(options);
    case Command::explain: return print(crossover::explain_text(options));
    case Command::compare: return crossover::compare_command(options);
    case Command::predict: return crossover::predict_command(options);
    case Command::choose: return crossover::choose_command(options);
    case Command::find: return crossover::find_command(options);
    case Command::wall: return crossover::wall_command(options);
    case Command::run:
    case Command::scaling: break;
  }
  return crossover::run_command(options, command_line);
}

int unusable(const std::exception& error) {
  crossover::print(stderr, std::string("crossover: ") + error.what() + "\n");
  return 2;
}

int run_program(int argc, char** argv) {
  try {
    return dispatch(crossover::parse_options(argc, argv), {argv, argv + argc});
  } catch (const crossover::EarlyExit& early) {
    crossover::print(stdout, early.text);
    return 0;
  } catch (const crossover::UsageError& error) {
    return unusable(error);
  } catch (const crossover::OutputError& error) {
    return unusable(error);
  } catch (const crossover::CsvError& error) {
    return unusable(error);
  } catch (const crossover::NpyError& error) {
    return unusable(error);
  } catch (const std::filesystem::filesystem_error& error) {
    return unusable(error);
  } catch (const std::system_error& error) {
    const bool limited = crossover::is_limit(error.code().value());
    crossover::print(stderr, std::string("crossover: ") + (limited ? "" : "an internal error: ") +
                                 crossover::error_text(error) + "\n");
    return 1;
  } catch (const std::bad_alloc& error) {
    crossover::print(stderr, "crossover: " + crossover::error_text(error) + "\n");
    return 1;
  } catch (const std::exception& error) {
    crossover::print(stderr, std::string("crossover: an internal error: ") + error.what() + "\n");
    return 1;
  }
}

/// A text that did not reach stdout is no success.
int checked_stdout(int status) {
  errno = 0;
  const bool lost = std::fflush(stdout) != 0;
  const int error = errno;
  if (!lost && std::ferror(stdout) == 0) return status;
  crossover::print(stderr, std::string("crossover: cannot write everything to stdout") + (error ? ": " : "") +
                               (error ? crossover::error_text(error) : "") + "\n");
  return status == 0 ? 1 : status;
}

std::terminate_handler usual_end = nullptr;

/// Destructors of JSON values allocate: where memory has run out that ends the program, in a sentence too.
[[noreturn]] void end_at_once() {
  try {
    if (const std::exception_ptr current = std::current_exception()) std::rethrow_exception(current);
  } catch (const std::bad_alloc&) {
    constexpr std::string_view text =
        "crossover: memory ran out: raise the limit, end other programs, or choose smaller sizes\n";
    static_cast<void>(!write(STDERR_FILENO, text.data(), text.size()));
    std::_Exit(1);
  } catch (...) {  // a fault: the usual handler names it
  }
  usual_end();
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  usual_end = std::set_terminate(end_at_once);
  if (const std::string problem = crossover::meet_limits(); !problem.empty()) {
    crossover::print(stderr, "crossover: " + problem + "\n");
    return 2;
  }
  crossover::cpu::take_asked_teams();
  crossover::give_back_cpus();  // some runtimes tie the first thread when they are first asked
  crossover::start_log();
  return checked_stdout(run_program(argc, argv));
}
