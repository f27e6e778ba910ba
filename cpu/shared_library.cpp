#include "cpu/shared_library.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "common/execution.hpp"

namespace crossover::cpu {

void SharedLibrary::Close::operator()(void* library) const { dlclose(library); }

SharedLibrary::SharedLibrary(const char* title, const char* variable, const std::vector<std::string>& names,
                             const std::string& advice)
    : advice_(advice) {
  const char* chosen = std::getenv(variable);
  std::string why;
  for (const std::string& name : chosen ? std::vector<std::string>{chosen} : names) {
    library_.reset(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
    name_ = name;
    if (library_) return;
    const char* error = dlerror();
    if (why.empty() && error) why = error;
  }
  throw Unavailable(std::string(title) + " cannot be loaded (" + why + "): " + advice_ +
                    (chosen ? std::string(", or unset ") + variable : std::string()));
}

void* SharedLibrary::address(const char* function) const { return dlsym(library_.get(), function); }

void* SharedLibrary::expect(const char* function, void* address) const {
  if (!address) throw Unavailable(name_ + " has no " + function + ": " + advice_);
  return address;
}

}  // namespace crossover::cpu
