#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

namespace {

bool is_readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

const Capability& find(const std::vector<Capability>& all, const std::string& name) {
  for (const auto& one : all) {
    if (one.name == name) return one;
  }
  FAIL("no capability " + name);
  return all.front();
}

}  // namespace

TEST_CASE("an exit is watched only for the process that was meant") {
  FakeMac mac;
  const auto id = mac.start(812, 1, "/usr/libexec/a");
  CHECK(open_exit_watch(mac, id));
  CHECK(open_exit_watch(mac, {812, id.start + 1}).error().code == base::Errc::gone);
  mac.end(812);
  CHECK(open_exit_watch(mac, id).error().code == base::Errc::gone);
}

TEST_CASE("a thermal notification wakes once, and without it the level is polled") {
  FakeMac mac;
  auto watch = open_thermal_watch(mac);
  REQUIRE(watch);
  CHECK_FALSE(watch->urgent);
  CHECK_FALSE(is_readable(watch->fd.get()));
  REQUIRE(::write(mac.events.get(), "\0\0\0\7", 4) == 4);
  CHECK(is_readable(watch->fd.get()));
  watch->consume();
  CHECK_FALSE(is_readable(watch->fd.get()));
  CHECK(find(probe_capabilities(mac), "thermal_event").available);
  mac.notify_works = false;
  CHECK(open_thermal_watch(mac).error().code == base::Errc::unsupported);
  CHECK_FALSE(find(probe_capabilities(mac), "thermal_event").available);
}

TEST_CASE("the descriptors of watched files live as long as the watch, and go when there is none") {
  FakeMac mac;
  int file = -1;
  {
    const auto watch = open_file_watch(mac, {"/etc/m1opt", "/etc/m1opt/m1opt.json"});
    REQUIRE(watch);
    REQUIRE(watch->kept.size() == 2);
    file = watch->kept[0].get();
    CHECK(::fcntl(file, F_GETFD) >= 0);
  }
  CHECK(::fcntl(file, F_GETFD) < 0);
  mac.notify_works = false;
  CHECK_FALSE(open_file_watch(mac, {"/etc/m1opt"}));
}

TEST_CASE("a pressure event wakes once, and without the source the level is polled") {
  FakeMac mac;
  auto watch = open_pressure_watch(mac);
  REQUIRE(watch);
  CHECK_FALSE(watch->urgent);
  CHECK_FALSE(is_readable(watch->fd.get()));
  REQUIRE(::write(mac.events.get(), "xx", 2) == 2);
  CHECK(is_readable(watch->fd.get()));
  watch->consume();
  CHECK_FALSE(is_readable(watch->fd.get()));
  mac.notify_works = false;
  CHECK(open_pressure_watch(mac).error().code == base::Errc::unsupported);
}

TEST_CASE("the machine sleeps when it is allowed to, and only messages that matter are told") {
  FakeMac mac;
  auto opened = open_sleep_watch(mac);
  REQUIRE(opened);
  auto& watch = **opened;
  const auto send = [&](std::uint32_t kind, std::int64_t notification) {
    const PowerMessage message{kind, 0, notification};
    REQUIRE(::write(mac.events.get(), &message, sizeof(message)) == sizeof(message));
  };
  CHECK_FALSE(watch.next().has_value());
  send(0xe0000320, 1);  // kIOMessageSystemWillPowerOn: not awake yet
  send(kSystemWillSleep, 77);
  send(kSystemHasPoweredOn, 78);
  CHECK(is_readable(watch.fd()));
  CHECK(watch.next() == platform::SleepEvent::will_sleep);
  CHECK(mac.allowed.empty());
  watch.allow();
  watch.allow();
  CHECK(mac.allowed == std::vector<std::int64_t>{77});
  CHECK(watch.next() == platform::SleepEvent::awake);
  CHECK_FALSE(watch.next().has_value());
  CHECK_FALSE(is_readable(watch.fd()));
  send(kSystemWillNotSleep, 79);
  CHECK(watch.next() == platform::SleepEvent::awake);
  watch.allow();
  CHECK(mac.allowed.size() == 1);
  mac.has_iokit = false;
  CHECK(open_sleep_watch(mac).error().code == base::Errc::unsupported);
}

TEST_CASE("whoever is logged in at the machine is whose the console is") {
  FakeMac mac;
  CHECK(console_owner(mac).value() == 501);
  mac.console_owner.reset();
  CHECK_FALSE(console_owner(mac));
}

TEST_CASE("our own cost is the footprint") {
  FakeMac mac;
  mac.start(812, 1, "/usr/libexec/m1optd");
  mac.at(812).footprint = 6U << 20U;
  mac.at(812).user_ticks = 24'000'000;
  const auto cost = read_cost(mac, 812);
  REQUIRE(cost);
  CHECK(cost->resident == base::Bytes{6 << 20});
  CHECK(cost->cpu_time == std::chrono::seconds(1));
  CHECK(read_cost(mac, 999).error().code == base::Errc::gone);
}

TEST_CASE("what this Mac can do is tried on a child that is gone afterwards") {
  FakeMac mac;
  const auto found = probe_capabilities(mac);
  for (const char* name : {"suspend", "background", "raise", "other_users", "pressure_event", "smc", "native"}) {
    INFO(name);
    CHECK(find(found, name).available);
  }
  CHECK(mac.processes.size() == 1);
  CHECK(mac.effects.size() == 6);
}

TEST_CASE("each thing that is missing is named with its reason") {
  FakeMac mac;
  mac.priority_error = EINVAL;
  mac.has_iokit = false;
  mac.set_number("sysctl.proc_translated", 1);
  mac.euid = 501;
  const auto found = probe_capabilities(mac);
  CHECK(find(found, "suspend").available);
  for (const char* name : {"background", "raise", "other_users", "smc", "native"}) {
    INFO(name);
    CHECK_FALSE(find(found, name).available);
    CHECK_FALSE(find(found, name).text.empty());
  }
  FakeMac ignoring;
  ignoring.priority_ignored = true;
  const auto ignored = probe_capabilities(ignoring);
  CHECK_FALSE(find(ignored, "background").available);
  CHECK_FALSE(find(ignored, "raise").available);
}
