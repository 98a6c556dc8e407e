#include "client/advise/gguf/split.h"

#include <fmt/format.h>

#include <unordered_set>

#include "client/advise/broken.h"
#include "client/advise/gguf/limits.h"

namespace m1opt::client::advise::gguf {
namespace {

using base::Result;

constexpr std::uint64_t kMostBytes = 1ULL << 56U;  // so no sum over their tensors wraps
constexpr std::size_t kEnding = 20;  // -00001-of-00003.gguf

Result<void> check_place(const Header& header, std::size_t place, std::size_t count) {
  if (number(header.metadata, "split.count").value_or(1) != count) {
    return broken(fmt::format("file {} of {} counts the files differently", place + 1, count));
  }
  if (number(header.metadata, "split.no").value_or(0) != place) {
    return broken(fmt::format("file {} of {} is not the one that its name says", place + 1, count));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> names_of_files(const std::string& name, const Header& header) {
  const std::uint64_t count = number(header.metadata, "split.count").value_or(1);
  if (count <= 1) return std::vector{name};
  if (count > kMostFiles) return broken(fmt::format("the model is in {} files, more than {}", count, kMostFiles));
  const std::uint64_t own = number(header.metadata, "split.no").value_or(0);
  if (own >= count) return broken(fmt::format("this is file {} of {}", own + 1, count));
  const auto ending = [count](std::uint64_t place) { return fmt::format("-{:05}-of-{:05}.gguf", place + 1, count); };
  if (name.size() < kEnding || !name.ends_with(ending(own))) {
    return broken(fmt::format("the model is in {} files, but this one's name does not end in {}", count, ending(own)));
  }
  std::vector<std::string> names;
  for (std::uint64_t place = 0; place < count; ++place) {
    names.push_back(name.substr(0, name.size() - kEnding) + ending(place));
  }
  return names;
}

Result<Model> join(std::vector<Header> headers) {
  if (headers.empty()) return broken("a model of no files");
  Model model;
  model.files = headers.size();
  const std::uint64_t expected = number(headers.front().metadata, "split.tensors.count").value_or(0);
  std::unordered_set<std::string> names;
  for (std::size_t place = 0; place < headers.size(); ++place) {
    Header& header = headers[place];
    if (headers.size() > 1) {
      if (auto right = check_place(header, place, headers.size()); !right) return right.error();
    }
    if (header.file_bytes > kMostBytes - model.file_bytes) return broken("the files together are absurdly large");
    model.file_bytes += header.file_bytes;
    model.header_bytes += header.data_offset;
    for (Tensor& tensor : header.tensors) {
      if (!names.insert(tensor.name).second) return broken(fmt::format("the tensor \"{}\" is in two files", tensor.name));
      model.tensors.push_back(std::move(tensor));
    }
  }
  if (headers.size() > 1 && expected != 0 && model.tensors.size() != expected) {
    return broken(fmt::format("the files have {} tensors of {}", model.tensors.size(), expected));
  }
  model.metadata = std::move(headers.front().metadata);
  return model;
}

}  // namespace m1opt::client::advise::gguf
