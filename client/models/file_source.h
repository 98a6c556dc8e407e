#pragma once

#include <memory>
#include <string>

#include "base/fd.h"
#include "client/advise/gguf/byte_source.h"

namespace m1opt::client::models {

/// A regular file, read at places. Never follows a link in the last part of its path's name unless
/// told to, never waits for a pipe or a device.
class FileSource : public advise::gguf::ByteSource {
 public:
  enum class Links { followed, refused };
  static base::Result<std::unique_ptr<FileSource>> open(const std::string& path, Links links);

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  base::Result<void> read(std::uint64_t offset, std::span<char> into) override;
  /// Bytes that were asked of the system so far.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  FileSource(base::Fd fd, std::uint64_t size, std::string path);

  base::Fd fd_;
  std::uint64_t size_;
  std::string path_;
  std::uint64_t bytes_read_{0};
};

}  // namespace m1opt::client::models
