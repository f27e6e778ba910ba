# shellcheck shell=bash
# Sourced by bench/setup.sh: whether what lies in a build folder can be built upon. (That the processor is another is
# seen by CMakeLists.txt: the compiler's words change, and everything is compiled anew.)
: "${program:?}" "${root:?}"

# made_from: what a build is made from beside the sources, a line each.
made_from() {
  local compiler
  read -ra compiler <<<"${CXX:-c++}"
  echo "compiler ${compiler[*]}: $(LC_ALL=C "${compiler[@]}" --version 2>/dev/null | head -n 1)"
  echo "options ${CROSSOVER_CMAKE:-}"
}

# cached FOLDER NAME: the value in CMake's cache.
cached() { sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt"; }

# differs FOLDER: in what its build is another one than is wanted now, in words; nothing where it is the same.
differs() {
  local before now
  if [[ ! "$(cached "$1" CMAKE_HOME_DIRECTORY)" -ef $root || ! "$(cached "$1" CMAKE_CACHEFILE_DIR)" -ef $1 ]]; then
    echo "for the checkout $(cached "$1" CMAKE_HOME_DIRECTORY)"
  elif [[ -f $1/made_from.txt ]]; then
    while IFS= read -r now && IFS= read -r before <&3; do
      [[ $now == "$before" ]] || { echo "with the $before"; return; }
    done < <(made_from) 3<"$1/made_from.txt"
  elif [[ -n ${CXX:-} ]]; then
    echo "with the compiler $(cached "$1" CMAKE_CXX_COMPILER), by hand"
  fi
}

# begin_anew FOLDER: deletes what CMake and the compiler left there, where another build than this one left it.
begin_anew() {
  local difference
  [[ -f $1/CMakeCache.txt ]] || return 0
  difference=$(differs "$1")
  [[ -n $difference ]] || return 0
  [[ $(cached "$1" CMAKE_PROJECT_NAME) == crossover || "$(cached "$1" CMAKE_HOME_DIRECTORY)" -ef $root ]] ||
    fail "$1 is the build folder of another project: name another one with --build"
  say "$1 was made $difference: it is built anew (results/ and what was fetched stay)"
  rm -rf -- "$1/CMakeCache.txt" "$1/CMakeFiles" "$1/tests/CMakeFiles" "$1/made_from.txt"
}
