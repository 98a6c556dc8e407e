#include "serve/fixture.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;

namespace {

const std::string kEnd = "\r\n0\r\n\r\n";

std::string ask_trace(ServerFixture& fixture) {
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("GET", "/v1/trace"));
  std::string answer = client.read_until(kEnd);
  fixture.backend.meet();
  return answer;
}

}  // namespace

TEST_CASE("a trace is answered part by part, as lines") {
  ServerFixture fixture;
  fixture.backend.archive.trace_parts = {"one\n", "two\n", "three\n"};
  fixture.start();
  const std::string answer = ask_trace(fixture);
  CHECK(status_of(answer) == 200);
  CHECK(has(answer, "Content-Type: application/x-ndjson\r\n"));
  CHECK(has(answer, "4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n"));
  CHECK(answer.ends_with(kEnd));
  CHECK(fixture.backend.archive.asked_trace == WallTime{});
}

TEST_CASE("no trace is an empty answer") {
  ServerFixture fixture;
  fixture.start();
  const std::string answer = fixture.ask("GET", "/v1/trace");
  CHECK(status_of(answer) == 200);
  CHECK(body_of(answer).empty());
}

TEST_CASE("a trace is asked for from a time on, and what is none is refused") {
  ServerFixture fixture;
  fixture.start();
  CHECK(status_of(fixture.ask("GET", "/v1/trace?since=2026-08-01T10:11:12Z")) == 200);
  CHECK(to_rfc3339(fixture.backend.archive.asked_trace) == "2026-08-01T10:11:12.000Z");
  const std::string answer = fixture.ask("GET", "/v1/trace?since=yesterday");
  CHECK(status_of(answer) == 422);
  CHECK(has(answer, "yesterday"));
}

TEST_CASE("a trace whose reading fails has no end, so that nobody takes it for whole") {
  ServerFixture fixture;
  fixture.backend.archive.trace_parts = {"one\n", "broken"};
  fixture.start();
  const std::string answer = ask_trace(fixture);
  CHECK(has(answer, "one\n"));
  CHECK_FALSE(answer.ends_with(kEnd));
  fixture.backend.archive.trace_parts = {"broken"};
  CHECK(status_of(fixture.ask("GET", "/v1/trace")) == 500);
}
