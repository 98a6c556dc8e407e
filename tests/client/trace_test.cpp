#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/documents.h"
#include "client/fake_daemon.h"
#include "client/run_client.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt::test;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

FakeDaemon::Answer always(std::string answer) {
  return [answer = std::move(answer)](const SeenRequest&) { return answer; };
}

const std::string kChunked =
    "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n4\r\ntwo\n\r\n";

}  // namespace

TEST_CASE("a trace goes to standard output, or into a file, as it came") {
  FakeDaemon daemon(always(kChunked + "0\r\n\r\n"));
  const Ran ran = run_client({"trace", "--socket", daemon.socket()});
  CHECK(ran.status == 0);
  CHECK(ran.out == "one\ntwo\n");
  const TempDir directory;
  CHECK(run_client({"trace", "--socket", daemon.socket(), "-o", directory / "t.jsonl"}).out.empty());
  CHECK(text_of(directory / "t.jsonl") == "one\ntwo\n");
  CHECK(run_client({"trace", "--socket", daemon.socket(), "-o", directory / "none/t.jsonl"}).status == 1);
}

TEST_CASE("only the last of a trace is asked for by its time") {
  FakeDaemon daemon(always(http_answer(200, "")));
  CHECK(run_client({"trace", "--since", "1h", "--socket", daemon.socket()}).status == 0);
  REQUIRE(daemon.seen().size() == 1);
  CHECK(has(daemon.seen()[0].line, "GET /v1/trace?since=20"));
}

TEST_CASE("a trace that breaks off is a failure") {
  FakeDaemon daemon(always(kChunked));
  const Ran ran = run_client({"trace", "--socket", daemon.socket()});
  CHECK(ran.status == 1);
  CHECK(has(ran.err, "in the middle of an answer"));
}

TEST_CASE("with the daemon dead its pieces are read from the state directory, oldest first, whole lines only") {
  const TempDir directory;
  write(directory / "trace-10.jsonl", "three\nfo");
  write(directory / "trace-9.jsonl", "two\n");
  write(directory / "trace-8.jsonl", "one\n");
  std::filesystem::last_write_time(directory / "trace-8.jsonl",
                                   std::filesystem::last_write_time(directory / "trace-8.jsonl") - std::chrono::hours(2));
  const std::vector<std::string> words{"trace", "--socket", directory / "none.sock", "--state-dir", directory.path()};
  CHECK(run_client(words).out == "one\ntwo\nthree\n");
  auto recent = words;
  recent.insert(recent.end(), {"--since", "1h"});
  CHECK(run_client(recent).out == "two\nthree\n");
}
