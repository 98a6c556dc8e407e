#include "app/service_watchdog.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string_view>

#include "platform/text.h"

namespace m1opt::app {

namespace {

constexpr std::string_view kBeat = "WATCHDOG=1";
constexpr std::int64_t kLongestUs = std::int64_t{24} * 3600 * 1'000'000;

/// A path, or with a @ a name in Linux's abstract namespace; empty: none.
std::string address_of(const char* socket) {
  sockaddr_un address{};
  const std::size_t length = socket != nullptr ? std::strlen(socket) : 0;
  if (length < 2 || length >= sizeof address.sun_path || (socket[0] != '/' && socket[0] != '@')) return {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket, length);
  if (socket[0] == '@') address.sun_path[0] = '\0';
  // The length of an abstract name is part of it.
  return {reinterpret_cast<const char*>(&address), offsetof(sockaddr_un, sun_path) + length};
}

std::optional<std::int64_t> number_of(const char* text) {
  return text != nullptr ? platform::parse_number<std::int64_t>(text) : std::nullopt;
}

}  // namespace

ServiceWatchdog::ServiceWatchdog(const char* socket, const char* patience_us, const char* pid) {
  const auto patience = number_of(patience_us);
  if (!patience || *patience <= 0 || *patience > kLongestUs) return;
  if (pid != nullptr && number_of(pid) != std::int64_t{::getpid()}) return;
  address_ = address_of(socket);
  if (address_.empty()) return;
  socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!socket_.valid()) return;
  ::fcntl(socket_.get(), F_SETFD, FD_CLOEXEC);
  period_ = std::chrono::microseconds(*patience) / 4;
}

void ServiceWatchdog::beat(Instant now) {
  if (!socket_.valid() || (last_ && now - *last_ < period_ / 2)) return;
  // One that takes nothing off its queue must not hold up the loop.
  const auto sent = ::sendto(socket_.get(), kBeat.data(), kBeat.size(), MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(address_.data()),
                             static_cast<socklen_t>(address_.size()));
  if (sent == static_cast<ssize_t>(kBeat.size())) last_ = now;
}

}  // namespace m1opt::app
