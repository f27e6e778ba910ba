// A library that is loaded at run time where it is installed, never linked: the program is built without it,
// runs without it and can be carried.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace crossover::cpu {

class SharedLibrary {
 public:
  /// The first of `names` that the loader finds; where `variable` is set in the environment, that file and no
  /// other. Throws Unavailable, which says that `title` is missing and gives `advice`: what to install.
  SharedLibrary(const char* title, const char* variable, const std::vector<std::string>& names,
                const std::string& advice);

  /// Null where the library has no such function.
  template <class Function>
  Function* find(const char* name) const {
    return reinterpret_cast<Function*>(address(name));
  }
  /// Throws Unavailable where it has none.
  template <class Function>
  Function* get(const char* name) const {
    return reinterpret_cast<Function*>(expect(name, address(name)));
  }

  /// As it was asked for: "libopenblas.so.0".
  const std::string& name() const { return name_; }

 private:
  void* address(const char* function) const;
  void* expect(const char* function, void* address) const;

  struct Close {
    void operator()(void* library) const;
  };
  std::string name_, advice_;
  std::unique_ptr<void, Close> library_;
};

}  // namespace crossover::cpu
