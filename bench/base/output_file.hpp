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
/// it. While it lives no other program's OutputFile writes that file, where the file system has locks.
class OutputFile {
 public:
  /// path "-": stdout. Throws UsageError where the file exists and `existing` is refuse, or where another
  /// program's OutputFile has it.
  OutputFile(const std::string& path, Existing existing) : OutputFile(path, existing, true) {}
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

  /// Makes a file that was opened to append to hold this text, in one step; `now`: what it holds. Throws
  /// OutputError.
  void change(std::string_view now, std::string_view to);

 private:
  friend void write_whole(const std::string& path, std::string_view text);

  OutputFile(const std::string& path, Existing existing, bool holds);
  void take_place(int descriptor);
  bool put_in_place(std::string_view text);

  std::string path_;
  int descriptor_ = -1;
  bool replaces_ = false;  ///< nothing was written yet
  bool is_new_ = false;    ///< made here, and without a byte: it goes when this goes
};

/// Throws OutputError where nothing can be written to `path`; leaves what is there as it is, and nothing
/// where nothing was. Pipes are not tried: whoever reads them would see their end.
void check_writable(const std::string& path);

/// Replaces `path` by a file with this text, as OutputFile does; of two programs that do so at once, the
/// later one's stays. Throws OutputError.
void write_whole(const std::string& path, std::string_view text);

/// In a process that was forked: its parent's output files are its parent's alone, so that another program
/// may write them once the parent has ended.
void leave_outputs_to_parent();

}  // namespace crossover
