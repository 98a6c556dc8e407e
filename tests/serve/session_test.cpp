#include "serve/session.h"

#include <boost/json/parse.hpp>
#include <thread>

#include "serve/fixture.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

TEST_CASE("a body that is no JSON is a 400 with line and column, and the connection goes on") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("POST", "/v1/pause", "{\"for_s\": }"));
  const std::string answer = client.read_answer();
  CHECK(status_of(answer) == 400);
  const auto problem = boost::json::parse(body_of(answer));
  CHECK(problem.at("code") == "bad_json");
  CHECK(problem.at("type") == "urn:m1opt:problem:bad_json");
  CHECK(problem.at("detail") == "line 1, column 11: syntax error at: }");
  client.send(ServerFixture::request("GET", "/v1/version"));
  CHECK(status_of(client.read_answer()) == 200);
}

TEST_CASE("a wrong method is a 405 with Allow, an unknown path a 404 with the list") {
  ServerFixture fixture;
  fixture.start();
  const std::string wrong = fixture.ask("DELETE", "/v1/status");
  CHECK(status_of(wrong) == 405);
  CHECK(has(wrong, "Allow: GET\r\n"));
  const std::string unknown = fixture.ask("GET", "/v2/status");
  CHECK(status_of(unknown) == 404);
  CHECK(has(unknown, "/v1/openapi.json"));
}

TEST_CASE("what is no HTTP at all is a 400 and the end of the connection") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send(std::string("\x16\x03\x01 hello\r\n\r\n", 14));
  CHECK(status_of(client.read_answer()) == 400);
  CHECK(client.is_closed());
}

TEST_CASE("a body of 1 MiB is a 413 that reaches a client which is still writing") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  const std::string body(1U << 20U, 'x');
  CHECK(client.send(ServerFixture::request("POST", "/v1/pause", body)));
  const std::string answer = client.read_answer();
  CHECK(status_of(answer) == 413);
  CHECK(has(answer, "Connection: close\r\n"));
  CHECK(client.is_closed());
  SocketClient chunked = fixture.connect();
  chunked.send("POST /v1/pause HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11000\r\n" +
               std::string(0x11000, ' ') + "\r\n0\r\n\r\n");
  CHECK(status_of(chunked.read_answer()) == 413);
  // And just below the limit it is read.
  CHECK(status_of(fixture.ask("POST", "/v1/pause", "{}" + std::string(65534, ' '))) == 200);
}

TEST_CASE("a header of 1 MiB is a 431") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send("GET /v1/status HTTP/1.1\r\nX: " + std::string(1U << 20U, 'x') + "\r\n\r\n");
  CHECK(status_of(client.read_answer()) == 431);
  CHECK(client.is_closed());
}

TEST_CASE("a request that trickles in byte by byte is given up at the deadline") {
  ServerFixture fixture;
  fixture.options.request_deadline = 100ms;
  fixture.start();
  SocketClient client = fixture.connect();
  std::thread trickle([&client] {
    for (const char c :
         std::string("GET /v1/status HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaa")) {
      if (!client.send(std::string(1, c))) return;
      ::usleep(10'000);
    }
  });
  const std::string answer = client.read_answer();
  trickle.join();
  CHECK(status_of(answer) == 408);
  CHECK(has(answer, "\"code\":\"request_timeout\""));
  CHECK(client.is_closed());
}

TEST_CASE("a connection that says nothing is closed after the idle time, without a word") {
  ServerFixture fixture;
  fixture.options.idle_deadline = 50ms;
  fixture.start();
  SocketClient client = fixture.connect();
  CHECK(client.read_until("\n").empty());
  CHECK(client.is_closed());
}

TEST_CASE("pipelined requests are answered in their order") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("GET", "/v1/version") +
              ServerFixture::request("POST", "/v1/pause", "{}") +
              ServerFixture::request("GET", "/v1/nothing") +
              "GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(has(client.read_answer(), "m1opt.version/1"));
  CHECK(has(client.read_answer(), "m1opt.command/1"));
  CHECK(status_of(client.read_answer()) == 404);
  const std::string last = client.read_answer();
  CHECK(has(last, "m1opt.status/1"));
  CHECK(has(last, "Connection: close\r\n"));
  CHECK(client.is_closed());
}

TEST_CASE("a client that expects 100-continue gets it") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send("POST /v1/pause HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  CHECK(status_of(client.read_answer()) == 200);
}

TEST_CASE("HTTP/1.0 is answered and closed, and gets no stream") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send("GET /v1/version HTTP/1.0\r\n\r\n");
  CHECK(status_of(client.read_answer()) == 200);
  CHECK(client.is_closed());
  SocketClient stream = fixture.connect();
  stream.send("GET /v1/events/stream HTTP/1.0\r\n\r\n");
  CHECK(status_of(stream.read_answer()) == 400);
}

TEST_CASE("a half-closed client still gets its answer") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("GET", "/v1/status"));
  client.shutdown_send();
  CHECK(status_of(client.read_answer()) == 200);
  CHECK(client.is_closed());
}

TEST_CASE("peers that leave in the middle of anything leak no descriptor") {
  ServerFixture fixture;
  fixture.options.stream_heartbeat = 20ms;
  fixture.options.command_deadline = 50ms;
  fixture.backend.change(
      [](Snapshot& snapshot) { snapshot.status.headline.assign(4U << 20U, 'x'); });
  fixture.start();
  const std::size_t before = ServerFixture::open_descriptors();
  for (int i = 0; i < 50; ++i) {
    SocketClient nothing = fixture.connect();
    SocketClient half = fixture.connect();
    half.send("GET /v1/sta");
    SocketClient body = fixture.connect();
    body.send("POST /v1/pause HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
    SocketClient answer = fixture.connect();
    answer.send(ServerFixture::request("GET", "/v1/status"));
    answer.read_until("HTTP");  // 4 MiB more are on their way
    SocketClient stream = fixture.connect();
    stream.send("GET /v1/events/stream HTTP/1.1\r\n\r\n");
    stream.read_until("\n\n");
  }
  CHECK(eventually([&] { return ServerFixture::open_descriptors() == before; }));
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
}

TEST_CASE("a handler that throws is a 500 and nobody else notices") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.options.process_owner = [](base::ProcessId) -> base::Result<std::uint32_t> {
    throw std::runtime_error("secret detail");
  };
  fixture.start();
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("POST", "/v1/targets/suspend", R"({"pid":5,"start":1})"));
  const std::string answer = client.read_answer();
  CHECK(status_of(answer) == 500);
  CHECK_FALSE(has(answer, "secret"));
  client.send(ServerFixture::request("GET", "/v1/version"));
  CHECK(status_of(client.read_answer()) == 200);
}
