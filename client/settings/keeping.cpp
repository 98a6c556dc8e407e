#include "client/settings/keeping.h"

#include "platform/posix/tool.h"

namespace m1opt::client::settings {

ToolAnswer run_system_tool(const std::vector<std::string>& words) {
  constexpr int kNotRun = 127;
  const auto exit = platform::posix::run_tool(
      {words.front(), {words.begin() + 1, words.end()}, std::chrono::seconds(10)});
  if (!exit) return {kNotRun, exit.error().what};
  return {exit->status.value_or(kNotRun), exit->output};
}

}  // namespace m1opt::client::settings
