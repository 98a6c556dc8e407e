#pragma once

#include <string>
#include <vector>

/// Commands as they are shown, so that they can be typed. None is ever given to a shell.
namespace m1opt::client {

/// As one word of a shell, whatever is in it.
std::string quoted(const std::string& text);
/// The words in a row, each quoted that needs it.
std::string command_line(const std::vector<std::string>& words);

}  // namespace m1opt::client
