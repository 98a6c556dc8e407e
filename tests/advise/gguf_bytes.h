#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "client/advise/gguf/byte_source.h"
#include "client/advise/gguf/tensor_type.h"

namespace m1opt::test {

/// Writes a GGUF file by hand, right or wrong.
class GgufBytes {
 public:
  template <class T>
  GgufBytes& put(T number) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &number, sizeof bytes);
    body_.append(bytes, sizeof bytes);
    return *this;
  }
  GgufBytes& put_text(std::string_view text) {
    put<std::uint64_t>(text.size());
    body_ += text;
    return *this;
  }
  /// The beginning of a key; the value follows by put().
  GgufBytes& key(std::string_view name, std::uint32_t type) {
    ++keys;
    return put_text(name).put(type);
  }
  GgufBytes& u32(std::string_view name, std::uint32_t value) { return key(name, 4).put(value); }
  GgufBytes& text(std::string_view name, std::string_view value) { return key(name, 8).put_text(value); }
  GgufBytes& list(std::string_view name, const std::vector<std::uint32_t>& values) {
    key(name, 9).put<std::uint32_t>(4).put<std::uint64_t>(values.size());
    for (const std::uint32_t value : values) put(value);
    return *this;
  }
  /// In the place that follows the one before it.
  GgufBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type) {
    std::uint64_t elements = 1;
    put_text(name).put(static_cast<std::uint32_t>(dims.size()));
    ++tensors;
    for (const std::uint64_t dim : dims) {
      put(dim);
      elements *= dim;
    }
    put(type).put(data);
    const auto* row = client::advise::gguf::find_tensor_type(type);
    if (row != nullptr) data = (data + elements / row->block * row->bytes + 31) / 32 * 32;
    return *this;
  }

  std::string magic{"GGUF"};
  std::uint32_t version{3};
  std::uint64_t keys{0};
  std::uint64_t tensors{0};
  std::uint64_t data{0};

  /// Without the weights.
  [[nodiscard]] std::string header() const {
    GgufBytes head;
    head.body_ = magic;
    head.put(version).put(tensors).put(keys);
    return head.body_ + body_;
  }
  /// With zeros for weights.
  [[nodiscard]] std::string file() const {
    std::string whole = header();
    whole.resize((whole.size() + 31) / 32 * 32 + static_cast<std::size_t>(data));
    return whole;
  }

 private:
  std::string body_;
};

/// ByteFile in memory, which may stand at the beginning of a much larger file.
class ByteFile : public client::advise::gguf::ByteSource {
 public:
  explicit ByteFile(std::string bytes) : ByteFile(std::move(bytes), 0) {}
  ByteFile(std::string bytes, std::uint64_t size) : bytes_(std::move(bytes)), size_(size != 0 ? size : bytes_.size()) {}

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  base::Result<void> read(std::uint64_t offset, std::span<char> into) override {
    if (offset + into.size() > size_) return base::Error{base::Errc::io, 0, "read beyond the end"};
    read_bytes += into.size();
    std::memset(into.data(), 0, into.size());
    if (offset < bytes_.size()) {
      bytes_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
    }
    return {};
  }

  std::uint64_t read_bytes{0};

 private:
  std::string bytes_;
  std::uint64_t size_;
};

}  // namespace m1opt::test
