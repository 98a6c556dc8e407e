#include "client/python/disk.h"

#include <sys/stat.h>

#include <filesystem>

#include "client/render/format.h"

namespace m1opt::client::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFiles = 200'000;
constexpr std::uint64_t kBlock = 512;  // of st_blocks, whatever the file system's own is

}  // namespace

DiskUse measure_directory(const std::string& directory) {
  DiskUse use;
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    struct stat about {};
    if (::lstat(entry->path().c_str(), &about) != 0) continue;
    const auto bytes = static_cast<std::uint64_t>(about.st_blocks) * kBlock;
    use.bytes += bytes;
    if (!S_ISREG(about.st_mode)) continue;
    if (++use.files >= kMostFiles) {
      use.whole = false;
      break;
    }
    if (about.st_nlink < 2) continue;
    ++use.shared_files;
    use.shared_bytes += bytes;
  }
  return use;
}

std::string size_text(std::uint64_t bytes) { return render::format_bytes(static_cast<double>(bytes)); }

std::string nearest_existing(const std::string& path) {
  std::error_code ignored;
  fs::path at = path;
  while (!fs::exists(at, ignored) && at != at.parent_path()) at = at.parent_path();
  return at.string();
}

std::optional<bool> on_one_volume(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  if (::stat(nearest_existing(one).c_str(), &first) != 0) return std::nullopt;
  if (::stat(nearest_existing(other).c_str(), &second) != 0) return std::nullopt;
  return first.st_dev == second.st_dev;
}

}  // namespace m1opt::client::python
