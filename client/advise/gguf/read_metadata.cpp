#include "client/advise/gguf/read_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "client/advise/broken.h"
#include "client/advise/gguf/limits.h"

namespace m1opt::client::advise::gguf {
namespace {

using base::Result;

/// Bytes of one; of a text the least that it takes. 0: no such type, or no scalar.
std::uint64_t width_of(ValueType type) {
  switch (type) {
    case ValueType::u8:
    case ValueType::i8:
    case ValueType::boolean: return 1;
    case ValueType::u16:
    case ValueType::i16: return 2;
    case ValueType::u32:
    case ValueType::i32:
    case ValueType::f32: return 4;
    case ValueType::u64:
    case ValueType::i64:
    case ValueType::f64:
    case ValueType::text: return 8;
    case ValueType::array: return 0;
  }
  return 0;
}

bool is_signed(ValueType type) {
  return type == ValueType::i8 || type == ValueType::i16 || type == ValueType::i32 || type == ValueType::i64;
}

std::int64_t with_sign(std::uint64_t bits, std::uint64_t width) {
  const std::uint64_t shift = 64 - 8 * width;
  return static_cast<std::int64_t>(bits << shift) >> shift;
}

template <class To, class From>
To bits_as(From bits) {
  To value;
  static_assert(sizeof(To) == sizeof(From));
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

Result<Value> read_number_value(Cursor& cursor, ValueType type, const std::string& key) {
  const std::uint64_t width = width_of(type);
  const auto bits = cursor.read_number(static_cast<std::size_t>(width), fmt::format("the value of \"{}\"", key));
  if (!bits) return bits.error();
  if (type == ValueType::f32) return Value{double{bits_as<float>(static_cast<std::uint32_t>(*bits))}};
  if (type == ValueType::f64) return Value{bits_as<double>(*bits)};
  if (type == ValueType::boolean) {
    if (*bits > 1) return broken(fmt::format("\"{}\" is neither true nor false but {}", key, *bits));
    return Value{*bits == 1};
  }
  if (is_signed(type)) return Value{with_sign(*bits, width)};
  return Value{*bits};
}

Result<std::uint64_t> read_text_size(Cursor& cursor, std::uint64_t longest, const std::string& what) {
  const auto size = cursor.read_number(8, what);
  if (!size) return size.error();
  if (*size > longest) return broken(fmt::format("{} is longer than {} bytes", what, longest));
  return *size;
}

Result<Value> read_text_value(Cursor& cursor, const std::string& key) {
  const std::string what = fmt::format("the text of \"{}\"", key);
  const auto size = read_text_size(cursor, kLongestText, what);
  if (!size) return size.error();
  if (*size > kKeptText) {
    if (auto skipped = cursor.skip(*size, what); !skipped) return skipped.error();
    return Value{LongText{*size}};
  }
  auto text = cursor.read_text(*size, what);
  if (!text) return text.error();
  return Value{std::move(*text)};
}

Result<void> skip_texts(Cursor& cursor, std::uint64_t count, const std::string& what) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto size = read_text_size(cursor, kLongestText, what);
    if (!size) return size.error();
    if (auto skipped = cursor.skip(*size, what); !skipped) return skipped;
  }
  return {};
}

Result<void> read_members(Cursor& cursor, Array& array, const std::string& key) {
  array.members.reserve(static_cast<std::size_t>(array.count));
  for (std::uint64_t i = 0; i < array.count; ++i) {
    const auto member = read_number_value(cursor, array.of, key);
    if (!member) return member.error();
    if (const auto* truth = std::get_if<bool>(&*member)) array.members.push_back(*truth ? 1 : 0);
    if (const auto* held = std::get_if<std::int64_t>(&*member)) array.members.push_back(*held);
    if (const auto* held = std::get_if<std::uint64_t>(&*member)) {
      if (*held > INT64_MAX) return broken(fmt::format("\"{}\" has a number that is too large", key));
      array.members.push_back(static_cast<std::int64_t>(*held));
    }
  }
  return {};
}

Result<Value> read_array(Cursor& cursor, const std::string& key) {
  const std::string what = fmt::format("the list \"{}\"", key);
  const auto type = cursor.read_number(4, what);
  if (!type) return type.error();
  Array array{static_cast<ValueType>(*type), 0, {}};
  if (array.of == ValueType::array) return broken(fmt::format("{} is a list of lists", what));
  const std::uint64_t width = width_of(array.of);
  if (width == 0) return broken(fmt::format("{} is of an unknown type: {}", what, *type));
  const auto count = cursor.read_number(8, what);
  if (!count) return count.error();
  if (*count > kMostMembers) return broken(fmt::format("{} has more than {} members", what, kMostMembers));
  if (*count > cursor.remaining() / width) {
    return broken(fmt::format("{} has {} members, more than the file has room for", what, *count));
  }
  array.count = *count;
  const bool real = array.of == ValueType::f32 || array.of == ValueType::f64;
  Result<void> done;
  if (array.of == ValueType::text) {
    done = skip_texts(cursor, *count, what);
  } else if (real || *count > kKeptMembers) {
    done = cursor.skip(*count * width, what);
  } else {
    done = read_members(cursor, array, key);
  }
  if (!done) return done.error();
  return Value{std::move(array)};
}

Result<Value> read_value(Cursor& cursor, const std::string& key) {
  const auto number = cursor.read_number(4, fmt::format("the type of \"{}\"", key));
  if (!number) return number.error();
  const auto type = static_cast<ValueType>(*number);
  if (type == ValueType::array) return read_array(cursor, key);
  if (type == ValueType::text) return read_text_value(cursor, key);
  if (width_of(type) == 0) return broken(fmt::format("\"{}\" is of an unknown type: {}", key, *number));
  return read_number_value(cursor, type, key);
}

}  // namespace

Result<std::string> read_short_text(Cursor& cursor, std::uint64_t longest, const std::string& what) {
  const auto size = read_text_size(cursor, longest, what);
  if (!size) return size.error();
  return cursor.read_text(*size, what);
}

Result<Metadata> read_metadata(Cursor& cursor, std::uint64_t keys) {
  Metadata metadata;
  for (std::uint64_t i = 0; i < keys; ++i) {
    auto key = read_short_text(cursor, kLongestKey, fmt::format("the name of key {}", i + 1));
    if (!key) return key.error();
    if (key->empty()) return broken(fmt::format("key {} has no name", i + 1));
    if (key->find('\0') != std::string::npos) return broken(fmt::format("the name of key {} has a NUL in it", i + 1));
    if (metadata.contains(*key)) return broken(fmt::format("the key \"{}\" stands there twice", *key));
    auto value = read_value(cursor, *key);
    if (!value) return value.error();
    metadata.emplace(std::move(*key), std::move(*value));
  }
  return metadata;
}

}  // namespace m1opt::client::advise::gguf
