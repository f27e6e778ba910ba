#include "bench/machine/microarchitecture.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <sstream>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace crossover {
namespace {

/// Models [first, last] and steppings from `stepping` on; a later row wins over an earlier one.
struct Known {
  std::string_view vendor;
  int family, first, last, stepping;
  const char* name;
};

// Intel: arch/x86/include/asm/intel-family.h; steppings of 0x55: Intel's specification updates. AMD: the
// ranges of models in bsp_init_amd(), arch/x86/kernel/cpu/amd.c. Both of Linux 6.12.
constexpr Known known_cores[] = {
    {"GenuineIntel", 6, 0x2a, 0x2a, 0, "snb"},     {"GenuineIntel", 6, 0x2d, 0x2d, 0, "snb"},
    {"GenuineIntel", 6, 0x3a, 0x3a, 0, "ivb"},     {"GenuineIntel", 6, 0x3e, 0x3e, 0, "ivb"},
    {"GenuineIntel", 6, 0x3c, 0x3c, 0, "hsw"},     {"GenuineIntel", 6, 0x3f, 0x3f, 0, "hsw"},
    {"GenuineIntel", 6, 0x45, 0x46, 0, "hsw"},     {"GenuineIntel", 6, 0x3d, 0x3d, 0, "bdw"},
    {"GenuineIntel", 6, 0x47, 0x47, 0, "bdw"},     {"GenuineIntel", 6, 0x4f, 0x4f, 0, "bdw"},
    {"GenuineIntel", 6, 0x56, 0x56, 0, "bdw"},     {"GenuineIntel", 6, 0x4e, 0x4e, 0, "skl"},
    {"GenuineIntel", 6, 0x5e, 0x5e, 0, "skl"},     {"GenuineIntel", 6, 0x55, 0x55, 0, "skx"},
    {"GenuineIntel", 6, 0x55, 0x55, 5, "clx"},     {"GenuineIntel", 6, 0x55, 0x55, 10, "cpx"},
    {"GenuineIntel", 6, 0x8e, 0x8e, 0, "kbl"},     {"GenuineIntel", 6, 0x9e, 0x9e, 0, "kbl"},
    {"GenuineIntel", 6, 0xa5, 0xa6, 0, "cml"},     {"GenuineIntel", 6, 0x6a, 0x6a, 0, "icx"},
    {"GenuineIntel", 6, 0x6c, 0x6c, 0, "icx"},     {"GenuineIntel", 6, 0x7d, 0x7e, 0, "icl"},
    {"GenuineIntel", 6, 0x8c, 0x8d, 0, "tgl"},     {"GenuineIntel", 6, 0xa7, 0xa7, 0, "rkl"},
    {"GenuineIntel", 6, 0x8f, 0x8f, 0, "spr"},     {"GenuineIntel", 6, 0xcf, 0xcf, 0, "emr"},
    {"GenuineIntel", 6, 0xad, 0xae, 0, "gnr"},     {"GenuineIntel", 6, 0xaf, 0xaf, 0, "srf"},
    {"GenuineIntel", 6, 0x97, 0x97, 0, "adl"},     {"GenuineIntel", 6, 0x9a, 0x9a, 0, "adl"},
    {"GenuineIntel", 6, 0xb7, 0xb7, 0, "rpl"},     {"GenuineIntel", 6, 0xba, 0xba, 0, "rpl"},
    {"GenuineIntel", 6, 0xbf, 0xbf, 0, "rpl"},     {"GenuineIntel", 6, 0xaa, 0xaa, 0, "mtl"},
    {"GenuineIntel", 6, 0xac, 0xac, 0, "mtl"},     {"GenuineIntel", 6, 0xbd, 0xbd, 0, "lnl"},
    {"GenuineIntel", 6, 0xc5, 0xc6, 0, "arl"},     {"AuthenticAMD", 0x17, 0x00, 0x2f, 0, "zen"},
    {"AuthenticAMD", 0x17, 0x30, 0x4f, 0, "zen2"}, {"AuthenticAMD", 0x17, 0x50, 0x5f, 0, "zen"},
    {"AuthenticAMD", 0x17, 0x60, 0x7f, 0, "zen2"}, {"AuthenticAMD", 0x17, 0x90, 0x91, 0, "zen2"},
    {"AuthenticAMD", 0x17, 0xa0, 0xaf, 0, "zen2"}, {"AuthenticAMD", 0x19, 0x00, 0x0f, 0, "zen3"},
    {"AuthenticAMD", 0x19, 0x10, 0x1f, 0, "zen4"}, {"AuthenticAMD", 0x19, 0x20, 0x5f, 0, "zen3"},
    {"AuthenticAMD", 0x19, 0x60, 0xaf, 0, "zen4"}, {"AuthenticAMD", 0x1a, 0x00, 0x7f, 0, "zen5"},
};

/// The value of the first line with this key; keys are padded with blanks or tabs.
std::string first_value(std::string_view cpuinfo, std::string_view key) {
  for (std::size_t begin = 0; begin < cpuinfo.size();) {
    const std::size_t end = std::min(cpuinfo.find('\n', begin), cpuinfo.size());
    const std::string_view line = cpuinfo.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with(key) && line.find_first_not_of(" \t", key.size()) == line.find(':'))
      return cpuinfo_value(line);
  }
  return {};
}

/// Decimal, or hexadecimal behind 0x; -1 where there is no number.
int number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  return value;
}

/// Parts of implementer 0x41 (Arm): arch/arm64/include/asm/cputype.h of Linux 6.12.
const char* arm_core(int implementer, int part) {
  if (implementer != 0x41) return "arm64";
  switch (part) {
    case 0xd0c: return "n1";
    case 0xd40: return "v1";
    case 0xd49: return "n2";
    case 0xd4f: return "v2";
    case 0xd84: return "v3";
    default: return "arm64";
  }
}

}  // namespace

std::string microarchitecture(std::string_view cpuinfo) {
  const std::string vendor = first_value(cpuinfo, "vendor_id");
  if (vendor.empty()) {
    const std::string implementer = first_value(cpuinfo, "CPU implementer");
    return implementer.empty() ? "cpu"
                               : arm_core(number(implementer), number(first_value(cpuinfo, "CPU part")));
  }
  const int family = number(first_value(cpuinfo, "cpu family"));
  const int model = number(first_value(cpuinfo, "model"));
  const int stepping = number(first_value(cpuinfo, "stepping"));
  const char* name = "x86";
  for (const Known& row : known_cores)
    if (row.vendor == vendor && row.family == family && row.first <= model && model <= row.last &&
        row.stepping <= std::max(stepping, 0))
      name = row.name;
  return name;
}

std::string cpu_name(std::string_view cpuinfo) {
  const std::string name = first_value(cpuinfo, "model name");
  return name.empty() ? microarchitecture(cpuinfo) : name;
}

bool cpuinfo_flag(std::string_view cpuinfo, std::string_view flag) {
  std::istringstream words(first_value(cpuinfo, "flags"));
  for (std::string word; words >> word;)
    if (word == flag) return true;
  return false;
}

std::string cpuinfo_value(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
  return begin == std::string_view::npos ? std::string() : std::string(line.substr(begin));
}

std::string hypervisor_signature() {
#if defined(__x86_64__)
  // Leaf 0x40000000 is reserved for hypervisors; bit 31 of leaf 1's ecx says that there is one.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx >> 31)) return {};
  std::array<unsigned, 3> words{};
  __cpuid(0x40000000, eax, words[0], words[1], words[2]);
  char text[13] = {};
  std::memcpy(text, words.data(), 12);
  const std::string_view signature = text;
  if (signature == "KVMKVMKVM") return "KVM";
  if (signature == "Microsoft Hv") return "Microsoft Hyper-V";
  if (signature == "VMwareVMware") return "VMware";
  if (signature == "XenVMMXenVMM") return "Xen";
  if (signature == "TCGTCGTCGTCG") return "QEMU";
  return std::string(signature);
#else
  return {};
#endif
}

}  // namespace crossover
