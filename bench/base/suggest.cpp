#include "bench/base/suggest.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "bench/base/format.hpp"

namespace crossover {
namespace {

constexpr int longest_word = 64;  // comparing two takes the product of their lengths

/// Other words for backends: their letters would lead astray.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> aliases = {{
    {"gpu", "cuda"},
    {"GPU", "cuda"},
    {"nvidia", "cuda"},
    {"device", "cuda"},
    {"host", "cpu"},
    {"CPU", "cpu"},
}};

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> names) {
  if (word.empty() || word.size() > longest_word) return {};
  for (const auto& [alias, name] : aliases)
    if (word == alias && std::find(names.begin(), names.end(), name) != names.end())
      return {std::string(name)};
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(word, name);
    const bool contained = word.size() >= 3 && (name.starts_with(word) || name.ends_with(word));
    const std::size_t longer = std::max(word.size(), name.size());
    if (distance == 0) return {name};
    if ((distance < longer && distance <= std::max<std::size_t>(1, longer / 3)) || contained)
      near.emplace_back(distance, name);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> found;
  for (const auto& [distance, name] : near)
    if (found.size() < 3 && std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
  return found;
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string unknown(std::string_view kind, std::string_view word, std::span<const std::string> names) {
  std::string text = "unknown ";
  text.append(kind).append(" '").append(shortened(word, longest_word)).append("'");
  const std::vector<std::string> near = nearest(word, names);
  text += near.empty() ? ": there are " + joined(names) : ": did you mean " + joined(near) + "?";
  return text;
}

}  // namespace crossover
