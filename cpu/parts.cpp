#include "cpu/parts.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace crossover::cpu {
namespace {

#if defined(__x86_64__)
/// Family 26, for which compilers before GCC 14 have no name.
bool is_zen5() {
  unsigned signature = 0, b = 0, c = 0, d = 0;
  if (!__builtin_cpu_is("amd") || __get_cpuid(1, &signature, &b, &c, &d) == 0) return false;
  return (signature >> 8 & 15) + (signature >> 20 & 255) == 26;
}
#endif

}  // namespace

bool asks_ahead(std::size_t bytes, std::size_t arrays, const Limits& limits) {
#if defined(__x86_64__)
  static const bool helps = __builtin_cpu_is("intel"), helps_one = is_zen5();
  return (helps || (helps_one && arrays == 1)) && bytes > limits.last_level_bytes;
#else
  static_cast<void>(bytes), static_cast<void>(arrays), static_cast<void>(limits);
  return false;
#endif
}

}  // namespace crossover::cpu
