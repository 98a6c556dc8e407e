#include <boost/json/parse.hpp>

#include "serve/fixture.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

namespace {

SocketClient open_stream(ServerFixture& fixture, const std::string& last_event_id) {
  SocketClient client = fixture.connect();
  client.send("GET /v1/events/stream HTTP/1.1\r\nHost: m1opt\r\n" +
              (last_event_id.empty() ? "" : "Last-Event-ID: " + last_event_id + "\r\n") + "\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(status_of(head) == 200);
  CHECK(has(head, "Content-Type: text/event-stream\r\n"));
  client.read_until(": m1optd\n\n");
  return client;
}

SocketClient open_lease(ServerFixture& fixture, const std::string& body) {
  SocketClient client = fixture.connect();
  client.send(ServerFixture::request("POST", "/v1/leases", body));
  return client;
}

std::size_t ended_leases(FakeBackend& backend) {
  std::size_t count = 0;
  for (const auto& command : backend.posted()) {
    if (std::holds_alternative<LeaseEndCommand>(command.body)) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a stream tells what happens from now on, to every listener") {
  ServerFixture fixture;
  fixture.backend.add_event("1.1");
  fixture.start();
  SocketClient first = open_stream(fixture, "");
  SocketClient second = open_stream(fixture, "");
  fixture.backend.add_event("1.2");
  for (SocketClient* client : {&first, &second}) {
    const std::string text = client->read_until("\n\n");
    CHECK_FALSE(has(text, "id: 1.1"));
    CHECK(has(text, "id: 1.2\ndata: {\"id\":\"1.2\""));
  }
}

TEST_CASE("Last-Event-ID resumes after that event and skips none") {
  ServerFixture fixture;
  for (int i = 1; i <= 200; ++i) fixture.backend.add_event("1." + std::to_string(i));
  fixture.start();
  SocketClient client = open_stream(fixture, "1.3");
  for (int i = 4; i <= 200; ++i) {
    const std::string text = client.read_until("\n\n");
    if (!has(text, "id: 1." + std::to_string(i) + "\n")) FAIL("after " << i << " came " << text);
  }
  fixture.backend.add_event("1.201");
  CHECK(has(client.read_until("\n\n"), "id: 1.201\n"));
}

TEST_CASE("an id of another epoch gives what is kept") {
  ServerFixture fixture;
  fixture.backend.add_event("2.1");
  fixture.start();
  SocketClient client = open_stream(fixture, "1.77");
  CHECK(has(client.read_until("\n\n"), "id: 2.1\n"));
}

TEST_CASE("a quiet stream is kept alive by comments") {
  ServerFixture fixture;
  fixture.options.stream_heartbeat = 20ms;
  fixture.start();
  SocketClient client = open_stream(fixture, "");
  CHECK(has(client.read_until(":\n\n"), ":\n\n"));
  CHECK(has(client.read_until(":\n\n"), ":\n\n"));
}

TEST_CASE("a listener that does not read is dropped and costs the others nothing") {
  ServerFixture fixture;
  fixture.options.write_deadline = 100ms;
  fixture.start();
  SocketClient slow = open_stream(fixture, "");
  SocketClient quick = open_stream(fixture, "");
  const std::size_t before = ServerFixture::open_descriptors();
  std::string last;
  // More than a socket buffer holds.
  for (int i = 1; i <= 6000; ++i) {
    last = "1." + std::to_string(i);
    fixture.backend.add_event(last);
  }
  CHECK(has(quick.read_until("id: 1.6000\n"), "id: 1.6000\n"));
  CHECK(eventually([&] { return ServerFixture::open_descriptors() < before; }));
  CHECK(slow.is_closed());
}

TEST_CASE("a lease is held while the answer stays open, and ends with it") {
  ServerFixture fixture;
  fixture.options.lease_beat = 20ms;
  fixture.backend.set_reply(ReplyCode::ok, "busy");
  fixture.backend.change([](Snapshot& snapshot) {
    WorkloadMember& member = snapshot.status.workloads.emplace_back().processes.emplace_back();
    member.id = {77, 1000};
    member.not_raised = "a stranger's";
  });
  fixture.become(1000, {ServerFixture::kGroup});
  fixture.start();
  SocketClient client = open_lease(fixture, R"({"pid":77,"start":1000})");
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(status_of(head) == 200);
  CHECK(has(head, "Transfer-Encoding: chunked"));
  client.read_until("\r\n");  // the chunk's size
  const auto document = boost::json::parse(client.read_until("\n"));
  CHECK(document.at("lease") == "held");
  CHECK(document.at("raised") == false);
  CHECK(document.at("text") == "busy; not raised: a stranger's");
  CHECK(has(client.read_until("1\r\n\n\r\n"), "1\r\n\n\r\n"));  // a beat
  CHECK(ended_leases(fixture.backend) == 0);
  client.close();
  CHECK(eventually([&] { return ended_leases(fixture.backend) == 1; }));
  CHECK(std::get<LeaseBeginCommand>(fixture.backend.posted()[0].body).process ==
        ProcessId{77, 1000});
}

TEST_CASE("a client that beats and stops loses its lease, one that never does keeps it") {
  ServerFixture fixture;
  fixture.options.lease_beat = 20ms;
  fixture.start();
  SocketClient silent = open_lease(fixture, R"({"pid":78,"start":0})");
  silent.read_until("held");
  SocketClient beating = open_lease(fixture, R"({"pid":77,"start":0})");
  beating.read_until("held");
  beating.send("\n");
  CHECK(has(beating.read_until("0\r\n\r\n"), "0\r\n\r\n"));
  CHECK(eventually([&] { return ended_leases(fixture.backend) == 1; }));
  CHECK(std::get<LeaseEndCommand>(fixture.backend.posted().back().body).process.pid == 77);
  CHECK(has(silent.read_until("1\r\n\n\r\n"), "1\r\n\n\r\n"));
}

TEST_CASE("a lease ends with its process") {
  ServerFixture fixture;
  fixture.options.lease_beat = 20ms;
  fixture.start();
  SocketClient client = open_lease(fixture, R"({"pid":77,"start":0})");
  client.read_until("held");
  fixture.kill(77);
  CHECK(has(client.read_until("0\r\n\r\n"), "0\r\n\r\n"));
  CHECK(eventually([&] { return ended_leases(fixture.backend) == 1; }));
}

TEST_CASE("a lease is for a live process of the caller, or any for root") {
  ServerFixture fixture;
  fixture.kill(666);
  fixture.start();
  fixture.become(1000, {ServerFixture::kGroup});
  CHECK(status_of(fixture.ask("POST", "/v1/leases", R"({"pid":77,"start":1001})")) == 403);
  CHECK(status_of(fixture.ask("POST", "/v1/leases", R"({"pid":666,"start":1000})")) == 404);
  CHECK(status_of(fixture.ask("POST", "/v1/leases", R"({"pid":77})")) == 400);
  CHECK(fixture.backend.posted().empty());
  fixture.become(0);
  CHECK(status_of(fixture.ask("POST", "/v1/leases", R"({"pid":77,"start":1001})")) == 200);
}

TEST_CASE("a lease is for members of the group: whoever may only read gets none") {
  ServerFixture fixture;
  fixture.start();
  fixture.become(1000);
  CHECK(status_of(fixture.ask("POST", "/v1/leases", R"({"pid":77,"start":1000})")) == 403);
  CHECK(fixture.backend.posted().empty());
}

TEST_CASE("a lease that the loop refuses is no lease, and one that comes too late is ended") {
  ServerFixture fixture;
  fixture.options.command_deadline = 50ms;
  fixture.backend.set_reply(ReplyCode::refused, "not now");
  fixture.start();
  const std::string answer = fixture.ask("POST", "/v1/leases", R"({"pid":77,"start":0})");
  CHECK(status_of(answer) == 403);
  CHECK(has(answer, "not now"));
  CHECK(ended_leases(fixture.backend) == 0);
  fixture.backend.hang();
  CHECK(status_of(fixture.ask("POST", "/v1/leases", R"({"pid":77,"start":0})")) == 504);
  CHECK(ended_leases(fixture.backend) == 1);
}
