#!/usr/bin/env python3
"""Prints a CUDA device's compute capability and name, as `90 NVIDIA H200`, asking the driver alone.

For scripts that build for a device: it needs no toolkit, and CMake below 3.24 does not know `native`. Ends with
status 1, and a sentence on stderr that says what to do, where there is no such device.
"""

import argparse
import ctypes
import sys

MAJOR, MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_...


def fail(message):
    print(f"capability.py: {message}", file=sys.stderr)
    raise SystemExit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("device", type=int, nargs="?", default=0)
    wanted = parser.parse_args().device
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as absent:
        fail(f"no NVIDIA driver here ({absent}): install one or, in a container, pass the GPU in with --gpus all")
    if status := driver.cuInit(0):
        fail(f"the NVIDIA driver shows no device (cuInit: {status}): see nvidia-smi and CUDA_VISIBLE_DEVICES")
    count = ctypes.c_int()
    driver.cuDeviceGetCount(ctypes.byref(count))
    if not 0 <= wanted < count.value:
        fail(f"no device {wanted}: this machine shows {count.value}, numbered from 0")
    device, value, name = ctypes.c_int(), ctypes.c_int(), ctypes.create_string_buffer(256)
    capability = ""
    driver.cuDeviceGet(ctypes.byref(device), wanted)
    for part in (MAJOR, MINOR):
        if status := driver.cuDeviceGetAttribute(ctypes.byref(value), part, device):
            fail(f"the driver does not describe device {wanted} (cuDeviceGetAttribute: {status}): see nvidia-smi")
        capability += str(value.value)
    driver.cuDeviceGetName(name, len(name), device)
    print(capability, name.value.decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
