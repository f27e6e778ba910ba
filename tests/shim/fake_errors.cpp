// Names and texts of the errors that the pretend machine returns, as cudart spells them.
#include <cuda_runtime_api.h>

#include <array>

namespace {

struct Name {
  int code;
  const char *name, *text;
};

constexpr std::array names = {
    Name{0, "cudaSuccess", "no error"},
    Name{1, "cudaErrorInvalidValue", "invalid argument"},
    Name{2, "cudaErrorMemoryAllocation", "out of memory"},
    Name{21, "cudaErrorInvalidMemcpyDirection", "invalid copy direction for memcpy"},
    Name{35, "cudaErrorInsufficientDriver", "CUDA driver version is insufficient for CUDA runtime version"},
    Name{46, "cudaErrorDevicesUnavailable", "CUDA-capable device(s) is/are busy or unavailable"},
    Name{100, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    Name{101, "cudaErrorInvalidDevice", "invalid device ordinal"},
    Name{209, "cudaErrorNoKernelImageForDevice", "no kernel image is available for execution on the device"},
    Name{214, "cudaErrorECCUncorrectable", "uncorrectable ECC error encountered"},
    Name{400, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    Name{700, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    Name{719, "cudaErrorLaunchFailure", "unspecified launch failure"},
    Name{800, "cudaErrorNotPermitted", "operation not permitted"},
    Name{801, "cudaErrorNotSupported", "operation not supported"},
    Name{999, "cudaErrorUnknown", "unknown error"},
};

const Name& name_of(cudaError_t status) {
  static constexpr Name unknown{-1, "unrecognized error code", "unrecognized error code"};
  for (const Name& name : names)
    if (name.code == static_cast<int>(status)) return name;
  return unknown;
}

}  // namespace

extern "C" {

const char* cudaGetErrorName(cudaError_t status) { return name_of(status).name; }
const char* cudaGetErrorString(cudaError_t status) { return name_of(status).text; }

}  // extern "C"
