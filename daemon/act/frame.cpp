#include "act/frame.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace m1opt::act {

namespace {

constexpr std::size_t kHeaderSize = 1 + sizeof(std::uint32_t);

}  // namespace

Result<void> send_frame(int fd, FrameType type, std::string_view payload, int patience_ms) {
  std::string bytes(1, static_cast<char>(type));
  const auto length = static_cast<std::uint32_t>(payload.size());
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes.append(payload);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t n = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      if (::poll(&wait, 1, patience_ms) <= 0) return Error{Errc::busy, EAGAIN, "guardian does not read"};
    } else if (errno != EINTR) {
      return error_from_errno("send to the other side", errno);
    }
  }
  return {};
}

Result<void> FrameReader::fill(int fd) {
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t n = ::recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n > 0) {
      buffer_.append(chunk.data(), static_cast<std::size_t>(n));
    } else if (n == 0 || errno == ECONNRESET) {
      return Error{Errc::gone, 0, "the other side has ended"};
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      return error_from_errno("receive", errno);
    }
  }
  if (buffer_.size() >= kHeaderSize) {
    std::uint32_t length = 0;
    std::memcpy(&length, buffer_.data() + 1, sizeof length);
    if (length > kLargestFrame) return Error{Errc::parse, 0, "frame too large"};
  }
  return {};
}

std::optional<Frame> FrameReader::next() {
  if (buffer_.size() < kHeaderSize) return std::nullopt;
  std::uint32_t length = 0;
  std::memcpy(&length, buffer_.data() + 1, sizeof length);
  if (buffer_.size() < kHeaderSize + length) return std::nullopt;
  Frame frame{static_cast<FrameType>(buffer_[0]), buffer_.substr(kHeaderSize, length)};
  buffer_.erase(0, kHeaderSize + length);
  return frame;
}

}  // namespace m1opt::act
