#include "bench/rivals/rival_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/base/json_field.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/measure/process.hpp"
#include "bench/rivals/rivals.hpp"
#include "common/execution.hpp"

namespace crossover {
namespace {

constexpr int socket_there = 3, program_there = 4, high = 20;  // descriptors in the process
constexpr std::size_t most_words = 300, most_error_bytes = std::size_t{64} << 20;
constexpr double until_gone_s = 5;  // once its connection is closed

/// A file in memory, of at most `most_bytes` for whoever writes to it (0: as it comes), or std::system_error.
int memory_file(const char* name, std::size_t most_bytes = 0) {
  const int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  if (most_bytes > 0 && ftruncate(file, static_cast<off_t>(most_bytes)) == 0)
    fcntl(file, F_ADD_SEALS, F_SEAL_GROW);
  return file;
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

/// The environment that this program was started with: cpu/blas.cpp adds to its own what suits its solvers.
/// Empty where the kernel does not tell.
std::vector<std::string> first_environment() {
  std::ifstream file("/proc/self/environ", std::ios::binary);
  std::vector<std::string> all;
  for (std::string variable; std::getline(file, variable, '\0');) all.push_back(variable);
  return all;
}

/// Null where it is none.
nlohmann::json object_in(const std::string& line) {
  try {
    return parse_json(line, "its answer");
  } catch (const UsageError&) {
    return {};
  }
}

/// The process runs while this lives.
class Running {
 public:
  explicit Running(const pid_t& pid) : pid_(pid) { kill(pid_, SIGCONT); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (pid_ > 0) kill(pid_, SIGSTOP);
  }

 private:
  const pid_t& pid_;
};

/// Between fork and exec: dies with its parent, and has the three files where it looks for them. In the root
/// folder: an empty or relative folder of PYTHONPATH would take modules from the user's working folder, where
/// numpy.py may be an exercise.
[[noreturn]] void become(char* const* argv, char* const* environment, pid_t parent, int socket, int program,
                         int errors) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int socket_aside = fcntl(socket, F_DUPFD_CLOEXEC, high);
  const int program_aside = fcntl(program, F_DUPFD_CLOEXEC, high);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (dup2(nothing, STDIN_FILENO) < 0 || dup2(errors, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0 ||
      dup2(socket_aside, socket_there) < 0 || dup2(program_aside, program_there) < 0)
    _exit(127);
  if (chdir("/") != 0) _exit(127);
  execve(argv[0], argv, environment);
  _exit(127);
}

}  // namespace

RivalProcess::RivalProcess(const std::string& python, const std::string& rival) {
  oom_kills_ = oom_kills().value_or(0);
  start(python, rival);
  facts_ = answer();
}

void RivalProcess::start(const std::string& python, const std::string& rival) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  Descriptor errors(memory_file("crossover-rival-errors", most_error_bytes));
  const Descriptor program(memory_file("crossover-rivals.py"));
  const std::string_view text = rivals_program();
  if (write(program.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::generic_category(), "the rivals' program");
  std::array<std::string, 5> words = {std::filesystem::absolute(python).string(),
                                      "/proc/self/fd/" + std::to_string(program_there), "serve", rival,
                                      std::to_string(socket_there)};
  std::array<char*, 6> argv{};
  std::transform(words.begin(), words.end(), argv.begin(), [](std::string& word) { return word.data(); });
  std::vector<std::string> variables = first_environment();
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0)
    become(argv.data(), variables.empty() ? environ : environment.data(), parent, theirs.get(), program.get(),
           errors.get());
  socket_ = ours.release();
  errors_ = errors.release();
}

RivalProcess::~RivalProcess() {
  if (ChildEnd end; pid_ > 0) kill_and_wait(pid_, end);
  if (socket_ >= 0) close(socket_);
  if (errors_ >= 0) close(errors_);
}

void RivalProcess::require_alive() const {
  if (pid_ <= 0) throw std::runtime_error("its Python has ended already");
}

void RivalProcess::send(const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t sent = ::send(socket_, from, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) report_death();
    from += sent;
    bytes -= static_cast<std::size_t>(sent);
  }
}

void RivalProcess::receive(void* data, std::size_t bytes) {
  char* to = static_cast<char*>(data);
  const std::size_t had = std::min(bytes, received_.size());
  std::copy_n(received_.data(), had, to);
  received_.erase(0, had);
  for (std::size_t done = had; done < bytes;) {
    const ssize_t n = read(socket_, to + done, bytes - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) report_death();
    done += static_cast<std::size_t>(n);
  }
}

nlohmann::json RivalProcess::answer() {
  std::size_t end = 0;
  while ((end = received_.find('\n')) == std::string::npos) {
    std::array<char, 4096> chunk{};
    const ssize_t n = read(socket_, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) report_death();
    received_.append(chunk.data(), static_cast<std::size_t>(n));
    if (received_.size() > most_line_bytes)
      throw std::runtime_error("it answered with a line of more than " + bytes_text(most_line_bytes));
  }
  const std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  nlohmann::json said = object_in(line);
  if (!said.is_object())
    throw std::runtime_error("it answered what is no JSON: " + line.substr(0, most_words));
  if (!said.contains("error")) return said;
  const std::string kind = said.at("error"), what = said.at("what");
  if (kind == "out_of_memory")
    throw OutOfMemory(what, said.value("needed", std::size_t{0}), 0,
                      said.value("on_device", false) ? Space::device : Space::host);
  if (kind == "unavailable") throw Unavailable(what);
  throw std::runtime_error(what);
}

nlohmann::json RivalProcess::ask(const std::string& request) { return ask(request, {}); }

nlohmann::json RivalProcess::ask(const std::string& request, std::span<const HostArray> arrays) {
  require_alive();
  const Running running(pid_);
  const std::string line = request + "\n";
  send(line.data(), line.size());
  for (const HostArray& array : arrays) send(array.data, array.bytes());
  return answer();
}

nlohmann::json RivalProcess::ask_for(const std::string& request, std::span<const HostArray> arrays) {
  require_alive();
  const Running running(pid_);
  const std::string line = request + "\n";
  send(line.data(), line.size());
  nlohmann::json said = answer();
  std::size_t bytes = 0;
  for (const HostArray& array : arrays) bytes += array.bytes();
  if (said.value("bytes", std::size_t{0}) != bytes)
    throw std::runtime_error("its outputs have " + bytes_text(said.value("bytes", std::size_t{0})) +
                             ", not " + bytes_text(bytes));
  for (const HostArray& array : arrays) receive(array.data, array.bytes());
  return said;
}

std::string RivalProcess::last_words() const {
  // Where the process is, which writes with the same descriptor: what lies behind is not written yet.
  const off_t written = std::max<off_t>(0, lseek(errors_, 0, SEEK_CUR));
  std::string text(static_cast<std::size_t>(std::min<off_t>(written, 1 << 14)), '\0');
  const ssize_t n = pread(errors_, text.data(), text.size(), written - static_cast<off_t>(text.size()));
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  text.erase(0, text.rfind('\n') + 1);  // npos + 1 is 0: a single line
  return text.substr(0, most_words);
}

void RivalProcess::report_death() {
  ChildEnd end;
  const bool has_ended = wait_for_end(pid_, until_gone_s, end);
  if (!has_ended) kill_and_wait(pid_, end);
  pid_ = -1;
  if (!has_ended) throw std::runtime_error("its Python closed its connection, and went on");
  if (end.signal == SIGKILL)
    throw ProcessKilled(oom_kills().value_or(0) > oom_kills_
                            ? "its Python was killed by the kernel, probably out of memory (oom_kill rose)"
                            : "its Python " + describe(end));
  const std::string words = last_words();
  throw std::runtime_error("its Python " + describe(end) + (words.empty() ? "" : ": " + words));
}

}  // namespace crossover
