// A file that results are written to: never overwritten unasked, every write complete or reported.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace crossover {

/// A full disk, a closed pipe, a folder that is not there: a sentence with the path. Exit status 2.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What to do with a file that is there already.
enum class Existing { refuse, replace, append };

/// Move-only. Devices and pipes are written to as they are. With replace the old file stays until the first
/// text has been written: a new file with that text takes its place in one step, and later texts are added to
/// it.
class OutputFile {
 public:
  /// path "-": stdout. Throws UsageError where the file exists and `existing` is refuse.
  OutputFile(const std::string& path, Existing existing);
  OutputFile(OutputFile&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        replaces_(other.replaces_),
        is_new_(std::exchange(other.is_new_, false)) {}
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// All of it, or none where the file can be cut back: throws OutputError. No SIGPIPE is raised.
  void write(std::string_view text);

 private:
  bool put_in_place(std::string_view text);

  std::string path_;
  int descriptor_ = -1;
  bool replaces_ = false;  ///< nothing was written yet
  bool is_new_ = false;    ///< made here, and without a byte: it goes when this goes
};

/// Throws OutputError where nothing can be written to `path`; leaves what is there as it is, and nothing
/// where nothing was. Pipes are not tried: whoever reads them would see their end.
void check_writable(const std::string& path);

/// Replaces `path` by a file with this text, as OutputFile does. Throws OutputError.
void write_whole(const std::string& path, std::string_view text);

}  // namespace crossover
