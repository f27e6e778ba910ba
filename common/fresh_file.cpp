#include "common/fresh_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>

namespace crossover {

FreshFile create_beside(const std::string& path) {
  constexpr int attempts = 100;
  // Not the whole name: with what is added it might be longer than a name may be.
  const std::string start = path.substr(0, path.rfind('/') + 1) + ".crossover-";
  for (int attempt = 0; attempt < attempts; ++attempt) {
    std::uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) return {};
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(random));
    std::string name = start + digits.data() + ".new";
    const int descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor >= 0) return {std::move(name), descriptor};
    if (errno != EEXIST) return {};
  }
  return {};
}

bool is_stored(int descriptor) {
  return fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
}

}  // namespace crossover
