#pragma once

#include <string>

#include "client/failure.h"

/// Files of the user who runs m1optctl.
namespace m1opt::client {

/// HOME, else what the accounts say.
std::string home_directory();
/// ~/Library/Application Support/m1opt on a Mac, else $XDG_DATA_HOME/m1opt or ~/.local/share/m1opt.
std::string data_directory();

/// The whole file at once, its directories made first; an existing one is replaced.
Expected<void> write_user_file(const std::string& path, const std::string& text);

}  // namespace m1opt::client
