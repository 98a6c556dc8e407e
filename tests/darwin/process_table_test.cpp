#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "platform/darwin/process_reading.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

namespace {

std::vector<std::byte> area_of(std::int32_t count, const std::string& text) {
  std::vector<std::byte> area(sizeof(count) + text.size());
  std::memcpy(area.data(), &count, sizeof(count));
  std::memcpy(area.data() + sizeof(count), text.data(), text.size());
  return area;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a process is read with its start to the microsecond") {
  FakeMac mac;
  const auto id = mac.start(812, 400, "/System/Library/photoanalysisd");
  auto& process = mac.at(812);
  process.nice = -10;
  process.user_ticks = 48'000'000;
  process.system_ticks = 24'000'000;
  process.performance_ticks = 60'000'000;
  process.footprint = 700U << 20U;
  process.running = 1;
  process.threads = 9;
  auto table = make_process_table(mac);
  const auto info = table->stat(812);
  REQUIRE(info);
  CHECK(info->id == id);
  CHECK(info->id.start == static_cast<std::uint64_t>(mac.wall));
  CHECK(info->parent == 400);
  CHECK(info->session == 812);
  CHECK(info->uid == 501);
  CHECK(info->name == "photoanalysisd");
  CHECK(info->state == RunState::running);
  CHECK(info->nice == -10);
  CHECK(info->threads == 9);
  CHECK_FALSE(info->background);
  CHECK(info->cpu_time == std::chrono::seconds(3));
  CHECK(info->performance_cpu_time == std::chrono::milliseconds(2500));
  CHECK(info->app_nap == false);
  CHECK(info->footprint == Bytes{std::int64_t{700} << 20});
  mac.ticks = {1, 1};
  CHECK(table->stat(812)->cpu_time == std::chrono::milliseconds(72));
  CHECK(*table->executable(812) == "/System/Library/photoanalysisd");
}

TEST_CASE("a program is told by its path, or why it is not") {
  FakeMac mac;
  auto table = make_process_table(mac);
  CHECK(table->executable(812).error().code == base::Errc::gone);
  mac.start(812, 1, "");  // its file was deleted
  CHECK(table->executable(812).error().code == base::Errc::gone);
  mac.at(812).path = "/" + std::string(5000, 'x');
  CHECK(table->executable(812).error().os_errno == ENOMEM);
}

TEST_CASE("stopped, background and asleep are told from status, flags and running threads") {
  FakeMac mac;
  mac.start(812, 1, "/usr/libexec/a");
  auto table = make_process_table(mac);
  CHECK(table->stat(812)->state == RunState::sleeping);
  mac.at(812).status = test::kStopped;
  CHECK(table->stat(812)->state == RunState::stopped);
  for (const auto flag : {kFlagOwnBackground, kFlagExternalBackground}) {
    mac.at(812).flags = flag;
    CHECK(table->stat(812)->background);
  }
  mac.at(812).flags = 0x100000;  // an adaptive daemon
  CHECK_FALSE(table->stat(812)->background);
  mac.at(812).flags = 0x800000;
  CHECK(table->stat(812)->app_nap == true);
  AllInfo info{};
  info.task.priority = 4;  // by its process type: no flag tells
  CHECK(decode_process(info, mac.ticks).background);
}

TEST_CASE("names that fill their field have no end and are cut there; none registered: the command") {
  AllInfo info{};
  info.bsd.name.fill('n');
  info.bsd.command.fill('c');
  CHECK(decode_process(info, {1, 1}).name == std::string(32, 'n'));
  info.bsd.name.fill('\0');
  CHECK(decode_process(info, {1, 1}).name == std::string(16, 'c'));
}

TEST_CASE("a process that is gone, a zombie, a stranger's and a structure of another size are told apart") {
  FakeMac mac;
  mac.start(812, 1, "/usr/libexec/a", 0);
  auto table = make_process_table(mac);
  CHECK(table->stat(999).error().code == Errc::gone);
  mac.at(812).status = test::kZombie;
  CHECK(table->stat(812).error().code == Errc::gone);
  mac.at(812).status = test::kRuns;
  mac.euid = 501;
  CHECK(table->stat(812).error().code == Errc::not_permitted);
  CHECK(*table->owner(812) == 0);  // which needs no right
  mac.euid = 0;
  mac.info_error = ENOMEM;
  CHECK(table->stat(812).error().code == Errc::parse);
  mac.info_error = 0;
  for (const std::int64_t length : {1, 231, 233, 0}) {
    mac.info_length = length;
    CHECK(table->stat(812).error().code == Errc::parse);
  }
  mac.info_length = -1;
  mac.usage_error = EPERM;  // then the resident size has to do
  CHECK(table->stat(812)->footprint == Bytes{std::int64_t{25} << 20});
}

TEST_CASE("the list is complete when more processes were born than the estimate said") {
  FakeMac mac;
  for (std::int32_t pid = 100; pid < 1000; ++pid) mac.start(pid, 1, "/usr/libexec/a");
  mac.start(0, 0, "kernel_task", 0);
  auto table = make_process_table(mac);
  mac.list_growth = 850;
  const auto pids = table->list();
  REQUIRE(pids);
  CHECK(pids->size() == 901);
  CHECK(pids->front() == 1);
  CHECK(std::is_sorted(pids->begin(), pids->end()));
  std::vector<platform::ListedProcess> some;
  REQUIRE(table->list_range(500, 509, some));
  CHECK(some.size() == 10);
}

TEST_CASE("a list that cannot be made says why") {
  FakeMac mac;
  auto table = make_process_table(mac);
  mac.list_error = ENOTSUP;
  CHECK(table->list().error().code == Errc::unsupported);
  mac.list_error = EPERM;
  CHECK(table->list().error().code == Errc::not_permitted);
  mac.list_error = 0;
  mac.processes.clear();
  CHECK(table->list().error().code == Errc::io);
}

TEST_CASE("usage falls back from V6 to V4, and then knows no performance cores") {
  FakeMac mac;
  mac.start(812, 1, "/usr/libexec/a");
  mac.at(812).user_ticks = 24'000'000;
  mac.at(812).performance_ticks = 12'000'000;
  UsageReader reader(mac);
  CHECK(reader.read(812)->performance_cpu_time == std::chrono::milliseconds(500));
  mac.usage_v6 = false;
  CHECK(reader.read(812)->cpu_time == std::chrono::seconds(1));
  CHECK_FALSE(reader.read(812)->performance_cpu_time.has_value());
  CHECK(reader.read(999).error().code == Errc::gone);
}

TEST_CASE("waiting is the time runnable without the time on a core") {
  FakeMac mac;
  const auto id = mac.start(812, 1, "/usr/libexec/a");
  mac.at(812).user_ticks = 24'000'000;
  mac.at(812).runnable_ticks = 72'000'000;
  auto table = make_process_table(mac);
  CHECK(*table->waited(id) == std::chrono::seconds(2));
  CHECK(table->waited({812, id.start + 1}).error().code == Errc::gone);
  mac.at(812).runnable_ticks = 1;
  CHECK(table->waited(id).error().code == Errc::unsupported);
}

TEST_CASE("arguments are read whole and the environment is never among them") {
  FakeMac mac;
  mac.start(812, 1, "/Applications/Ollama.app/llama-server");
  mac.at(812).arguments = {"llama-server", "", "--port", "1"};
  mac.at(812).environment = {"SECRET=1", std::string(100'000, 'x')};
  auto table = make_process_table(mac);
  CHECK(*table->arguments(812) == Words{"llama-server", "", "--port", "1"});
  mac.euid = 501;
  mac.at(812).uid = 0;
  CHECK(table->arguments(812).error().code == Errc::not_permitted);
  CHECK(table->arguments(999).error().code == Errc::gone);
}

TEST_CASE("of the environment only what is asked for is read, and hidden is not empty") {
  FakeMac mac;
  mac.start(812, 1, "/Applications/Ollama.app/Contents/Resources/ollama");
  mac.at(812).arguments = {"ollama", "OLLAMA_HOST=argument"};
  mac.at(812).environment = {"SECRET=1", "OLLAMA_HOST=0.0.0.0"};
  auto table = make_process_table(mac);
  CHECK(*table->variables(812, {"OLLAMA_HOST"}) == Words{"OLLAMA_HOST=0.0.0.0"});
  CHECK(table->variables(812, {"OLLAMA_MODELS"})->empty());
  mac.at(812).environment = {};
  CHECK(table->variables(812, {"OLLAMA_HOST"}).error().code == Errc::not_permitted);
  CHECK(table->variables(999, {"OLLAMA_HOST"}).error().code == Errc::gone);
}

TEST_CASE("arguments that are short, oversized or wrongly counted give only whole words") {
  const auto decode = [](std::int32_t count, const std::string& text) {
    return decode_arguments(area_of(count, text), 64, 4096);
  };
  const std::string two("/bin/a\0\0\0\0one\0two\0SECRET=1\0", 27);
  CHECK(*decode(2, two) == Words{"one", "two"});
  CHECK(*decode(1, two) == Words{"one"});
  CHECK(decode(0, two)->empty());
  CHECK_FALSE(decode(-1, two));
  CHECK_FALSE(decode_arguments({}, 64, 4096));
  CHECK(decode(5, "")->empty());
  CHECK(decode(5, "/bin/a")->empty());
  CHECK(*decode(5, std::string("/bin/a\0one\0tw", 13)) == Words{"one"});
  CHECK(decode_arguments(area_of(100, "/a" + std::string(1, '\0') + std::string(9000, 'x')), 64, 4096)
            ->empty());
  std::string many("/a\0", 3);
  for (int i = 0; i < 100; ++i) many += "w" + std::string(1, '\0');
  CHECK(decode(100, many)->size() == 64);
}

TEST_CASE("arguments of random bytes never give more than was there") {
  std::mt19937 random(20260801);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> area(random() % 200);
    // Zeros and small counts often, so that the words are reached.
    for (auto& byte : area) byte = static_cast<std::byte>(random() % 3 == 0 ? 0 : random() % 256);
    if (area.size() >= 4 && round % 2 == 0) std::fill_n(area.begin() + 1, 3, std::byte{0});
    const auto words = decode_arguments(area, 64, 100);
    if (!words) continue;
    std::size_t length = 0;
    for (const auto& word : *words) length += word.size() + 1;
    CHECK(length <= std::min<std::size_t>(area.size(), 100));
    CHECK(words->size() <= 64);
  }
}
