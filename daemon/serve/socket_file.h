#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace m1opt::serve {

/// A listening Unix socket and its file, which goes with it.
class SocketFile {
 public:
  /// Makes the directory (0755) when it is absent. The file is never wider
  /// open than `mode`, not even for a moment. `group` owns it when given.
  static base::Result<SocketFile> open(const std::string& path, unsigned mode,
                                       std::optional<std::uint32_t> group);

  SocketFile() = default;
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

  /// The listening descriptor; the caller owns it from then on.
  int release() { return fd_.release(); }

  /// False when the file is gone, or somebody put another one in its place. Holds for as long as the
  /// socket is open: the kernel gives its inode to nobody else.
  [[nodiscard]] bool in_place() const;

  /// Does nothing when the file is not in its place.
  base::Result<void> set_mode(unsigned mode, std::optional<std::uint32_t> group);

  /// Removes the file unless somebody put another one in its place.
  void remove();

 private:
  std::string path_;
  base::Fd fd_;
  std::uint64_t device_{0};
  std::uint64_t inode_{0};
};

}  // namespace m1opt::serve
