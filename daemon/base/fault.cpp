#include "base/fault.h"

#ifdef M1OPT_FAULT_POINTS

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

namespace m1opt::base {

namespace {

constexpr long kPollNs = 500'000;

struct State {
  std::string role{"daemon"};
  std::function<void(const char*)> hook;
  // Points lie in the thread that acts and in the one that changes settings.
  std::mutex counting;
  std::map<std::string, int> reached;
};

State& state() {
  static State only;
  return only;
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// One line in one write, so that those of several processes do not mix.
void log_point(const std::string& line) {
  const std::string path = setting("M1OPT_FAULT_LOG");
  if (path.empty()) return;
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  [[maybe_unused]] auto written = ::write(fd, line.data(), line.size());
  ::close(fd);
}

/// Takes "NAME=HOW" apart when it is about this point; else nothing.
std::string how_of(const std::string& wish, const std::string& point, int count) {
  const auto equals = wish.find('=');
  if (equals == std::string::npos) return {};
  std::string name = wish.substr(0, equals);
  if (const auto colon = name.find(':'); colon != std::string::npos) {
    if (name.substr(0, colon) != state().role) return {};
    name.erase(0, colon + 1);
  }
  if (const auto hash = name.find('#'); hash != std::string::npos) {
    if (std::to_string(count) != name.substr(hash + 1)) return {};
    name.erase(hash);
  }
  return name == point ? wish.substr(equals + 1) : std::string();
}

/// The how-manieth time this is.
int count_of(const char* name) {
  const std::lock_guard lock(state().counting);
  return ++state().reached[name];
}

void wait_for_go() {
  const std::string go = setting("M1OPT_FAULT_LOG") + ".go";
  while (::access(go.c_str(), F_OK) != 0) {
    const timespec pause{0, kPollNs};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace

void fault_role(const char* role) { state().role = role; }

void fault_hook(std::function<void(const char*)> hook) { state().hook = std::move(hook); }

void fault_point(const char* name) {
  State& own = state();
  const int count = count_of(name);
  log_point(own.role + " " + name + " " + std::to_string(count) + " " +
            std::to_string(::getpid()) + "\n");
  if (own.hook) own.hook(name);
  std::istringstream wishes(setting("M1OPT_FAULT"));
  for (std::string wish; std::getline(wishes, wish, ',');) {
    const std::string how = how_of(wish, name, count);
    if (how == "kill") ::kill(::getpid(), SIGKILL);
    if (how == "stop") ::kill(::getpid(), SIGSTOP);
    if (how == "pause") wait_for_go();
  }
}

}  // namespace m1opt::base

#endif
