#pragma once

#include <memory>

#include "client/settings/keeping.h"

namespace m1opt::client::settings {

/// A job of launchd of the user's own that sets the variables at each login, for the app and for
/// Homebrew's service alike. Never run on a Mac.
struct LaunchAgentPlace {
  std::string home;
  std::string data_directory;  ///< where what was set before is written down
  unsigned uid{0};
};

std::string launch_agent_path(const LaunchAgentPlace& place);
std::string launch_agent_text(const std::vector<Variable>& variables);

std::unique_ptr<Keeping> make_launch_agent(LaunchAgentPlace place, RunTool run);

}  // namespace m1opt::client::settings
