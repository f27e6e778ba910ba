#include "cpu/parts.hpp"

namespace crossover::cpu {

bool asks_ahead(std::size_t bytes, const Limits& limits) {
#if defined(__x86_64__)
  static const bool helps = __builtin_cpu_is("intel");
  return helps && bytes > limits.last_level_bytes;
#else
  static_cast<void>(bytes), static_cast<void>(limits);
  return false;
#endif
}

}  // namespace crossover::cpu
