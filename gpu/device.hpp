// A device in words and numbers.
#pragma once

#include <filesystem>

#include "common/backend.hpp"

namespace crossover::gpu {

/// Brings the device up. Where it cannot be used, only the versions are known, and the name is "none". Throws
/// DeviceLost or std::runtime_error where it answers first and then fails.
Device describe(int device);

/// "16.0 GT/s PCIe x8 now, 32.0 GT/s PCIe x16 at most", from the kernel's files of one PCI device: an idle
/// device slows its link down. "unknown" where they cannot be read.
std::string link_text(const std::filesystem::path& pci_folder);

/// "580.65.06" from the first line of the kernel module's version file; empty where it has none.
std::string module_version(const std::string& line);

}  // namespace crossover::gpu
