// The nearest names, for sentences about names that do not exist.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// At most three of `names` that `word` may have meant, the nearest first.
std::vector<std::string> nearest(std::string_view word, std::span<const std::string> names);

/// "unknown solver 'egien': did you mean eigen?", or all the names where none is near.
std::string unknown(std::string_view kind, std::string_view word, std::span<const std::string> names);

/// "a, b, c".
std::string joined(std::span<const std::string> names);

}  // namespace crossover
