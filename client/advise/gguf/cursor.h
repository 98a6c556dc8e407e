#pragma once

#include <string>
#include <vector>

#include "client/advise/gguf/byte_source.h"

namespace m1opt::client::advise::gguf {

/// Goes through a header, a piece at a time, never beyond the file or the budget.
class Cursor {
 public:
  Cursor(ByteSource& source, std::uint64_t budget);

  [[nodiscard]] std::uint64_t position() const { return position_; }
  /// Bytes that may still come: of the file, and of the budget.
  [[nodiscard]] std::uint64_t remaining() const { return end_ - position_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

  /// A whole number of so many bytes, little end first. `what` is for the error.
  base::Result<std::uint64_t> read_number(std::size_t bytes, const std::string& what);
  base::Result<std::string> read_text(std::uint64_t bytes, const std::string& what);
  base::Result<void> skip(std::uint64_t bytes, const std::string& what);

 private:
  base::Result<void> expect(std::uint64_t bytes, const std::string& what) const;
  base::Result<void> fill();

  ByteSource& source_;
  std::uint64_t end_;
  bool cut_by_budget_;
  std::uint64_t position_{0};
  std::uint64_t piece_start_{0};
  std::vector<char> piece_;
  std::uint64_t bytes_read_{0};
};

}  // namespace m1opt::client::advise::gguf
