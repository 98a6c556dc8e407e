#include "client/doctor_servers.h"

#include "support/catch.h"

using namespace m1opt;
using client::examine_runners;
using client::FindingResult;
using client::SeenProcess;

namespace {

const std::string kBlob = "/Users/a/.ollama/models/blobs/sha256-0123";

SeenProcess server(std::int32_t pid) { return {pid, 1, "ollama", {"ollama", "serve"}, 0}; }

SeenProcess engine(std::int32_t pid, std::int32_t parent) {
  return {pid, parent, "llama-server",
          {"llama-server", "--model", kBlob, "--port", "50123", "--host", "127.0.0.1", "--no-webui", "--offline"},
          3e9};
}

}  // namespace

TEST_CASE("a runner whose Ollama is gone is found, with what it holds and how to end it") {
  const auto findings = examine_runners({engine(700, 1)});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].result == FindingResult::fail);
  CHECK(findings[0].id == "runner.700");
  CHECK(findings[0].evidence == "it holds 2.8 GiB, and its parent is 1");
  CHECK(findings[0].fix == "kill 700");
}

TEST_CASE("a runner of an Ollama that lives is where it belongs") {
  const auto findings = examine_runners({server(600), engine(700, 600)});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].result == FindingResult::pass);
  CHECK(examine_runners({server(600)}).empty());
}

TEST_CASE("the engine of older ones is Ollama itself") {
  const SeenProcess runner{700, 1, "ollama", {"ollama", "runner", "--model", kBlob, "--port", "1"}, 1e9};
  CHECK(examine_runners({runner})[0].result == FindingResult::fail);
  SeenProcess kept = runner;
  kept.parent = 600;
  CHECK(examine_runners({server(600), kept})[0].result == FindingResult::pass);
}

TEST_CASE("a llama-server that somebody started himself is nobody's runner") {
  CHECK(examine_runners({{700, 1, "llama-server", {"llama-server", "-m", "x.gguf"}, 1e9},
                         {701, 1, "llama-server", {"llama-server", "-m", kBlob, "--port", "8080"}, 1e9},
                         {702, 1, "llama-server", {}, 1e9}})
            .empty());
}
