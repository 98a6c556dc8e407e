#pragma once

#include <string>

#include "base/result.h"

/// A daemon that runs as root must not take orders or keep its memory where
/// somebody else can write.
namespace m1opt::app {

using namespace m1opt::base;

/// The path, each symlink on it, and every directory that is passed belong to
/// root or to this user, and nobody else may write to them, by mode or by an
/// access list. A sticky directory such as /tmp may be passed on the way to what
/// is there already. What is absent is judged by its directory. Only checked
/// when running as root. The error says which part, and ends with the command
/// that mends it.
Result<void> check_trusted(const std::string& path);

/// A directory in which the daemon makes files: besides, nobody else may add to it.
Result<void> check_own_directory(const std::string& path);

/// check_trusted() of each entry of a directory.
Result<void> check_trusted_entries(const std::string& directory);

/// Makes the directory (and those above it) with this mode when absent.
Result<void> make_directory(const std::string& path, unsigned mode);

}  // namespace m1opt::app
