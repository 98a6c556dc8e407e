#include "app/run_history.h"

#include <sys/stat.h>

#include "base/file.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt::app;
using namespace std::chrono_literals;

namespace {

const BootId kBoot{"boot-1"};
const LimitsConfig kLimits;

Instant at(Duration d) { return {d}; }

/// Starts at these times, none of which ends cleanly; the state of the last.
m1opt::decide::SafeState after_crashes(std::initializer_list<Duration> starts) {
  std::optional<RunHistory> history = RunHistory{};
  Instant now;
  for (const Duration start : starts) {
    now = at(start);
    history = begin_run(history, kBoot, now, kLimits);
  }
  return safe_state_of(*history, now, kLimits);
}

}  // namespace

TEST_CASE("three unclean ends within ten minutes make safe mode, two do not") {
  CHECK_FALSE(after_crashes({1h}).active);
  CHECK_FALSE(after_crashes({1h, 1h + 10s, 1h + 20s}).active);
  const auto safe = after_crashes({1h, 1h + 10s, 1h + 20s, 1h + 30s});
  CHECK(safe.active);
  CHECK(safe.until == at(1h + 10min + 30s));
  CHECK(safe.why == "it ended 3 times in a row without a clean stop, within 600 s");
  CHECK_FALSE(after_crashes({1h, 2h, 3h, 4h, 5h}).active);
  CHECK_FALSE(after_crashes({1h, 1h + 1min, 1h + 2min, 1h + 12min}).active);
}

TEST_CASE("a crash loop stays in safe mode from start to start") {
  std::optional<RunHistory> history = RunHistory{};
  for (int i = 0; i < 50; ++i) {
    history = begin_run(history, kBoot, at(1h + i * 30s), kLimits);
    CHECK(safe_state_of(*history, at(1h + i * 30s), kLimits).active == (i >= 3));
    CHECK(history->crashes.size() <= 3);
  }
}

TEST_CASE("a restart of the machine forgets earlier ends") {
  std::optional<RunHistory> history = RunHistory{BootId{"boot-0"}, true, {at(1h), at(1h), at(1h)}};
  history = begin_run(history, kBoot, at(2min), kLimits);
  CHECK(*history == RunHistory{kBoot, true, {}});
}

TEST_CASE("an end that lies in the future counts as one just now") {
  const RunHistory before{kBoot, true, {at(90h), at(100h)}};
  const auto history = begin_run(before, kBoot, at(1h), kLimits);
  CHECK(history.crashes == std::vector{at(1h), at(1h), at(1h)});
}

TEST_CASE("a history that cannot be read is taken for the worst") {
  const auto history = begin_run(std::nullopt, kBoot, at(1h), kLimits);
  CHECK(safe_state_of(history, at(1h), kLimits).active);
}

TEST_CASE("a history is read as it was written, and anything else is refused") {
  const RunHistory history{kBoot, true, {at(5ns), at(7h)}};
  const std::string text = history_to_text(history);
  CHECK(history_from_text(text).value() == history);
  CHECK(history_from_text(history_to_text({kBoot, false, {}})).value() == RunHistory{kBoot, false, {}});
  for (std::size_t length = 0; length < text.size(); ++length) {
    INFO(length);
    CHECK_FALSE(history_from_text(text.substr(0, length)));
  }
  for (const char* strange : {"m1opt runs 2\nboot b\nended\n", "m1opt runs 1\nboot b\nended\nmore\n",
                              "m1opt runs 1\nboot b\ncrash x\nended\n",
                              "m1opt runs 1\nboot b\ncrash 1 2\nended\n", "\n\n\n"}) {
    CHECK_FALSE(history_from_text(strange));
  }
}

TEST_CASE("starts are counted in the state directory until one ends cleanly") {
  m1opt::test::TempDir directory;
  RunMark mark(directory.path());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(mark.begin(kBoot, at(1h + i * 1s), kLimits).active);
  CHECK(mark.begin(kBoot, at(1h + 4s), kLimits).active);
  mark.end();
  CHECK_FALSE(mark.begin(kBoot, at(1h + 5s), kLimits).active);
}

TEST_CASE("a damaged file leads to safe mode once, and counting begins anew") {
  m1opt::test::TempDir directory;
  RunMark mark(directory.path());
  REQUIRE(write_file_atomic(directory / "runs.txt", "garbage", 0600));
  const auto safe = mark.begin(kBoot, at(1h), kLimits);
  CHECK(safe.active);
  CHECK(safe.until == at(1h + 10min));
  CHECK(safe.why.find("cannot be read") != std::string::npos);
  mark.end();
  CHECK_FALSE(mark.begin(kBoot, at(1h + 1s), kLimits).active);
}

TEST_CASE("where ends cannot be kept, safe mode lasts until they can") {
  m1opt::test::TempDir directory;
  RunMark mark(directory / "not there");
  const auto safe = mark.begin(kBoot, at(1h), kLimits);
  CHECK(safe.active);
  CHECK_FALSE(safe.until);
  CHECK_FALSE(mark.try_again(at(1h + 10s)));
  std::filesystem::create_directory(directory / "not there");
  CHECK_FALSE(mark.try_again(at(1h + 11s)));  // not at every tick
  const auto after = mark.try_again(at(1h + 15s));
  REQUIRE(after);
  CHECK_FALSE(after->active);
  CHECK_FALSE(mark.try_again(at(1h + 30s)));
  CHECK(RunMark(directory / "not there").begin(kBoot, at(2h), kLimits).active == false);
}
