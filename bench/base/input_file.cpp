#include "bench/base/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "bench/base/usage_error.hpp"
#include "bench/base/user_limits.hpp"

namespace crossover {
namespace {

constexpr std::size_t most_system_bytes = std::size_t{16} << 20;

class InputDescriptor {
 public:
  /// Does not wait for whoever writes into a pipe.
  explicit InputDescriptor(const std::filesystem::path& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  InputDescriptor(const InputDescriptor&) = delete;
  InputDescriptor& operator=(const InputDescriptor&) = delete;
  ~InputDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

  /// Adds what is left of the file to `text`, until that has more than `most` bytes. False: errno says why.
  bool read_into(std::string& text, std::size_t most) const {
    std::array<char, 1 << 16> buffer;
    while (text.size() <= most) {
      const ssize_t count = read(descriptor_, buffer.data(), std::min(buffer.size(), most + 1 - text.size()));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      if (count == 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  int descriptor_;
};

[[noreturn]] void cannot_read(const std::filesystem::path& path) {
  const int error = errno;
  throw UsageError("cannot read " + path.string() + ": " + error_text(error));
}

}  // namespace

std::string read_whole(const std::filesystem::path& path, std::size_t most_bytes) {
  const InputDescriptor file(path);
  struct stat facts {};
  if (file.get() < 0 || fstat(file.get(), &facts) != 0) cannot_read(path);
  if (S_ISDIR(facts.st_mode)) throw UsageError("cannot read " + path.string() + ": it is a folder");
  if (!S_ISREG(facts.st_mode))
    throw UsageError("cannot read " + path.string() +
                     ": it is no regular file but a pipe or a device: write its text to a file first");
  std::string text;
  if (!file.read_into(text, most_bytes)) cannot_read(path);
  if (text.size() > most_bytes)
    throw UsageError("cannot read " + path.string() + ": it has more than " +
                     std::to_string(most_bytes >> 20) + " MiB, the most that such a file may have");
  return text;
}

std::string read_system_file(const std::filesystem::path& path) {
  const InputDescriptor file(path);
  std::string text;
  if (file.get() < 0 || !file.read_into(text, most_system_bytes)) return {};
  errno = text.size() > most_system_bytes ? EFBIG : 0;
  return errno == 0 ? text : std::string();
}

}  // namespace crossover
