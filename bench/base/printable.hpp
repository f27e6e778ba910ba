// Text of files, of their names, of /proc and of other programs may hold what a terminal obeys. Everything
// that this program prints goes through here.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace crossover {

/// The text with '?' for each control character (C0 but for line ends and tabs, DEL, C1), each mark that
/// changes the direction of text or ends a line elsewhere, and each byte that is not UTF-8.
std::string printable(std::string_view text);

/// To stdout or stderr, printable.
void print(std::FILE* stream, std::string_view text);

}  // namespace crossover
