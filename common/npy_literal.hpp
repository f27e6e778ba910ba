// The dict literal in the header of an .npy file: keys in any order, any blanks, a trailing comma or none.
#pragma once

#include <string_view>

#include "common/npy.hpp"

namespace crossover {

/// Everything but `data_offset`. Throws NpyError, whose sentence names the file.
NpyHeader parse_npy_literal(const std::filesystem::path&, std::string_view text);

}  // namespace crossover
