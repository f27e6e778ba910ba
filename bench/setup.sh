# shellcheck shell=bash
# Sourced by bench/run, tests/run and .ci/run, which set `program` (their name in messages): what they need,
# and how crossover is configured and built. `root` is the checkout.
: "${program:?}"

unset CDPATH # with it `cd` may go elsewhere, and prints where
root=$(cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build # --build names another one

say() { printf '%s: %s\n' "$program" "$*"; }
fail() { printf '%s: %s\n' "$program" "$*" >&2; exit "${status:-1}"; }

# memory_kib [PROC [CGROUPS]]: what is available, and allowed by the control groups (v1 and v2) of this process.
memory_kib() {
  local proc=${1:-/proc} groups=${2:-/sys/fs/cgroup} least controllers path folder name limit
  least=$(awk '$1 == "MemAvailable:" || ($1 == "MemTotal:" && !kib) { kib = $2 } END { print kib }' "$proc/meminfo" 2>/dev/null || true)
  least=${least:-$((1 << 32))}
  while IFS=: read -r _ controllers path; do
    case ,$controllers, in
      *,memory,*) folder=$groups/memory name=memory.limit_in_bytes ;;
      ,,) folder=$groups name=memory.max ;;
      *) continue ;;
    esac
    path=${path%/}
    while true; do # its own group, then those around it
      if read -r limit <"$folder$path/$name" && [[ $limit =~ ^[0-9]{1,18}$ ]]; then
        ((limit / 1024 >= least)) || least=$((limit / 1024))
      fi
      [[ -n $path ]] || break
      path=${path%/*}
    done
  done 2>/dev/null <"$proc/self/cgroup" || true
  echo "$least"
}

# jobs_within MOST [MEMORY_KIB]: compilers at once, of 1.3 GB each.
jobs_within() {
  local by_memory=$((${2:-$(memory_kib)} / 1300000)) most=$1
  ((by_memory >= most)) || most=$by_memory
  echo $((most < 1 ? 1 : most))
}
jobs=${CROSSOVER_JOBS:-$(cores=$(nproc); jobs_within $((cores < 2 ? cores : 2)))}
[[ $jobs =~ ^[1-9][0-9]{0,3}$ ]] || status=2 fail "CROSSOVER_JOBS=$jobs: a whole number is needed, as in 2"

# use_build FOLDER: --build.
use_build() {
  [[ -n $1 ]] || status=2 fail "--build needs a folder"
  mkdir -p -- "$1" 2>/dev/null || status=2 fail "--build $1: no such folder can be made"
  build=$(cd -- "$1" && pwd)
  case ${build#"$root"}/ in
    / | // | /.git/* | /bench/* | /common/* | /cpu/* | /gpu/* | /results/* | /tests/*)
      status=2 fail "--build $1: a folder of its own is needed" ;;
  esac
}

# Before anything is installed: what would end in a message of CMake's that says something else.
check_folders() {
  local path=$build
  case $build$root in
    *[\"\;\\\|\*:\[\?\<\>]* | *'$''{'*)
      fail "CMake cannot build in $build for $root: none of \" ; \\ | * : [ ? < > may be in a path" ;;
  esac
  while [[ ! -e $path ]]; do path=${path%/*}; done
  [[ -w ${path:-/} && (! -e $build/CMakeCache.txt || -w $build/CMakeCache.txt) ]] ||
    fail "$path cannot be written by $(user_name) (it belongs to $(LC_ALL=C stat -c %U "${path:-/}"))$(elsewhere)"
}

for part in causes packages cuda_toolkit python made_from; do
  # shellcheck disable=SC1090 # each is checked by itself
  source "$root/bench/$part.sh"
done

# install_what_cmake_misses LOG: installs what CMake did not find; status 1 where there is no such thing, or was already.
install_what_cmake_misses() {
  local missing
  missing=$(sed -n 's/^-- missing: //p' "$1")
  [[ -n $missing && $missing != "${missed:-}" ]] || return 1
  missed=$missing
  # shellcheck disable=SC2086 # names of packages
  install $missing
}

# shown_build LOG: copies what is built to LOG and the screen, there each step in the place of the one before.
shown_build() {
  if [[ -t 1 ]]; then
    tee -- "$1" | while IFS= read -r line; do
      if [[ $line == '['*/*']'* || $line == '['*%']'* ]]; then
        printf '\r\033[K%.*s' "$((${COLUMNS:-80} - 1))" "$line"
      else
        printf '\r\033[K%s\n' "$line"
      fi
    done
    printf '\n'
  else
    tee -- "$1"
  fi
}

# configure FOLDER [CMAKE ARGUMENT...]: quiet unless it fails.
configure() {
  local folder=$1 generator=() extra=() log
  shift
  mkdir -p "$folder"
  log=$folder/configure.log
  begin_anew "$folder"
  made_from >"$folder/made_from.txt"
  if [[ ! -f $folder/CMakeCache.txt ]]; then
    command -v ninja >/dev/null && generator=(-G Ninja)
    if ccache -s >/dev/null 2>&1; then # there, and with a folder to write to
      set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache "$@"
    fi
  fi
  read -ra extra <<<"${CROSSOVER_CMAKE:-}"
  if ! cmake -S "$root" -B "$folder" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DCROSSOVER_WARNINGS=OFF "$@" "${extra[@]}" \
    >"$log" 2>&1; then
    install_what_cmake_misses "$log" && { configure "$folder" "$@"; return; }
    cat "$log" >&2
    fail "cmake could not configure $folder: $(cause_of "$log" "$folder" configure)"
  fi
  grep -E '^-- CUDA backend|compiled anew|CMake Warning|is too old:' "$log" || true
}

# build FOLDER [TARGET...]
build() {
  local folder=$1
  shift
  cmake --build "$folder" -j "$jobs" ${1:+--target "$@"} 2>&1 | shown_build "$folder/build.log" ||
    fail "the build failed: $(cause_of "$folder/build.log" "$folder" build)"
}
