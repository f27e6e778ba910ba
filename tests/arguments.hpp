// A program's arguments, and programs started with them: no shell, and no text that is taken apart.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace crossover {

/// Blanks separate the words of a literal; a value (a path, a name, a number) is one argument, whatever is in
/// it:
/// {"run sum --csv", path, "--force"} has five. Text that was computed alone does not become arguments.
class Arguments {
 public:
  Arguments() = default;

  template <class First, class... Parts>
  requires(std::is_array_v<First> || std::is_same_v<First, Arguments>)
      Arguments(const First& first, const Parts&... parts) {
    add(first);
    (add(parts), ...);
  }

  const std::vector<std::string>& words() const { return words_; }

  /// As main() has them; valid as long as these arguments are.
  std::vector<const char*> argv(const char* program) const {
    std::vector<const char*> pointers = {program};
    for (const std::string& word : words_) pointers.push_back(word.c_str());
    pointers.push_back(nullptr);
    return pointers;
  }

  friend std::ostream& operator<<(std::ostream& out, const Arguments& arguments) {
    for (const std::string& word : arguments.words_) out << '[' << word << ']';
    return out;
  }

 private:
  template <class Part>
  void add(const Part& part) {
    if constexpr (std::is_array_v<Part>) {
      std::istringstream literal(part);
      words_.insert(words_.end(), std::istream_iterator<std::string>(literal), {});
    } else if constexpr (std::is_same_v<Part, Arguments>) {
      words_.insert(words_.end(), part.words_.begin(), part.words_.end());
    } else if constexpr (std::is_integral_v<Part>) {
      words_.push_back(std::to_string(part));
    } else {
      words_.emplace_back(part);
    }
  }

  std::vector<std::string> words_;
};

/// All of a file; nothing where there is none.
inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Starts a program in `folder`, in a process group of its own; what it says goes to two files there
/// (nullptr: to where the test's own goes). `before_exec`: in the process that becomes it. (optional)
inline pid_t start_program(const std::string& program, const Arguments& arguments,
                           const std::filesystem::path& folder, const char* out = "stdout",
                           const char* err = "stderr", const std::function<void()>& before_exec = {}) {
  const std::vector<const char*> argv = arguments.argv(program.c_str());
  const pid_t child = fork();
  if (child != 0) return child;
  if (chdir(folder.c_str()) != 0) _exit(126);
  if (out) dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
  if (err) dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
  setpgid(0, 0);
  if (before_exec) before_exec();
  execvp(program.c_str(), const_cast<char* const*>(argv.data()));
  _exit(127);
}

/// Waits for a child: its exit status; -1: killed.
inline int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace crossover
