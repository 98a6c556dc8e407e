#include "serve/fixture.h"
#include "serve/routes.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;
using serve::Archive;
using serve::Call;
using serve::Fetched;
using serve::FetchPlan;

namespace {

constexpr std::size_t kPieces = 40;

Fetched letter(std::size_t n) {
  Fetched made{{200, "text/plain", std::string(1000, static_cast<char>('a' + n % 26))}};
  if (n + 1 < kPieces) made.more = [n](Archive&) { return letter(n + 1); };
  return made;
}

FetchPlan fetch_by_name(const Call& call) {
  const std::string name(call.parameter("name"));
  if (name == "refused") {
    return serve::problem_reply(wire::make_problem(wire::ProblemCode::unprocessable, "no such name"));
  }
  if (name == "pieces") return [](Archive&) { return letter(0); };
  if (name == "broken") {
    return [](Archive&) {
      return Fetched{{200, "text/plain", "first"}, [](Archive&) -> Fetched { throw std::runtime_error("disk"); }};
    };
  }
  if (name == "throws") return [](Archive&) -> Fetched { throw std::runtime_error("disk"); };
  if (name == "large") {
    return [](Archive&) { return Fetched{{200, "text/plain", std::string(serve::kLargestPiece + 1, 'x')}}; };
  }
  return [name](Archive&) { return Fetched{{200, "text/plain", "read " + name}}; };
}

const std::vector<serve::Route> kTable{{serve::Method::GET, "/v1/file/{name}", serve::Access::read, false,
                                        "A file", "/v1/file/a", {}, fetch_by_name, nullptr, nullptr}};

struct FetchFixture : ServerFixture {
  FetchFixture() { options.table = &kTable; }
};

}  // namespace

TEST_CASE("what is read from the disk is answered, and the connection goes on") {
  FetchFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  for (const std::string name : {"one", "two"}) {
    client.send(ServerFixture::request("GET", "/v1/file/" + name));
    const std::string answer = client.read_answer();
    CHECK(status_of(answer) == 200);
    CHECK(body_of(answer) == "read " + name);
  }
  CHECK(status_of(fixture.ask("GET", "/v1/file/refused")) == 422);
}

TEST_CASE("a long answer comes in pieces, to whoever understands them") {
  FetchFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("GET", "/v1/file/pieces"));
  const std::string answer = client.read_until("\r\n0\r\n\r\n");
  CHECK(status_of(answer) == 200);
  CHECK(has(answer, "Content-Type: text/plain\r\n"));
  for (std::size_t n = 0; n < kPieces; ++n) {
    if (!has(answer, "3e8\r\n" + letter(n).reply.body + "\r\n")) FAIL("piece " << n << " is missing");
  }
  CHECK(has(answer, "\r\n0\r\n\r\n"));
  SocketClient old = fixture.connect();
  old.send("GET /v1/file/pieces HTTP/1.0\r\n\r\n");
  CHECK(status_of(old.read_answer()) == 400);
}

TEST_CASE("a long answer that breaks off has no last chunk") {
  FetchFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("GET", "/v1/file/broken"));
  const std::string answer = client.read_until("\r\n0\r\n\r\n");
  CHECK(has(answer, "5\r\nfirst\r\n"));
  CHECK_FALSE(has(answer, "0\r\n\r\n"));
  CHECK(client.is_closed());
}

TEST_CASE("what cannot be read is a 500, and so is what slow readers would keep too much memory with") {
  FetchFixture fixture;
  fixture.start();
  for (const char* name : {"throws", "large"}) {
    const std::string answer = fixture.ask("GET", std::string("/v1/file/") + name);
    CHECK(status_of(answer) == 500);
    CHECK(has(answer, "\"code\":\"internal\""));
  }
  CHECK(status_of(fixture.ask("GET", "/v1/file/one")) == 200);
}

TEST_CASE("a disk that does not answer is a 504, one with too much to do a 503") {
  FetchFixture fixture;
  fixture.options.fetch_deadline = 50ms;
  fixture.start();
  fixture.backend.hang();
  CHECK(status_of(fixture.ask("GET", "/v1/file/one")) == 504);
  fixture.backend.fill_inbox(true);
  CHECK(status_of(fixture.ask("GET", "/v1/file/one")) == 503);
}

TEST_CASE("one user's slow answers leave room for the others, and all of them for root") {
  FetchFixture fixture;
  fixture.options.fetch_deadline = 60s;
  fixture.start();
  fixture.backend.hang();
  std::vector<SocketClient> waiting;
  const auto wait_as = [&](std::uint32_t uid) {
    fixture.become(uid);
    waiting.push_back(fixture.connect());
    waiting.back().send(ServerFixture::request("GET", "/v1/file/one"));
  };
  const auto is_busy_as = [&](std::uint32_t uid) {
    fixture.become(uid);
    const std::string answer = fixture.ask("GET", "/v1/file/one");
    return status_of(answer) == 503 && has(answer, "\"code\":\"busy\"");
  };
  for (int i = 0; i < 3; ++i) wait_as(1000);
  CHECK(is_busy_as(1000));
  for (int i = 0; i < 3; ++i) wait_as(1001);
  CHECK(is_busy_as(1002));
  wait_as(0);
  wait_as(0);
  CHECK(is_busy_as(0));
}
