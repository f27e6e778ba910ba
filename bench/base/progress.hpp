// One line on stderr that says what is going on; silent unless stderr is a terminal.
#pragma once

#include <string>

namespace crossover {

class Progress {
 public:
  explicit Progress(bool wanted);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Replaces the line, at most ten times a second.
  void show(const std::string& line);
  void clear();

 private:
  bool on_;
  bool shown_ = false;
  double last_s_ = 0;
};

}  // namespace crossover
