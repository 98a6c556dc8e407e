#include <functional>
#include <set>

#include "advise/gguf_bytes.h"
#include "client/advise/gguf/read.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::advise;
using test::ByteFile;
using test::GgufBytes;

namespace {

struct Broken {
  std::string bytes;
  std::string error;
};

GgufBytes with(const std::function<void(GgufBytes&)>& change) {
  GgufBytes bytes;
  change(bytes);
  return bytes;
}

std::string file(const std::function<void(GgufBytes&)>& change) { return with(change).file(); }
std::string header(const std::function<void(GgufBytes&)>& change) { return with(change).header(); }

/// Rounded up and added, these sizes come to 2^64 and a little.
std::string wrapped_tensors() {
  GgufBytes bytes;
  for (const std::uint64_t size : {(1ULL << 63U) - 64, 31ULL, (1ULL << 63U) - 64, 128ULL, 64ULL}) {
    bytes.tensor("t" + std::to_string(bytes.tensors), {size}, 24);
  }
  return bytes.header() + std::string(4096, '\0');
}

std::vector<Broken> broken_beginnings() {
  return {
      {"", "the file ends inside the magic number"},
      {file([](GgufBytes& b) { b.magic = "GGML"; }), "this is no GGUF file: it does not begin with \"GGUF\""},
      {file([](GgufBytes& b) { b.version = 0x03000000; }), "the file is for machines that write the high byte first"},
      {file([](GgufBytes& b) { b.version = 1; }), "GGUF version 1 is not supported any more: convert the model anew"},
      {file([](GgufBytes& b) { b.version = 4; }), "GGUF version 4 is not known, only 2 and 3"},
      {file([](GgufBytes& b) { b.tensors = 1U << 21U; }), "2097152 tensors are more than 1048576"},
      {file([](GgufBytes& b) { b.tensors = 1000; }), "1000 tensors are more than the file has room for"},
      {file([](GgufBytes& b) { b.keys = ~0ULL; }), "18446744073709551615 keys are more than 65536"},
      {header([](GgufBytes& b) { b.keys = 4; b.put_text("abcdefghij"); }), "4 keys are more than the file has room for"},
  };
}

std::vector<Broken> broken_metadata() {
  return {
      {file([](GgufBytes& b) { b.u32("", 1); }), "key 1 has no name"},
      {file([](GgufBytes& b) { b.u32(std::string("a\0b", 3), 1); }), "the name of key 1 has a NUL in it"},
      {file([](GgufBytes& b) { b.u32("a", 1).u32("a", 2); }), "the key \"a\" stands there twice"},
      {header([](GgufBytes& b) { b.put(~0ULL).put(0ULL); b.keys = 1; }), "the name of key 1 is longer than 65535 bytes"},
      {file([](GgufBytes& b) { b.key("a", 13).put(0U); }), "\"a\" is of an unknown type: 13"},
      {file([](GgufBytes& b) { b.key("a", 7).put<std::uint8_t>(2); }), "\"a\" is neither true nor false but 2"},
      {file([](GgufBytes& b) { b.key("a", 8).put(1ULL << 40U); }), "the text of \"a\" is longer than 16777216 bytes"},
      {header([](GgufBytes& b) { b.key("a", 8).put(100ULL).put(0ULL); }), "the file ends inside the text of \"a\""},
      {header([](GgufBytes& b) { b.key("a", 10).put<std::uint32_t>(0); }), "the file ends inside the value of \"a\""},
      {file([](GgufBytes& b) { b.key("a", 9).put(9U).put(1ULL); }), "the list \"a\" is a list of lists"},
      {file([](GgufBytes& b) { b.key("a", 9).put(99U).put(1ULL); }), "the list \"a\" is of an unknown type: 99"},
      {file([](GgufBytes& b) { b.key("a", 9).put(4U).put(1ULL << 62U); }), "the list \"a\" has more than 67108864 members"},
      {file([](GgufBytes& b) { b.key("a", 9).put(4U).put(1000ULL); }), "the list \"a\" has 1000 members, more than the file has room for"},
      {file([](GgufBytes& b) { b.key("a", 9).put(10U).put(1ULL).put(~0ULL); }), "\"a\" has a number that is too large"},
      {file([](GgufBytes& b) { b.u32("general.alignment", 48); }), "general.alignment is no power of two"},
  };
}

std::vector<Broken> broken_tensors() {
  return {
      {file([](GgufBytes& b) { b.tensor(std::string(64, 'n'), {32}, 0); }), "the name of tensor 1 is longer than 63 bytes"},
      {file([](GgufBytes& b) { b.tensor("t", {1, 1, 1, 1, 1}, 0); }), "tensor \"t\" has 5 dimensions"},
      {file([](GgufBytes& b) { b.tensor("t", {1ULL << 40U, 1ULL << 40U}, 99); }), "tensor \"t\" has too many elements"},
      {file([](GgufBytes& b) { b.tensor("t", {32}, 4); }), "tensor \"t\" is of an unknown type: 4"},
      {file([](GgufBytes& b) { b.tensor("t", {640}, 12); b.data = 0; }), "rows of tensor \"t\" have 640 numbers, which blocks of 256 do not fill"},
      {header([](GgufBytes& b) { b.tensor("t", {1ULL << 62U}, 0); }), "tensor \"t\" takes too many bytes"},
      {file([](GgufBytes& b) { b.tensor("t", {32}, 0).tensor("t", {32}, 0); }), "the tensor \"t\" stands there twice"},
      {file([](GgufBytes& b) { b.tensor("t", {32}, 0); b.data = 4096; b.tensor("u", {32}, 0); }), "tensor \"u\" begins at 4096 where the one before it ends at 128"},
      {header([](GgufBytes& b) { b.tensor("t", {1ULL << 60U}, 0).tensor("u", {1ULL << 60U}, 0).tensor("v", {1U}, 0); }), "the tensors together take too many bytes"},
      {header([](GgufBytes& b) { b.tensor("t", {32}, 0); }), "the file is cut off: it has 57 bytes of 192"},
  };
}

}  // namespace

TEST_CASE("each broken file is refused with an error of its own") {
  std::set<std::string> errors;
  for (const auto& group : {broken_beginnings(), broken_metadata(), broken_tensors()}) {
    for (const Broken& broken : group) {
      INFO(broken.error);
      ByteFile source(broken.bytes);
      const auto read = gguf::read_header(source);
      REQUIRE_FALSE(read);
      CHECK(read.error().code == base::Errc::parse);
      CHECK(read.error().what == broken.error);
      errors.insert(read.error().what);
    }
  }
  CHECK(errors.size() >= 30);
}

TEST_CASE("sizes that wrap when they are added up are refused, not taken for a small file") {
  ByteFile source(wrapped_tensors());
  const auto read = gguf::read_header(source);
  REQUIRE_FALSE(read);
  CHECK(read.error().what == "the tensors together take too many bytes");
}

TEST_CASE("a header beyond the budget is refused, whatever the size of the file") {
  const std::string bytes = file([](GgufBytes& b) { b.text("a", std::string(5000, 'x')); });
  ByteFile source(bytes);
  const auto read = gguf::read_header(source, 4096);
  REQUIRE_FALSE(read);
  CHECK(read.error().what == "the header is longer than 4096 bytes (at the text of \"a\")");
}

TEST_CASE("a file cut off anywhere is refused") {
  const std::string whole = file([](GgufBytes& b) {
    b.text("general.architecture", "llama").list("x", {1, 2, 3}).tensor("t", {32, 2}, 8);
  });
  for (std::size_t size = 0; size < whole.size() - 28; ++size) {
    INFO(size);
    ByteFile source(whole.substr(0, size));
    CHECK_FALSE(gguf::read_header(source));
  }
}
