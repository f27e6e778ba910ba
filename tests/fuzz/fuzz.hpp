// What the targets share. A target reads bytes that may be anything, and uses what was read as the program
// does: it may refuse them with a sentence, and must not do anything else that is not a result.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "bench/base/printable.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/rows/csv.hpp"
#include "common/npy.hpp"

/// libFuzzer's name for a target.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace crossover::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the program where it does not hold.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Empty where the input is refused with a sentence. Any other exception ends the program.
template <class Read>
auto unless_refused(Read&& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const UsageError&) {
  } catch (const OutputError&) {
  } catch (const CsvError&) {
  } catch (const NpyError&) {
  }
  return std::nullopt;
}

/// A file in memory, for readers that want a name.
class TextFile {
 public:
  explicit TextFile(std::string_view text) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
            "memory is there");
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() { close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace crossover::fuzz
