// A model's file, which may be anybody's: the header itself, and what is worked out from it.
#include "client/advise/gguf/read.h"

#include "client/advise/footprint.h"
#include "client/advise/gguf/split.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

namespace m1opt::fuzz {
namespace {

using namespace client::advise;

/// The input, and zeros up to the size that a file may have.
class Input : public gguf::ByteSource {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::uint64_t size() const override { return 1ULL << 40U; }
  base::Result<void> read(std::uint64_t offset, std::span<char> into) override {
    require(offset + into.size() <= size(), "nothing is read beyond the file");
    std::memset(into.data(), 0, into.size());
    if (offset < bytes_.size()) bytes_.substr(static_cast<std::size_t>(offset)).copy(into.data(), into.size());
    return {};
  }

 private:
  std::string_view bytes_;
};

}  // namespace

void gguf_header(std::string_view input) {
  Input source(input);
  auto header = gguf::read_header(source, 1U << 20U);
  if (!header) {
    require(!header.error().what.empty(), "a refusal says why");
    return;
  }
  std::uint64_t end = 0;
  for (const auto& tensor : header->tensors) {
    require(tensor.offset >= end, "no two tensors overlap");
    end = tensor.offset + tensor.bytes;
  }
  require(header->data_offset + end <= source.size(), "all weights are in the file");
  if (const auto shape = shape_of(header->metadata)) {
    const Use use{8192, 2, 0, find_cache_type("F16"), true};
    if (const auto cache = kv_cache_of(*shape, use)) require(cache->windowed_cells >= 2, "no window wraps to nothing");
    const auto footprint = footprint_of(*shape, {}, {8192, 2, 0, find_cache_type("Q8_0"), true}, System::macos);
    if (footprint) require(footprint->loaded() < 1ULL << 62U, "no part overflows");
  }
  (void)gguf::names_of_files("model-00001-of-00002.gguf", *header);
  (void)gguf::join({std::move(*header)});
}

}  // namespace m1opt::fuzz
