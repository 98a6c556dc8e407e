#include "app/trace_recorder.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/trace_export.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace m1opt::app;
using namespace std::chrono_literals;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Seen final : public wire::TraceSink {
 public:
  explicit Seen(const std::string& text) {
    wire::TraceReader reader(*this);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const auto fault = reader.take(line);
      INFO((fault ? wire::to_string(*fault) : ""));
      REQUIRE_FALSE(fault);
    }
  }
  void on_header(const TraceHeader& header) override { headers.push_back(header); }
  void on_tick(const TraceTick& tick) override { ticks.push_back(tick); }

  std::vector<TraceHeader> headers;
  std::vector<TraceTick> ticks;
};

/// A recorder whose slow thread works at once, and a clock.
struct RecorderRig {
  explicit RecorderRig(const std::string& path) : directory(path) { start("run"); }

  void start(const std::string& run) {
    store = std::make_shared<TraceStore>(directory);
    recorder.emplace(TraceRecorder::Parts{store,
                                          [this](const std::function<void()>& work) {
                                            ++posts;
                                            if (slow) work();
                                            return slow;
                                          },
                                          events, MachineReading{}, run});
  }
  void tick(Duration period = 1s) {
    sample.process_count += 1;
    decide::Decision decision;
    decision.period = period;
    decision.holds = holds;
    const std::vector<Outcome> outcomes;
    const auto later = std::chrono::duration_cast<std::chrono::system_clock::duration>(now - Instant{1h});
    recorder->note_tick({now, WallTime{std::chrono::system_clock::time_point(1000h) + later}, sample,
                         config, decision, outcomes});
    now = now + period;
  }
  void ticks(int count, Duration period = 1s) {
    for (int i = 0; i < count; ++i) tick(period);
  }
  std::string exported(WallTime since = {}) {
    TraceExport all(store);
    const auto read = all.read(since);
    std::string text;
    for (;;) {
      auto part = read();
      REQUIRE(part);
      if (part->empty()) return text;
      text += *part;
    }
  }
  [[nodiscard]] std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& piece : TraceStore(directory).pieces()) found.emplace_back(piece.path);
    return found;
  }
  int warnings() { return static_cast<int>(events.after("", 1000).size()); }

  std::string directory;
  EventLog events{"e"};
  std::shared_ptr<TraceStore> store;
  std::optional<TraceRecorder> recorder;
  Instant now{1h};
  Sample sample;
  Config config;
  std::vector<HoldStatus> holds;
  bool slow{true};
  int posts{0};
};

}  // namespace

TEST_CASE("recorded ticks come back in order, with a header that says what began with them") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.sample.targets.resize(1);
  rig.sample.targets.front().target = "mds";
  rig.sample.targets.front().process.id = {7, 8};
  rig.sample.targets.front().process.executable = "/Users/ada/mds";
  HoldStatus hold;
  hold.record = 4;
  hold.target = "mds";
  hold.process = {7, 8};
  rig.holds = {hold};
  rig.ticks(5, 10s);
  const Seen seen(rig.exported());
  REQUIRE(seen.headers.size() == 1);
  CHECK(seen.headers.front().run == "run");
  CHECK(seen.headers.front().config == rig.config);
  REQUIRE(seen.headers.front().holds.size() == 1);
  CHECK(seen.headers.front().holds.front().record == 4);
  REQUIRE(seen.ticks.size() == 5);
  CHECK(seen.ticks.back().at == 40s);
  CHECK(seen.ticks.back().period == 10s);
  CHECK(seen.ticks.back().sample.process_count == 5);
  CHECK(seen.ticks.front().sample.targets.front().process.executable == "mds");
}

TEST_CASE("what a profile lies over is recorded beside what it comes to") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  Config plain = rig.config;
  rig.config.limits.max_suspended = 1;
  rig.recorder->note_tick({rig.now, {}, rig.sample, rig.config, {}, {}, &plain});
  const Seen seen(rig.exported());
  REQUIRE(seen.headers.size() == 1);
  CHECK(seen.headers.front().config == rig.config);
  CHECK(seen.headers.front().without_profile == plain);
}

TEST_CASE("what was done, and why, is in the tick's line") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.sample.commands = {{9, 501, true, UnpauseCommand{}}};
  rig.sample.outcomes.resize(1);
  rig.sample.outcomes.front().record = 5;
  decide::Decision decision;
  decision.actions.resize(1);
  decision.actions.front().deadline = rig.now + 60s;
  decision.reasons.resize(1);
  decision.reasons.front().text = "because";
  rig.recorder->note_tick({rig.now, {}, rig.sample, rig.config, decision, {}});
  decision.actions.front().verb = ActionVerb::end;
  decision.actions.front().deadline = rig.now - 60s;
  rig.sample.commands.clear();
  rig.sample.outcomes.clear();
  rig.recorder->note_tick({rig.now, {}, rig.sample, rig.config, decision, {}});
  // Not of a process: such a line is only written, never read.
  const std::string text = rig.exported();
  CHECK(text.find("\"record\":5") != std::string::npos);
  CHECK(text.find("\"deadline_s\":60,") != std::string::npos);
  CHECK(text.find("\"deadline_s\":0,") != std::string::npos);
  CHECK(text.find("because") != std::string::npos);
  CHECK(text.find("\"do\":\"unpause\"") != std::string::npos);
}

TEST_CASE("the slow thread is troubled once a minute, or for 64 KiB") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.ticks(60);
  CHECK(rig.posts == 0);
  rig.ticks(1);
  CHECK(rig.posts == 1);
  rig.ticks(122);
  CHECK(rig.posts == 3);
  rig.sample.refused = {{"mds", {7, 8}, "mds", ""}};
  rig.sample.refused.front().why = std::string(70'000, 'x');
  rig.tick();
  CHECK(rig.posts == 4);
}

TEST_CASE("the ring keeps to its size, and each of its files can be read alone") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.config.trace.max = Bytes{1 << 20};
  rig.sample.refused = {{"mds", {7, 8}, "mds", ""}};
  for (int i = 0; i < 400; ++i) {
    rig.sample.refused.front().why = std::string(10'000, i % 2 == 0 ? 'a' : 'b');
    rig.tick();
    std::uintmax_t sum = 0;
    for (const auto& path : rig.files()) sum += std::filesystem::file_size(path);
    REQUIRE(sum <= (1 << 20));
  }
  rig.recorder->flush();
  const auto files = rig.files();
  CHECK(files.size() >= kPiecesInRing - 2);
  CHECK(files.front().filename() != "trace-1.jsonl");
  for (const auto& path : files) {
    const Seen seen(text_of(path));
    CHECK(seen.headers.size() == 1);
    CHECK(seen.ticks.size() > 3);
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
  }
  CHECK(Seen(rig.exported()).ticks.back().sample.process_count == 400);
}

TEST_CASE("another start begins a piece of its own, and leaves the others") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.ticks(3);
  rig.recorder->flush();
  rig.start("next");
  rig.ticks(2);
  rig.recorder->flush();
  REQUIRE(rig.files().size() == 2);
  CHECK(rig.files().back().filename() == "trace-2.jsonl");
  const Seen seen(rig.exported());
  CHECK(seen.headers.back().run == "next");
  CHECK(seen.ticks.back().at == 1s);
}

TEST_CASE("a changed configuration begins a piece of the same run") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.ticks(3);
  rig.config.limits.max_suspended = 1;
  rig.ticks(3);
  const Seen seen(rig.exported());
  REQUIRE(seen.headers.size() == 2);
  CHECK(seen.headers.back().run == "run");
  CHECK(seen.headers.back().config->limits.max_suspended == 1);
  CHECK(seen.ticks.back().at == 5s);
}

TEST_CASE("a trace that is switched off writes nothing, and goes on when it is switched on") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.config.trace.enabled = false;
  rig.ticks(100);
  CHECK(rig.exported().empty());
  CHECK(rig.files().empty());
  rig.config.trace.enabled = true;
  rig.ticks(2);
  CHECK(Seen(rig.exported()).ticks.size() == 2);
}

TEST_CASE("half a line that a killed daemon left is left out") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.ticks(3);
  rig.recorder->flush();
  std::ofstream(rig.files().front(), std::ios::app) << R"({"at_s":9,"sam)" << std::string(9000, ' ');
  rig.start("next");
  rig.ticks(2);
  CHECK(Seen(rig.exported()).ticks.size() == 5);
}

TEST_CASE("what cannot be written is told once and tried again, ever more rarely") {
  const test::TempDir directory;
  const std::string path = directory / "gone";
  RecorderRig rig(path);
  rig.ticks(62);
  CHECK(rig.warnings() == 1);
  const int posts = rig.posts;
  rig.ticks(55);
  CHECK(rig.posts == posts);
  rig.ticks(2 * 3600);
  CHECK(rig.warnings() == 1);
  CHECK(rig.posts < posts + 10);
  std::filesystem::create_directory(path);
  rig.ticks(3700);
  CHECK(rig.warnings() == 1);
  const std::size_t kept = Seen(rig.exported()).ticks.size();
  CHECK(kept > 30);
  std::filesystem::remove_all(path);
  rig.config.limits.max_suspended = 1;  // a new piece, as the file that is open goes on without a name
  rig.ticks(62);
  CHECK(rig.warnings() == 2);
}

TEST_CASE("a disk that fills up in the middle of a line loses that piece's rest and nothing else") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.ticks(200);
  rig.recorder->flush();
  const auto before = Seen(rig.exported()).ticks.size();
  REQUIRE(before == 200);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  const rlimit tight{std::filesystem::file_size(rig.files().front()) + 100, old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  rig.ticks(122);
  ::setrlimit(RLIMIT_FSIZE, &old);
  ::signal(SIGXFSZ, SIG_DFL);
  CHECK(rig.warnings() == 1);
  rig.ticks(100);
  const Seen seen(rig.exported());
  CHECK(seen.headers.size() >= 2);
  CHECK(seen.ticks.size() > before);
  CHECK(seen.ticks.back().sample.process_count == 422);
}

TEST_CASE("a slow thread that hangs costs no more than a megabyte") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.slow = false;
  rig.sample.refused = {{"mds", {7, 8}, "mds", ""}};
  for (int i = 0; i < 200; ++i) {
    rig.sample.refused.front().why = std::string(10'000, i % 2 == 0 ? 'a' : 'b');
    rig.tick();
  }
  CHECK(rig.warnings() == 1);
}

TEST_CASE("an export begins with the piece that was written to since then") {
  const test::TempDir directory;
  RecorderRig rig(directory.path());
  rig.ticks(2);
  rig.recorder->flush();
  rig.start("next");
  rig.ticks(2);
  rig.recorder->flush();
  const auto files = rig.files();
  REQUIRE(files.size() == 2);
  std::filesystem::last_write_time(files.front(), std::filesystem::last_write_time(files.front()) - 1h);
  const WallTime recent{std::chrono::system_clock::now() - 30min};
  CHECK(Seen(rig.exported(recent)).headers.size() == 1);
  CHECK(Seen(rig.exported(WallTime{std::chrono::system_clock::now() - 2h})).headers.size() == 2);
  CHECK(rig.exported(WallTime{std::chrono::system_clock::now() + 1h}).empty());
}
