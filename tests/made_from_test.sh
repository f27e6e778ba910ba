#!/usr/bin/env bash
# Asserts: a build folder of another checkout, compiler or with other options is begun anew, with a sentence, and keeps
# what is not CMake's; one that is the same stays as it is; one of another project is never touched.
set -uo pipefail
unset CXX CROSSOVER_CMAKE
program=made_from_test
source "$(dirname "${BASH_SOURCE[0]}")/../bench/setup.sh"
scratch=$(mktemp -d -p "${1:-${TMPDIR:-/tmp}}") # programs are started from there: not where that is forbidden
trap 'rm -rf "$scratch"' EXIT
failures=0

# made PROJECT CHECKOUT: a build folder as CMake leaves it, made from what is asked for now.
made() {
  rm -rf "$scratch/build"
  mkdir -p "$scratch/build/CMakeFiles" "$scratch/build/results"
  printf 'CMAKE_PROJECT_NAME:STATIC=%s\nCMAKE_HOME_DIRECTORY:INTERNAL=%s\nCMAKE_CACHEFILE_DIR:INTERNAL=%s\n' \
    "$1" "$2" "$scratch/build" >"$scratch/build/CMakeCache.txt"
  made_from >"$scratch/build/made_from.txt"
}

# expect WORDS: of what begin_anew says; the cache is then gone. Without words: it says nothing, and all is kept.
expect() {
  local said
  said=$(begin_anew "$scratch/build" 2>&1)
  if [[ -n $1 && ($said != *"$1"* || -e $scratch/build/CMakeCache.txt || -e $scratch/build/CMakeFiles) ||
    -z $1 && (-n $said || ! -e $scratch/build/CMakeCache.txt) || ! -d $scratch/build/results ]]; then
    echo "expected '$1', said '$said', left: $(ls -x "$scratch/build")"
    failures=$((failures + 1))
  fi
}

made crossover "$root"
expect ""
rm "$scratch/build/made_from.txt"
expect ""
made crossover /elsewhere/crossover
expect "was made for the checkout /elsewhere/crossover: it is built anew"
made crossover "$root"
mv "$scratch/build" "$scratch/moved"
cp -r "$scratch/moved" "$scratch/build"
sed -i "s|$scratch/build|$scratch/moved|" "$scratch/build/CMakeCache.txt"
expect "it is built anew"
made crossover "$root"
export CXX="env g++"
expect "was made with the compiler c++: "
export CROSSOVER_CMAKE=-DCROSSOVER_WERROR=ON
made crossover "$root"
expect ""
unset CROSSOVER_CMAKE
expect "was made with the options -DCROSSOVER_WERROR=ON"
made crossover "$root"
rm "$scratch/build/made_from.txt"
expect "with the compiler , by hand"

made linux /elsewhere/linux
said=$(begin_anew "$scratch/build" 2>&1)
[[ $said == *"of another project"* && -e $scratch/build/CMakeCache.txt ]] || { echo "another project: $said"; failures=$((failures + 1)); }

((failures == 0)) && echo passed
exit $((failures > 0))
