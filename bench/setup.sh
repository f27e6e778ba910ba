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

# For each rival that the distribution's Python lacks: its Debian package where there is one, else its wheel from
# PyPI, in a Python of its own in build/rivals, which then comes first on PATH. Says what it installs before.
find_rivals() {
  local python=/usr/bin/python3 folder=$root/build/rivals packages=() wheels=() module package wheel
  [[ -x $python ]] || { install python3; hash -r; }
  [[ -x $folder/bin/python3 ]] && python=$folder/bin/python3
  while read -r module package wheel; do
    "$python" -c "import $module" 2>/dev/null && continue
    if apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]'; then
      packages+=("$package")
    else
      wheels+=("$wheel")
    fi
  done <<<"numpy python3-numpy numpy
sklearn python3-sklearn scikit-learn
torch python3-torch torch==2.13.0
faiss python3-faiss faiss-cpu"
  install "${packages[@]}"
  if ((${#wheels[@]})); then
    say "from PyPI, into build/rivals: ${wheels[*]}"
    if [[ ! -x $folder/bin/python3 ]]; then
      "$python" -c "import ensurepip" 2>/dev/null || install python3-venv
      "$python" -m venv --system-site-packages "$folder" || fail "no virtual environment could be made: see above"
    fi
    "$folder/bin/python3" -m pip -q install "${wheels[@]}" || fail "pip could not install them: see above"
  fi
  [[ ! -x $folder/bin/python3 ]] || export PATH=$folder/bin:$PATH
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
  if ! cmake -S "$root" -B "$folder" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release "$@" "${extra[@]}" \
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
