#include "bench/flags/words.hpp"

#include <algorithm>
#include <set>

#include "bench/base/suggest.hpp"
#include "bench/base/usage_error.hpp"

namespace crossover {
namespace {

std::string help_of(const std::string& command) { return " (crossover " + command + " --help)"; }

[[noreturn]] void reject_flag(const std::string& name, const std::string& command, const Vocabulary& known) {
  if (name == "--")
    throw UsageError("'--' is no flag here: leave it out, and write a file's name that begins with - as ./-" +
                     help_of(command));
  std::vector<std::string> plain, likely;
  for (const auto& [spelling, entry] : known.flags)
    if (entry.in_help) plain.push_back(spelling.substr(spelling.find_first_not_of('-')));
  const std::size_t start = std::min(name.find_first_not_of('-'), name.size());
  for (const std::string& near : nearest(name.substr(start), plain)) likely.push_back("--" + near);
  throw UsageError("unknown flag '" + name + "'" +
                   (likely.empty() ? "" : ": did you mean " + joined(likely) + "?") + help_of(command));
}

[[noreturn]] void reject_word(const std::string& word, const std::string& command, const Vocabulary& known) {
  throw UsageError("unexpected '" + word + "'" +
                   (known.has_problem ? ": one problem at a time, and a list has no blanks" : "") +
                   help_of(command));
}

}  // namespace

bool asks_for_help(std::span<const std::string> words) {
  return std::ranges::any_of(words, [](const std::string& word) { return word == "-h" || word == "--help"; });
}

std::vector<std::string> checked_words(std::span<const std::string> words, const std::string& command,
                                       const Vocabulary& known) {
  std::vector<std::string> checked, flags;
  std::set<std::string> given;
  std::size_t plain_words = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.empty()) throw UsageError("an empty word is given: is a variable of your script empty?");
    if (!is_flag(word)) {
      if (++plain_words > known.plain_words) reject_word(word, command, known);
      checked.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const auto found = known.flags.find(word.substr(0, equals));
    if (found == known.flags.end()) reject_flag(word.substr(0, equals), command, known);
    const auto& [name, takes, in_help, alone] = found->second;
    if (takes == Takes::nothing) {
      if (equals != std::string::npos)
        throw UsageError(found->first + " takes no value: leave '" + word.substr(equals) +
                         "' out, or the flag");
      if (given.insert(name).second) flags.push_back(name);
      continue;
    }
    if (!given.insert(name).second && takes != Takes::a_value_each_time)
      throw UsageError(name + " is given more than once");
    if (equals == std::string::npos && !alone.empty() && (i + 1 == words.size() || is_flag(words[i + 1]))) {
      flags.push_back(name + "=" + alone);
      continue;
    }
    if (equals == std::string::npos && (i + 1 == words.size() || words[i + 1].starts_with("--")))
      throw UsageError(name + " needs a value" + help_of(command));
    const std::string value = equals == std::string::npos ? words[++i] : word.substr(equals + 1);
    if (value.empty()) throw UsageError(name + ": its value is empty" + help_of(command));
    flags.push_back(name + "=" + value);
  }
  checked.insert(checked.end(), flags.begin(), flags.end());
  return checked;
}

}  // namespace crossover
