#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/fd.h"

namespace m1opt::test {

/// A plain socket that speaks exactly what the test writes.
class SocketClient {
 public:
  explicit SocketClient(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("connect: " + std::string(std::strerror(errno)));
    }
  }

  /// False when the peer is gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// With so many open files beside the text.
  void send_with_descriptors(std::string_view text, int count) {
    std::vector<char> control(CMSG_SPACE(sizeof(int) * static_cast<std::size_t>(count)));
    iovec piece{const_cast<char*>(text.data()), text.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = static_cast<decltype(message.msg_controllen)>(control.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) std::memcpy(CMSG_DATA(header) + sizeof(int) * i, &kStandardInput, sizeof(int));
    if (::sendmsg(fd_.get(), &message, MSG_NOSIGNAL) < 0) throw std::runtime_error("sendmsg");
  }

  /// Reads until `word` has come, and gives everything up to and with it;
  /// what was read when the peer closed or 10 s passed.
  std::string read_until(std::string_view word) {
    for (;;) {
      const std::size_t found = rest_.find(word);
      if (found != std::string::npos) return take(found + word.size());
      if (!read_more()) return take(rest_.size());
    }
  }

  /// One answer with a Content-Length: head and body.
  std::string read_answer() {
    std::string answer = read_until("\r\n\r\n");
    const std::size_t key = answer.find("Content-Length: ");
    if (key == std::string::npos) return answer;
    const std::size_t length = std::stoul(answer.substr(key + 16));
    while (rest_.size() < length && read_more()) {
    }
    return answer + take(std::min(length, rest_.size()));
  }

  /// True when the peer closes, what it still sends not counted.
  bool is_closed() {
    while (read_more()) rest_.clear();
    return closed_;
  }

  void shutdown_send() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

 private:
  static constexpr int kStandardInput = 0;

  bool read_more() {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return false;
    char buffer[65536];
    const ssize_t n = ::recv(fd_.get(), buffer, sizeof(buffer), 0);
    if (n <= 0) {
      closed_ = true;
      return false;
    }
    rest_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  std::string take(std::size_t count) {
    std::string taken = rest_.substr(0, count);
    rest_.erase(0, count);
    return taken;
  }

  base::Fd fd_;
  std::string rest_;
  bool closed_{false};
};

}  // namespace m1opt::test
