#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace m1opt::platform {

using namespace m1opt::base;

/// A file of /proc or /sys that is read at every tick: opened once, read from
/// its start with pread, which makes the kernel write it afresh. One that is
/// gone (a device was unplugged) is tried anew at each read.
class PolledFile {
 public:
  explicit PolledFile(std::string path) : path_(std::move(path)) {}

  /// The text up to `buffer.size()` bytes, in `buffer`. Costs one system call.
  Result<std::string_view> read(std::vector<char>& buffer);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  Fd fd_;
};

/// The whole of a small attribute, trimmed; empty when it cannot be read. For
/// what is read once at start.
std::string read_attribute(const std::string& path);

/// Names in a directory, sorted; empty when it cannot be read.
std::vector<std::string> list_names(const std::string& directory);

}  // namespace m1opt::platform
