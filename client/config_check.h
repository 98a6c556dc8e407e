#pragma once

#include <string>
#include <vector>

#include "client/failure.h"
#include "wire/config_text.h"

namespace m1opt::client {

/// What a check of the configuration found; needs no daemon.
struct ConfigCheck {
  std::vector<std::string> faults;  ///< each file:line:column: path: text
  std::string text;                 ///< the faults a line each, or that it is valid
};

Expected<wire::ConfigSource> read_config_source(const std::string& path);

Expected<ConfigCheck> check_config_file(const std::string& path);
/// The installed file and what conf.d lays over it, as the daemon reads them.
Expected<ConfigCheck> check_installed_config();

}  // namespace m1opt::client
