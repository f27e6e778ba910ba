// What becomes of a CUDA error: the one check around runtime calls.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <source_location>

/// Throws where a runtime call fails, with the call in the message. The only macro of the project:
/// nothing else can quote the call.
#define CUDA_CHECK(...) ::crossover::gpu::check((__VA_ARGS__), #__VA_ARGS__)

namespace crossover::gpu {

/// Nothing on success. Else clears the error, so that no later call reports it again, and throws
/// OutOfMemory (cudaErrorMemoryAllocation; needed_bytes as given, 0: not known), DeviceLost (the context
/// is beyond repair) or std::runtime_error.
void check(cudaError_t status, const char* call, std::size_t needed_bytes = 0,
           std::source_location where = std::source_location::current());

/// For a catch (...) around a call into a solver: throws what is being handled again, as OutOfMemory or
/// DeviceLost where that is what CUDA said. Libraries wrap CUDA's errors: Thrust's std::bad_alloc is also its
/// way to say that there is no driver. Clears the error.
[[noreturn]] void rethrow_from_library();

/// What a user can do about an error, as the end of a sentence; empty where nothing particular.
const char* advice(cudaError_t status);

/// Errors after which this process cannot use the device any more: "sticky" ones, and those that only a
/// new process can get out of.
bool ends_process(cudaError_t status);

}  // namespace crossover::gpu
