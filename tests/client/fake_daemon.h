#pragma once

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "support/temp_dir.h"

namespace m1opt::test {

struct SeenRequest {
  std::string line;  ///< "GET /v1/status"
  std::string head;
  std::string body;
};

inline std::string http_answer(int status, const std::string& body,
                               const std::string& type = "application/json",
                               const std::string& server = "m1optd/" M1OPT_VERSION) {
  return fmt::format(
      "HTTP/1.1 {} X\r\nServer: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", status,
      server, type, body.size(), body);
}

/// Listens on a socket of its own and gives each connection one canned answer.
class FakeDaemon {
 public:
  using Answer = std::function<std::string(const SeenRequest&)>;

  explicit FakeDaemon(Answer answer) : answer_(std::move(answer)) {
    listener_ = base::Fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket();
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 16) != 0) {
      throw std::runtime_error("cannot listen on " + path);
    }
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    stop_read_ = base::Fd(ends[0]);
    stop_write_ = base::Fd(ends[1]);
    thread_ = std::thread([this] { serve(); });
  }
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;
  ~FakeDaemon() {
    stop_write_.reset();
    thread_.join();
  }

  [[nodiscard]] std::string socket() const { return directory_ / "m1optd.sock"; }
  [[nodiscard]] const TempDir& directory() const { return directory_; }
  [[nodiscard]] std::vector<SeenRequest> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void serve() {
    while (true) {
      std::array<pollfd, 2> entries{{{listener_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}}};
      if (::poll(entries.data(), entries.size(), -1) < 0) return;
      if (entries[1].revents != 0) return;
      const base::Fd peer(::accept(listener_.get(), nullptr, nullptr));
      if (peer.valid()) converse(peer.get());
    }
  }

  void converse(int peer) {
    SeenRequest request;
    std::string text;
    std::array<char, 4096> buffer{};
    std::size_t wanted = std::string::npos;
    while (text.size() < wanted) {
      const ssize_t got = ::read(peer, buffer.data(), buffer.size());
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      request.head = text.substr(0, end);
      const std::size_t length = request.head.find("Content-Length: ");
      wanted = end + 4 +
               (length == std::string::npos ? 0 : std::stoul(request.head.substr(length + 16)));
    }
    if (request.head.empty()) return;
    request.line = request.head.substr(0, request.head.find(" HTTP/"));
    request.body = text.substr(request.head.size() + 4);
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
    }
    const std::string answer = answer_(request);
    [[maybe_unused]] const ssize_t sent = ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  TempDir directory_;
  Answer answer_;
  base::Fd listener_;
  base::Fd stop_read_;
  base::Fd stop_write_;
  std::mutex mutex_;
  std::vector<SeenRequest> seen_;
  std::thread thread_;
};

}  // namespace m1opt::test
