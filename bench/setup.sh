# shellcheck shell=bash
# Sourced by bench/run, tests/run and .ci/run, which set `program` (their name in messages): what they need,
# and how crossover is configured and built. `root` is the checkout.
: "${program:?}"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${CROSSOVER_JOBS:-$(cores=$(nproc); echo $((cores < 2 ? cores : 2)))}

say() { printf '%s: %s\n' "$program" "$*"; }
fail() { printf '%s: %s\n' "$program" "$*" >&2; exit "${status:-1}"; }

# missing_tool PACKAGE COMMAND...: prints the package unless one of the commands is there.
missing_tool() {
  local package=$1 command
  shift
  for command in "$@"; do command -v "$command" >/dev/null && return; done
  echo "$package"
}

# missing_library PACKAGE...: prints those that dpkg does not know as installed.
missing_library() {
  local package
  command -v dpkg-query >/dev/null || return 0 # not Debian: CMake says what it does not find
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# What building takes; prints the packages that are missing.
missing_for_building() {
  missing_tool g++ "${CXX:-g++}"
  missing_tool cmake cmake
  missing_tool make make ninja
  missing_library libeigen3-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libhwy-dev
}

missing_for_tests() { missing_library libgtest-dev; }

# install PACKAGE...: says what it will install, then installs it. Nothing to do without arguments.
install() {
  (($#)) || return 0
  local as_root=() packages="apt-get install -y --no-install-recommends $*"
  say "missing packages: $*"
  command -v apt-get >/dev/null || fail "no apt-get here: install them by hand, then run $program again"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "not root and no sudo. As root, run:  apt-get update && $packages"
    as_root=(sudo)
  fi
  say "installing them with: ${as_root:+sudo }apt-get update && ${as_root:+sudo }$packages"
  "${as_root[@]}" apt-get -qq update || fail "apt-get update failed: see above"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "$@" >/dev/null || fail "apt-get install failed: see above"
}

# The rivals, each where it is quickest. NumPy, scikit-learn and FAISS as wheels from PyPI, which choose their code by the
# processor, in a Python of their own in build/rivals that then comes first on PATH; the distribution's are built
# for the oldest processor. PyTorch likewise where a GPU's driver is seen or the distribution has none; its wheel brings
# CUDA's libraries, 3 GB. Says what it installs before; what cannot be installed is a row with its reason.
find_rivals() {
  local python=/usr/bin/python3 folder=$root/build/rivals wheels=() module wheel
  [[ -x $python ]] || { install python3; hash -r; }
  if [[ ! -x $folder/bin/python3 ]]; then
    "$python" -c "import ensurepip" 2>/dev/null || install python3-venv
    "$python" -m venv "$folder" || fail "no virtual environment could be made: see above"
  fi
  has_module() { "$1" -c "import $2" 2>/dev/null; }
  while read -r module wheel; do
    has_module "$folder/bin/python3" "$module" || wheels+=("$wheel")
  done <<<"numpy numpy
sklearn scikit-learn
faiss faiss-cpu"
  if ! has_module "$folder/bin/python3" torch && ! has_module "$python" torch; then
    if [[ -z $(driver_cuda) ]] && apt-cache policy python3-torch 2>/dev/null | grep -q 'Candidate: [^(]'; then
      install python3-torch
    else
      wheels+=(torch==2.13.0)
    fi
  fi
  if ((${#wheels[@]})); then
    say "from PyPI, into build/rivals: ${wheels[*]}"
    "$folder/bin/python3" -m pip -q install "${wheels[@]}" || say "pip could not install them: see above"
  fi
  export PATH=$folder/bin:$PATH
}

# shellcheck source=bench/cuda_toolkit.sh
source "$root/bench/cuda_toolkit.sh"

# configure FOLDER [CMAKE ARGUMENT...]: quiet unless it fails.
configure() {
  local folder=$1 generator=() extra=() log
  shift
  mkdir -p "$folder"
  log=$folder/configure.log
  if [[ ! -f $folder/CMakeCache.txt ]]; then
    command -v ninja >/dev/null && generator=(-G Ninja)
    if command -v ccache >/dev/null; then
      set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache "$@"
    fi
  fi
  read -ra extra <<<"${CROSSOVER_CMAKE:-}"
  if ! cmake -S "$root" -B "$folder" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DCROSSOVER_WARNINGS=OFF "$@" "${extra[@]}" \
    >"$log" 2>&1; then
    cat "$log" >&2
    fail "cmake could not configure $folder: see above; a build folder of another machine or checkout must be deleted first"
  fi
  grep -E '^-- CUDA backend|CMake Warning|is too old:' "$log" || true
}

# build FOLDER [TARGET...]
build() {
  local folder=$1
  shift
  cmake --build "$folder" -j "$jobs" ${1:+--target "$@"} || fail "the build failed: see above"
}
