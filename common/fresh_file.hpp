// A new file that will take another's place, so that what is read under that name is whole, or as before.
#pragma once

#include <string>

namespace crossover {

struct FreshFile {
  std::string path;
  int descriptor = -1;  ///< -1: errno says why there is none
};

/// Empty and open for writing, in the folder of `path`, under a name that nobody can foretell. No link is
/// followed, and nothing that is there is opened. The caller closes it, and renames or removes it.
FreshFile create_beside(const std::string& path);

/// Whether what was written is on the disk; else errno says why not. File systems that cannot tell are
/// believed.
bool is_stored(int descriptor);

}  // namespace crossover
