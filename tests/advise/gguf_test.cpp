#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "advise/gguf_bytes.h"
#include "client/advise/gguf/read.h"
#include "client/models/read_model.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace m1opt::client::advise;
using client::models::FileSource;
using test::ByteFile;
using test::GgufBytes;

namespace {

GgufBytes small_model() {
  GgufBytes bytes;
  bytes.text("general.architecture", "llama").u32("llama.block_count", 2).u32("llama.embedding_length", 64);
  bytes.list("llama.attention.head_count_kv", {2, 1});
  bytes.key("llama.attention.layer_norm_rms_epsilon", 6).put(1e-5F);
  bytes.key("tokenizer.ggml.tokens", 9).put<std::uint32_t>(8).put<std::uint64_t>(3);
  for (const char* token : {"<unk>", "<s>", "</s>"}) bytes.put_text(token);
  bytes.key("tokenizer.ggml.add_bos_token", 7).put<std::uint8_t>(1);
  bytes.key("general.quantization_version", 5).put<std::int32_t>(-2);
  return bytes.tensor("token_embd.weight", {64, 3}, 0).tensor("blk.0.ffn_down.weight", {256, 64}, 12);
}

base::Result<gguf::Header> read(const std::string& bytes, std::uint64_t budget = gguf::kHeaderBudget) {
  ByteFile source(bytes);
  return gguf::read_header(source, budget);
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("a header is read as it was written") {
  const auto header = read(small_model().file());
  REQUIRE(header);
  CHECK(header->version == 3);
  CHECK(gguf::text(header->metadata, "general.architecture") == "llama");
  CHECK(gguf::number(header->metadata, "llama.block_count") == 2U);
  CHECK(gguf::number(header->metadata, "general.quantization_version") == std::nullopt);
  REQUIRE(gguf::array(header->metadata, "llama.attention.head_count_kv"));
  CHECK(gguf::array(header->metadata, "llama.attention.head_count_kv")->members == std::vector<std::int64_t>{2, 1});
  CHECK(gguf::array(header->metadata, "tokenizer.ggml.tokens")->count == 3);
  REQUIRE(header->tensors.size() == 2);
  CHECK(header->tensors[0].bytes == 64 * 3 * 4);
  CHECK(header->tensors[1].bytes == 64 * 144);
  CHECK(header->data_offset % 32 == 0);
  CHECK(header->file_bytes == header->data_offset + 768 + 9216);
}

TEST_CASE("version 2 is read like version 3") {
  auto bytes = small_model();
  bytes.version = 2;
  CHECK(read(bytes.file()));
}

TEST_CASE("the header of a file of 100 GB takes 64 KiB more than the header to read") {
  const test::TempDir directory;
  const std::string path = directory / "large.gguf";
  GgufBytes bytes = small_model().tensor("output.weight", {4096, 3200000}, 14);
  write(path, bytes.header());
  constexpr off_t kSize = 100'000'000'000;
  REQUIRE(::truncate(path.c_str(), kSize) == 0);
  auto file = FileSource::open(path, FileSource::Links::refused);
  REQUIRE(file);
  const auto header = gguf::read_header(**file);
  REQUIRE(header);
  CHECK(header->file_bytes == kSize);
  CHECK((*file)->bytes_read() <= header->header_bytes + 65536);
}

TEST_CASE("a long list of numbers is passed over, not read") {
  GgufBytes bytes;
  bytes.key("tokenizer.ggml.scores", 9).put<std::uint32_t>(6).put<std::uint64_t>(1'000'000);
  const std::string head = bytes.header();
  ByteFile source(head, head.size() + 4'000'000);
  const auto header = gguf::read_header(source);
  REQUIRE(header);
  CHECK(header->header_bytes == head.size() + 4'000'000);
  CHECK(source.read_bytes <= 65536);
}

TEST_CASE("a list that would take more than the budget is refused before any of it is kept") {
  GgufBytes bytes;
  bytes.key("tokenizer.ggml.tokens", 9).put<std::uint32_t>(8).put<std::uint64_t>(60'000'000);
  ByteFile source(bytes.header(), 100'000'000'000);
  const auto header = gguf::read_header(source);
  REQUIRE_FALSE(header);
  CHECK(header.error().what == "the list \"tokenizer.ggml.tokens\" has 60000000 members, more than the file has room for");
  CHECK(source.read_bytes <= 65536);
}

TEST_CASE("a text too long to keep is known by its length") {
  GgufBytes bytes;
  bytes.text("tokenizer.chat_template", std::string(5000, 'x'));
  const auto header = read(bytes.file());
  REQUIRE(header);
  CHECK(std::get<gguf::LongText>(*gguf::find(header->metadata, "tokenizer.chat_template")).size == 5000);
}

TEST_CASE("a link is followed only when that is wanted, and a device never") {
  const test::TempDir directory;
  write(directory / "model.gguf", small_model().file());
  REQUIRE(::symlink("model.gguf", (directory / "link.gguf").c_str()) == 0);
  CHECK(client::models::read_model(directory / "link.gguf", FileSource::Links::followed));
  CHECK_FALSE(client::models::read_model(directory / "link.gguf", FileSource::Links::refused));
  CHECK(client::models::read_model("/dev/zero", FileSource::Links::followed).error().what == "/dev/zero: no regular file");
}

TEST_CASE("a model in three files is one model, whichever of them is named") {
  const test::TempDir directory;
  for (int i = 0; i < 3; ++i) {
    GgufBytes bytes;
    if (i == 0) bytes.text("general.architecture", "llama");
    bytes.key("split.no", 2).put(static_cast<std::uint16_t>(i)).key("split.count", 2).put<std::uint16_t>(3);
    bytes.key("split.tensors.count", 5).put<std::int32_t>(3);
    bytes.tensor("blk." + std::to_string(i) + ".attn_q.weight", {64, 64}, 0);
    write(directory / ("m-0000" + std::to_string(i + 1) + "-of-00003.gguf"), bytes.file());
  }
  for (const char* name : {"m-00001-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    const auto model = client::models::read_model(directory / name, FileSource::Links::refused);
    REQUIRE(model);
    CHECK(model->files == 3);
    CHECK(model->tensors.size() == 3);
    CHECK(gguf::text(model->metadata, "general.architecture") == "llama");
  }
  REQUIRE(::unlink((directory / "m-00002-of-00003.gguf").c_str()) == 0);
  const auto cut = client::models::read_model(directory / "m-00001-of-00003.gguf", FileSource::Links::refused);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().what.find("m-00002-of-00003.gguf") != std::string::npos);
}

TEST_CASE("files of a split model that do not belong together are refused") {
  const auto part = [](std::uint16_t no, std::uint16_t count, const char* tensor) {
    GgufBytes bytes;
    bytes.key("split.no", 2).put(no).key("split.count", 2).put(count);
    bytes.key("split.tensors.count", 5).put<std::int32_t>(2).tensor(tensor, {32}, 0);
    return *read(bytes.file());
  };
  CHECK(gguf::join({part(0, 2, "a"), part(1, 2, "b")}));
  CHECK(gguf::join({part(0, 2, "a"), part(0, 2, "b")}).error().what == "file 2 of 2 is not the one that its name says");
  CHECK(gguf::join({part(0, 2, "a"), part(1, 3, "b")}).error().what == "file 2 of 2 counts the files differently");
  CHECK(gguf::join({part(0, 2, "a"), part(1, 2, "a")}).error().what == "the tensor \"a\" is in two files");
  CHECK(gguf::names_of_files("other.gguf", part(0, 2, "a")).error().what ==
        "the model is in 2 files, but this one's name does not end in -00001-of-00002.gguf");
  CHECK(gguf::names_of_files("m-00001-of-00002.gguf", part(5, 2, "a")).error().what == "this is file 6 of 2");
}
