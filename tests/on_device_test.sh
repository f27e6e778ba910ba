#!/usr/bin/env bash
# bench/on_device on a pretend machine: a driver library of two devices, and programs that note how they are called.
# Nothing is built and nothing is measured; the steps, their order, their environment and their ends are what is tested.
set -euo pipefail
unset CDPATH
root=$(cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
command -v python3 >/dev/null || { echo "skipped: there is no python3, which asks the driver: install it"; exit 77; }
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

cat >"$scratch/driver.cpp" <<'C'
#include <stdlib.h>
#include <string.h>
extern "C" {
static int devices(void) { return getenv("PRETEND_DEVICES") ? atoi(getenv("PRETEND_DEVICES")) : 2; }
int cuInit(unsigned flags) { return (void)flags, devices() ? 0 : 100; }
int cuDeviceGetCount(int* count) { return *count = devices(), 0; }
int cuDeviceGet(int* device, int wanted) { return *device = wanted, 0; }
int cuDeviceGetAttribute(int* value, int what, int device) { return (void)device, *value = what == 75 ? 12 : 0, 0; }
int cuDeviceGetName(char* name, int size, int device) { return (void)device, strncpy(name, "Pretend 5", size), 0; }
}
C
mkdir -p "$scratch/lib" "$scratch/bin" "$scratch/build"
"${CXX:-c++}" -shared -fPIC -o "$scratch/lib/libcuda.so.1" "$scratch/driver.cpp"

# Each notes its name, its arguments and what it was told by the environment.
for tool in nvcc nvidia-smi ctest compute-sanitizer cmake lscpu; do program_at+=("$scratch/bin/$tool"); done
for tool in crossover crossover-device-limits test_cuda_solvers; do program_at+=("$scratch/build/$tool"); done
for path in "${program_at[@]}"; do
  cat >"$path" <<'S'
#!/usr/bin/env bash
name=${0##*/}
echo "$name $* [visible ${CUDA_VISIBLE_DEVICES:-all}] [must run ${CROSSOVER_TESTS_MUST_RUN:-no}]" \
  "[sizes ${CROSSOVER_TEST_SIZES:-all}] [unwritten ${CROSSOVER_TEST_UNWRITTEN:-no}]" >>"$PRETEND_CALLS"
[[ $name != crossover-device-limits ]] || printf '%s\n' gpu,quantity,mode,bytes,median_s \
  'NVIDIA H200,read,"1 GiB (device memory)",4294967296,0.001'
[[ " ${PRETEND_FAILS:-} " != *" $name "* && " $* " != *" ${PRETEND_FAILS_WITH:--} "* ]] || exit 7
[[ $* != *"--rivals"* ]] || { echo ",rivals,${PRETEND_RIVAL:-},cupy," >rivals_sum.csv; exit "${PRETEND_RIVALS:-0}"; }
S
  chmod +x "$path"
done
export PATH=$scratch/bin:$PATH LD_LIBRARY_PATH=$scratch/lib PRETEND_CALLS=$scratch/calls CROSSOVER_JOBS=3
unset CUDA_VISIBLE_DEVICES CUDACXX CUDA_HOME

# on_device STATUS [ARGUMENT...]: into $scratch/said; the folder is $scratch/out.
on_device() {
  local wanted=$1 status=0
  shift
  rm -rf "$scratch/out" "$scratch/calls"
  touch "$scratch/calls"
  "$root/bench/on_device" --out "$scratch/out" --build "$scratch/build" "$@" >"$scratch/said" 2>&1 || status=$?
  expect "on_device $*: status $status, not $wanted" test "$status" = "$wanted" || cat "$scratch/said"
}

# All is well; rivals are not installed.
on_device 0
expect "built for the device" has "$scratch/calls" "-DCMAKE_CUDA_ARCHITECTURES=120"
expect "tests must run" has "$scratch/calls" "-j 3 -L cuda [visible 0] [must run 1]"
for tool in memcheck racecheck synccheck; do
  expect "$tool" has "$scratch/calls" "--tool $tool --error-exitcode 9 --print-limit 20 $scratch/build/test_cuda_solvers [visible 0] [must run 1] [sizes tiny] [unwritten no]"
done
expect "initcheck" has "$scratch/calls" "--tool initcheck --error-exitcode 9 --print-limit 20 $scratch/build/test_cuda_solvers [visible 0] [must run 1] [sizes tiny] [unwritten 1]"
expect "more than 2^31" has "$scratch/calls" "run --force --quiet sum --n 3e9"
expect "absent rivals are told" has "$scratch/said" "rivals: not here, so not measured: neither PyTorch nor CuPy answers"
expect "and stand in the summary" has "$scratch/out/summary.csv" "not here"
expect "no step had another end" test "$(grep -vcE ',0$|,status$|,not here$' "$scratch/out/summary.csv")" = 0
expect "what was predicted stands beside it" has "$scratch/out/predictions.csv" ",0.001,0.978,yes"
expect "or beside nothing" has "$scratch/out/predictions.csv" "similarity,f32,corpus=100000 queries=100000 dim=1000 k=3,cublas-tiled,,compute_s,modelled,"

# Another device: every step sees it as its first.
on_device 0 --device 1 --only test,suite
expect "its number" lacks "$scratch/calls" "-L cuda [visible 0]"
expect "its number" has "$scratch/calls" "-L cuda [visible 1]"
CUDA_VISIBLE_DEVICES=5,GPU-17 on_device 0 --device 1 --only limits
expect "its number among those shown" has "$scratch/calls" "crossover-device-limits  [visible GPU-17]"

# Failures: a step that fails does not stop the others, and is not forgotten.
PRETEND_FAILS="ctest test_cuda_solvers" on_device 1 --only test,limits
expect "the failure" has "$scratch/out/summary.csv" ",7"
expect "goes on" has "$scratch/calls" "crossover-device-limits"
PRETEND_RIVALS=1 on_device 1 --only rivals
PRETEND_RIVAL="NVIDIA H200" on_device 0 --only rivals
expect "rivals that are here" has "$scratch/calls" "run --force --quiet sum --n 50M --type i64 --backend cuda --rivals torch-cuda,cupy"
expect "are measured" lacks "$scratch/said" "not here"

PRETEND_FAILS=cmake on_device 1
expect "no program, no step" test "$(cut -d, -f1 "$scratch/out/summary.csv" | tr '\n' ' ')" = "step build "
expect "and says so" has "$scratch/said" "without a program there is nothing to measure"
PRETEND_FAILS_WITH=-DCROSSOVER_TESTS=ON on_device 1 --only build,test,limits,sanitize
expect "without GoogleTest the rest goes on" has "$scratch/out/summary.csv" "limits,40,0,0"
expect "and the tests' programs are missing" has "$scratch/out/summary.csv" "sanitize-memcheck,60,0,not built"
mv "$scratch/bin/compute-sanitizer" "$scratch"
hash -r
if ! command -v compute-sanitizer >/dev/null && [[ ! -e /usr/local/cuda/bin/compute-sanitizer && ! -e /usr/local/cuda/compute-sanitizer ]]; then
  on_device 0 --only sanitize
  expect "an absent sanitizer is told" has "$scratch/said" "sanitize-memcheck: not here, so not measured: no compute-sanitizer beside nvcc"
fi
mv "$scratch/compute-sanitizer" "$scratch/bin"
on_device 0 --only suite --seconds 130
expect "the suite ends before its step" test "$(grep -o 'lecture --within [0-9]*' "$scratch/calls" | grep -o '[0-9]*$')" -le 90

# No device: nothing begins.
PRETEND_DEVICES=0 on_device 1
expect "says so" has "$scratch/said" "shows no device"
on_device 1 --device 2
expect "says so" has "$scratch/said" "no device 2: this machine shows 2"
expect "nothing was called" test ! -s "$scratch/calls"

# The deadline holds for all steps together.
on_device 1 --seconds 4
expect "what has no time is told" has "$scratch/said" "build: no time left"
expect "and nothing was called" test ! -s "$scratch/calls"
on_device 0 --seconds 60 --only test
limit=$(sed -n 's/^test,\([0-9]*\),.*/\1/p' "$scratch/out/summary.csv")
expect "a step's limit is what is left: $limit" test "$limit" -gt 5 -a "$limit" -le 55

# Bad flags.
on_device 2 --only tests
expect "says which steps there are" has "$scratch/said" "steps are: build"
on_device 2 --seconds soon
on_device 2 --frobnicate
on_device 0 --plan
expect "the plan" has "$scratch/said" "all together: at most 480 s"
expect "runs nothing" test ! -s "$scratch/calls"

((failures == 0)) || exit 1
echo "passed"
