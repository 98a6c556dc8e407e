// A model as a running Ollama tells of it, against the same model read from its file.
#include "client/planning/shown_subject.h"

#include <boost/json.hpp>
#include <fstream>

#include "advise/gguf_bytes.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using client::planning::Subject;
using client::planning::subject_of_show;

namespace {

const std::vector<std::uint32_t> kKvHeads{2, 1};

Subject subject_of_file() {
  test::GgufBytes bytes;
  bytes.text("general.architecture", "llama").u32("general.file_type", 1).u32("llama.block_count", 2);
  bytes.u32("llama.embedding_length", 64).u32("llama.context_length", 2048).u32("llama.attention.head_count", 4);
  bytes.list("llama.attention.head_count_kv", kKvHeads).u32("llama.feed_forward_length", 128);
  bytes.tensor("token_embd.weight", {64, 320}, 1).tensor("output.weight", {64, 320}, 1);
  bytes.tensor("blk.0.ffn_up.weight", {64, 128}, 8);
  const test::TempDir directory;
  const std::string path = directory.path() + "/model.gguf";
  std::ofstream(path, std::ios::binary) << bytes.file();
  auto subject = client::planning::read_subject(path);
  INFO(subject.error().what);
  REQUIRE(subject);
  return *subject;
}

boost::json::object answer() {
  return boost::json::parse(R"({"details": {"quantization_level": "F16"}, "parameters": "num_ctx    8192",
    "model_info": {"general.architecture": "llama", "general.file_type": 1, "llama.block_count": 2,
      "llama.embedding_length": 64, "llama.context_length": 2048, "llama.attention.head_count": 4,
      "llama.attention.head_count_kv": [2, 1], "llama.feed_forward_length": 128, "tokenizer.ggml.tokens": null},
    "tensors": [{"name": "token_embd.weight", "type": "F16", "shape": [64, 320]},
      {"name": "output.weight", "type": "F16", "shape": [64, 320]},
      {"name": "blk.0.ffn_up.weight", "type": "Q8_0", "shape": [64, 128]}]})").as_object();
}

std::string fault_of(const boost::json::object& changed) {
  const auto subject = subject_of_show("m", boost::json::serialize(changed));
  return subject ? "" : subject.error().what;
}

}  // namespace

TEST_CASE("what a running Ollama tells of a model gives the same memory as its file") {
  const Subject file = subject_of_file();
  const auto told = subject_of_show("m", boost::json::serialize(answer()));
  REQUIRE(told);
  CHECK(told->weights.bytes == file.weights.bytes);
  CHECK(told->weights.parameters == file.weights.parameters);
  CHECK(told->weights.repacked_bytes == file.weights.repacked_bytes);
  CHECK(told->weights.bytes_per_token == file.weights.bytes_per_token);
  CHECK(told->weights.output_bytes == file.weights.output_bytes);
  REQUIRE(told->shape.layers.size() == file.shape.layers.size());
  for (std::size_t i = 0; i < file.shape.layers.size(); ++i) {
    CHECK(told->shape.layers[i].kv_heads == kKvHeads[i]);
    CHECK(told->shape.layers[i].row() == file.shape.layers[i].row());
  }
  CHECK(told->shape.vocabulary == 320);
  CHECK(told->quantisation == "F16");
  CHECK(told->own_context == 8192);
}

TEST_CASE("an answer that left a list of the model out is not taken for a model without it") {
  auto changed = answer();
  changed["model_info"].as_object()["llama.attention.head_count_kv"] = nullptr;
  const auto told = subject_of_show("m", boost::json::serialize(changed));
  REQUIRE_FALSE(told);
  CHECK(told.error().code == base::Errc::unsupported);
  CHECK(told.error().what.find("llama.attention.head_count_kv") != std::string::npos);
}

TEST_CASE("an answer with tensors that cannot be is refused, naming the tensor") {
  auto changed = answer();
  boost::json::object& tensor = changed["tensors"].as_array()[1].as_object();
  tensor["type"] = "Q99";
  CHECK(fault_of(changed) == "$.tensors[1]: type Q99 is not known");
  tensor["type"] = "F16";
  for (const char* shape : {"[0]", "[]", "[1,1,1,1,1]", "[-5]", "[1099511627776,1099511627776]", "[\"4\"]", "[9999999999999999999]"}) {
    tensor["shape"] = boost::json::parse(shape);
    CHECK(fault_of(changed) == "$.tensors[1]: absurd shape");
  }
  tensor["shape"] = boost::json::parse("[33, 2]");
  tensor["type"] = "Q8_0";
  CHECK(fault_of(changed) == "$.tensors[1]: its rows do not fill blocks of Q8_0");
  changed.erase("tensors");
  CHECK(fault_of(changed).find("$.tensors: missing") == 0);
}

TEST_CASE("a projector whose size is not told is a doubt of the plan") {
  auto changed = answer();
  changed["projector_info"] = {{"clip.has_vision_encoder", true}};
  const auto told = subject_of_show("m", boost::json::serialize(changed));
  REQUIRE(told);
  REQUIRE(told->shape.doubts.size() == 1);
  CHECK(told->shape.doubts[0].find("projector") != std::string::npos);
}
