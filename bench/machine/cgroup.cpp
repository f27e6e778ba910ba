#include "bench/machine/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "bench/base/input_file.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

struct Mount {
  std::string root, point, type, options;
};

/// mountinfo writes blanks, tabs, line ends and backslashes as three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 3, code, 8).ptr == &text[i + 1] + 3) {
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::vector<Mount> cgroup_mounts(const fs::path& root) {
  std::vector<Mount> mounts;
  std::istringstream lines(read_system_file(root / "proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skipped, word;
    Mount mount;
    words >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    while (words >> word && word != "-") {  // optional fields end with a dash
    }
    words >> mount.type >> skipped >> mount.options;
    if (mount.type != "cgroup" && mount.type != "cgroup2") continue;
    mount.root = unescaped(mount.root);
    mount.point = unescaped(mount.point);
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

bool lists(std::string_view comma_list, std::string_view wanted) {
  for (std::size_t begin = 0; begin <= comma_list.size();) {
    const std::size_t end = std::min(comma_list.find(',', begin), comma_list.size());
    if (comma_list.substr(begin, end - begin) == wanted) return true;
    begin = end + 1;
  }
  return false;
}

/// `group` as seen from below `mount_root`; empty where it lies outside, as in a namespace.
std::optional<std::string> below(const std::string& group, const std::string& mount_root) {
  if (mount_root == "/") return group;
  if (group == mount_root) return "/";
  if (group.starts_with(mount_root + "/")) return group.substr(mount_root.size());
  return {};
}

/// The levels of `group` in this mount. Where the group lies outside, or its folder is not shown, the
/// mount's root is all that can be known.
std::vector<CgroupLevel> levels_in(const fs::path& root, const Mount& mount, const std::string& group) {
  const fs::path point = root / fs::path(mount.point).relative_path();
  std::vector<CgroupLevel> levels;
  const std::optional<std::string> inside = below(group, mount.root);
  std::error_code error;
  if (inside && fs::is_directory(point / fs::path(*inside).relative_path(), error)) {
    for (fs::path path = fs::path(*inside).relative_path(); !path.empty(); path = path.parent_path())
      levels.push_back({point / path, "/" + path.string()});
  }
  levels.push_back({point, "/"});
  return levels;
}

}  // namespace

std::vector<CgroupPath> cgroup_paths(const fs::path& root, std::string_view controller) {
  std::vector<CgroupPath> paths;
  const std::vector<Mount> mounts = cgroup_mounts(root);
  std::istringstream lines(read_system_file(root / "proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {  // hierarchy:controllers:group
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    const int version = controllers.empty() ? 2 : 1;
    if (version == 1 && !lists(controllers, controller)) continue;
    for (const Mount& mount : mounts) {
      const bool fits =
          version == 2 ? mount.type == "cgroup2" : mount.type == "cgroup" && lists(mount.options, controller);
      if (!fits) continue;
      paths.push_back({version, levels_in(root, mount, group)});
      break;
    }
  }
  return paths;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code ended;
  for (fs::directory_iterator entry(folder, ended), end; !ended && entry != end; entry.increment(ended))
    entries.push_back(entry->path());
  return entries;
}

std::string read_line(const fs::path& path) {
  std::string text = read_system_file(path);
  text = text.substr(0, text.find('\n'));
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::optional<std::uint64_t> read_count(const fs::path& path) {
  const std::string line = read_line(path);
  if (line == "max") return unlimited_bytes;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (line.empty() || error != std::errc{}) return {};
  return value;
}

std::optional<std::uint64_t> field_of(std::string_view text, std::string_view key) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    if (line.empty() || (line.front() != ':' && line.front() != ' ' && line.front() != '\t')) continue;
    line.remove_prefix(std::min(line.find_first_not_of(": \t"), line.size()));
    std::uint64_t value = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), value).ec == std::errc{}) return value;
  }
  return {};
}

}  // namespace crossover
