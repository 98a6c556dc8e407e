// Asks a daemon's socket over many connections at once, each as soon as it has its answer, and says
// how long the answers took: `m1opt_load --socket PATH [--clients N] [--seconds S] [--path PATH]
// [--pause MS]`. One thread and poll(): its own time is in the figures too, but is small beside the
// daemon's. A connection that is refused (503) or closed is counted and made again.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "tool.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Tally {
  std::vector<double> milliseconds;  ///< of each answer with 200
  long refused{0};                   ///< answers with another status
  long lost{0};                      ///< connections that ended without an answer
  long unreachable{0};               ///< connects that failed
};

class Client {
 public:
  Client(const sockaddr_un& address, const std::string& request, Tally& tally)
      : address_(address), request_(request), tally_(tally) {}
  ~Client() { close(); }
  Client(Client&& other) noexcept
      : address_(other.address_), request_(other.request_), tally_(other.tally_), fd_(other.fd_) {
    other.fd_ = -1;
  }

  [[nodiscard]] int fd() const { return fd_; }

  void ask() {
    if (fd_ < 0 && !connect()) return;
    answer_.clear();
    sent_ = Clock::now();
    if (::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) < 0 && errno != EPIPE) end();
  }

  void read() {
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return end();
    answer_.append(buffer, static_cast<std::size_t>(n));
    const std::size_t head = answer_.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::size_t key = answer_.find("Content-Length: ");
    if (key == std::string::npos || key > head) return end();
    if (answer_.size() < head + 4 + std::strtoul(&answer_[key + 16], nullptr, 10)) return;
    if (answer_.compare(9, 3, "200") != 0) {
      ++tally_.refused;
      close();
    } else {
      tally_.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - sent_).count());
    }
    answered_ = true;
  }
  [[nodiscard]] bool take_answered() { return std::exchange(answered_, false); }

 private:
  bool connect() {
    fd_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_)) == 0) return true;
    ++tally_.unreachable;
    close();
    return false;
  }
  void end() {
    ++tally_.lost;
    close();
    answered_ = true;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  const sockaddr_un& address_;
  const std::string& request_;
  Tally& tally_;
  int fd_{-1};
  std::string answer_;
  Clock::time_point sent_;
  bool answered_{false};
};

/// Clients that could not connect ask again each time round.
void run(std::vector<Client>& clients, Clock::time_point end, std::chrono::milliseconds pause) {
  std::vector<pollfd> waiting(clients.size());
  for (Client& client : clients) client.ask();
  while (Clock::now() < end) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (clients[i].fd() < 0) clients[i].ask();
      waiting[i] = {clients[i].fd(), POLLIN, 0};
    }
    ::poll(waiting.data(), waiting.size(), 10);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      clients[i].read();
      if (!clients[i].take_answered()) continue;
      if (pause.count() > 0) std::this_thread::sleep_for(pause);
      clients[i].ask();
    }
  }
}

double percentile(const std::vector<double>& ordered, double share) {
  if (ordered.empty()) return -1;
  return ordered[std::min(ordered.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ordered.size())))];
}

}  // namespace

int main(int argc, char** argv) {
  const m1opt::tools::Arguments arguments(argc, argv);
  const std::string path = arguments.text("--socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    std::fprintf(stderr, "--socket PATH is needed\n");
    return 2;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto count = static_cast<std::size_t>(arguments.number("--clients", 1));
  const double seconds = arguments.number("--seconds", 5);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, count + 64);
  ::setrlimit(RLIMIT_NOFILE, &files);
  m1opt::tools::limit_lifetime(arguments);
  const std::string asked = arguments.has("--path") ? arguments.text("--path") : "/v1/status";
  const std::string request = "GET " + asked + " HTTP/1.1\r\nHost: m1opt\r\n\r\n";
  Tally tally;
  std::vector<Client> clients;
  for (std::size_t i = 0; i < count; ++i) clients.emplace_back(address, request, tally);
  const auto started = Clock::now();
  run(clients, started + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds)),
      std::chrono::milliseconds(static_cast<long>(arguments.number("--pause", 0))));
  const double took = std::chrono::duration<double>(Clock::now() - started).count();
  std::sort(tally.milliseconds.begin(), tally.milliseconds.end());
  std::printf(
      "{\"clients\": %zu, \"answers\": %zu, \"per_s\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"worst_ms\": "
      "%.3f, \"refused\": %ld, \"lost\": %ld, \"unreachable\": %ld}\n",
      count, tally.milliseconds.size(), static_cast<double>(tally.milliseconds.size()) / took,
      percentile(tally.milliseconds, 0.5), percentile(tally.milliseconds, 0.99),
      tally.milliseconds.empty() ? -1 : tally.milliseconds.back(), tally.refused, tally.lost, tally.unreachable);
  return 0;
}
