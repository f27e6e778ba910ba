#include "bench/base/output_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>

#include "bench/base/usage_error.hpp"

namespace crossover {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

bool is_regular(int descriptor) {
  struct stat facts {};
  return fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
}

/// While it lives, a write to a closed pipe returns EPIPE and ends nothing.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  ~NoPipeSignal() {
    const timespec at_once{};
    sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_, before_;
};

}  // namespace

OutputFile::OutputFile(const std::string& path, Existing existing) : path_(path) {
  if (path == "-") {
    path_ = "stdout";
    descriptor_ = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (descriptor_ < 0) throw OutputError("cannot write to stdout: " + reason(errno));
    return;
  }
  struct stat facts {};
  const bool device = stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode);
  int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
  if (!device && existing == Existing::refuse) flags |= O_EXCL;
  if (!device && existing == Existing::replace) flags |= O_TRUNC;
  if (!device && existing == Existing::append) flags |= O_APPEND;
  descriptor_ = open(path.c_str(), flags, 0666);
  if (descriptor_ >= 0) return;
  const int error = errno;
  if (error == EEXIST)
    throw UsageError(path + " exists already: --force replaces it, another name keeps both");
  throw OutputError("cannot write to " + path + ": " + reason(error));
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void OutputFile::write(std::string_view text) {
  const NoPipeSignal quiet;
  const bool can_be_cut = is_regular(descriptor_);
  const off_t before = can_be_cut ? lseek(descriptor_, 0, SEEK_END) : 0;
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    const bool cut_back = can_be_cut && ftruncate(descriptor_, before) == 0;
    throw OutputError("cannot write to " + path_ + ": " + reason(error) +
                      (cut_back ? "; what was written before stays" : ""));
  }
}

void check_writable(const std::string& path) {
  struct stat facts {};
  const bool is_new = lstat(path.c_str(), &facts) != 0 && errno == ENOENT;
  const bool exists = !is_new && stat(path.c_str(), &facts) == 0;
  if (path == "-" || (!is_new && (!exists || S_ISFIFO(facts.st_mode)))) return;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC | (is_new ? O_CREAT | O_EXCL : 0), 0666);
  // A device that is full says so for no bytes as well.
  const bool failed = descriptor < 0 || ::write(descriptor, "", 0) < 0;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (is_new && descriptor >= 0) unlink(path.c_str());
  if (failed) throw OutputError("cannot write to " + path + ": " + reason(error));
}

void write_whole(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  OutputFile(fresh, Existing::replace).write(text);
  if (std::rename(fresh.c_str(), path.c_str()) != 0)
    throw OutputError("cannot write to " + path + ": " + reason(errno));
}

std::string read_whole(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string text;
  std::array<char, 1 << 16> buffer;
  ssize_t count = descriptor < 0 ? -1 : 0;
  while (descriptor >= 0 && (count = read(descriptor, buffer.data(), buffer.size())) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (count < 0) throw OutputError("cannot read " + path + ": " + reason(error));
  return text;
}

}  // namespace crossover
