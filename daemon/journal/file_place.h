#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"

namespace m1opt::journal {

using namespace m1opt::base;

/// The three files that a database in WAL mode is: data, log and index.
inline constexpr std::array<const char*, 3> kDatabaseFiles{"", "-wal", "-shm"};

/// Refuses what is no journal of ours before SQLite touches it: no plain file, another's, writable
/// by others. A file that is absent is no fault.
Result<void> check_journal_file(const std::string& path);

/// The path with its directory resolved: SQLite's "no symlinks" means every part of the path, and
/// /var is a symlink on macOS.
std::string resolve_directory(const std::string& path);

/// Which files they are, to notice when somebody removes or replaces one that is in use: what is
/// written then, nobody finds again.
class FilePlace {
 public:
  FilePlace() = default;
  /// Remembers what is there now.
  explicit FilePlace(std::string path);

  /// The error names the file that is not the one it was.
  [[nodiscard]] Result<void> check() const;

 private:
  using Identity = std::optional<std::pair<std::uint64_t, std::uint64_t>>;  // device, inode
  static Identity identify(const std::string& path);

  std::string path_;  ///< empty: in memory, nothing to lose
  std::array<Identity, 3> files_;
};

}  // namespace m1opt::journal
