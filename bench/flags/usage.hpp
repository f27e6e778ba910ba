// What --help says behind the flags, at most 80 columns wide.
#pragma once

#include <string>

namespace crossover {

std::string program_examples();
/// Problems with their size flags, and how numbers and inputs are given: what most notes begin with.
std::string problem_notes();
/// Problems with their size flags, examples, the table of outcomes and the exit status.
std::string run_notes();
std::string plan_notes();
std::string scaling_notes();
std::string find_notes();
std::string explain_notes();
std::string compare_notes();
std::string list_notes();
std::string devices_notes();

// wall_usage.cpp
std::string wall_notes();

// profile_usage.cpp
std::string predict_notes();
std::string choose_notes();
std::string calibrate_notes();

}  // namespace crossover
