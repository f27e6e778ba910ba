// What the pretend machine says of itself.
#include <cstring>

#include "tests/shim/fake_runtime.hpp"

using namespace crossover::fake;

extern "C" {

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = machine().driver_version;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  const cudaError_t status = enter(Call::query);
  *count = status == cudaSuccess ? machine().devices : 0;
  return status;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  if (const cudaError_t status = enter(Call::query); status != cudaSuccess) return status;
  *properties = {};
  std::strcpy(properties->name, "pretend device");
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int) {
  if (const cudaError_t status = enter(Call::query); status != cudaSuccess) return status;
  switch (which) {
    case cudaDevAttrComputeCapabilityMajor: *value = 9; break;
    case cudaDevAttrMultiProcessorCount: *value = 4; break;
    case cudaDevAttrL2CacheSize: *value = 1 << 20; break;
    case cudaDevAttrAsyncEngineCount: *value = 2; break;
    case cudaDevAttrHostRegisterSupported: *value = 1; break;
    default: *value = 0;
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceGetPCIBusId(char* id, int size, int) {
  if (const cudaError_t status = enter(Call::query); status != cudaSuccess) return status;
  std::strncpy(id, "FFFF:3B:00.0", static_cast<std::size_t>(size));
  return cudaSuccess;
}

}  // extern "C"
