#include "app/service_watchdog.h"

#include <unistd.h>

#include "support/catch.h"
#include "support/notify_socket.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace std::chrono_literals;
using app::ServiceWatchdog;
using base::Instant;

namespace {

constexpr Instant kStart{1h};
constexpr const char* kPatience = "30000000";

}  // namespace

TEST_CASE("who asks for a beat hears one in time, however rarely or often it is given") {
  const test::TempDir directory;
  test::NotifySocket manager(directory / "notify");
  ServiceWatchdog watchdog(manager.name().c_str(), kPatience, std::to_string(::getpid()).c_str());
  CHECK(watchdog.period() == 7500ms);
  Instant now = kStart;
  for (int i = 0; i < 100; ++i, now = now + watchdog.period()) {
    watchdog.beat(now);
    CHECK(manager.take() == 1);
  }
  for (int i = 0; i < 300; ++i, now = now + 100ms) watchdog.beat(now);
  CHECK(manager.take() == 8);  // in 30 s
}

TEST_CASE("a socket without a place in the file system is found too") {
#ifdef __linux__
  test::NotifySocket manager("@m1opt-test-" + std::to_string(::getpid()));
  ServiceWatchdog watchdog(manager.name().c_str(), kPatience, nullptr);
  watchdog.beat(kStart);
  CHECK(manager.take() == 1);
#endif
}

TEST_CASE("where nobody asks, or another process is asked, nothing is said") {
  const test::TempDir directory;
  test::NotifySocket manager(directory / "notify");
  const char* name = manager.name().c_str();
  const std::string other = std::to_string(::getpid() + 1);
  const std::string long_name(200, '/');
  struct Row {
    const char* socket;
    const char* patience;
    const char* pid;
  };
  for (const Row& row : {Row{nullptr, nullptr, nullptr}, Row{name, nullptr, nullptr}, Row{nullptr, kPatience, nullptr},
                         Row{name, "0", nullptr}, Row{name, "-5", nullptr}, Row{name, "soon", nullptr},
                         Row{name, "9000000000000000000", nullptr}, Row{name, kPatience, other.c_str()},
                         Row{name, kPatience, "me"}, Row{"relative", kPatience, nullptr},
                         Row{long_name.c_str(), kPatience, nullptr}}) {
    ServiceWatchdog watchdog(row.socket, row.patience, row.pid);
    watchdog.beat(kStart);
    CHECK(watchdog.period() == base::Duration::max());
  }
  ServiceWatchdog nobody;
  nobody.beat(kStart);
  CHECK(manager.take() == 0);
}

TEST_CASE("a service manager that has gone, or takes nothing off its queue, holds nobody up") {
  const test::TempDir directory;
  ServiceWatchdog absent((directory / "absent").c_str(), kPatience, nullptr);
  absent.beat(kStart);
  test::NotifySocket manager(directory / "notify");
  ServiceWatchdog watchdog(manager.name().c_str(), "4", nullptr);
  Instant now = kStart;
  for (int i = 0; i < 2000; ++i, now = now + 1s) watchdog.beat(now);
  CHECK(manager.take() > 0);
}
