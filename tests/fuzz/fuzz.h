#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

/// What the targets share. A target is a function of one input; it must return, whatever the input
/// is. libFuzzer counts an exception as a crash, the replay (replay_test.cpp) as a failed test.
namespace m1opt::fuzz {

inline void require(bool holds, const std::string& sentence) {
  if (!holds) throw std::logic_error(sentence);
}

/// Cuts an input into what a target needs; zeros and empty texts once it is used up.
class Pieces {
 public:
  explicit Pieces(std::string_view input) : rest_(input) {}

  template <class T>
  T take() {
    std::array<char, sizeof(T)> bytes{};
    const std::string_view piece = take_text(sizeof(T));
    piece.copy(bytes.data(), piece.size());
    T out;
    std::memcpy(&out, bytes.data(), sizeof(T));
    return out;
  }
  std::string_view take_text(std::size_t size) {
    const std::string_view piece = rest_.substr(0, size);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace m1opt::fuzz
