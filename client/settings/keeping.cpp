#include "client/settings/keeping.h"

#include <cstdlib>

#include "platform/posix/tool.h"

namespace m1opt::client::settings {

namespace {

/// Where systemctl --user finds the session.
std::vector<std::string> session_variables() {
  std::vector<std::string> variables;
  for (const char* name : {"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) variables.push_back(std::string(name) + "=" + value);
  }
  return variables;
}

}  // namespace

ToolAnswer run_system_tool(const std::vector<std::string>& words) {
  constexpr int kNotRun = 127;
  platform::posix::Tool tool{words.front(), {words.begin() + 1, words.end()}, std::chrono::seconds(10)};
  tool.environment = session_variables();
  const auto exit = platform::posix::run_tool(tool);
  if (!exit) return {kNotRun, exit.error().what};
  return {exit->status.value_or(kNotRun), exit->output};
}

}  // namespace m1opt::client::settings
