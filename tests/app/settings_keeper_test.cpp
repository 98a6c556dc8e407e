#include "app/settings_keeper.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "support/catch.h"
#include "support/temp_dir.h"
#include "tick_rig.h"

using namespace m1opt;
using namespace m1opt::app;
using m1opt::test::TempDir;
using m1opt::test::TickRig;
using settings::Lifetime;
using settings::Means;
using settings::Reading;
using settings::Value;
using namespace std::chrono_literals;

namespace {

/// What the machine keeps, by the first argument of where it is kept.
struct MachineInMemory final : settings::SettingAccess {
  std::map<std::string, Reading> values;
  std::string locked;  ///< it cannot be written
  int reads{0};
  int writes{0};

  Result<Reading> read(const settings::Target& target) override {
    ++reads;
    const auto found = values.find(target.arguments.at(0));
    if (found == values.end()) return Error{Errc::unsupported, 0, "this machine has no " + target.arguments.at(0)};
    return found->second;
  }
  Result<void> write(const settings::Target& target, const Reading& reading) override {
    if (locked == target.arguments.at(0)) return Error{Errc::not_permitted, 0, "locked"};
    ++writes;
    values[target.arguments.at(0)] = reading;
    return {};
  }
};

settings::Setting row(const char* name, Lifetime lifetime, const char* place, const char* wanted) {
  settings::Setting made;
  made.name = name;
  made.scope = settings::Scope::system;
  made.lifetime = lifetime;
  made.target = {Means::sys_file, {place}};
  made.wanted = {"", wanted};
  return made;
}

settings::Setting wired_limit() {
  auto made = row("gpu-wired-limit", Lifetime::while_running, "iogpu.wired_limit_mb", "");
  made.target.means = Means::sysctl;
  return made;
}

settings::Setting told() {
  auto made = row("compressor-mode", Lifetime::until_undone, "mode", "");
  made.why_not = "the kernel lets nobody";
  return made;
}

/// The keeper, its machine and a slow thread that works at once.
struct Rig : TickRig {
  MachineInMemory machine;
  TempDir directory;
  std::vector<std::string> events;
  std::optional<SettingsKeeper> keeper;
  std::optional<Bytes> ram{Bytes{std::int64_t{32} << 30}};
  bool acts{true};
  bool posts{true};

  Rig() {
    machine.values = {{"swappiness", Value{"", "60"}},
                      {"governor", Value{"", "powersave"}},
                      {"iogpu.wired_limit_mb", Value{"", "0"}},
                      {"mode", Value{"", "4"}}};
    decision.mode = Mode::active;
    start();
  }

  /// Another run of the daemon, the one before having been killed.
  void start() {
    keeper.emplace(SettingsKeeper::Parts{clock,
                                         directory.path(),
                                         machine,
                                         settings::System::linux,
                                         {row("swappiness", Lifetime::until_undone, "swappiness", "10"),
                                          row("governor", Lifetime::while_active, "governor", "performance"),
                                          row("absent", Lifetime::while_active, "nowhere", "1"), wired_limit(), told()},
                                         BootId{"boot-1"},
                                         ram,
                                         acts});
    keeper->recover();
    keeper->connect(
        [this](std::function<void()> work) {
          if (posts) work();
          return posts;
        },
        [this](const decide::Reason& reason) { events.push_back(reason.text); });
    tick();
  }
  void tick(Duration after = 1s) {
    TickRig::tick([this](const TickRecord& record) { keeper->note_tick(record); }, after);
  }
  void work(bool busy) {
    decision.working = busy ? "llama is busy" : "";
    tick();
  }
  std::string apply(const std::string& name) {
    const auto report = keeper->apply_setting(name, false);
    return report ? report->outcome : "error: " + report.error().what;
  }
  std::string undo(const std::string& name) {
    const auto report = keeper->undo_setting(name, false);
    return report ? report->outcome : "error: " + report.error().what;
  }
  std::string value(const std::string& place) { return machine.values.at(place)->text; }
  std::string journal() { return directory / "settings.json"; }
  std::size_t open() {
    return settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::read)
        .value().open_records().size();
  }
};

bool has(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a setting that lasts is set at once, stays over restarts, and is put back when it is asked for") {
  Rig rig;
  CHECK(rig.apply("swappiness") == "observed");
  CHECK(rig.value("swappiness") == "10");
  CHECK(rig.apply("swappiness") == "already");
  rig.start();
  CHECK(rig.value("swappiness") == "10");
  CHECK(rig.keeper->findings().empty());
  CHECK(rig.undo("swappiness") == "undone");
  CHECK(rig.value("swappiness") == "60");
  CHECK(rig.undo("swappiness") == "already");
  CHECK(rig.keeper->settings_history()->records.size() == 1);
  CHECK_FALSE(rig.keeper->settings_history()->records[0].open);
}

TEST_CASE("a setting that is tied to a workload is set while one is busy, and put back when all are quiet") {
  Rig rig;
  CHECK(rig.apply("governor") == "wished");
  CHECK(rig.value("governor") == "powersave");
  rig.work(true);
  CHECK(rig.value("governor") == "performance");
  rig.work(false);
  CHECK(rig.value("governor") == "powersave");
  CHECK(rig.open() == 0);
  rig.work(true);
  CHECK(rig.value("governor") == "performance");
  CHECK(rig.undo("governor") == "undone");
  CHECK(rig.value("governor") == "powersave");
  rig.tick();
  CHECK(rig.value("governor") == "powersave");
}

TEST_CASE("wished for while a workload is busy it is set before the answer") {
  Rig rig;
  rig.work(true);
  CHECK(rig.apply("governor") == "observed");
  CHECK(rig.value("governor") == "performance");
}

TEST_CASE("a pause, safe mode, observing and the end put back what is tied to a workload") {
  for (const Mode mode : {Mode::paused, Mode::safe, Mode::observing}) {
    Rig rig;
    rig.apply("governor");
    rig.apply("gpu-wired-limit");
    rig.work(true);
    REQUIRE(rig.value("governor") == "performance");
    REQUIRE(rig.value("iogpu.wired_limit_mb") == "24576");
    rig.decision.mode = mode;
    rig.tick();
    CHECK(rig.value("governor") == "powersave");
    CHECK(rig.value("iogpu.wired_limit_mb") == "0");
    rig.decision.mode = Mode::active;
    rig.tick();
    CHECK(rig.value("governor") == "performance");
    rig.keeper->finish();
    CHECK(rig.keeper->end());
    CHECK(rig.value("governor") == "powersave");
    CHECK(rig.value("iogpu.wired_limit_mb") == "0");
    rig.tick();
    CHECK(rig.value("governor") == "powersave");
  }
}

TEST_CASE("what a killed daemon left set is put back by the next one before anything else, and set again in its time") {
  Rig rig;
  rig.apply("governor");
  rig.apply("swappiness");
  rig.work(true);
  rig.decision.working.clear();
  REQUIRE(rig.value("governor") == "performance");
  rig.start();
  CHECK(rig.value("governor") == "powersave");
  CHECK(rig.value("swappiness") == "10");
  rig.work(true);
  CHECK(rig.value("governor") == "performance");
}

TEST_CASE("one that cannot be set is told once, is a finding, and is tried again after longer and longer waits") {
  Rig rig;
  rig.apply("governor");
  rig.machine.locked = "governor";
  rig.work(true);
  REQUIRE(rig.events.size() == 0);
  rig.tick();
  REQUIRE(rig.events.size() == 1);
  CHECK(has(rig.events[0], "locked"));
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(rig.keeper->findings()[0].severity == Severity::warning);
  const int reads = rig.machine.reads;
  for (int i = 0; i < 50; ++i) rig.tick();
  CHECK(rig.machine.reads == reads);
  rig.tick(15s);
  CHECK(rig.machine.reads > reads);
  CHECK(rig.events.size() == 1);
  rig.machine.locked.clear();
  rig.tick(130s);
  CHECK(rig.value("governor") == "performance");
  rig.tick();
  CHECK(rig.keeper->findings().empty());
}

TEST_CASE("one that cannot be put back is an error with its remedy, and the end is not a clean one") {
  Rig rig;
  rig.apply("governor");
  rig.work(true);
  rig.machine.locked = "governor";
  rig.work(false);
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(rig.keeper->findings()[0].severity == Severity::error);
  CHECK(rig.keeper->findings()[0].fix == "sudo m1optctl tune undo governor");
  rig.keeper->finish();
  CHECK_FALSE(rig.keeper->end());
  rig.machine.locked.clear();
  rig.start();
  CHECK(rig.value("governor") == "powersave");
  CHECK(rig.keeper->findings().empty());
}

TEST_CASE("what somebody changed since is left as it is, and told") {
  Rig rig;
  rig.apply("governor");
  rig.work(true);
  rig.machine.values["governor"] = Value{"", "userspace"};
  rig.work(false);
  CHECK(rig.value("governor") == "userspace");
  rig.tick();
  CHECK(has(rig.events.back(), "somebody changed it"));
  CHECK(rig.open() == 0);
}

TEST_CASE("what this machine has not got is refused, and not wished for") {
  Rig rig;
  CHECK(has(rig.apply("absent"), "has no nowhere"));
  CHECK(has(rig.apply("compressor-mode"), "the kernel lets nobody"));
  CHECK(has(rig.apply("nothing"), "there is no setting"));
  rig.work(true);
  CHECK(rig.machine.writes == 0);
  CHECK_FALSE(std::filesystem::exists(rig.directory / "wished_settings.txt"));
}

TEST_CASE("the GPU's limit is not raised with 16 GiB, nor when the RAM is not known") {
  for (const auto ram : {std::optional(Bytes{std::int64_t{16} << 30}), std::optional<Bytes>{}}) {
    Rig rig;
    rig.ram = ram;
    rig.start();
    CHECK(has(rig.apply("gpu-wired-limit"), ram ? "8 GiB have to stay free" : "is not known"));
    CHECK(rig.value("iogpu.wired_limit_mb") == "0");
  }
}

TEST_CASE("the GPU's limit is set as long as the daemon runs, and one that is higher is left") {
  Rig rig;
  CHECK(rig.apply("gpu-wired-limit") == "observed");
  CHECK(rig.value("iogpu.wired_limit_mb") == "24576");
  rig.keeper->finish();
  CHECK(rig.value("iogpu.wired_limit_mb") == "0");
  rig.machine.values["iogpu.wired_limit_mb"] = Value{"", "28672"};
  rig.start();
  CHECK(rig.value("iogpu.wired_limit_mb") == "28672");
  CHECK(rig.apply("gpu-wired-limit") == "observed");
  CHECK(rig.value("iogpu.wired_limit_mb") == "28672");
  CHECK(rig.open() == 0);
}

TEST_CASE("a damaged journal changes nothing, is kept, and stays in health until the next start") {
  Rig rig;
  rig.apply("governor");
  std::ofstream(rig.journal()) << "{ half a file";
  const int writes = rig.machine.writes;
  CHECK(has(rig.apply("swappiness"), "is damaged"));
  CHECK(rig.machine.writes == writes);
  CHECK(rig.value("swappiness") == "60");
  CHECK(std::filesystem::exists(rig.journal() + ".damaged-1"));
  CHECK(rig.apply("swappiness") == "observed");
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(has(rig.keeper->findings()[0].text, "settings.json.damaged-1"));
}

TEST_CASE("a damaged journal at the start is told, and undoes nothing by guess") {
  Rig rig;
  rig.apply("governor");
  rig.work(true);
  std::ofstream(rig.journal()) << "{ half a file";
  rig.decision.working.clear();
  rig.start();
  CHECK(rig.value("governor") == "performance");
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(rig.keeper->findings()[0].severity == Severity::error);
  CHECK(has(rig.events.back(), "is damaged"));
}

TEST_CASE("a journal of a newer m1opt is left as it is, and nothing is changed") {
  Rig rig;
  std::ofstream(rig.journal()) << R"({"schema": "m1opt.settings_journal/2", "records": []})";
  for (const char* name : {"swappiness", "governor", "gpu-wired-limit"}) CHECK(has(rig.apply(name), "newer m1opt"));
  rig.work(true);
  CHECK(rig.machine.writes == 0);
  CHECK(std::filesystem::exists(rig.journal()));
  std::filesystem::remove(rig.journal());
  CHECK(rig.apply("swappiness") == "observed");
  CHECK(rig.keeper->findings().empty());
}

TEST_CASE("while another program changes settings nothing is, and it is no finding") {
  Rig rig;
  {
    const auto other = settings::SettingsJournal::open(rig.directory.path(), settings::SettingsJournal::Use::write);
    REQUIRE(other);
    CHECK(has(rig.apply("swappiness"), "another m1opt"));
    CHECK(has(rig.apply("governor"), "another m1opt"));
    CHECK(rig.machine.writes == 0);
  }
  CHECK(rig.keeper->findings().empty());
  CHECK(rig.apply("swappiness") == "observed");
}

TEST_CASE("a daemon that does not act reads, tries, and writes nothing") {
  Rig rig;
  rig.acts = false;
  rig.start();
  CHECK(rig.apply("swappiness") == "would");
  CHECK(rig.apply("governor") == "would");
  CHECK(rig.undo("swappiness") == "already");
  rig.work(true);
  CHECK(rig.machine.writes == 0);
  CHECK(std::filesystem::is_empty(rig.directory.path()));
}

TEST_CASE("to try says what would be set and put back, and changes nothing") {
  Rig rig;
  const auto tried = rig.keeper->apply_setting("swappiness", true);
  REQUIRE(tried);
  CHECK(tried->outcome == "would");
  CHECK(tried->before->text == "60");
  CHECK(tried->after->text == "10");
  CHECK(rig.machine.writes == 0);
  rig.apply("swappiness");
  const auto back = rig.keeper->undo_setting("swappiness", true);
  REQUIRE(back);
  CHECK(back->outcome == "would");
  CHECK(back->before->text == "10");
  CHECK(back->after->text == "60");
  CHECK(rig.value("swappiness") == "10");
}

TEST_CASE("the list has each row with its value, its wish and its record, and asks the machine once in five seconds") {
  Rig rig;
  rig.apply("swappiness");
  rig.apply("governor");
  const auto list = rig.keeper->list_settings();
  REQUIRE(list.settings.size() == 5);
  CHECK(list.system == "linux");
  CHECK_FALSE(list.fault);
  CHECK(list.settings[0].value->text == "10");
  CHECK(list.settings[0].record == 1);
  CHECK(list.settings[1].wished);
  CHECK_FALSE(list.settings[1].record);
  CHECK_FALSE(list.settings[2].value);
  CHECK(has(list.settings[2].problem, "has no nowhere"));
  CHECK(list.settings[3].wanted->text == "24576");
  CHECK(list.settings[4].value->text == "4");
  CHECK_FALSE(list.settings[4].wanted);
  const int reads = rig.machine.reads;
  (void)rig.keeper->list_settings();
  CHECK(rig.machine.reads == reads);
  rig.clock.advance(5s);
  (void)rig.keeper->list_settings();
  CHECK(rig.machine.reads > reads);
}

TEST_CASE("with a slow thread that has too much to do it is tried at the next tick") {
  Rig rig;
  rig.apply("governor");
  rig.posts = false;
  rig.work(true);
  CHECK(rig.value("governor") == "powersave");
  rig.posts = true;
  rig.tick();
  CHECK(rig.value("governor") == "performance");
}

TEST_CASE("wishes are kept, and a file of them that is damaged sets nothing") {
  TempDir directory;
  const SettingWishes wishes(directory.path());
  CHECK(wishes.load().value().empty());
  REQUIRE(wishes.save({"cpu-governor", "gpu-wired-limit"}));
  CHECK(wishes.load().value() == std::set<std::string>{"cpu-governor", "gpu-wired-limit"});
  for (const char* text : {"", "m1opt settings 1", "m1opt settings 2\na\n", "m1opt settings 1\na b\n", "m1opt settings 1\n\n"}) {
    INFO(text);
    std::ofstream(directory / "wished_settings.txt") << text;
    CHECK(wishes.load().error().code == Errc::parse);
  }
  REQUIRE(wishes.save({}));
  CHECK_FALSE(std::filesystem::exists(directory / "wished_settings.txt"));
}
