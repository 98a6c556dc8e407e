#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace m1opt::base {

/// A file that only this user reads, where temporary ones go, until the end of its owner.
class TemporaryFile {
 public:
  /// Its name begins with `name`.
  static Result<TemporaryFile> make(std::string_view name, std::string_view text);
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  /// Absolute.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace m1opt::base
