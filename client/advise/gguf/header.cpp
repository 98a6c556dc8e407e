#include "client/advise/gguf/header.h"

namespace m1opt::client::advise::gguf {

const Value* find(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? nullptr : &found->second;
}

std::optional<std::string> text(const Metadata& metadata, std::string_view key) {
  const Value* value = find(metadata, key);
  const auto* held = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return held == nullptr ? std::nullopt : std::optional(*held);
}

std::optional<std::uint64_t> number(const Metadata& metadata, std::string_view key) {
  const Value* value = find(metadata, key);
  if (value == nullptr) return std::nullopt;
  if (const auto* held = std::get_if<std::uint64_t>(value)) return *held;
  if (const auto* held = std::get_if<std::int64_t>(value); held != nullptr && *held >= 0) {
    return static_cast<std::uint64_t>(*held);
  }
  return std::nullopt;
}

const Array* array(const Metadata& metadata, std::string_view key) {
  const Value* value = find(metadata, key);
  return value == nullptr ? nullptr : std::get_if<Array>(value);
}

}  // namespace m1opt::client::advise::gguf
