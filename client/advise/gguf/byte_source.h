#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace m1opt::client::advise::gguf {

/// What a header is read from: a file, or a test's bytes.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills all of `into` from there; asked only for what lies within size().
  virtual base::Result<void> read(std::uint64_t offset, std::span<char> into) = 0;
};

}  // namespace m1opt::client::advise::gguf
