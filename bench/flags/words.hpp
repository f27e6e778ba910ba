// argv, checked by our own code before CLI11 reads it: what it takes for a value, and what it says of one
// that is missing, differs from version to version.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace crossover {

enum class Takes : std::uint8_t { nothing, a_value, a_value_each_time };

/// What may stand behind a command.
struct Vocabulary {
  struct Entry {
    std::string name;  ///< the long one, with its dashes
    Takes takes;
    bool in_help;
    std::string alone;  ///< its value where it is given without one; empty: it needs one
  };
  std::map<std::string, Entry, std::less<>> flags;  ///< by every spelling: --output, -o
  std::size_t plain_words = 0;                      ///< a problem, files: how many at most
  bool has_problem = false;
};

inline bool is_flag(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

/// Whether the command's help is asked for: it is given whatever else is wrong.
bool asks_for_help(std::span<const std::string> words);

/// The words behind the command: plain ones, then each flag and its value in one, --csv=rows.csv. Throws
/// UsageError: flags and words that the command does not have, values that are missing, empty, given twice or
/// given to a switch.
std::vector<std::string> checked_words(std::span<const std::string> words, const std::string& command,
                                       const Vocabulary&);

}  // namespace crossover
