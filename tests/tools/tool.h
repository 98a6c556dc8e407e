#pragma once

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "real_process.h"

namespace m1opt::tools {

/// The command line: `--name value`, `--name`, and words that belong to nobody. Whatever stands
/// behind `--` is never looked at: a test can start a tool there with any arguments it likes.
class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i)
      words_.emplace_back(argv[i]);
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) < words_.size(); }
  [[nodiscard]] std::string text(std::string_view name) const {
    const std::size_t at = find(name);
    return at + 1 < words_.size() ? words_[at + 1] : std::string();
  }
  [[nodiscard]] double number(std::string_view name, double otherwise) const {
    if (!has(name)) return otherwise;
    const std::string value = text(name);
    char* end = nullptr;
    const double parsed = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0' || parsed < 0) {
      std::fprintf(stderr, "%.*s needs a number, not '%s'\n", static_cast<int>(name.size()),
                   name.data(), value.c_str());
      std::exit(2);
    }
    return parsed;
  }

 private:
  [[nodiscard]] std::size_t find(std::string_view name) const {
    std::size_t i = 0;
    while (i < words_.size() && words_[i] != name) ++i;
    return i;
  }
  std::vector<std::string> words_;
};

/// No tool outlives its test: it ends with the process that started it (`--detach`: not) and by
/// itself after `--seconds`.
inline double limit_lifetime(const Arguments& arguments) {
  if (!arguments.has("--detach")) test::end_with_parent(::getppid());
  const double seconds = arguments.number("--seconds", 120);
  ::alarm(static_cast<unsigned>(seconds) + 5);
  return seconds;
}

}  // namespace m1opt::tools
