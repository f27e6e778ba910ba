#include "bench/base/output_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include "bench/base/printable.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/base/user_limits.hpp"
#include "common/fresh_file.hpp"

namespace crossover {
namespace {

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

/// While it lives, signals that would end the program wait: no file under another name is left behind.
class EndingWaits {
 public:
  EndingWaits() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&ending, signal);
    pthread_sigmask(SIG_BLOCK, &ending, &before_);
  }
  EndingWaits(const EndingWaits&) = delete;
  EndingWaits& operator=(const EndingWaits&) = delete;
  ~EndingWaits() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// False: errno says why.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Of the file that it replaces, as far as that is allowed; else what a new file gets.
void take_owner_and_mode(int descriptor, const std::string& from) {
  struct stat facts {};
  if (stat(from.c_str(), &facts) != 0) return;
  // Who may not give a file away keeps it; the bits of a set-user-id file would then be another's.
  if (fchown(descriptor, facts.st_uid, facts.st_gid) == 0) fchmod(descriptor, facts.st_mode & 0777);
}

/// The file at the end of symbolic links, so that they stay.
std::string without_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), &std::free);
  return real ? real.get() : path;
}

/// A folder that takes no new file, a file that is a mount point of its own: the file itself may be writable.
bool needs_the_old_file(int error) {
  return error == EACCES || error == EPERM || error == EROFS || error == EBUSY;
}

/// Of every OutputFile, for leave_outputs_to_parent().
std::vector<int>& open_outputs() {
  static std::vector<int> descriptors;
  return descriptors;
}

/// False: another program holds the file. File systems without locks (NFS, some of them) are no reason to
/// stop.
bool hold(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

bool is_still(int descriptor, const std::string& path) {
  struct stat opened {
  }, named{};
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Opens a regular file that no other program writes, or any other file. -1: errno says why not. Throws
/// UsageError.
int open_held(const std::string& path, int flags) {
  constexpr int most_tries = 4;  // a file may be replaced between opening and holding it
  for (int tries = 1;; ++tries) {
    const int descriptor = open(path.c_str(), flags | O_CLOEXEC, 0666);
    if (descriptor < 0 || !is_regular(descriptor)) return descriptor;
    const bool is_held = hold(descriptor);
    if (is_held && (tries == most_tries || is_still(descriptor, path))) return descriptor;
    close(descriptor);
    if (!is_held)
      throw UsageError(path + " is being written by another run: wait for its end, or give another file");
  }
}

}  // namespace

OutputFile::OutputFile(const std::string& path, Existing existing, bool holds) : path_(path) {
  if (path == "-") {
    path_ = "stdout";
    take_place(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    if (descriptor_ < 0) throw OutputError("cannot write to stdout: " + error_text(errno));
    return;
  }
  struct stat facts {};
  const bool device = stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode);
  replaces_ = !device && existing == Existing::replace;
  is_new_ = !device && existing == Existing::refuse;
  if (replaces_) {
    check_writable(path);
    if (holds) take_place(open_held(path, O_WRONLY));  // none where it is new
    return;
  }
  int flags = O_WRONLY | O_CREAT;
  if (is_new_) flags |= O_EXCL;
  if (!device && existing == Existing::append) flags |= O_APPEND;
  take_place(open_held(path, flags));
  if (descriptor_ >= 0) return;
  const int error = errno;
  if (error == EEXIST)
    throw UsageError(path + " exists already: --force replaces it, another name keeps both");
  throw OutputError("cannot write to " + path + ": " + error_text(error));
}

OutputFile::~OutputFile() {
  if (is_new_ && descriptor_ >= 0) unlink(path_.c_str());
  take_place(-1);
}

/// Of the one that it has.
void OutputFile::take_place(int descriptor) {
  if (descriptor_ >= 0) {
    std::erase(open_outputs(), descriptor_);
    close(descriptor_);
  }
  descriptor_ = descriptor;
  if (descriptor_ >= 0) open_outputs().push_back(descriptor_);
}

/// False: it has to be written into the file that is there. Throws OutputError.
bool OutputFile::put_in_place(std::string_view text) {
  const EndingWaits until_it_has_its_name;
  const std::string target = without_links(path_);
  const FreshFile fresh = create_beside(target);
  if (fresh.descriptor >= 0) {
    take_owner_and_mode(fresh.descriptor, target);
    hold(fresh.descriptor);
    if (write_all(fresh.descriptor, text) && is_stored(fresh.descriptor) &&
        std::rename(fresh.path.c_str(), target.c_str()) == 0) {
      take_place(fresh.descriptor);
      return true;
    }
  }
  const int error = errno;
  if (fresh.descriptor >= 0) {
    unlink(fresh.path.c_str());
    close(fresh.descriptor);
  }
  if (needs_the_old_file(error)) return false;
  throw OutputError("cannot write to " + path_ + ": " + error_text(error) + "; what was there before stays");
}

void OutputFile::write(std::string_view text) {
  const NoPipeSignal quiet;
  if (std::exchange(replaces_, false)) {
    if (put_in_place(text)) return;
    if (descriptor_ < 0) take_place(open_held(path_, O_WRONLY | O_CREAT));
    if (descriptor_ < 0 || ftruncate(descriptor_, 0) != 0)
      throw OutputError("cannot write to " + path_ + ": " + error_text(errno));
  }
  const bool can_be_cut = is_regular(descriptor_);
  const off_t before = can_be_cut ? lseek(descriptor_, 0, SEEK_END) : 0;
  // Text of files may be in it: a terminal shows that and does not obey it.
  const bool written =
      isatty(descriptor_) == 1 ? write_all(descriptor_, printable(text)) : write_all(descriptor_, text);
  if (written) {
    is_new_ = false;
    return;
  }
  const int error = errno;
  const bool cut_back = can_be_cut && ftruncate(descriptor_, before) == 0;
  throw OutputError("cannot write to " + path_ + ": " + error_text(error) +
                    (cut_back && before > 0 ? "; what was written before stays" : ""));
}

void OutputFile::change(std::string_view now, std::string_view to) {
  if (now == to) return;
  if (to.empty() || !now.starts_with(to)) {
    replaces_ = true;
    write(to);
  } else if (ftruncate(descriptor_, static_cast<off_t>(to.size())) != 0) {
    throw OutputError("cannot write to " + path_ + ": " + error_text(errno));
  }
}

void leave_outputs_to_parent() {
  for (const int descriptor : std::exchange(open_outputs(), {})) close(descriptor);
}

void check_writable(const std::string& path) {
  struct stat facts {};
  const bool is_new = lstat(path.c_str(), &facts) != 0 && errno == ENOENT;
  const bool exists = !is_new && stat(path.c_str(), &facts) == 0;
  if (path == "-" || (!is_new && (!exists || S_ISFIFO(facts.st_mode)))) return;
  // Not under its own name: whoever is killed here would leave what nobody may replace.
  const FreshFile fresh = is_new ? create_beside(path) : FreshFile{};
  const int descriptor = is_new ? fresh.descriptor : open(path.c_str(), O_WRONLY | O_CLOEXEC);
  // A device that is full says so for no bytes as well.
  const bool failed = descriptor < 0 || ::write(descriptor, "", 0) < 0;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (is_new && descriptor >= 0) unlink(fresh.path.c_str());
  if (failed) throw OutputError("cannot write to " + path + ": " + error_text(error));
}

void write_whole(const std::string& path, std::string_view text) {
  OutputFile(path, Existing::replace, false).write(text);
}

}  // namespace crossover
