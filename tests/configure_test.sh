#!/usr/bin/env bash
# Asserts what CMake makes of the project before anything is compiled: instruction sets, systems and folders that it
# refuses, other projects around it, several configurations in one folder, a checkout of another user.
# environment: CXX, CMAKE_PREFIX_PATH
set -uo pipefail
root=$(cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
compiler=${CXX:-c++}
unset CXX
scratch=$(mktemp -d -p "${1:-${TMPDIR:-/tmp}}") # programs are started from there: not where that is forbidden
trap 'rm -rf "$scratch"' EXIT
failures=0
wrong() { printf 'wrong: %s\n' "$*"; failures=$((failures + 1)); }

# expect WHAT WORDS TEXT
expect() { [[ $3 == *"$2"* ]] || wrong "$1: expected '$2' in: $3"; }

# instruction_set PROCESSOR [ARGUMENT...]: the compiler's words.
instruction_set() {
  cat >"$scratch/words.cmake" <<TEXT
cmake_minimum_required(VERSION 3.22)
include("$root/cpu/instruction_set.cmake")
message("\${isa}|\${made_for}")
TEXT
  local processor=$1
  shift
  cmake -DCMAKE_CXX_COMPILER="${used:-$compiler}" -DCMAKE_SYSTEM_PROCESSOR="$processor" "$@" -P "$scratch/words.cmake" 2>&1 | tail -n 1
}
expect "portable" "-march=x86-64-v2|x86-64-v2" "$(instruction_set x86_64 -DCROSSOVER_PORTABLE=ON)"
expect "for another system" "-march=x86-64-v2|x86-64-v2" "$(instruction_set x86_64 -DCMAKE_CROSSCOMPILING=ON)"
expect "portable, Arm" "-march=armv8-a|armv8-a" "$(instruction_set aarch64 -DCROSSOVER_PORTABLE=ON)"
expect "for another system, Arm" "-march=armv8-a|armv8-a" "$(instruction_set aarch64 -DCMAKE_CROSSCOMPILING=ON)"
expect "named" "-mcpu=neoverse-v2;-O3|neoverse-v2 (-O3)" "$(instruction_set aarch64 -DCROSSOVER_ISA="-mcpu=neoverse-v2 -O3")"
expect "an unknown processor" "|the compiler's own choice" "$(instruction_set riscv64)"
if [[ $(uname -m) == x86_64 ]]; then
  here=$(instruction_set x86_64)
  [[ $here == -march=* && $here != *native* ]] || wrong "this processor's words are not named: $here"
  if qemu=$(command -v qemu-x86_64-static || command -v qemu-x86_64) && "$compiler" --version | grep -q 'Free Software'; then
    printf '#!/bin/sh\nexec "%s" -cpu Nehalem "%s" "$@"\n' "$qemu" "$(command -v "$compiler")" >"$scratch/elsewhere"
    chmod +x "$scratch/elsewhere"
    used=$scratch/elsewhere
    there=$(instruction_set x86_64)
    [[ $there == -march=* && $there != *native* && $there != "$here" ]] ||
      wrong "another processor's words: $there, as here: $here"
    unset used
  fi
fi

# architectures CAPABILITIES KNOWN...: what kernels are compiled for where nvidia-smi says these and nvcc knows those.
architectures() {
  local said=$1
  shift
  mkdir -p "$scratch/cuda"
  printf '#!/bin/sh\n%s\n' "$said" >"$scratch/cuda/nvidia-smi"
  printf '#!/bin/sh\nprintf "compute_%%s\\n" %s\n' "$*" >"$scratch/cuda/nvcc"
  chmod +x "$scratch/cuda/nvidia-smi" "$scratch/cuda/nvcc"
  cat >"$scratch/architectures.cmake" <<TEXT
cmake_minimum_required(VERSION 3.22)
include("$root/gpu/architectures.cmake")
find_cuda_architectures(found)
message("for \${found}.")
TEXT
  PATH=$scratch/cuda:$PATH cmake -DCMAKE_CUDA_COMPILER="$scratch/cuda/nvcc" -P "$scratch/architectures.cmake" 2>&1 | tr -s ' \n' ' '
}
cuda_13="75 80 86 87 88 89 90 100 103 110 120 121"
expect "a GPU" "for 90." "$(architectures 'echo 9.0' $cuda_13)"
expect "GPUs of two kinds" "for 75;89." "$(architectures 'printf "7.5\n8.9\n7.5\n"' $cuda_13)"
expect "a driver that does not answer" "for 75-virtual." "$(architectures 'echo "NVIDIA-SMI has failed, code 9.0"; exit 9' $cuda_13)"
expect "a driver without a device" "for 75-virtual." "$(architectures 'echo "No devices were found"' $cuda_13)"
expect "a newer member of a family" "for 100." "$(architectures 'echo 10.3' 50 75 90 100 101 120)"
expect "a newer family" "for 75-virtual." "$(architectures 'echo 13.0' $cuda_13)"
old=$(architectures 'echo 7.0' $cuda_13)
expect "an older GPU" "for 75-virtual." "$old"
expect "an older GPU" "compute capability 70, too old for this toolkit, which begins at 75" "$old"
expect "an older GPU" "CUDA 12 (12.2 to 12.9)" "$old"
expect "an older GPU beside a newer" "for 86." "$(architectures 'printf "6.1\n8.6\n"' $cuda_13)"
expect "a compiler that says nothing" "for 75-virtual." "$(architectures 'echo 9.0')"

# configured FOLDER SOURCE [ARGUMENT...]: what cmake says.
configured() {
  local folder=$1 source=$2
  shift 2
  cmake -S "$source" -B "$folder" -DCMAKE_CXX_COMPILER="$compiler" -DCROSSOVER_CUDA=OFF \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "$@" 2>&1
}

mkdir "$scratch/source"
cp "$root/CMakeLists.txt" "$scratch/source/"
expect "in the source folder" "rm -r CMakeCache.txt CMakeFiles" "$(configured "$scratch/source" "$scratch/source")"

said=$(configured "$scratch/system" "$root" -DCMAKE_SYSTEM_NAME=FreeBSD | tr -s ' \n' ' ')
expect "another system" "runs on Linux only" "$said"
expect "another system" "WSL2" "$said"

mkdir "$scratch/around"
cat >"$scratch/around/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.22)
project(around LANGUAGES CXX)
foreach(when before after)
  foreach(name CMAKE_BUILD_TYPE CMAKE_CXX_STANDARD CMAKE_CXX_EXTENSIONS CMAKE_RUNTIME_OUTPUT_DIRECTORY CMAKE_CXX_FLAGS)
    string(APPEND \${when} "\${name}=\${\${name}} ")
  endforeach()
  get_directory_property(options COMPILE_OPTIONS)
  string(APPEND \${when} "\${options}")
  if(when STREQUAL "before")
    add_subdirectory("$root" crossover)
  endif()
endforeach()
if(NOT before STREQUAL after)
  message(FATAL_ERROR "leaked: \${before} is now \${after}")
endif()
add_library(around STATIC around.cpp)
if(NOT TARGET crossover OR TARGET test_sizes)
  message(FATAL_ERROR "the program is not there, or its tests are")
endif()
TEXT
touch "$scratch/around/around.cpp"
said=$(configured "$scratch/around-build" "$scratch/around") || wrong "add_subdirectory: $said"
if grep 'around\.cpp' "$scratch/around-build/compile_commands.json" | grep -q -- '-march\|-fno-math'; then
  wrong "the other project's files get this one's flags"
fi

for file in cpu/similarity_eigen.cpp cpu/tile_kernels.cpp; do # compilers differ in their defaults
  grep -q -- "-ffp-contract=fast.*$file" "$scratch/around-build/compile_commands.json" ||
    wrong "$file leaves it to the compiler whether a product and a sum are rounded once or twice"
done

if git -C "$root" describe --always >/dev/null 2>&1; then
  GIT_TEST_ASSUME_DIFFERENT_OWNER=1 configured "$scratch/owner" "$root" -DCROSSOVER_TESTS=OFF >/dev/null
  commit=$(sed -n 's/.*-DCROSSOVER_COMMIT=[\\"]*\([^\\" ]*\).*/\1/p' "$scratch/owner/compile_commands.json")
  [[ -n $commit && $commit != unknown ]] || wrong "the commit of another user's checkout is '$commit'"
fi

if command -v ninja >/dev/null; then
  configured "$scratch/multi" "$root" -G "Ninja Multi-Config" -DCROSSOVER_TESTS=OFF >/dev/null
  flags=$(sed -n 's/.*-DCROSSOVER_FLAGS=[\\"]*\(.*\)-march.* -DCROSSOVER_VERSION.*/\1/p' "$scratch/multi/compile_commands.json")
  [[ $flags == "-g "$'\n'"-O3 -DNDEBUG "$'\n'"-O2 -g -DNDEBUG " ]] || wrong "flags of the configurations: $flags"
fi

((failures == 0)) && echo passed
exit $((failures > 0))
