# shellcheck shell=bash
# Sourced by bench/setup.sh: Python as the scripts start it, and the rivals.
: "${program:?}" "${root:?}" "${build:?}"

# Modules are never taken from the working folder, where `numpy.py` or `ctypes.py` may be a user's exercise: -c and -m
# put it first, and an empty or relative folder of PYTHONPATH is it, or lies in it. (-P exists from Python 3.11 on
# only; -I would hide the user's own packages.)
clean_python_path() {
  local folders=() kept="" folder
  IFS=: read -ra folders <<<"${PYTHONPATH:-}"
  for folder in "${folders[@]}"; do [[ $folder != /* ]] || kept+=${kept:+:}$folder; done
  unset PYTHONPATH
  [[ -z $kept ]] || export PYTHONPATH=$kept
}
clean_python_path

# python_code PYTHON CODE [ARGUMENT...]
python_code() {
  local python=$1 code=$2
  shift 2
  "$python" -c "import sys; sys.path[:] = [folder for folder in sys.path if folder]"$'\n'"$code" "$@"
}

# python_module PYTHON MODULE [ARGUMENT...]: as -m does.
python_module() {
  local python=$1
  shift
  python_code "$python" 'import runpy; runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)' "$@"
}

has_module() { python_code "$1" "import $2" 2>/dev/null; }

# pip_install PYTHON WHEELS [ARGUMENT...]: the wheels of bench/wheels/WHEELS.txt, whose hashes have to agree. Prints what
# pip says, and why it failed.
pip_install() {
  local python=$1 wheels=$2 log outcome=0
  shift 2
  log=$(mktemp)
  python_module "$python" pip --disable-pip-version-check install --require-hashes --only-binary=:all: \
    -r "$root/bench/wheels/$wheels.txt" "$@" 2>&1 </dev/null | tee "$log" || outcome=$?
  ((outcome == 0)) || say "pip could not install bench/wheels/$wheels.txt: $(cause_of "$log" "$build" pip)"
  rm -f "$log"
  return "$outcome"
}

# The rivals, each where it is quickest. NumPy, scikit-learn and FAISS as wheels from PyPI, which choose their code by the
# processor, in a Python of their own in the build folder that then comes first on PATH; the distribution's are built
# for the oldest processor. PyTorch likewise where a GPU's driver is seen or the distribution has none; its wheel brings
# CUDA's libraries, 3 GB. Says what it installs before; what cannot be installed is a row with its reason.
find_rivals() {
  local python=/usr/bin/python3 folder=$build/rivals
  [[ -x $python ]] || python=$(type -P python3 || true)
  [[ -n $python ]] || { install python3; hash -r; python=/usr/bin/python3; }
  if [[ ! -x $folder/bin/python3 ]]; then
    has_module "$python" ensurepip || install python3-venv
    python_module "$python" venv "$folder" || fail "no virtual environment could be made in $folder: see above"
  fi
  if ! has_module "$folder/bin/python3" "numpy, sklearn, faiss"; then
    say "from PyPI, into $folder: NumPy, scikit-learn and FAISS (bench/wheels/rivals.txt)"
    pip_install "$folder/bin/python3" rivals -q || true
  fi
  if ! has_module "$folder/bin/python3" torch && ! has_module "$python" torch; then
    if [[ -z $(driver_cuda) && $python == /usr/bin/python3 ]] && can_be_root && apt_has python3-torch; then
      install python3-torch
    else
      say "from PyPI, into $folder: PyTorch, 3 GB (bench/wheels/torch.txt)"
      pip_install "$folder/bin/python3" torch -q || true
    fi
  fi
  export PATH=$folder/bin:$PATH
}
