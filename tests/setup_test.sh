#!/usr/bin/env bash
# How bench/run and tests/run set a machine up, on pretend machines: apt-get, dpkg-query, cmake, sudo and python3 are
# programs on PATH that note how they are called. Nothing is installed, built or fetched.
set -euo pipefail
unset CDPATH
root=$(cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(cd -- "${1:-${TMPDIR:-/tmp}}" && mktemp -d "$PWD/tmp.XXXXXX") # programs are started from there: not where that is forbidden
trap 'rm -rf "$scratch"' EXIT
failures=0

expect() { # DESCRIPTION COMMAND...
  local what=$1
  shift
  "$@" && return 0
  echo "failed: $what"
  failures=$((failures + 1))
}
has() { grep -qF -- "$2" "$1" || { echo "no '$2' in $1:"; cat "$1"; return 1; }; }
lacks() { ! grep -qF -- "$2" "$1" || { echo "'$2' in $1:"; cat "$1"; return 1; }; }
last_line_has() { tail -n 1 "$1" | grep -qF -- "$2" || { echo "no '$2' in the last line of $1:"; cat "$1"; return 1; }; }
pretend() { # FOLDER NAME, the text on stdin: notes its name and arguments, then does that
  mkdir -p "$1"
  { echo '#!/bin/bash'; echo 'echo "${0##*/} $*" >>"$CALLS"'; cat; } >"$1/$2"
  chmod +x "$1/$2"
}

# A checkout with a blank, an apostrophe and more in its path, without sources.
checkout="$scratch/it's my folder é (ü) & more/cross over"
mkdir -p "$checkout/results/zen9-2c" "$checkout/results/published"
cp -r "$root/bench" "$root/tests" "$checkout" 2>/dev/null
cp "$root"/results/zen4-2c/lecture.csv.meta.json "$checkout/results/zen9-2c"

# What a machine has: the ordinary tools, by name, in a folder that is all of PATH; `machine NAME` begins one anew.
ordinary="awk bash cat chmod cp cut date df dirname env false find grep head id ln ls mkdir mktemp mv nproc paste printf readlink rm sed sleep sort stat tail tee timeout touch tr true uname xargs"
machine() {
  rm -rf "$scratch/bin" "$scratch/tmp" "$checkout/build"
  mkdir -p "$scratch/bin" "$scratch/tmp"
  : >"$scratch/calls"
  for tool in $ordinary; do ln -sf "$(type -P "$tool")" "$scratch/bin/$tool"; done
}
debian() { # PACKAGE...: those that are installed
  pretend "$scratch/bin" apt-get <<<"env >>\"\$CALLS.env\"; $apt_get"
  pretend "$scratch/bin" dpkg-query <<<"for known in $*; do [[ \$* != *\" \$known\" ]] || { echo -n installed; exit 0; }; done; exit 1"
}
compiler() { for tool in c++ g++; do pretend "$scratch/bin" "$tool" <<<"exit 0"; done; }
# A build that works, and a program that measures nothing.
made='[[ $1 != --build ]] || cp "$BIN/crossover" "$2/crossover"; [[ $1 != -S ]] || printf "%s\n" CMAKE_PROJECT_NAME:STATIC=crossover "CMAKE_HOME_DIRECTORY:INTERNAL=$2" "CMAKE_CACHEFILE_DIR:INTERNAL=$4" >"$4/CMakeCache.txt"; exit 0'
tools() {
  compiler
  pretend "$scratch/bin" make <<<"exit 0"
  pretend "$scratch/bin" ctest <<<"exit 0"
  pretend "$scratch/bin" python3 <<<"exit 1"
  pretend "$scratch/bin" cmake <<<"${cmake:-$made}"
  pretend "$scratch/bin" crossover <<'P'
[[ $1 != devices ]] || { [[ ${2:-} == --label ]] && echo zen3-2c || echo "cpu: AMD EPYC"; exit 0; }
cp "$META" "${PRETEND_RESULTS:-build/results}/lecture.csv.meta.json"
P
}

# as_oneself STATUS SCRIPT [ARGUMENT...]: into $scratch/said; the variables in `with` are set.
as_oneself() {
  local wanted=$1 status=0
  shift
  (cd "$scratch/tmp" && env -i PATH="$scratch/bin" HOME="$scratch/tmp" TMPDIR="$scratch/tmp" CALLS="$scratch/calls" BIN="$scratch/bin" \
    META="$root/results/zen3-2c/lecture.csv.meta.json" CROSSOVER_LOCK_SECONDS=3 "${with[@]}" "$checkout/$1" "${@:2}") >"$scratch/said" 2>&1 || status=$?
  [[ $status == "$wanted" ]] || cat "$scratch/said"
  expect "$*: status $status, not $wanted" test "$status" = "$wanted"
}
# started STATUS SCRIPT [ARGUMENT...]: likewise as root, or as somebody who has sudo.
started() {
  ((EUID == 0)) || { printf '#!/bin/bash\nexec "$@"\n' >"$scratch/bin/sudo" && chmod +x "$scratch/bin/sudo"; }
  as_oneself "$@"
  ((EUID == 0)) || rm "$scratch/bin/sudo"
}
# as_user STATUS SCRIPT [ARGUMENT...]: likewise without root: EUID is what the script sees.
as_user() {
  local wanted=$1 status=0
  shift
  chmod -R a+rwX "$scratch"
  if ((EUID == 0)); then
    (cd "$scratch/tmp" && setpriv --reuid 12345 --regid 12345 --clear-groups env -i PATH="$scratch/bin" HOME="$scratch/tmp" TMPDIR="$scratch/tmp" \
      META="$root/results/zen3-2c/lecture.csv.meta.json" CALLS="$scratch/calls" BIN="$scratch/bin" "${with[@]}" "$checkout/$1" "${@:2}") >"$scratch/said" 2>&1 || status=$?
  else
    as_oneself "$wanted" "$@"
    return
  fi
  [[ $status == "$wanted" ]] || cat "$scratch/said"
  expect "$*: status $status, not $wanted" test "$status" = "$wanted"
}
with=()
apt_get="exit 0"

# --- A machine with nothing: all is named at once, and installed.
machine
apt_get='[[ " $* " != *" install "* ]] || : >"$BIN/../installed"; exit 0'
debian libeigen3-dev libfmt-dev
started 1 tests/run
expect "tools and libraries at once" has "$scratch/said" "missing packages: g++ cmake make libspdlog-dev libcli11-dev nlohmann-json3-dev libhwy-dev libgtest-dev python3"
expect "lists first" has "$scratch/calls" "apt-get -q update"
expect "installed" has "$scratch/calls" "apt-get -q install -y --no-install-recommends g++ cmake make libspdlog-dev"
expect "in English, asking nothing" has "$scratch/calls.env" "LC_ALL=C"
expect "in English, asking nothing" has "$scratch/calls.env" "DEBIAN_FRONTEND=noninteractive"

# --- CMake is asked first: where it finds everything, dpkg is not looked at.
machine
debian
tools
started 0 bench/run
expect "no package is wanted" lacks "$scratch/said" "missing packages"
expect "dpkg is not asked" lacks "$scratch/calls" dpkg-query
expect "in a folder with blanks" has "$scratch/calls" "cmake -S $checkout -B $checkout/build"
as_user 0 bench/run
rm -rf "$checkout/build"
for works in 0 1; do # without a home it has no folder to write to
  machine
  debian g++ cmake make libeigen3-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libhwy-dev
  tools
  pretend "$scratch/bin" ccache <<<"exit $works"
  started 0 bench/run
  ((works)) && use=lacks || use=has
  expect "a compiler cache that exits with $works" "$use" "$scratch/calls" "COMPILER_LAUNCHER=ccache"
done
with=("CXX=ccache g++")
pretend "$scratch/bin" ccache <<<"exit 0"
as_user 0 bench/run
expect "a compiler with a launcher is one" lacks "$scratch/said" "missing packages"
with=()

# --- What it does not find is installed, and CMake is asked again, once.
machine
debian
cmake='[[ $1 == --build || -e $BIN/../found ]] || { touch "$BIN/../found"; echo "-- missing: libeigen3-dev libomp-16-dev"; exit 1; }; '$made tools
started 0 bench/run
expect "what CMake misses" has "$scratch/calls" "install -y --no-install-recommends libeigen3-dev libomp-16-dev"
expect "it is asked again" test "$(grep -c '^cmake -S' "$scratch/calls")" = 2
machine
debian
cmake='echo "-- missing: libeigen3-dev"; exit 1' tools
started 1 bench/run
expect "not for ever" test "$(grep -c '^cmake -S' "$scratch/calls")" = 2

# --- Other package managers: their names, no start.
missing='echo "-- missing: g++ libeigen3-dev libspdlog-dev nlohmann-json3-dev libomp-16-dev"; exit 1'
for line in "dnf install gcc-c++ eigen3-devel spdlog-devel json-devel libomp-devel" "pacman -S --needed gcc eigen spdlog nlohmann-json openmp" \
  "zypper install gcc-c++ eigen3-devel spdlog-devel nlohmann_json-devel libomp-devel"; do
  machine
  cmake=$missing tools
  pretend "$scratch/bin" "${line%% *}" <<<"exit 0"
  started 1 bench/run
  expect "all names, of ${line%% *}" has "$scratch/said" "$line"
  expect "which is not started" lacks "$scratch/calls" "${line%% *} "
done
machine
debian
cmake=$missing tools
with=(CONDA_PREFIX=/conda)
as_user 1 bench/run
expect "without root, in conda's environment" has "$scratch/said" "conda install -c conda-forge cxx-compiler eigen spdlog nlohmann_json llvm-openmp"
with=()
as_user 1 bench/run
expect "without root and conda" has "$scratch/said" "not root and no sudo. As root, run:  apt-get update && apt-get install"
expect "or a folder" has "$scratch/said" "CMAKE_PREFIX_PATH=FOLDER bench/run"
expect "nothing is started" lacks "$scratch/calls" apt-get

# --- Tests go on without Python where nobody can install it.
machine
debian
tools
rm "$scratch/bin/python3"
as_user 0 tests/run
expect "what is skipped" has "$scratch/said" "no python3 here: the tests that take it will be skipped"
expect "tests run" has "$scratch/calls" "ctest --output-on-failure"

# --- sudo keeps the proxy.
machine
debian
cmake=$missing tools
pretend "$scratch/bin" sudo <<'P'
exec env -i PATH="$PATH" CALLS="$CALLS" "$@"
P
with=(http_proxy=http://proxy:3128 https_proxy=http://proxy:3129)
: >"$scratch/calls.env"
as_user 1 bench/run
expect "the proxy is passed on" has "$scratch/calls.env" "http_proxy=http://proxy:3128"
expect "the proxy is passed on" has "$scratch/calls.env" "https_proxy=http://proxy:3129"
with=()

# --- A source that is stale, a lock that is held, a package that is not there, no network, a full disk.
fails_once='[[ -e $BIN/../found || $1 == --build ]] || { touch "$BIN/../found"; echo "-- missing: libeigen3-dev"; exit 1; }; '$made
apt() { # TEXT OF apt-get, then as `started`
  machine
  rm -f "$scratch/found" "$scratch/asked"
  apt_get=$1
  shift
  debian
  cmake=$fails_once tools
  started "$@"
}
apt '[[ $* != *update* ]] || { echo "E: The repository '"'http://old/ppa jammy Release'"' does not have a Release file." >&2; exit 100; }; exit 0' 0 bench/run
expect "a stale source is a warning" has "$scratch/said" "not every list could be fetched"
expect "which is shown" has "$scratch/said" "does not have a Release file"
lock="E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)"
apt '[[ $* == *update* || -e $BIN/../asked ]] && exit 0; touch "$BIN/../asked"; echo "'"$lock"'"; exit 100' 0 bench/run
expect "waits for the lock" has "$scratch/said" "waiting for it, at most 120 s (held by process 4711 (unattended-upgr))"
expect "not for ever" test "$(grep -c 'apt-get -q install' "$scratch/calls")" = 2
apt '[[ $* == *update* ]] && exit 0; echo "'"$lock"'"; exit 100' 1 bench/run
expect "the lock, at last" last_line_has "$scratch/said" "another program is still installing packages"
apt 'echo "E: Unable to locate package libeigen3-dev"; [[ $* == *update* ]]' 1 bench/run
expect "no such package" last_line_has "$scratch/said" "the package is not in the lists that apt has"
apt 'echo "E: Failed to fetch http://x/  Temporary failure resolving '"'x'"'"; exit 100' 1 bench/run
expect "no network" last_line_has "$scratch/said" "the network was not reached"
apt '[[ $* == *update* ]] && exit 0; echo "E: You don'"'t have enough free space in /var/cache/apt/archives/"'."; exit 100' 1 bench/run
expect "no room" last_line_has "$scratch/said" "the disk is full"

# --- A failure's last line fits its cause, and speaks of another checkout only where there is one.
apt_get="exit 0"
ends() { # WHAT cmake SAYS, THE LAST LINE
  machine
  debian
  cmake="[[ \$1 != --build ]] || { echo \"$1\"; exit 1; }; $made" tools
  started 1 bench/run
  expect "built: $1" last_line_has "$scratch/said" "$2"
  machine
  debian
  cmake="echo \"$1\"; exit 1" tools
  started 1 bench/run
  expect "configured: $1" last_line_has "$scratch/said" "$2"
  [[ $2 == *checkout* ]] || expect "nothing of another checkout" lacks "$scratch/said" "another checkout"
}
ends "fatal error: error writing to /tmp/x.s: No space left on device" "the disk is full"
ends "a.cpp:407:3: error: no foo
  407 |   foo(\"timed out\"); // Permission denied" "see above"
ends "c++: fatal error: Killed signal terminated program cc1plus" "too little memory"
ends "cannot open output file a.o: Permission denied" "it belongs to"
ends "CMake 3.30 or higher is required.  You are running version 3.22.1" "CMake is too old"
ends "The source \\\"/a\\\" does not match the source \\\"/b\\\" used to generate cache" "is the build folder of another checkout"
ends "something else" "see above"

# --- Folders.
machine
debian
tools
with=(PRETEND_RESULTS="own build/results")
started 0 bench/run --build "$scratch/tmp/own build"
expect "elsewhere" test -x "$scratch/tmp/own build/crossover" -a ! -e "$checkout/build"
started 0 tests/run --build="$scratch/tmp/own build" --quick
expect "tests too" has "$scratch/calls" "cmake -S $checkout -B $scratch/tmp/own build"
with=()
started 2 bench/run --build
for folder in / "$checkout" "$checkout/.git" "$checkout/bench" "$checkout/tests/data"; do
  started 2 tests/run --build "$folder"
  expect "--build $folder is refused" last_line_has "$scratch/said" "a folder of its own is needed"
done
if ((EUID == 0)); then
  machine
  debian
  tools
  started 0 bench/run
  chmod -R go-w "$checkout"
  (cd "$scratch/tmp" && ! setpriv --reuid 12345 --regid 12345 --clear-groups env -i PATH="$scratch/bin" "$checkout/bench/run" >"$scratch/said" 2>&1) ||
    expect "another's build folder is refused" false
  expect "another's build folder" last_line_has "$scratch/said" "(it belongs to root), or build elsewhere: --build FOLDER"
  expect "or"  lacks "$scratch/said" "another checkout"
else
  echo "not tried: a build folder of root's (this is not root)"
fi
# CDPATH leads nowhere.
machine
debian
tools
mkdir -p "$scratch/tmp/bench" "$scratch/tmp/tests"
(cd "$checkout" && env -i PATH="$scratch/bin" CALLS="$scratch/calls" BIN="$scratch/bin" CDPATH="$scratch/tmp" bench/run --no-cuda --help >"$scratch/said" 2>&1) || true
expect "CDPATH" has "$scratch/said" "usage: bench/run"

# --- --keep: no set of another machine is overwritten, nor what is no set.
machine
debian
tools
with=(META="$root/results/zen3-2c/lecture.csv.meta.json")
started 2 bench/run --keep --label published
expect "the published figures" last_line_has "$scratch/said" "results/published holds something else"
expect "said before anything is built" lacks "$scratch/calls" cmake
started 2 bench/run --keep --label zen9-2c
expect "another machine's" last_line_has "$scratch/said" "results/zen9-2c is of another machine (AMD EPYC, zen4-2c; this one is AMD EPYC, zen3-2c)"
started 0 bench/run --keep
expect "its own" test -s "$checkout/results/zen3-2c/lecture.csv.meta.json"
started 0 bench/run --keep
expect "its own again" has "$scratch/said" "kept: results/zen3-2c/"
with=()

# --- The functions by themselves.
program=setup_test
# shellcheck source=bench/setup.sh
CROSSOVER_JOBS=1 source "$root/bench/setup.sh"
# Jobs by memory: what is available, and what control groups allow (recorded machines).
for line in "plain 8388608" "v1 4194304" "v2 2097152" "hybrid 6291456" "v2_nested 2097152"; do
  recorded=$root/tests/data/memory/${line%% *}
  kib=$(memory_kib "$recorded/proc" "$recorded/sys/fs/cgroup")
  expect "memory of $line KiB: $kib" test "$kib" = "${line#* }"
done
expect "2 GiB: one job" test "$(jobs_within 2 2097152)" = 1
expect "4 GiB: two" test "$(jobs_within 2 4194304)" = 2
expect "little: one" test "$(jobs_within 16 100000)" = 1
expect "much: all" test "$(jobs_within 16 100000000)" = 16

# --- Python takes no module from the working folder, however it comes to its path; the user's own packages stay.
if command -v python3 >/dev/null; then
  mkdir -p "$scratch/works here" "$scratch/own"
  for module in ctypes json numpy pip runpy site sitecustomize venv; do
    echo "open('$scratch/imported', 'a').write('$module ')" >"$scratch/works here/$module.py"
  done
  echo "print('own package')" >"$scratch/own/crossover_own.py"
  (
    cd "$scratch/works here"
    export PYTHONDONTWRITEBYTECODE=1
    for PYTHONPATH in "" : . ":$scratch/own" "$scratch/own:" "../works here:$scratch/own"; do
      export PYTHONPATH
      clean_python_path
      python_code python3 "import ctypes, json, runpy" || exit
      [[ ${PYTHONPATH:-} != *own* ]] || python_code python3 "import crossover_own" >"$scratch/own said" || exit
      echo '{}' | python_module python3 json.tool >/dev/null || exit
      driver_cuda >/dev/null
      python_module python3 venv --help >/dev/null || exit
      python_module python3 pip --version >/dev/null 2>&1 || true # where there is one
    done
  )
  expect "from the working folder: $(cat "$scratch/imported" 2>/dev/null)" test ! -e "$scratch/imported"
  expect "the user's own" has "$scratch/own said" "own package"
else
  echo "not tried: what Python imports (no python3)"
fi
# What apt-cache says is read in English.
pretend "$scratch/apt" apt-cache <<<'[[ ${LC_ALL:-} == C ]] && echo "  Candidate: 1.13" || echo "  Installationskandidat: 1.13"'
expect "apt-cache in another language" env CALLS="$scratch/calls" LC_ALL=POSIX PATH="$scratch/apt:$PATH" bash -c "$(declare -f apt_has); apt_has python3-torch"
# Lists of wheels: every requirement has its version and hashes; the newest that the driver takes.
for list in "$root"/bench/wheels/*.txt; do
  expect "$list is whole" awk '/^[^# ]/ { if (open) exit 1; open = 1; if ($0 !~ /^[A-Za-z0-9_-]+==[0-9][^ ]*( ; .*)? \\$/) exit 1 }
    /^ +--hash=sha256:[0-9a-f]+( \\)?$/ { open = 0 } END { exit open }' "$list"
done
expect "CUDA 13.1" test "$(wheels_for 13.1)" = cuda-13.1
expect "a driver newer than any list" test "$(wheels_for 14.0)" = "$(wheels_for 13.999)"

# Old GPUs and old compilers are told before anything is fetched.
pretend "$scratch/gpu" nvidia-smi <<<'printf "%b" "$CAPABILITIES"'
pretend "$scratch/gpu" nvcc <<<'echo "Cuda compilation tools, release $RELEASE, V$RELEASE.140"'
capable() { (CALLS=$scratch/calls PATH=$scratch/gpu:$PATH CAPABILITIES=$1 check_capability) >"$scratch/said" 2>&1; }
for capabilities in '9.0\n' '7.0\n8.6\n' 7.5 'No devices were found\n' ''; do expect "capability $capabilities" capable "$capabilities"; done
expect "too old a GPU" test "$(capable '6.1\n7.0\n'; echo $?)" = 1
expect "says what it takes" has "$scratch/said" "this GPU (compute capability 7.0) takes CUDA 12"
old_compiler() { CALLS=$scratch/calls RELEASE=$1 too_old "$scratch/gpu/nvcc"; }
for release in 11.8 12.0 12.1; do expect "nvcc $release is too old" old_compiler "$release"; done
for release in 12.2 12.10 13.0 unknown; do expect "nvcc $release is not too old" test "$(old_compiler "$release"; echo $?)" = 1; done

((failures == 0)) || exit 1
echo "passed"
