#include "client/models/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "advise/gguf_bytes.h"
#include "client/models/read_model.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace m1opt::client;
using advise::ModelName;
using advise::parse_model_name;
using models::Layer;
using models::LayerKind;

namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const std::string kC(64, 'c');

std::string layer(const std::string& kind, const std::string& digest, std::size_t size) {
  return fmt::format(R"({{"mediaType":"application/vnd.ollama.image.{}","digest":"{}","size":{}}})", kind, digest, size);
}

std::string manifest(const std::string& layers) {
  return R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:)" +
         kC + R"(","size":485},"layers":[)" + layers + "]}";
}

/// A store on disk, as Ollama lays it out.
struct Laid {
  test::TempDir directory;
  models::Store store{directory / "models"};

  void put(const std::string& path, const std::string& content) const {
    const std::filesystem::path whole = store.directory + "/" + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << content;
  }
};

}  // namespace

TEST_CASE("a name is read and written as Ollama does it") {
  CHECK(parse_model_name("llama3.2")->text() == "llama3.2:latest");
  CHECK(parse_model_name("llama3.2:3b") == ModelName{"registry.ollama.ai", "library", "llama3.2", "3b"});
  CHECK(parse_model_name("me/mine:v1")->text() == "me/mine:v1");
  CHECK(parse_model_name("hf.co/bartowski/Qwen3-8B-GGUF:Q4_K_M") == ModelName{"hf.co", "bartowski", "Qwen3-8B-GGUF", "Q4_K_M"});
  CHECK(parse_model_name("hf.co/bartowski/Qwen3-8B-GGUF:Q4_K_M")->text() == "hf.co/bartowski/Qwen3-8B-GGUF:Q4_K_M");
  CHECK(parse_model_name("localhost:5000/library/x")->host == "localhost:5000");
  CHECK(parse_model_name("https://example.com/a/b:c")->host == "example.com");
  CHECK(parse_model_name("Llama3.2:3B")->is_same(*parse_model_name("llama3.2:3b")));
}

TEST_CASE("what could lead out of the store is no name") {
  for (const char* text : {"", ":", "..", "../x", "a/../b", "/etc/passwd", "a/b/c/d", "a b", "-x", "x:", "x:..", "a//b"}) {
    INFO(text);
    CHECK_FALSE(parse_model_name(text));
  }
}

TEST_CASE("a manifest says which layers take memory") {
  const auto parsed = models::parse_manifest(manifest(layer("model", "sha256:" + kA, 100) + "," +
                                                      layer("projector", "sha256-" + kB, 20) + "," +
                                                      layer("license", "sha256:" + kC, 3)));
  REQUIRE(parsed);
  CHECK(parsed->bytes() == 123);
  CHECK(parsed->find(LayerKind::projector)->hex == kB);
  CHECK(parsed->find(LayerKind::adapter) == nullptr);
}

TEST_CASE("a manifest that is none is refused with the reason") {
  const auto why = [](const std::string& text) { return models::parse_manifest(text).error().what; };
  CHECK(why("{") == "no JSON: incomplete JSON");
  CHECK(why("[]") == "$: not an object");
  CHECK(why("{}") == "the manifest has no list of layers");
  CHECK(why(R"({"layers":[1]})") == "layer 1 is no object");
  CHECK(why(manifest(layer("model", "sha256:../../etc/passwd", 1))) == "layer 1 has no SHA-256 digest");
  CHECK(why(manifest(R"({"digest":"sha256:)" + kA + R"(","size":-1})")) == "layer 1.size: not a whole number from 0");
}

TEST_CASE("the store's models are listed with their registries, and what is broken is named") {
  const Laid laid;
  const std::string whole = manifest(layer("model", "sha256:" + kA, 100));
  laid.put("manifests/registry.ollama.ai/library/llama3.2/3b", whole);
  laid.put("manifests/hf.co/bartowski/Qwen3-8B-GGUF/Q4_K_M", whole);
  laid.put("manifests/registry.ollama.ai/library/broken/latest", "{");
  laid.put("manifests/registry.ollama.ai/library/.DS_Store", "x");
  laid.put("manifests/registry.ollama.ai/library/llama3.2/.hidden", whole);
  REQUIRE(::symlink("3b", (laid.store.directory + "/manifests/registry.ollama.ai/library/llama3.2/link").c_str()) == 0);
  const auto list = models::list_models(laid.store);
  REQUIRE(list.models.size() == 2);
  CHECK(list.models[0].name.text() == "hf.co/bartowski/Qwen3-8B-GGUF:Q4_K_M");
  CHECK(list.models[1].name.text() == "llama3.2:3b");
  REQUIRE(list.problems.size() == 1);
  CHECK(list.problems[0].what == "broken:latest");
  CHECK(list.problems[0].why == "no JSON: incomplete JSON");
}

TEST_CASE("a blob that is not whole is said to be so") {
  const Laid laid;
  laid.put("blobs/sha256-" + kA, "12345");
  laid.put("blobs/sha256-" + kB + "-partial", "12");
  CHECK(models::find_blob(laid.store, {LayerKind::model, kA, 5}).value() == laid.store.directory + "/blobs/sha256-" + kA);
  CHECK(models::find_blob(laid.store, {LayerKind::model, kA, 9}).error().what == "a part of it has 5 bytes of 9: pull it again");
  CHECK(models::find_blob(laid.store, {LayerKind::model, kB, 9}).error().what == "its download is not finished");
  CHECK(models::find_blob(laid.store, {LayerKind::model, kC, 9}).error().what == "a part of it is missing: pull it again");
}

TEST_CASE("a model of the store is read through its blob, and its own context with it") {
  const Laid laid;
  test::GgufBytes bytes;
  bytes.text("general.architecture", "llama").tensor("token_embd.weight", {64, 3}, 0);
  const std::string params = R"({"num_ctx":8192,"stop":["</s>"]})";
  laid.put("blobs/sha256-" + kA, bytes.file());
  laid.put("blobs/sha256-" + kB, params);
  laid.put("manifests/registry.ollama.ai/library/m/latest",
           manifest(layer("model", "sha256:" + kA, bytes.file().size()) + "," + layer("params", "sha256:" + kB, params.size())));
  const auto list = models::list_models(laid.store);
  REQUIRE(list.models.size() == 1);
  const auto path = models::find_blob(laid.store, *list.models[0].manifest.find(LayerKind::model));
  REQUIRE(path);
  CHECK(models::read_model(*path, models::FileSource::Links::refused)->tensors.size() == 1);
  CHECK(models::own_context(laid.store, list.models[0].manifest) == 8192U);
}

TEST_CASE("the store is where OLLAMA_MODELS says, else in the home directory") {
  const Laid laid;
  laid.put("manifests/registry.ollama.ai/library/m/latest", "{}");
  std::filesystem::create_directories(laid.directory / ".ollama");
  std::filesystem::create_directory_symlink(laid.store.directory, laid.directory / ".ollama/models");
  ::setenv("OLLAMA_MODELS", laid.store.directory.c_str(), 1);
  CHECK(models::find_store()->directory == laid.store.directory);
  ::setenv("OLLAMA_MODELS", "/nonexistent", 1);
  CHECK_FALSE(models::find_store());
  ::unsetenv("OLLAMA_MODELS");
  const char* home = ::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  ::setenv("HOME", laid.directory.path().c_str(), 1);
  CHECK(models::find_store()->directory == laid.directory / ".ollama/models");
  ::setenv("HOME", before.c_str(), 1);
}
