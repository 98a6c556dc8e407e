#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/path.h"
#include "model/config.h"

/// Which process is meant by a row of the config. Pure. Everything here goes by
/// the resolved path of the executable; the kernel's short name is never used
/// (15 bytes, and a process may set it itself).
namespace m1opt::sense {

using namespace m1opt::base;
using namespace m1opt::model;

/// Linux marks the path of a program file that was unlinked, or replaced by an
/// upgrade, with " (deleted)".
bool is_deleted(std::string_view path);
std::string_view without_deleted(std::string_view path);

/// fnmatch(3) without flags: `*` any text, '/' included; `?` one byte; `[a-z]`,
/// `[!a-z]`; a backslash takes the next byte as it is. Bytes, not letters: case
/// counts, and a look-alike is another name.
bool matches_glob(std::string_view pattern, std::string_view text);

/// A pattern with a '/' is a glob over the whole path, any other the exact last
/// component. Never true for a deleted executable.
bool matches_executable(std::string_view pattern, std::string_view path);
bool matches_any_executable(const std::vector<std::string>& patterns, std::string_view path);

/// Does one of the word sequences ("serve", "-m mlx_lm server") stand among the
/// first arguments? `arguments` begins with the program's own name. Only
/// options may stand before it, so "python editor.py mlx_lm.server" is no
/// server; the value of -X and -W (Python) counts as part of the option. A
/// sequence's first word also matches the last component of an argument
/// ("/usr/bin/mlx_lm.server").
bool matches_arguments(const std::vector<std::string>& sequences,
                       const std::vector<std::string>& arguments);

/// The number behind --port ("--port 8080", "--port=8080"); the last one counts, as it does for
/// llama-server. Absent when there is none, or none from 1 to 65535.
std::optional<int> port_of(const std::vector<std::string>& arguments);

/// Is this where the system's own programs are, writable by root alone? Linux:
/// /usr/bin, /usr/sbin, /usr/lib, /usr/libexec, /bin, /sbin, /lib; macOS:
/// /System, /usr/libexec, /usr/sbin. (/usr/local is not.)
bool is_system_path(std::string_view path);

enum class TargetMatch {
  none,
  matched,
  foreign,  ///< the name matches, but owner and place do not
  deleted   ///< the name would match if the executable still existed
};

/// A bare name is enough for a process of the daemon's own user or in a system
/// path; a path glob matches as given.
TargetMatch match_target(const TargetConfig& target, std::string_view path, std::uint32_t owner,
                         std::uint32_t own_uid);

}  // namespace m1opt::sense
