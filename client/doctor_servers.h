#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "client/doctor.h"
#include "platform/platform.h"

namespace m1opt::client {

/// A process as the search for lost runners sees it.
struct SeenProcess {
  std::int32_t pid{0};
  std::int32_t parent{0};
  std::string name;
  std::vector<std::string> arguments;
  double footprint_bytes{0};
};

/// Runners of Ollama's that no Ollama has any more: they hold a model, and nobody asks them or ends
/// them. A llama-server that somebody started himself is none.
std::vector<Finding> examine_runners(const std::vector<SeenProcess>& processes);
/// Those that may be servers or runners, or above one.
std::vector<SeenProcess> list_runners(platform::ProcessTable& table);

/// Has the local server's loaded model generate a word: after a fault of the GPU it may answer 200
/// with nothing in it. `status` tells whether it is at work, when it is not asked; null: no daemon.
std::vector<Finding> examine_answers(const boost::json::value& status);

}  // namespace m1opt::client
