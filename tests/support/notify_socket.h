#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

#include "base/fd.h"

namespace m1opt::test {

/// A service manager's end of $NOTIFY_SOCKET; a name that begins with @ is an abstract one.
class NotifySocket {
 public:
  explicit NotifySocket(std::string name) : name_(std::move(name)), socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name_.size() >= sizeof address.sun_path) throw std::runtime_error("too long");
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_[0] == '@') address.sun_path[0] = 0;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      throw std::runtime_error("bind");
    }
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// How many beats have come since the last call; -1 when something else came.
  int take() {
    std::array<char, 64> text{};
    for (int beats = 0;; ++beats) {
      const auto length = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
      if (length < 0) return beats;
      if (std::string(text.data(), static_cast<std::size_t>(length)) != "WATCHDOG=1") return -1;
    }
  }

 private:
  std::string name_;
  base::Fd socket_;
};

}  // namespace m1opt::test
