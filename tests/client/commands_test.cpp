#include "client/commands.h"

#include <signal.h>

#include <sstream>
#include <tuple>

#include "client/documents.h"
#include "client/fake_daemon.h"
#include "client/run_client.h"
#include "support/catch.h"

using namespace m1opt;
using test::has;
using test::FakeDaemon;
using test::http_answer;
using test::Ran;
using test::run_client;
using test::SeenRequest;

namespace {

std::string problem(int status, const std::string& code) {
  return http_answer(status,
                     fmt::format(R"({{"type":"urn:m1opt:problem:{0}","title":"T","status":{1},)"
                                 R"("code":"{0}","detail":"why it failed.","hint":"mend it"}})",
                                 code, status),
                     "application/problem+json");
}

FakeDaemon::Answer always(std::string answer) {
  return [answer = std::move(answer)](const SeenRequest&) { return answer; };
}

const char* const kHelp =
    R"(m1optctl shows what m1optd does for local LLM inference, why, and takes it back.
Usage: m1optctl [--socket PATH] [--color auto|always|never] VERB ...
  status    What m1opt sees, what it holds, and why
  events    What happened, oldest first
  history   What a reading was, what each hold changed; alone: which there are
  explain   Which rule, which reading, and why not; alone: every rule
  pause, unpause  Undo all and stay away, 30m when no time is given; end that
  suspend, resume  Stop a target by hand, for 1m or so long; let go what is held
  run       Run CMD as an LLM workload; its exit status is CMD's
  recover   Undo everything left behind; works with the daemon dead
  trace, simulate  The recorded trace; what the policy would have done over it
  models, plan, recommend  What is here, what it takes, what fits; offline
  bench     Tokens a second by the server's own count; --ab: what m1opt gains
  ollama    Ollama's variables, right for this RAM and made to last; a Modelfile
  profile, config  m1opt's settings: made for this machine; check, show, reload
  tune      The system's settings, with what each costs; undone exactly
  doctor, python, fans  Finding and exact fix: m1opt, Python and MLX, cooling
  start, stop, restart  The daemon, by systemd or launchd; it undoes all first
  api       One request to the daemon's API, as it is
  version, help  Versions of both; this list, or one verb in full
Older words: --analyze = status, emergency = resume --all, --dry-run = tune plan, --aggressive = tune apply --profile aggressive
Exit status: 0 done, 1 failed, 2 usage, 3 daemon not running, 4 not permitted,
  5 degraded, 6 config invalid, 7 timed out. More: m1optctl help VERB
)";

}  // namespace

TEST_CASE("help lists every verb of the table") {
  const Ran ran = run_client({"help"});
  CHECK(ran.status == 0);
  CHECK(ran.out == kHelp);
  CHECK(ran.err.empty());
  CHECK(run_client({"--help"}).out == kHelp);
}

TEST_CASE("help fits a screen of 80 by 24") {
  std::istringstream lines(run_client({"help"}, {"COLUMNS=80"}).out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    INFO(line);
    CHECK(line.size() <= 80);
  }
  CHECK(count <= 24);
}

TEST_CASE("every verb explains itself, and names --dry-run when it changes something") {
  for (const client::Command& command : client::commands()) {
    INFO(command.name);
    const Ran ran = run_client({"help", command.name});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(has(ran.out, fmt::format("Usage: m1optctl {}", command.name)));
    CHECK(has(ran.out, command.summary));
    CHECK(has(ran.out, "--socket PATH"));
    CHECK(has(ran.out, "--dry-run") == command.changes);
  }
}

TEST_CASE("wrong words are usage errors on standard error") {
  const std::vector<std::vector<std::string>> cases{
      {},
      {"frobnicate"},
      {"status", "--frobnicate"},
      {"status", "extra"},
      {"status", "--color", "sometimes"},
      {"status", "--socket"},
      {"pause", "soon"},
      {"pause", "5m", "--until-unpause"},
      {"suspend"},
      {"resume"},
      {"resume", "mds", "--all"},
      {"events", "--since", "8x"},
      {"trace", "--since", "8x"},
      {"simulate"},
      {"history", "load", "--since", "8x"},
      {"history", "--plot"},
      {"history", "effects", "--step", "5m"},
      {"plan"},
      {"plan", "llama3.1:8b", "--ctx", "0"},
      {"plan", "llama3.1:8b", "--kv", "q9"},
      {"plan", "llama3.1:8b", "--quant", "Q9"},
      {"plan", "llama3.1:8b", "--os", "macos"},
      {"plan", "llama3.1:8b", "--across", "mini16"},
      {"plan", "llama3.1:8b", "--across", "mini16,studio"},
      {"plan", "llama3.1:8b", "--across", "mini16,a16;rm"},
      {"plan", "llama3.1:8b", "--across", "mini16,mini16", "--link", "fast"},
      {"models", "--ram", "much"},
      {"recommend", "--ram", "16G", "--os", "windows"},
      {"recommend", "--use", "gaming"},
      {"config"},
      {"config", "frobnicate"},
      {"config", "show", "file"},
      {"profile"},
      {"profile", "frobnicate"},
      {"profile", "list", "8gb"},
      {"profile", "show"},
      {"profile", "use"},
      {"tune"},
      {"tune", "frobnicate"},
      {"tune", "undo"},
      {"tune", "plan", "--profile", "brave"},
      {"tune", "apply", "no-such-setting"},
      {"api"},
      {"api", "GET", "status"},
      {"api", "GET", "/v1/status HTTP/1.1\r\nX: y"},
      {"run"},
      {"run", "--frobnicate", "true"},
      {"help", "frobnicate"},
      {"python"},
      {"python", "frobnicate"},
      {"python", "check", "there"},
      {"python", "check", "--mlx"},
      {"python", "setup"},
      {"python", "setup", "there", "--python", "-c"},
      {"fans", "0"},
  };
  for (const auto& words : cases) {
    INFO(fmt::format("{}", fmt::join(words, " ")));
    const Ran ran = run_client(words);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.rfind("m1optctl: ", 0) == 0);
    CHECK(ran.err.find('\n') == ran.err.size() - 1);
  }
}

TEST_CASE("an unknown verb names the nearest known one") {
  CHECK(has(run_client({"statsu"}).err, "Did you mean: m1optctl status"));
  CHECK(has(run_client({"unpuase"}).err, "Did you mean: m1optctl unpause"));
}

TEST_CASE("without a daemon every verb that needs one exits 3 with the command that starts it") {
  const test::TempDir directory;
  const std::string socket = directory / "none.sock";
  const std::vector<std::vector<std::string>> cases{
      {"status"},  {"events"},         {"events", "--follow"}, {"explain"},
      {"pause"},   {"unpause"},        {"suspend", "mds"},     {"resume", "--all"},
      {"trace"},
      {"history"}, {"history", "load", "--plot"}, {"history", "effects"},
      {"version"}, {"config", "show"}, {"config", "reload"},   {"api", "GET", "/v1/status"},
      {"profile", "use", "8gb"},
  };
  for (auto words : cases) {
    INFO(fmt::format("{}", fmt::join(words, " ")));
    words.insert(words.end(), {"--socket", socket});
    const Ran ran = run_client(words);
    CHECK(ran.status == 3);
    CHECK(ran.err == fmt::format("m1optctl: m1optd is not running (no socket at {}). "
                                 "Start it: sudo m1optctl start\n",
                                 socket));
  }
}

TEST_CASE("the socket comes from M1OPT_SOCKET, and --socket wins, before the verb too") {
  FakeDaemon daemon(always(http_answer(200, test::as_text(test::busy_status()))));
  CHECK(run_client({"status"}, {"M1OPT_SOCKET=" + daemon.socket()}).status == 0);
  CHECK(run_client({"--socket", daemon.socket(), "status"}, {"M1OPT_SOCKET=/nowhere"}).status == 0);
  CHECK(run_client({"status", "--socket=" + daemon.socket()}, {"M1OPT_SOCKET=/nowhere"}).status ==
        0);
}

TEST_CASE("a daemon that refused to start has its reason printed") {
  const test::TempDir directory;
  FILE* file = std::fopen((directory / "refused.txt").c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs("/etc/m1opt/m1opt.json is writable by everyone\n", file);
  std::fclose(file);
  const Ran ran =
      run_client({"status", "--socket", directory / "none", "--state-dir", directory.path()});
  CHECK(ran.status == 3);
  CHECK(has(ran.err, "refused to start: /etc/m1opt/m1opt.json is writable by everyone"));
}

TEST_CASE("each class of problem has its exit status, detail and hint") {
  const std::vector<std::tuple<int, std::string, int>> cases{
      {400, "bad_request", 2},    {422, "unprocessable", 2}, {403, "forbidden", 4},
      {403, "refused", 1},        {404, "not_found", 1},     {409, "conflict", 1},
      {422, "config_invalid", 6}, {500, "failed", 1},        {503, "busy", 1},
      {504, "timed_out", 7},
  };
  for (const auto& [status, code, expected] : cases) {
    INFO(code);
    FakeDaemon daemon(always(problem(status, code)));
    const Ran ran = run_client({"config", "reload", "--socket", daemon.socket()});
    CHECK(ran.status == expected);
    CHECK(ran.out.empty());
    CHECK(ran.err == "m1optctl: why it failed. mend it\n");
  }
}

TEST_CASE("an answer that is no HTTP, no JSON or cut short is a failure, not a crash") {
  for (const std::string& answer :
       {std::string{}, std::string("hello\r\n\r\n"), http_answer(200, "{\"a\":"),
        http_answer(500, "<html>"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")}) {
    INFO(answer);
    FakeDaemon daemon(always(answer));
    const Ran ran = run_client({"status", "--socket", daemon.socket()});
    CHECK(ran.status == 1);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
}

TEST_CASE("json is the document as received and a line feed") {
  const std::string body = R"({ "schema":"m1opt.status/1",   "new_field": "\u2265 kept" })";
  FakeDaemon daemon(always(http_answer(200, body)));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status", "--json"},
                                                {"events", "--json"},
                                                {"history", "--json"},
                                                {"history", "load", "--since", "8h", "--json"},
                                                {"history", "effects", "--json"},
                                                {"explain", "--json"},
                                                {"explain", "mds", "--json"},
                                                {"version", "--json"},
                                                {"config", "show"},
                                                {"profile", "list", "--json"},
                                                {"profile", "use", "8gb", "--json"},
                                                {"api", "get", "/v1/status"}}) {
    auto all = words;
    all.insert(all.end(), {"--socket", daemon.socket()});
    const Ran ran = run_client(all);
    INFO(fmt::format("{}", fmt::join(words, " ")));
    CHECK(ran.status == 0);
    CHECK(ran.out == body + "\n");
    CHECK(ran.err.empty());
  }
}

TEST_CASE("a status is printed on standard output without colour, and 5 says degraded") {
  auto status = test::busy_status();
  FakeDaemon daemon(always(http_answer(200, test::as_text(status))));
  const Ran ran = run_client({"status", "--socket", daemon.socket()}, {"COLUMNS=80"});
  CHECK(ran.status == 0);
  CHECK(ran.err.empty());
  CHECK(has(ran.out, "* m1optd"));
  CHECK_FALSE(has(ran.out, "\x1b"));
  CHECK(has(run_client({"status", "--color=always", "--socket", daemon.socket()}).out, "\x1b["));

  status.health.push_back({model::Severity::error, "the journal cannot be written", ""});
  FakeDaemon degraded(always(http_answer(200, test::as_text(status))));
  CHECK(run_client({"status", "--socket", degraded.socket()}).status == 5);
}

TEST_CASE("another version of the daemon is a warning on standard error") {
  FakeDaemon daemon(always(
      http_answer(200, test::as_text(test::busy_status()), "application/json", "m1optd/99.1")));
  const Ran ran = run_client({"status", "--json", "--socket", daemon.socket()});
  CHECK(ran.status == 0);
  CHECK(has(ran.err, "the daemon is 99.1"));
  CHECK_FALSE(has(ran.out, "warning:"));
}

TEST_CASE("a dry run asks for it and prints the old and the new value") {
  const std::string body =
      R"({"schema":"m1opt.command/1","code":"ok","text":"would pause","dry_run":true,)"
      R"("changes":[{"name":"pause","old":"off","new":"until 11:30"}]})";
  FakeDaemon daemon(always(http_answer(200, body)));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"pause"},
                                                {"unpause"},
                                                {"suspend", "mds"},
                                                {"resume", "--all"},
                                                {"config", "reload"}}) {
    auto all = words;
    all.insert(all.end(), {"--dry-run", "--socket", daemon.socket()});
    const Ran ran = run_client(all);
    INFO(words.front());
    CHECK(ran.status == 0);
    CHECK(ran.out == "pause: off -> until 11:30\nwould pause\n");
  }
  for (const SeenRequest& request : daemon.seen()) {
    INFO(request.line);
    CHECK(request.line.ends_with("?dry_run=true"));
  }
}

TEST_CASE("verbs send what the API asks for") {
  FakeDaemon daemon(always(http_answer(200, R"({"text":"done so"})")));
  const std::string self = std::to_string(::getpid());
  const std::vector<std::vector<std::string>> all{{"pause"},
                                                  {"pause", "45m"},
                                                  {"pause", "--until-unpause"},
                                                  {"unpause"},
                                                  {"suspend", "mds", "90s"},
                                                  {"suspend", self},
                                                  {"resume", "--all"},
                                                  {"emergency"},
                                                  {"resume", "mds"},
                                                  {"explain", "a b/c"}};
  for (auto words : all) {
    words.insert(words.end(), {"--socket", daemon.socket()});
    CHECK(run_client(words).status == 0);
  }
  const auto seen = daemon.seen();
  REQUIRE(seen.size() == all.size());
  CHECK(seen[0].line == "POST /v1/pause");
  CHECK(seen[0].body == "{}");
  CHECK(seen[1].body == R"({"for_s":2700})");
  CHECK(seen[2].body == R"({"until_unpause":true})");
  CHECK(seen[3].line == "POST /v1/unpause");
  CHECK(seen[4].line == "POST /v1/targets/suspend");
  CHECK(seen[4].body == R"({"name":"mds","for_s":90})");
  CHECK(seen[5].body.rfind("{\"pid\":" + self + ",\"start\":", 0) == 0);
  CHECK(seen[6].body == R"({"all":true})");
  CHECK(seen[7].line == "POST /v1/targets/resume");
  CHECK(seen[8].body == R"({"name":"mds"})");
  CHECK(seen[9].line == "GET /v1/explain/target/a%20b%2Fc");
}

TEST_CASE("events are lines with time, severity, sentence and id") {
  FakeDaemon daemon(always(http_answer(
      200, R"({"schema":"m1opt.events/1","events":[{"id":"7.1","time":"2026-08-01T10:11:12.000Z",)"
           R"("kind":"action_done","severity":"info","text":"suspended mds"}]})")));
  const Ran ran = run_client({"events", "--socket", daemon.socket()});
  CHECK(ran.out == "2026-08-01 10:11:12  info     suspended mds [7.1]\n");
}

TEST_CASE("events since a time are asked for page by page, each after the last") {
  FakeDaemon daemon([](const SeenRequest& request) {
    if (!has(request.line, "since=20") || !has(request.line, "&limit=1000")) return problem(400, "bad_request");
    if (has(request.line, "after=7.2")) return http_answer(200, R"({"events":[],"next":"7.2"})");
    if (has(request.line, "after=7.1")) return http_answer(200, R"({"events":[{"id":"7.2"}],"next":"7.2"})");
    return http_answer(200, R"({"events":[{"id":"6.9"},{"id":"7.1"}],"next":"7.1"})");
  });
  const Ran ran = run_client({"events", "--since", "8h", "--socket", daemon.socket()});
  CHECK(ran.status == 0);
  for (const char* id : {"[6.9]", "[7.1]", "[7.2]"}) CHECK(has(ran.out, id));
  const Ran json = run_client({"events", "--since", "8h", "--json", "--socket", daemon.socket()});
  CHECK(json.out == R"({"events":[{"id":"6.9"},{"id":"7.1"}],"next":"7.1"})" "\n"
                    R"({"events":[{"id":"7.2"}],"next":"7.2"})" "\n");
}

TEST_CASE("following prints events as they come and goes on where a cut stream ended") {
  FakeDaemon daemon([](const SeenRequest& request) {
    if (request.line.starts_with("GET /v1/events?")) {
      return http_answer(200, R"({"events":[{"id":"7.0"}],"next":"7.0"})");
    }
    const std::size_t id = request.head.find("Last-Event-ID: 7.");
    const int last = id == std::string::npos ? 90 : std::stoi(request.head.substr(id + 17));
    const std::string event = fmt::format("id: 7.{0}\ndata: {{\"id\":\"7.{0}\"}}\n\n", last + 1);
    return fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "{:x}\r\n{}\r\n0\r\n\r\n",
        event.size(), event);
  });
  const test::Started started =
      test::start_client({"events", "--follow", "--json", "--socket", daemon.socket()});
  const std::string text = test::read_until(started.out.get(), "7.2\"}\n");
  CHECK(text.rfind("{\"id\":\"7.0\"}\n{\"id\":\"7.1\"}\n{\"id\":\"7.2\"}\n", 0) == 0);
  ::kill(started.pid, SIGINT);
  CHECK(test::finish(started).status == 1000 + SIGINT);
}

TEST_CASE("start, stop and restart say so where no service manager runs") {
  if (::access("/run/systemd/system", F_OK) == 0 || ::access("/bin/launchctl", F_OK) == 0) return;
  for (const char* verb : {"start", "stop", "restart"}) {
    const Ran ran = run_client({verb});
    CHECK(ran.status == 1);
    CHECK(has(ran.err, "neither systemd nor launchd"));
  }
}
