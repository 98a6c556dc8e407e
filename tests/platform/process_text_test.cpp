#include "platform/process_text.h"

#include "support/catch.h"

namespace m1opt::platform {

namespace {

std::string stat_line(const std::string& name, const std::string& state = "S",
                      const std::string& policy = "0", const std::string& start = "15") {
  return "812 (" + name + ") " + state +
         " 700 812 650 0 -1 4194560 34090 540045 0 628 123 559 1977 1022 20 -5 13 0 " + start +
         " 44920832 3423 18446744073709551615 1 1 0 0 0 0 0 4096 1256 0 0 0 17 1 0 " + policy +
         " 0 0 0 0 0 0 0 0 0 0 0\n";
}

}  // namespace

TEST_CASE("a stat line gives the process") {
  const auto info = parse_process_stat(stat_line("process_api"), {100, 4096});
  REQUIRE(info);
  CHECK(info->id == ProcessId{812, 15});
  CHECK(info->name == "process_api");
  CHECK(info->parent == 700);
  CHECK(info->session == 650);
  CHECK(info->state == RunState::sleeping);
  CHECK(info->nice == -5);
  CHECK(info->threads == 13);
  CHECK(info->cpu_time == std::chrono::milliseconds(6820));
  CHECK(info->footprint == Bytes{3423 * 4096});
  CHECK_FALSE(info->background);
}

TEST_CASE("no name can shift the fields") {
  for (const char* name : {"a b", ") S 1 2 3", "((", "))", "", "x) R 1 (y", "a\nb"}) {
    INFO(name);
    const auto info = parse_process_stat(stat_line(name), {});
    REQUIRE(info);
    CHECK(info->name == name);
    CHECK(info->id == ProcessId{812, 15});
    CHECK(*parse_process_start(stat_line(name)) == 15);
  }
}

TEST_CASE("state letters and policy are understood") {
  const auto state = [](const char* letter) {
    return parse_process_stat(stat_line("x", letter), {})->state;
  };
  CHECK(state("R") == RunState::running);
  CHECK(state("S") == RunState::sleeping);
  CHECK(state("D") == RunState::sleeping);
  CHECK(state("I") == RunState::sleeping);
  CHECK(state("T") == RunState::stopped);
  CHECK(state("t") == RunState::stopped);
  CHECK(state("Z") == RunState::zombie);
  CHECK(state("X") == RunState::zombie);
  CHECK(parse_process_stat(stat_line("x", "S", "5"), {})->background);
  CHECK_FALSE(parse_process_stat(stat_line("x", "S", "3"), {})->background);
}

TEST_CASE("a stat line cut off anywhere before its policy is an error, never a wrong process") {
  const auto whole = stat_line("x y");
  const auto end = whole.find(" 17 1 0 0") + 9;
  for (std::size_t n = 0; n < end - 1; ++n) {
    CHECK_FALSE(parse_process_stat(whole.substr(0, n), {}));
  }
  CHECK(parse_process_stat(whole.substr(0, end), {}));
}

TEST_CASE("a stat line that makes no sense is an error") {
  for (const std::string& text :
       {std::string("garbage"), std::string("(x)"), stat_line("x", "SS"), stat_line("x", "S", "a"),
        stat_line("x", "S", "0", "-1"), "0" + stat_line("x").substr(3),
        "-5" + stat_line("x").substr(3)}) {
    INFO(text);
    CHECK_FALSE(parse_process_stat(text, {}));
  }
}

TEST_CASE("the largest start token is kept exactly") {
  CHECK(*parse_process_start(stat_line("x", "S", "0", "9223372036854775807")) ==
        9223372036854775807ULL);
}

TEST_CASE("waiting time is the second number of schedstat") {
  CHECK(*parse_waited("100 250 7\n") == std::chrono::nanoseconds(250));
  CHECK(parse_waited("0 0 0\n").error().code == Errc::unsupported);
  for (const char* text : {"", "1 2", "1 -2 3", "a b c"}) CHECK_FALSE(parse_waited(text));
}

TEST_CASE("arguments are split at zeros and bounded") {
  using Words = std::vector<std::string>;
  CHECK(parse_arguments(std::string_view("ollama\0serve\0", 13), 64, false) ==
        Words{"ollama", "serve"});
  CHECK(parse_arguments(std::string_view("a\0\0b\0", 5), 64, false) == Words{"a", "", "b"});
  CHECK(parse_arguments(std::string_view("a\0b\0c\0", 6), 2, false) == Words{"a", "b"});
  CHECK(parse_arguments("title", 64, false) == Words{"title"});
  CHECK(parse_arguments(std::string_view("a\0cut", 5), 64, true) == Words{"a"});
  CHECK(parse_arguments("", 64, false).empty());
}

TEST_CASE("of an environment only the variables that are asked for are kept") {
  using Words = std::vector<std::string>;
  const std::string text("A=1\0OLLAMA_HOST=x=y\0SECRET=z\0OLLAMA_HOSTS=2\0EMPTY=\0noise\0", 58);
  CHECK(pick_variables(text, {"OLLAMA_HOST", "EMPTY", "noise"}) == Words{"OLLAMA_HOST=x=y", "EMPTY="});
  CHECK(pick_variables("A=cut", {"A"}) == Words{"A=cut"});
  CHECK(pick_variables("", {"A"}).empty());
}

TEST_CASE("a systemd watchdog counts only for the process it names") {
  const auto has = [](std::string text, std::int32_t pid) {
    for (char& c : text) c = c == ' ' ? '\0' : c;
    return has_watchdog_variables(text, pid);
  };
  CHECK(has("HOME=/ WATCHDOG_USEC=30000000 ", 5));
  CHECK(has("WATCHDOG_USEC=1 WATCHDOG_PID=5 ", 5));
  CHECK_FALSE(has("WATCHDOG_USEC=1 WATCHDOG_PID=4 ", 5));
  CHECK_FALSE(has("WATCHDOG_PID=5 ", 5));
  CHECK_FALSE(has("XWATCHDOG_USEC=1 ", 5));
  CHECK_FALSE(has("", 5));
}

TEST_CASE("small lines of status, smaps and loadavg are found") {
  CHECK(*parse_status_uid("Name:\tx\nUid:\t1000\t1001\t1000\t1000\n") == 1001);
  CHECK_FALSE(parse_status_uid("Uid:\t-1 -1\n"));
  CHECK_FALSE(parse_status_uid(""));
  CHECK(parse_pss("55d-7ff [rollup]\nRss:  976 kB\nPss:   953 kB\n") == bytes_from_kib(953));
  CHECK_FALSE(parse_pss("Rss: 5 kB\n").has_value());
  CHECK(parse_page_size("KernelPageSize:       16 kB\n") == 16384);
  CHECK(parse_newest_pid("0.59 0.25 0.12 7/10095 26278\n") == 26278);
  CHECK_FALSE(parse_newest_pid("26278").has_value());
  CHECK_FALSE(parse_newest_pid("0.1 0").has_value());
  CHECK_FALSE(parse_newest_pid("").has_value());
}

}  // namespace m1opt::platform
