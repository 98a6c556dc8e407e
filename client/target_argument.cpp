#include "client/target_argument.h"

#include <fmt/format.h>

#include <cstdlib>

#include "platform/platform.h"

namespace m1opt::client {

Expected<boost::json::object> parse_target(const std::string& word) {
  if (word.find_first_not_of("0123456789") != std::string::npos) {
    return boost::json::object{{"name", word}};
  }
  const long number = word.size() > 9 ? 0 : std::strtol(word.c_str(), nullptr, 10);
  const auto info = platform::make_process_table("")->stat(static_cast<std::int32_t>(number));
  if (number <= 0 || !info) {
    return Failure{exit_code::kFailure, fmt::format("there is no process {}", word), ""};
  }
  return boost::json::object{{"pid", info->id.pid}, {"start", info->id.start}};
}

}  // namespace m1opt::client
