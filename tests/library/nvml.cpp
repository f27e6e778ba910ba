// A pretend libnvidia-ml: one device, at 0000:3b:00.0, that has used 1000 mJ more each time it is asked.
// Built as a library of its own, because the program loads the real one at run time. PRETEND_NVML=old: a
// device that does not count; broken: a driver that does not start.
#include <cstdlib>
#include <cstring>

namespace {

constexpr int success = 0, not_supported = 3, not_found = 6, driver_not_loaded = 9;
int the_device = 0;
unsigned long long used_mj = 5'000'000;

bool pretends(const char* what) {
  const char* const set = std::getenv("PRETEND_NVML");
  return set && std::strcmp(set, what) == 0;
}

}  // namespace

extern "C" {

int nvmlInit_v2() { return pretends("broken") ? driver_not_loaded : success; }
int nvmlShutdown() { return success; }
int nvmlDeviceGetHandleByPciBusId_v2(const char* bus, void** device) {
  *device = &the_device;
  return std::strcmp(bus, "0000:3b:00.0") == 0 ? success : not_found;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy_mj) {
  if (pretends("old") || device != &the_device) return not_supported;
  *energy_mj = used_mj += 1000;
  return success;
}
const char* nvmlErrorString(int status) {
  return status == not_supported ? "Not Supported" : status == not_found ? "Not Found" : "Driver Not Loaded";
}

}  // extern "C"
