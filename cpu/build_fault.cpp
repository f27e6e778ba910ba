#include "cpu/build_fault.hpp"

namespace crossover::cpu {
namespace {

#if defined __OPTIMIZE__
constexpr bool optimised = true;
#else
constexpr bool optimised = false;
#endif

#if defined NDEBUG
constexpr bool assertions = false;
#else
constexpr bool assertions = true;
#endif

#if defined __has_feature  // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || defined SANITIZED
constexpr bool sanitizers = true;
#else
constexpr bool sanitizers = false;
#endif

}  // namespace

std::string build_fault_text(bool is_optimised, bool has_assertions, bool has_sanitizers) {
  std::string faults = is_optimised ? "" : "no optimisation";
  const auto add = [&faults](const char* fault) {
    faults += (faults.empty() ? "" : " and ") + std::string(fault);
  };
  if (has_sanitizers) add("sanitizers");
  if (has_assertions) add("assertions");
  if (faults.empty()) return {};
  return "this build has " + faults +
         ": its times mean nothing; cmake -DCMAKE_BUILD_TYPE=Release makes one to measure with";
}

std::string build_fault() { return build_fault_text(optimised, assertions, sanitizers); }

}  // namespace crossover::cpu
