#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/tools.h"

/// What the tools of the system say when they do not do as told.
namespace m1opt::settings {

inline bool says(const ToolExit& exit, std::string_view words) {
  return exit.output.find(words) != std::string::npos || exit.errors.find(words) != std::string::npos;
}

inline bool is_done(const ToolExit& exit) { return exit.status == 0 && !exit.timed_out; }

/// "mdutil -i off /": how a person would write it.
inline std::string command_text(std::string_view tool, const std::vector<std::string>& arguments) {
  std::string text(tool);
  for (const std::string& word : arguments) text += ' ' + word;
  return text;
}

}  // namespace m1opt::settings
