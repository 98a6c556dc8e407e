#include "ollama/requests.h"

#include "support/catch.h"

namespace m1opt::ollama {

TEST_CASE("a GET names the loopback host and closes the connection") {
  CHECK(to_http(ps_request(), "127.0.0.1", 11434) ==
        "GET /api/ps HTTP/1.1\r\nHost: 127.0.0.1:11434\r\nAccept: application/json\r\n"
        "Connection: close\r\n\r\n");
  CHECK(host_header("::1", 11434) == "[::1]:11434");
}

TEST_CASE("unloading asks for keep_alive 0 and gives the body's exact length") {
  const auto request = unload_request("llama3.2:3b");
  CHECK(request.method == "POST");
  CHECK(request.body == R"({"model":"llama3.2:3b","keep_alive":0})");
  const auto text = to_http(request, "127.0.0.1", 1);
  CHECK(text.find("Content-Length: 38\r\n") != std::string::npos);
  CHECK(text.substr(text.size() - 38) == request.body);
}

TEST_CASE("a model's name cannot break out of the JSON") {
  CHECK(show_request("a\",\"x\":\"\r\n").body == R"({"model":"a\",\"x\":\"\r\n"})");
}

}  // namespace m1opt::ollama
