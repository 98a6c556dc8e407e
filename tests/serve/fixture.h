#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fake_backend.h"
#include "serve/server.h"
#include "socket_client.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// A real server on a socket in a fresh directory, for callers that the test
/// makes up: `peer` is who the next connection comes from.
class ServerFixture {
 public:
  static constexpr std::uint32_t kOwn = 900;
  static constexpr std::uint32_t kGroup = 50;

  ServerFixture() {
    options.socket_path = directory / "m1optd.sock";
    options.own_uid = kOwn;
    options.identify = [this](int) -> base::Result<platform::PeerIdentity> {
      const std::lock_guard lock(mutex_);
      return peer_;
    };
    options.find_group = [](const std::string& name) -> base::Result<std::uint32_t> {
      if (name == "nobodys") return base::Error{base::Errc::gone, 0, "there is no group nobodys"};
      return kGroup;
    };
    options.process_owner = [this](base::ProcessId process) -> base::Result<std::uint32_t> {
      const std::lock_guard lock(mutex_);
      if (process.pid == dead_) return base::Error{base::Errc::gone, 0, "no such process"};
      return static_cast<std::uint32_t>(process.start);  // the test's processes say whose they are
    };
    become(0);
  }

  void start() {
    server.emplace(backend, options);
    const auto started = server->start();
    if (!started) throw std::runtime_error(started.error().what);
  }

  void become(std::uint32_t uid, std::vector<std::uint32_t> groups = {}) {
    const std::lock_guard lock(mutex_);
    peer_ = {uid, 4242, std::move(groups)};
  }
  void kill(std::int32_t pid) {
    const std::lock_guard lock(mutex_);
    dead_ = pid;
  }

  SocketClient connect() {
    backend.meet();
    return SocketClient(options.socket_path);
  }

  std::string ask(const std::string& method, const std::string& target,
                  const std::string& body = {}) {
    SocketClient client = connect();
    client.send(request(method, target, body));
    std::string answer = client.read_answer();
    backend.meet();
    return answer;
  }

  static std::string request(const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    return method + " " + target +
           " HTTP/1.1\r\nHost: m1opt\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  static std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/dev/fd")) {
      ++count;
    }
    return count;
  }

  /// A row that may be suspended with one process, and one that may not.
  void add_targets() {
    backend.change([](Snapshot& snapshot) {
      TargetStatus& row = snapshot.targets.emplace_back();
      row.name = "indexer";
      row.mode = TargetMode::suspend;
      TargetProcess& process = row.processes.emplace_back();
      process.id = {812, 77};
      process.name = "tracker";
      TargetStatus& other = snapshot.targets.emplace_back();
      other.name = "updatedb";
      other.mode = TargetMode::background;
    });
  }

  TempDir directory;
  FakeBackend backend;
  serve::ServerOptions options;
  std::optional<serve::Server> server;

 private:
  std::mutex mutex_;
  platform::PeerIdentity peer_;
  std::int32_t dead_{0};
};

/// "HTTP/1.1 200 OK" -> 200.
inline int status_of(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}
inline std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}
inline bool has(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

/// Waits for what another thread does; only the time until failure is bounded.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    ::usleep(5000);
  }
  return false;
}

}  // namespace m1opt::test
