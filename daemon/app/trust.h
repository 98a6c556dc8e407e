#pragma once

#include <string>

#include "base/result.h"

/// A daemon that runs as root must not take orders or keep its memory where
/// somebody else can write.
namespace m1opt::app {

using namespace m1opt::base;

/// The path, resolved through symlinks, and every directory above it belong to
/// root or to this user, and nobody else may write to them (a sticky directory
/// such as /tmp may be shared), by mode or by an access list. A file that is absent is judged by its
/// directory. Only checked when running as root. The error says which part and
/// how to mend it.
Result<void> check_trusted(const std::string& path);

/// Makes the directory (and those above it) with this mode when absent.
Result<void> make_directory(const std::string& path, unsigned mode);

}  // namespace m1opt::app
