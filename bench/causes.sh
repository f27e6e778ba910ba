# shellcheck shell=bash
# Sourced by bench/setup.sh: why a step failed, and what to do about it, by what it said.
: "${program:?}"

# cause_of LOG FOLDER STEP: one sentence; LOG is what the step said, FOLDER where it wrote, STEP configure, build,
# install or pip.
cause_of() {
  local log=$1 folder=$2 step=$3 path
  # Of a build, what the compiler quotes ("  407 | text") is not what went wrong.
  says() { grep -qaiE -- "$1" < <(grep -vaE '^ *[0-9]* \|' "$log" 2>/dev/null); }
  fetches() { [[ $step == install || $step == pip ]]; }
  if says 'No space left on device|Disk quota exceeded|enough free space'; then
    echo "the disk is full ($(LC_ALL=C df -h --output=avail,target "$folder" 2>/dev/null | tail -n 1 | xargs || true)): make room$(elsewhere)"
  elif says 'Killed signal|virtual memory exhausted|cannot allocate memory|out of memory allocating|std::bad_alloc|Killed *$'; then
    if ((${jobs:-1} > 1)); then
      echo "the compilers had too little memory; one at a time: CROSSOVER_JOBS=1 $program"
    else
      echo "the compiler had too little memory: it takes 1.3 GB"
    fi
  elif says 'Permission denied|Read-only file system|Operation not permitted'; then
    path=$folder
    while [[ ! -e $path && $path == */* ]]; do path=${path%/*}; done
    echo "$path cannot be written by $(user_name) (it belongs to $(LC_ALL=C stat -c %U "${path:-/}" 2>/dev/null))$(elsewhere)"
  elif fetches && says 'dpkg was interrupted'; then
    echo "an earlier installation was cut short: run dpkg --configure -a as root, then $program again"
  elif fetches && says 'Could not get lock|Unable to (acquire|lock)'; then
    echo "another program is still installing packages: run $program again when it is done"
  elif fetches && says 'resolving|Could not (resolve|connect)|Connection (timed out|refused|broken)|unreachable|Max retries exceeded|NewConnectionError|Failed to establish|timed out|ProxyError|(Error|status|code|HTTP)[^a-z]*(503|407)'; then
    echo "the network was not reached: see above; behind a proxy, set http_proxy and https_proxy; without a network, see bench/carry --help"
  elif fetches && says 'THESE PACKAGES DO NOT MATCH THE HASHES'; then
    echo "what was fetched is not what bench/wheels names: it was changed on the way, or there; nothing of it was installed"
  elif fetches && says 'No matching distribution found|none of the wheels.* supported'; then
    echo "PyPI has no wheel for this Python or processor: see above"
  elif fetches && says 'Unable to locate package|has no installation candidate|unmet dependencies'; then
    echo "the package is not in the lists that apt has: see above; sources of the release itself are needed (on Ubuntu, with universe)"
  elif says 'CMake [0-9.]+ or higher is required'; then
    echo "CMake is too old ($(LC_ALL=C cmake --version | sed -n '1s/.* //p')): pip install --user cmake, or a newer one of the distribution's"
  elif says 'is different than the directory|does not match the (source|generator)'; then
    echo "$folder is the build folder of another checkout: delete it, or name another one with --build"
  elif says 'not able to compile a simple test program|No CMAKE_CXX_COMPILER could be found|is not a full path|could not find compiler|Could not find compiler'; then
    echo "the C++ compiler (${CXX:-c++}) does not work: see above"
  elif [[ $step == build ]]; then
    echo "see above, and $log"
  else
    echo "see above"
  fi
}

user_name() { id -un 2>/dev/null || true; } # the number where it has no name
elsewhere() { echo ", or build elsewhere: --build FOLDER"; }
