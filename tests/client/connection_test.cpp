#include "client/connection.h"

#include "client/fake_daemon.h"
#include "support/catch.h"

using namespace m1opt;
using namespace std::chrono_literals;
using client::Connection;
using test::FakeDaemon;

TEST_CASE("an answer in chunks is put together") {
  FakeDaemon daemon([](const test::SeenRequest&) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nServer: m1optd/1\r\n\r\n"
           "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
  });
  auto connection = Connection::open(daemon.socket(), 5s);
  REQUIRE(connection.has_value());
  const auto response = connection->exchange({"GET", "/x"});
  REQUIRE(response.has_value());
  CHECK(response->body == "abcdefg");
  CHECK(response->status == 200);
  CHECK(response->server == "m1optd/1");
}

TEST_CASE("a daemon that does not answer is given up with exit status 7") {
  // Listens and never accepts, as a stopped daemon does.
  const test::TempDir directory;
  const std::string path = directory / "deaf.sock";
  const base::Fd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 4) == 0);
  auto connection = Connection::open(path, 30ms);
  REQUIRE(connection.has_value());
  const auto response = connection->exchange({"GET", "/x"});
  REQUIRE_FALSE(response.has_value());
  CHECK(response.error().exit_status == 7);
}

TEST_CASE("a socket left behind by a dead daemon counts as not running") {
  const test::TempDir directory;
  const std::string path = directory / "stale.sock";
  {
    const base::Fd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  const auto connection = Connection::open(path, 1s);
  REQUIRE_FALSE(connection.has_value());
  CHECK(connection.error().exit_status == 3);
}

TEST_CASE("a socket without permission is exit status 4 with the command that helps") {
  FakeDaemon daemon([](const test::SeenRequest&) { return std::string{}; });
  REQUIRE(::chmod(daemon.directory().path().c_str(), 0755) == 0);
  REQUIRE(::chmod(daemon.socket().c_str(), 0600) == 0);
  const bool root = ::geteuid() == 0;
  if (root) {
    REQUIRE(::seteuid(65534) == 0);
  } else {
    REQUIRE(::chmod(daemon.socket().c_str(), 0) == 0);
  }
  const auto connection = Connection::open(daemon.socket(), 1s);
  if (root) REQUIRE(::seteuid(0) == 0);
  REQUIRE_FALSE(connection.has_value());
  CHECK(connection.error().exit_status == 4);
  CHECK(connection.error().fix.find("sudo") != std::string::npos);
}

TEST_CASE("a path too long for a socket is a usage error") {
  const auto connection = Connection::open("/" + std::string(200, 'x'), 1s);
  REQUIRE_FALSE(connection.has_value());
  CHECK(connection.error().exit_status == 2);
}

TEST_CASE("only servers of this machine are asked over TCP") {
  for (const char* host : {"192.168.1.2", "::2", "example.com", "", "127.0.0.1x"}) {
    INFO(host);
    const auto connection = Connection::open_loopback(host, 11434, 1s);
    REQUIRE_FALSE(connection.has_value());
    CHECK(connection.error().exit_status == 2);
  }
  CHECK(Connection::open_loopback("127.0.0.1", 0, 1s).error().exit_status == 2);
}

TEST_CASE("a port where nobody listens is said so") {
  const auto connection = Connection::open_loopback("localhost", 1, 1s);
  REQUIRE_FALSE(connection.has_value());
  CHECK(connection.error().text == "nobody listens at http://localhost:1");
  CHECK(connection.error().exit_status == 1);
}
