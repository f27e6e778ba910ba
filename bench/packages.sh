# shellcheck shell=bash
# Sourced by bench/setup.sh: what building, tests and rivals need, as Debian names it, and how it is installed.
: "${program:?}" "${root:?}"

# Debian, Fedora, Arch, openSUSE, conda-forge.
other_names="
g++                gcc-c++          gcc            gcc-c++              cxx-compiler
cmake              cmake            cmake          cmake                cmake
make               make             make           make                 make
python3            python3          python         python3              python
python3-pip        python3-pip      python-pip     python3-pip          pip
python3-venv       python3          python         python3              python
python3-torch      python3-torch    python-pytorch python3-torch        pytorch
libeigen3-dev      eigen3-devel     eigen          eigen3-devel         eigen
libspdlog-dev      spdlog-devel     spdlog         spdlog-devel         spdlog
libfmt-dev         fmt-devel        fmt            fmt-devel            fmt
libcli11-dev       cli11-devel      cli11          cli11-devel          cli11
nlohmann-json3-dev json-devel       nlohmann-json  nlohmann_json-devel  nlohmann_json
libhwy-dev         highway-devel    highway        highway-devel        libhwy
libgtest-dev       gtest-devel      gtest          gtest                gtest
libomp-dev         libomp-devel     openmp         libomp-devel         llvm-openmp"

libraries=(libeigen3-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libhwy-dev)

# missing_tool PACKAGE COMMAND...: prints the package unless one of the commands is there.
missing_tool() {
  local package=$1 command
  shift
  for command in "$@"; do command -v "$command" >/dev/null && return; done
  echo "$package"
}

# What building takes; prints the packages that are missing. CMake knows which libraries are here (see configure); they
# are looked for among Debian's packages only where it cannot be asked yet, so that all is named at once.
missing_for_building() {
  local compiler=()
  read -ra compiler <<<"${CXX:-}"
  if ((${#compiler[@]} == 0)); then
    missing_tool g++ c++ g++ clang++
  elif ! command -v "${compiler[0]}" >/dev/null; then
    [[ ${compiler[0]##*/} == g++ ]] && echo g++
  fi
  missing_tool cmake cmake
  missing_tool make make ninja
  cmake_can_be_asked || missing_library "${libraries[@]}"
}

# What the tests take beyond that. Without Python some are skipped: it is wanted only where it can be had.
missing_for_tests() {
  cmake_can_be_asked || missing_library libgtest-dev
  command -v python3 >/dev/null && return
  if [[ $(package_manager) == apt-get ]] && can_be_root; then
    echo python3
  else
    say "no python3 here: the tests that take it will be skipped" >&2
  fi
}

cmake_can_be_asked() {
  command -v cmake >/dev/null && { [[ -n ${CXX:-} ]] || command -v c++ || command -v g++ || command -v clang++; } >/dev/null
}

# missing_library PACKAGE...: prints those that dpkg does not know as installed; without dpkg, all.
missing_library() {
  local package
  for package in "$@"; do
    [[ $(LC_ALL=C dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# Prints what installs packages here: conda where its environment has the compiler, or nobody can become root.
package_manager() {
  local manager compiler
  compiler=$(command -v "${CXX:-c++}" || true)
  if [[ -n ${CONDA_PREFIX:-} ]] && { [[ $compiler == "$CONDA_PREFIX"/* ]] || ! can_be_root; }; then
    echo conda
    return
  fi
  for manager in apt-get dnf pacman zypper; do
    command -v "$manager" >/dev/null && echo "$manager" && return
  done
  [[ -z ${CONDA_PREFIX:-} ]] || echo conda
}

# apt_has PACKAGE: whether apt's lists have it.
apt_has() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'; }

can_be_root() { ((EUID == 0)) || command -v sudo >/dev/null; }

# names_for MANAGER PACKAGE...: one line, each name once.
names_for() {
  local column=1 package key line names=()
  case $1 in
    dnf) column=2 ;;
    pacman) column=3 ;;
    zypper) column=4 ;;
    conda) column=5 ;;
  esac
  shift
  for package in "$@"; do
    key=$package
    ((column == 1)) || [[ $key != libomp-[0-9]*-dev ]] || key=libomp-dev
    line=$(awk -v key="$key" -v column="$column" '$1 == key { print $column }' <<<"$other_names")
    line=${line:-$package}
    [[ " ${names[*]} " == *" $line "* ]] || names+=("$line")
  done
  echo "${names[*]}"
}

# install PACKAGE...: by Debian's names; says what it will install, then installs it, with apt-get as root. Elsewhere it
# says the command and ends. Nothing to do without arguments.
install() {
  (($#)) || return 0
  local manager names prefix
  manager=$(package_manager)
  names=$(names_for "$manager" "$@")
  say "missing packages: $names"
  prefix="Libraries that lie in a folder: CMAKE_PREFIX_PATH=FOLDER $program (bench/carry makes such a folder on a Debian or Ubuntu that has them)"
  case $manager in
    apt-get)
      can_be_root || fail "not root and no sudo. As root, run:  apt-get update && apt-get install -y --no-install-recommends $names"$'\n'"$prefix"
      # shellcheck disable=SC2086 # names without blanks
      apt_install $names
      return
      ;;
    dnf) manager="dnf install $names" ;;
    pacman) manager="pacman -S --needed $names" ;;
    zypper) manager="zypper install $names" ;;
    conda) manager="conda install -c conda-forge $names" ;;
    *) fail "no package manager that is known here: install them by hand, then run $program again. $prefix" ;;
  esac
  fail "install them, then run $program again:  $manager"$'\n'"$prefix"
}

# apt_install PACKAGE...: lists that cannot be fetched are no reason to give up, packages that cannot are.
apt_install() {
  local as_root=() settings=(LC_ALL=C DEBIAN_FRONTEND=noninteractive) variable log
  ((EUID == 0)) || as_root=(sudo)
  for variable in http_proxy https_proxy ftp_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do # sudo drops them
    [[ -z ${!variable:-} ]] || settings+=("$variable=${!variable}")
  done
  say "installing them with: ${as_root:+sudo }apt-get update && ${as_root:+sudo }apt-get install -y --no-install-recommends $*"
  apt_get update || say "not every list could be fetched (above); trying with those that are here"
  log=$(mktemp)
  apt_get install -y --no-install-recommends "$@" || fail "the packages could not be installed: $(cause_of "$log" / install)"
  rm -f "$log"
}

# apt_get ARGUMENT...: with apt_install's variables. Waits up to 120 s while another program has the lock; what it says
# goes to the screen where it fails or warns.
apt_get() {
  local began=$SECONDS output outcome said=""
  while true; do
    outcome=0
    output=$("${as_root[@]}" env "${settings[@]}" apt-get -q "$@" 2>&1 </dev/null) || outcome=$?
    if ((outcome != 0 && SECONDS - began < ${CROSSOVER_LOCK_SECONDS:-120})) && grep -qE 'Could not get lock|Unable to (acquire|lock)' <<<"$output"; then
      [[ -n $said ]] || say "another program is installing packages: waiting for it, at most 120 s ($(grep -oE 'held by process .*' <<<"$output" | sed 1q))"
      said=yes
      sleep 2
      continue
    fi
    break
  done
  [[ -z ${log:-} ]] || echo "$output" >"$log"
  grep -E '^[EWN]:' <<<"$output" >&2 || ((outcome == 0)) || tail -n 5 <<<"$output" >&2
  # apt-get update ends with 0 where a source is only unreachable
  ((outcome == 0)) && { [[ $1 != update ]] || ! grep -qE '^(E|Err|W: (Failed|Some))' <<<"$output"; }
}
