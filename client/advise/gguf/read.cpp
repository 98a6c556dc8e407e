#include "client/advise/gguf/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "client/advise/broken.h"
#include "client/advise/gguf/cursor.h"
#include "client/advise/gguf/read_metadata.h"
#include "client/advise/gguf/read_tensors.h"

namespace m1opt::client::advise::gguf {
namespace {

using base::Result;

constexpr std::uint64_t kMagic = 0x46554747;  // "GGUF"
// A key takes its length, a letter, a type and a byte; a tensor its length, dimensions, type, place.
constexpr std::uint64_t kLeastKey = 8 + 1 + 4 + 1;
constexpr std::uint64_t kLeastTensor = 8 + 4 + 4 + 8;
constexpr std::uint64_t kMostAlignment = 1U << 20U;

Result<std::uint32_t> read_version(Cursor& cursor) {
  const auto magic = cursor.read_number(4, "the magic number");
  if (!magic) return magic.error();
  if (*magic != kMagic) return broken("this is no GGUF file: it does not begin with \"GGUF\"");
  const auto version = cursor.read_number(4, "the version");
  if (!version) return version.error();
  if ((*version & 0xFFFFU) == 0) return broken("the file is for machines that write the high byte first");
  if (*version == 1) return broken("GGUF version 1 is not supported any more: convert the model anew");
  if (*version > 3) return broken(fmt::format("GGUF version {} is not known, only 2 and 3", *version));
  return static_cast<std::uint32_t>(*version);
}

Result<std::uint64_t> read_count(Cursor& cursor, const char* what, std::uint64_t most, std::uint64_t least_size) {
  const auto count = cursor.read_number(8, fmt::format("the number of {}", what));
  if (!count) return count.error();
  if (*count > most) return broken(fmt::format("{} {} are more than {}", *count, what, most));
  if (*count > cursor.remaining() / least_size) {
    return broken(fmt::format("{} {} are more than the file has room for", *count, what));
  }
  return *count;
}

Result<std::uint64_t> alignment_of(const Metadata& metadata) {
  const Value* value = find(metadata, "general.alignment");
  if (value == nullptr) return 32;
  const auto* held = std::get_if<std::uint64_t>(value);
  if (held == nullptr || !std::has_single_bit(*held) || *held > kMostAlignment) {
    return broken("general.alignment is no power of two");
  }
  return *held;
}

/// Are the weights all there? A download that broke off has a whole header.
Result<void> check_length(const Header& header) {
  std::uint64_t end = 0;
  for (const Tensor& tensor : header.tensors) end = std::max(end, header.data_offset + tensor.offset + tensor.bytes);
  if (end <= header.file_bytes) return {};
  return broken(fmt::format("the file is cut off: it has {} bytes of {}", header.file_bytes, end));
}

}  // namespace

Result<Header> read_header(ByteSource& source, std::uint64_t budget) {
  Cursor cursor(source, budget);
  Header header;
  header.file_bytes = source.size();
  const auto version = read_version(cursor);
  if (!version) return version.error();
  header.version = *version;
  const auto tensors = read_count(cursor, "tensors", kMostTensors, kLeastTensor);
  if (!tensors) return tensors.error();
  const auto keys = read_count(cursor, "keys", kMostKeys, kLeastKey);
  if (!keys) return keys.error();
  auto metadata = read_metadata(cursor, *keys);
  if (!metadata) return metadata.error();
  header.metadata = std::move(*metadata);
  const auto alignment = alignment_of(header.metadata);
  if (!alignment) return alignment.error();
  header.alignment = *alignment;
  auto table = read_tensors(cursor, *tensors, *alignment);
  if (!table) return table.error();
  header.tensors = std::move(*table);
  header.header_bytes = cursor.position();
  header.data_offset = (header.header_bytes + *alignment - 1) / *alignment * *alignment;
  if (auto whole = check_length(header); !whole) return whole.error();
  return header;
}

}  // namespace m1opt::client::advise::gguf
