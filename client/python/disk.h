#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace m1opt::client::python {

/// What a directory takes, as its files have blocks.
struct DiskUse {
  std::uint64_t bytes{0};
  std::uint64_t shared_bytes{0};  ///< of it in files with more than one name (hard links)
  std::uint64_t files{0};
  std::uint64_t shared_files{0};
  bool whole{true};  ///< false: more files than were looked at
};
/// Follows no symlink; looks at 200,000 files at most.
DiskUse measure_directory(const std::string& directory);

/// 512 B, 5.1 GiB.
std::string size_text(std::uint64_t bytes);

/// Are both, or what is there of the way to them, on one volume? Absent: cannot be told.
std::optional<bool> on_one_volume(const std::string& one, const std::string& other);

/// What a new directory there would lie in: the nearest one that exists.
std::string nearest_existing(const std::string& path);

}  // namespace m1opt::client::python
