// NumPy's .npy files (formats 1.0, 2.0 and 3.0 of numpy.lib.format): i64, f32 and f64, up to two axes,
// row-major, little-endian. Whatever else a file holds is refused with a sentence that says what to do.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>

#include "common/array.hpp"

namespace crossover {

/// A file that cannot be used, or written: the sentence names it and says what to do.
struct NpyError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct NpyHeader {
  Type type = Type::f32;
  Extents extents{};            ///< rank 0 to 2; every size at least 1
  std::size_t data_offset = 0;  ///< bytes from the start of the file
};

/// What NumPy calls the type in a file: "<f4".
const char* npy_descr(Type);

/// Reads the header and holds the file's length against it: no byte missing, none too many.
NpyHeader read_npy_header(const std::filesystem::path&);

/// Fills `into` with the rows [first_row, first_row + rows of into) of the file, in blocks. The type and
/// the columns of `into` are the file's; std::logic_error where they are not.
void read_npy(const std::filesystem::path&, const NpyHeader&, const HostArray& into, Index first_row = 0);

/// Writes to a temporary name in the same folder and renames it: a file of that name is whole, or as before.
void write_npy(const std::filesystem::path&, const HostArray&);

}  // namespace crossover
