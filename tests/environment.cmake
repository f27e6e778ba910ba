# Read by ctest before it starts a test: settings of OpenMP's, as job scripts and modules make them, would change what
# tests see of the machine. Teams that spin starve each other on a loaded machine.
execute_process(COMMAND env OUTPUT_VARIABLE environment)
string(REGEX MATCHALL "(^|\n)(OMP|GOMP|KMP)_[A-Z_]+=" settings "${environment}")
foreach(setting IN LISTS settings)
  string(REGEX REPLACE "[\n=]" "" name "${setting}")
  unset(ENV{${name}})
endforeach()
set(ENV{OMP_WAIT_POLICY} passive)
