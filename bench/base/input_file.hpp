// Files that are read whole. What somebody names may be anything, so that each has a limit.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace crossover {

/// A thousand times the file of a long suite.
inline constexpr std::size_t most_input_bytes = std::size_t{64} << 20;

/// A regular file's text. Throws UsageError: it cannot be read, is a folder, a device or a pipe (which may
/// never end), or has more than `most_bytes`.
std::string read_whole(const std::filesystem::path&, std::size_t most_bytes = most_input_bytes);

/// A file of /proc or /sys. One that cannot be read, whatever the reason (EIO, ENOTCONN, EBUSY), is as one
/// that is not there: empty, and errno says why; else errno is 0.
std::string read_system_file(const std::filesystem::path&);

}  // namespace crossover
