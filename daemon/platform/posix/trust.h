#pragma once

#include <optional>
#include <string>

#include "base/result.h"

/// Who could change what lies at a path, or put something else there.
namespace m1opt::platform::posix {

using namespace m1opt::base;

/// The part of a path that somebody else can change.
struct Distrust {
  std::string path;
  std::string what;     ///< "belongs to uid 12345"
  std::string command;  ///< that mends it, without the path: "chmod go-w"; "" when `what` ends with it
};

/// Goes the way that the kernel would go. Absent: the path, each symlink on it, and every directory
/// that is passed belong to root or to this process's user, and nobody else may write to them, by mode
/// or by an access list. A sticky directory such as /tmp may be passed on the way to what is there
/// already. What is absent is judged by its directory.
Result<std::optional<Distrust>> find_distrust(const std::string& path);
/// The same of a path whose last part may be a symlink, which is looked at itself.
Result<std::optional<Distrust>> find_distrust_of_link(const std::string& path);

/// /tmp and its kin: everybody may add to them, but nobody takes away what is another's.
bool is_shared_directory(const std::string& path);

}  // namespace m1opt::platform::posix
