#include "client/advise/gguf/read_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "client/advise/broken.h"
#include "client/advise/gguf/limits.h"
#include "client/advise/gguf/read_metadata.h"

namespace m1opt::client::advise::gguf {
namespace {

using base::Result;

constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Result<void> read_dims(Cursor& cursor, Tensor& tensor) {
  const std::string what = fmt::format("the shape of tensor \"{}\"", tensor.name);
  const auto count = cursor.read_number(4, what);
  if (!count) return count.error();
  if (*count > kMostDims) return broken(fmt::format("tensor \"{}\" has {} dimensions", tensor.name, *count));
  tensor.elements = 1;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto dim = cursor.read_number(8, what);
    if (!dim) return dim.error();
    if (*dim > kMost / std::max<std::uint64_t>(1, tensor.elements)) return broken(fmt::format("tensor \"{}\" has too many elements", tensor.name));
    tensor.dims[i] = *dim;
    tensor.elements *= *dim;
  }
  return {};
}

Result<void> read_type(Cursor& cursor, Tensor& tensor) {
  const auto id = cursor.read_number(4, fmt::format("the type of tensor \"{}\"", tensor.name));
  if (!id) return id.error();
  tensor.type = find_tensor_type(static_cast<std::uint32_t>(*id));
  if (tensor.type == nullptr) return broken(fmt::format("tensor \"{}\" is of an unknown type: {}", tensor.name, *id));
  if (tensor.dims[0] % tensor.type->block != 0) {
    return broken(fmt::format("rows of tensor \"{}\" have {} numbers, which blocks of {} do not fill", tensor.name,
                              tensor.dims[0], tensor.type->block));
  }
  const auto bytes = packed_bytes(*tensor.type, tensor.elements);
  if (!bytes) return broken(fmt::format("tensor \"{}\" takes too many bytes", tensor.name));
  tensor.bytes = *bytes;
  return {};
}

Result<Tensor> read_tensor(Cursor& cursor, std::uint64_t number) {
  Tensor tensor;
  auto name = read_short_text(cursor, kLongestName, fmt::format("the name of tensor {}", number));
  if (!name) return name.error();
  tensor.name = std::move(*name);
  if (auto read = read_dims(cursor, tensor); !read) return read.error();
  if (auto read = read_type(cursor, tensor); !read) return read.error();
  const auto offset = cursor.read_number(8, fmt::format("the place of tensor \"{}\"", tensor.name));
  if (!offset) return offset.error();
  tensor.offset = *offset;
  return tensor;
}

}  // namespace

Result<std::vector<Tensor>> read_tensors(Cursor& cursor, std::uint64_t count, std::uint64_t alignment) {
  std::vector<Tensor> tensors;
  std::unordered_set<std::string> names;
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto tensor = read_tensor(cursor, i + 1);
    if (!tensor) return tensor.error();
    if (!names.insert(tensor->name).second) {
      return broken(fmt::format("the tensor \"{}\" stands there twice", tensor->name));
    }
    if (tensor->offset != next) {
      return broken(fmt::format("tensor \"{}\" begins at {} where the one before it ends at {}", tensor->name,
                                tensor->offset, next));
    }
    const std::uint64_t most = kMost - alignment;
    if (tensor->bytes > most || next > most - tensor->bytes) return broken("the tensors together take too many bytes");
    next = (next + tensor->bytes + alignment - 1) / alignment * alignment;
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}

}  // namespace m1opt::client::advise::gguf
