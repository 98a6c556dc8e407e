#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace m1opt::serve {

/// May a socket be made in this directory? The error says why not.
using CheckDirectory = std::function<base::Result<void>(const std::string& directory)>;

/// A listening Unix socket and its file, which goes with it.
class SocketFile {
 public:
  /// Makes the directory (0755) when it is absent. The file is its owner's alone until set_mode().
  /// The directory is judged before anything is made in it, and again once the file is there: whoever
  /// cleans up may have removed it in between, and a stranger made it anew.
  static base::Result<SocketFile> open(const std::string& path, const CheckDirectory& check);

  SocketFile() = default;
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

  /// The listening descriptor; the caller owns it from then on.
  int release() { return fd_.release(); }

  /// False when the file is gone, or somebody put another one in its place. Holds for as long as the
  /// socket is open: the kernel gives its inode to nobody else.
  [[nodiscard]] bool in_place() const;

  /// `group` owns the file when given; where it cannot, the file is its owner's alone. Never wider open
  /// than it was or will be. Does nothing when the file is not in its place.
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
