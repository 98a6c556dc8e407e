#include "client/shell_words.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace m1opt::client {
namespace {

bool is_plain(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || std::string_view("-_./:=,+@%").find(static_cast<char>(letter)) != std::string_view::npos;
  });
}

}  // namespace

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += is_plain(word) ? word : quoted(word);
  }
  return line;
}

}  // namespace m1opt::client
