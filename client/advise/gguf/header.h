#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/advise/gguf/tensor_type.h"

namespace m1opt::client::advise::gguf {

/// The numbers that stand in files.
enum class ValueType : std::uint32_t {
  u8 = 0, i8 = 1, u16 = 2, i16 = 3, u32 = 4, i32 = 5, f32 = 6, boolean = 7, text = 8, array = 9,
  u64 = 10, i64 = 11, f64 = 12,
};

/// A list. Its members are kept only where there is one for each layer or so: whole numbers and
/// truths, at most kKeptMembers of them.
struct Array {
  ValueType of{ValueType::u8};
  std::uint64_t count{0};
  std::vector<std::int64_t> members;
};

/// A text that is too long to keep: a template, a licence.
struct LongText {
  std::uint64_t size{0};
};

/// Unsigned and signed numbers are one here; those above 2^63-1 are refused when read as a count.
using Value = std::variant<std::uint64_t, std::int64_t, double, bool, std::string, LongText, Array>;
using Metadata = std::map<std::string, Value, std::less<>>;

struct Tensor {
  std::string name;
  std::array<std::uint64_t, 4> dims{1, 1, 1, 1};  ///< the first is the length of a row
  const TensorType* type{nullptr};
  std::uint64_t offset{0};  ///< from the beginning of the data
  std::uint64_t elements{0};
  std::uint64_t bytes{0};
};

/// All of a file but the weights themselves.
struct Header {
  std::uint32_t version{0};
  std::uint64_t alignment{32};
  Metadata metadata;
  std::vector<Tensor> tensors;
  std::uint64_t header_bytes{0};  ///< where the table of tensors ends
  std::uint64_t data_offset{0};
  std::uint64_t file_bytes{0};
};

/// Absent, or of another type: nothing.
const Value* find(const Metadata& metadata, std::string_view key);
std::optional<std::string> text(const Metadata& metadata, std::string_view key);
/// A whole number that is not negative, whatever its width.
std::optional<std::uint64_t> number(const Metadata& metadata, std::string_view key);
const Array* array(const Metadata& metadata, std::string_view key);

}  // namespace m1opt::client::advise::gguf
