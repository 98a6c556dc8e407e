#include "client/advise/gguf/cursor.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/advise/gguf/limits.h"

namespace m1opt::client::advise::gguf {

using base::Errc;
using base::Error;
using base::Result;

Cursor::Cursor(ByteSource& source, std::uint64_t budget)
    : source_(source), end_(std::min(source.size(), budget)), cut_by_budget_(source.size() > budget) {}

Result<void> Cursor::expect(std::uint64_t bytes, const std::string& what) const {
  if (bytes <= remaining()) return {};
  if (cut_by_budget_) {
    return Error{Errc::parse, 0, fmt::format("the header is longer than {} bytes (at {})", end_, what)};
  }
  return Error{Errc::parse, 0, fmt::format("the file ends inside {}", what)};
}

Result<void> Cursor::fill() {
  if (position_ >= piece_start_ && position_ < piece_start_ + piece_.size()) return {};
  piece_start_ = position_;
  piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, remaining())));
  if (auto read = source_.read(position_, piece_); !read) {
    piece_.clear();
    return read;
  }
  bytes_read_ += piece_.size();
  return {};
}

Result<std::uint64_t> Cursor::read_number(std::size_t bytes, const std::string& what) {
  if (auto there = expect(bytes, what); !there) return there.error();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (auto filled = fill(); !filled) return filled.error();
    const auto byte = static_cast<unsigned char>(piece_[static_cast<std::size_t>(position_ - piece_start_)]);
    number |= static_cast<std::uint64_t>(byte) << (8 * i);
    ++position_;
  }
  return number;
}

Result<std::string> Cursor::read_text(std::uint64_t bytes, const std::string& what) {
  if (auto there = expect(bytes, what); !there) return there.error();
  std::string text;
  text.reserve(static_cast<std::size_t>(bytes));
  while (text.size() < bytes) {
    if (auto filled = fill(); !filled) return filled.error();
    const auto from = static_cast<std::size_t>(position_ - piece_start_);
    const std::size_t count = std::min<std::size_t>(piece_.size() - from, static_cast<std::size_t>(bytes) - text.size());
    text.append(piece_.data() + from, count);
    position_ += count;
  }
  return text;
}

Result<void> Cursor::skip(std::uint64_t bytes, const std::string& what) {
  if (auto there = expect(bytes, what); !there) return there;
  position_ += bytes;
  return {};
}

}  // namespace m1opt::client::advise::gguf
