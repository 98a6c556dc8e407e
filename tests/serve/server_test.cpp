#include "serve/server.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "serve/admission.h"
#include "serve/fixture.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

TEST_CASE("connections beyond the limit get a whole 503, and root still gets in") {
  ServerFixture fixture;
  fixture.backend.change_config([](Config& config) {
    config.api.max_connections = 40;
    config.api.max_connections_per_user = 1000;
  });
  fixture.start();
  fixture.become(1000);
  std::vector<SocketClient> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(fixture.connect());
  int served = 0;
  int refused = 0;
  for (SocketClient& client : clients) {
    // A refused one may find its connection shut for writing already.
    client.send(ServerFixture::request("GET", "/v1/version"));
    const std::string answer = client.read_answer();
    if (status_of(answer) == 200) ++served;
    if (status_of(answer) == 503 && has(answer, "\"code\":\"busy\"") && answer.back() == '}')
      ++refused;
  }
  CHECK(served == 32);  // 8 of the 40 are root's
  CHECK(refused == 268);
  fixture.become(0);
  CHECK(status_of(fixture.ask("GET", "/v1/status")) == 200);
  clients.clear();
  fixture.become(1000);
  CHECK(eventually([&] { return status_of(fixture.ask("GET", "/v1/status")) == 200; }));
}

TEST_CASE("admission counts per user and keeps some for the privileged") {
  serve::Admission admission;
  admission.configure({10, 4, 2});
  for (int i = 0; i < 4; ++i) CHECK(admission.enter(1000, false));
  CHECK_FALSE(admission.enter(1000, false));
  for (int i = 0; i < 4; ++i) CHECK(admission.enter(1001, false));
  CHECK_FALSE(admission.enter(1002, false));  // the last two are reserved
  CHECK(admission.enter(0, true));
  CHECK(admission.enter(0, true));
  CHECK_FALSE(admission.enter(0, true));
  admission.leave(1000);
  CHECK(admission.count() == 9);
  CHECK_FALSE(admission.enter(1000, false));
  admission.leave(0);
  admission.leave(0);
  CHECK(admission.enter(1000, false));
  admission.configure({1, 4, 8});  // a small total still has room for somebody
  for (int i = 0; i < 8; ++i) admission.leave(i < 4 ? 1000 : 1001);
  CHECK(admission.enter(5, false));
}

TEST_CASE("the socket's directory is made, its modes are 0755 and 0666 whatever the umask") {
  ServerFixture fixture;
  fixture.options.socket_path = fixture.directory / "made/here.sock";
  const mode_t before = ::umask(0077);
  fixture.start();
  ::umask(before);
  struct stat there {};
  REQUIRE(::stat((fixture.directory / "made").c_str(), &there) == 0);
  CHECK((there.st_mode & 07777U) == 0755);
  REQUIRE(::stat(fixture.options.socket_path.c_str(), &there) == 0);
  CHECK((there.st_mode & 07777U) == 0666);
}

TEST_CASE("a live server's socket is left alone, a dead one's is replaced, a file is an error") {
  ServerFixture fixture;
  fixture.start();
  serve::Server second(fixture.backend, fixture.options);
  const auto busy = second.start();
  REQUIRE(busy.has_error());
  CHECK(busy.error().code == base::Errc::busy);
  CHECK(has(busy.error().what, "another server answers at"));
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
  fixture.server->stop();

  base::Fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, fixture.options.socket_path.c_str());
  REQUIRE(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  dead.reset();
  fixture.start();
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
  fixture.server->stop();

  std::ofstream(fixture.options.socket_path) << "precious";
  serve::Server third(fixture.backend, fixture.options);
  const auto refused = third.start();
  REQUIRE(refused.has_error());
  CHECK(has(refused.error().what, "is no socket"));
  third.stop();
  CHECK(std::filesystem::file_size(fixture.options.socket_path) == 8);
}

TEST_CASE("a path that no socket can have is an error that says so") {
  ServerFixture fixture;
  fixture.options.socket_path = fixture.directory / std::string(100, 'x');
  serve::Server server(fixture.backend, fixture.options);
  const auto started = server.start();
  REQUIRE(started.has_error());
  CHECK(has(started.error().what, "1 to 103 are possible"));
}

TEST_CASE("stopping removes the socket file, but not one that somebody put in its place") {
  ServerFixture fixture;
  fixture.start();
  fixture.server->stop();
  CHECK_FALSE(std::filesystem::exists(fixture.options.socket_path));
  fixture.start();
  std::filesystem::remove(fixture.options.socket_path);
  std::ofstream(fixture.options.socket_path) << "other";
  fixture.server->stop();
  CHECK(std::filesystem::exists(fixture.options.socket_path));
}

TEST_CASE("stopping with open requests and streams ends them all") {
  ServerFixture fixture;
  fixture.backend.hang();
  fixture.start();
  SocketClient stream = fixture.connect();
  stream.send("GET /v1/events/stream HTTP/1.1\r\n\r\n");
  stream.read_until(": m1optd");
  SocketClient waiting = fixture.connect();
  waiting.send(ServerFixture::request("POST", "/v1/pause"));
  CHECK(eventually([&] { return !fixture.backend.posted().empty(); }));
  SocketClient idle = fixture.connect();
  fixture.server->stop();
  CHECK(stream.is_closed());
  CHECK(waiting.is_closed());
  CHECK(idle.is_closed());
}

TEST_CASE("without descriptors the server waits, and serves when there are some again") {
  ServerFixture fixture;
  fixture.start();
  SocketClient waiting = fixture.connect();
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  // The client's own end is opened before the door is shut.
  base::Fd late(::socket(AF_UNIX, SOCK_STREAM, 0));
  rlimit none = before;
  none.rlim_cur = 3;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, fixture.options.socket_path.c_str());
  const int connected =
      ::connect(late.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
  // The open connection is served although accept() fails.
  waiting.send(ServerFixture::request("GET", "/v1/version"));
  const std::string answer = waiting.read_answer();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(connected == 0);
  CHECK(status_of(answer) == 200);
  const std::string request = ServerFixture::request("GET", "/v1/version");
  CHECK(::send(late.get(), request.data(), request.size(), 0) > 0);
  pollfd ready{late.get(), POLLIN, 0};
  CHECK(::poll(&ready, 1, 10'000) == 1);
}
