#include <fmt/format.h>

#include "client/llm/server.h"
#include "client/run_client.h"
#include "support/catch.h"

using namespace m1opt;
using client::llm::Place;
using client::llm::place_of;

TEST_CASE("wrong words to bench and ollama are usage errors") {
  const std::vector<std::vector<std::string>> cases{
      {"bench", "--runs", "0"},
      {"bench", "--tokens", "many"},
      {"bench", "--at", "https://127.0.0.1"},
      {"ollama"},
      {"ollama", "frobnicate"},
      {"ollama", "env", "llama3.2"},
      {"ollama", "env", "--apply", "--remove"},
      {"ollama", "env", "--ram", "much"},
      {"ollama", "modelfile"},
      {"ollama", "modelfile", "a", "--ctx", "-1"},
  };
  for (const auto& words : cases) {
    INFO(fmt::format("{}", fmt::join(words, " ")));
    const test::Ran ran = test::run_client(words);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.find('\n') == ran.err.size() - 1);
  }
}

TEST_CASE("the place of a server is read as Ollama reads OLLAMA_HOST") {
  CHECK(*place_of("") == Place{"127.0.0.1", 11434});
  CHECK(*place_of("localhost:8080") == Place{"localhost", 8080});
  CHECK(*place_of(":8080") == Place{"127.0.0.1", 8080});
  CHECK(*place_of("127.0.0.1") == Place{"127.0.0.1", 11434});
  CHECK(*place_of("0.0.0.0:1234") == Place{"127.0.0.1", 1234});
  CHECK(*place_of("http://127.0.0.1") == Place{"127.0.0.1", 80});
  CHECK(*place_of("http://127.0.0.1:11434/v1") == Place{"127.0.0.1", 11434});
  CHECK(*place_of("[::1]:9000") == Place{"::1", 9000});
  CHECK(*place_of("[::]") == Place{"::1", 11434});
  CHECK(*place_of("::1") == Place{"::1", 11434});
  for (const char* bad : {"https://127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "a:b", "[::1", "127.0.0.1:80x"}) {
    INFO(bad);
    CHECK_FALSE(place_of(bad).has_value());
  }
}
