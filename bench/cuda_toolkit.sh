# shellcheck shell=bash
# Sourced by bench/setup.sh, after what it uses from there: which CUDA compiler a build takes, and --with-cuda, which
# fetches one. PyPI's wheels for CUDA 13 make a whole toolkit; those for CUDA 12 have no nvcc.
: "${program:?}" "${root:?}" "${build:?}"

# Prints where --with-cuda put a toolkit, if it did: a folder of wheels, as pip installs them.
fetched_toolkit() {
  local folder
  for folder in "$build" "$root/build"; do
    [[ -x $folder/cuda-toolkit/nvidia/cu13/bin/nvcc ]] && echo "$folder/cuda-toolkit/nvidia/cu13" && return
  done
}

# Prints the newest CUDA version that the NVIDIA driver of this machine runs, as in 13.0; nothing where there is none.
driver_cuda() {
  local ask='
import ctypes
version = ctypes.c_int()
failed = ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version))
print(f"{version.value // 1000}.{version.value % 1000 // 10}") if not failed and version.value else exit(1)'
  if [[ -n ${CROSSOVER_DRIVER_CUDA:-} ]]; then
    echo "$CROSSOVER_DRIVER_CUDA"
  elif ! python_code python3 "$ask" 2>/dev/null; then
    timeout 20 nvidia-smi 2>/dev/null |
      sed -nE 's/.*CUDA[A-Za-z ]* Version: *([0-9]+\.[0-9]+).*/\1/p' | sed 1q || true # its banner
  fi
}

# too_old NVCC: whether it is older than the 12.2 that the kernels take (see gpu/backend.cmake); unknown is not.
too_old() {
  local major minor
  read -r major minor < <("$1" --version 2>/dev/null | sed -nE 's/.*release ([0-9]+)\.([0-9]+).*/\1 \2/p') || return 1
  ((major < 12 || (major == 12 && minor < 2)))
}

# Ends where CUDA 13 compiles for none of this machine's GPUs.
check_capability() {
  local newest
  newest=$(timeout 20 nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | grep -xE '[0-9]+\.[0-9]+' | sort -V | tail -n 1) || return 0
  [[ ${newest/./} -ge 75 ]] ||
    fail "this GPU (compute capability $newest) takes CUDA 12, as CUDA 13 begins at 7.5: set CUDA_HOME to a toolkit of CUDA 12, 12.2 or newer"
}

# gpu_seen DRIVER_CUDA: whether there is an NVIDIA driver, of a known version or not.
gpu_seen() {
  [[ -n $1 || -e /proc/driver/nvidia/version || -e /dev/nvidiactl ]] || command -v nvidia-smi >/dev/null
}

# what_to_do DRIVER_CUDA: how such a machine gets a toolkit.
what_to_do() {
  if [[ -z $1 ]]; then
    echo "its driver does not say which CUDA it runs; if it is 13.0: CROSSOVER_DRIVER_CUDA=13.0 $program --with-cuda"
  elif ((${1%%.*} >= 13)); then
    echo "$program --with-cuda puts one into the build folder, without root (0.6 GB from PyPI)"
  elif ((${1%%.*} == 12)); then
    echo "its driver runs CUDA $1, for which PyPI has no compiler; update the driver to 580 or newer and use" \
      "--with-cuda, or set CUDA_HOME to a toolkit of CUDA 12, 12.2 or newer (NVIDIA's .run file unpacks one" \
      "without root: --silent --toolkit --toolkitpath=FOLDER)"
  else
    echo "its driver runs CUDA $1, too old to be used; update the driver to 580 or newer and use --with-cuda"
  fi
}

# wheels_for DRIVER_CUDA: the newest list in bench/wheels that such a driver takes, as in cuda-13.0: a driver compiles no
# PTX newer than itself. Newer drivers run older programs.
wheels_for() {
  local list minor best=0
  for list in "$root"/bench/wheels/cuda-13.*.txt; do
    minor=${list##*/cuda-13.} minor=${minor%.txt}
    (((${1%%.*} > 13 || minor <= ${1#*.}) && minor > best)) && best=$minor
  done
  echo "cuda-13.$best"
}

# fetch_toolkit DRIVER_CUDA
fetch_toolkit() {
  local fetched=$build/cuda-toolkit part toolkit library quiet=() wheels python
  part=$fetched.part wheels=$(wheels_for "$1")
  python=$(type -P python3 || echo /usr/bin/python3)
  has_module "$python" pip || install python3-pip
  say "fetching CUDA's compiler and libraries for a driver of CUDA $1: 0.6 GB from PyPI, 1.1 GB in $fetched"
  [[ -t 1 ]] || quiet=(--quiet)
  rm -rf "$part"
  mkdir -p "$part/tmp"
  TMPDIR=$part/tmp pip_install "$python" "$wheels" --no-cache-dir "${quiet[@]}" --target "$part" || fail "there is no toolkit: see above"
  toolkit=$part/nvidia/cu13
  ln -s lib "$toolkit/lib64"
  for library in "$toolkit"/lib/lib*.so.[0-9]*; do # names that linkers and CMake look for
    ln -sf "${library##*/}" "${library%%.so.*}.so"
  done
  "$toolkit/bin/nvcc" --version >/dev/null || fail "the compiler that was fetched does not start: see above"
  rm -rf "$part/tmp" "$fetched"
  mv "$part" "$fetched"
}

# Sets cuda to ON where a toolkit is found or, when it is FETCH (--with-cuda), can be fetched; OFF (--no-cuda) stays.
find_cuda() {
  local wanted=${cuda:-ON} driver fetched here
  [[ $wanted == OFF ]] && return 0
  cuda=ON
  if [[ -n ${CUDACXX:-} ]]; then
    say "CUDA compiler: $CUDACXX (CUDACXX)"
  elif [[ -n ${CUDA_HOME:-} && -x $CUDA_HOME/bin/nvcc ]]; then
    say "CUDA compiler: $CUDA_HOME/bin/nvcc (CUDA_HOME)"
  elif here=$(command -v nvcc) && ! { [[ $wanted == FETCH ]] && too_old "$here"; }; then
    say "CUDA compiler: $here"
  elif [[ $wanted == FETCH && -x /usr/local/cuda/bin/nvcc ]]; then
    use_toolkit /usr/local/cuda
  elif fetched=$(fetched_toolkit) && [[ -n $fetched ]]; then
    use_toolkit "$fetched"
  else
    [[ -z $here ]] || say "$here is older than CUDA 12.2: not taken"
    driver=$(driver_cuda)
    [[ -z $driver || $driver =~ ^[0-9]+\.[0-9]+$ ]] ||
      status=2 fail "CROSSOVER_DRIVER_CUDA=$driver: a version is needed, as in 13.0"
    if [[ $wanted == FETCH ]]; then
      gpu_seen "$driver" || fail "--with-cuda: no NVIDIA driver is seen here, so nothing says which CUDA is needed;" \
        "CROSSOVER_DRIVER_CUDA=13.0 $program --with-cuda builds for another machine's"
      [[ ${driver%%.*} -ge 13 ]] || fail "an NVIDIA GPU was seen but no CUDA toolkit: $(what_to_do "$driver")"
      check_capability
      fetch_toolkit "$driver"
      use_toolkit "$(fetched_toolkit)"
      return 0
    fi
    cuda=OFF
    if [[ -x /usr/local/cuda/bin/nvcc ]]; then
      say "building without CUDA; a toolkit lies in /usr/local/cuda, to use it: CUDA_HOME=/usr/local/cuda $program"
    elif gpu_seen "$driver"; then
      say "an NVIDIA GPU was seen but no CUDA toolkit (building without CUDA): $(what_to_do "$driver")"
    else
      say "no CUDA toolkit (nvcc on PATH, CUDACXX, CUDA_HOME): building without CUDA"
    fi
  fi
}

# use_toolkit FOLDER
use_toolkit() {
  export CUDACXX=$1/bin/nvcc
  say "CUDA compiler: $CUDACXX"
}
