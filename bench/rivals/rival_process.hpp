// A Python process that answers for one rival: requests are lines, answers are lines of JSON, arrays are
// bytes behind them. Between requests it is stopped, so that threads which spin take nothing from other
// solvers.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "common/array.hpp"

namespace crossover {

class RivalProcess {
 public:
  /// Starts `python` and waits until it has loaded its library. Throws std::system_error, and what ask()
  /// does.
  RivalProcess(const std::string& python, const std::string& rival);
  ~RivalProcess();
  RivalProcess(const RivalProcess&) = delete;
  RivalProcess& operator=(const RivalProcess&) = delete;

  /// What it said when it was ready: `version` and `device`, or `reason`.
  const nlohmann::json& facts() const { return facts_; }

  /// Sends a line and waits for the answer. Throws OutOfMemory, Unavailable, ProcessKilled and
  /// std::runtime_error, as it says or as it died.
  nlohmann::json ask(const std::string& request);
  /// The same, with the bytes of `arrays` behind the line.
  nlohmann::json ask(const std::string& request, std::span<const HostArray> arrays);
  /// The same, where the bytes of `arrays` follow the answer.
  nlohmann::json ask_for(const std::string& request, std::span<const HostArray> arrays);

  bool alive() const { return pid_ > 0; }

 private:
  void start(const std::string& python, const std::string& rival);
  void send(const void* data, std::size_t bytes);
  void receive(void* data, std::size_t bytes);
  nlohmann::json answer();
  void require_alive() const;
  [[noreturn]] void report_death();
  std::string last_words() const;

  pid_t pid_ = -1;
  int socket_ = -1, errors_ = -1;  ///< its standard error: a file in memory
  std::string received_;           ///< and not yet read
  std::int64_t oom_kills_ = 0;
  nlohmann::json facts_;
};

}  // namespace crossover
