// Which processor this is, from /proc/cpuinfo and cpuid.
#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// Short name of a microarchitecture from /proc/cpuinfo; "x86", "arm64" or "cpu" where not known.
std::string microarchitecture(std::string_view cpuinfo);

std::string cpu_name(std::string_view cpuinfo);
bool cpuinfo_flag(std::string_view cpuinfo, std::string_view flag);
/// What stands behind the colon of "key : value".
std::string cpuinfo_value(std::string_view line);

/// "KVM", "Microsoft Hyper-V", ... by asking the processor; empty: none, or no way to ask.
std::string hypervisor_signature();

}  // namespace crossover
