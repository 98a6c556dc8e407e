#include "app/board.h"

#include <poll.h>

#include "support/catch.h"
#include "support/fake_clock.h"

using namespace m1opt::app;
using namespace m1opt::model;

namespace {

bool readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a command wakes the loop, arrives once, and is answered once") {
  const m1opt::test::FakeClock clock;
  EventLog events("e");
  Board board(clock, events);
  CHECK_FALSE(readable(board.wake_fd()));
  int answers = 0;
  REQUIRE(board.post({.id = 0, .uid = 501, .administrator = true, .body = UnpauseCommand{}},
                     [&](const CommandReply& reply) {
                       ++answers;
                       CHECK(reply.text == "done");
                     }));
  CHECK(readable(board.wake_fd()));
  const auto commands = board.drain();
  REQUIRE(commands.size() == 1);
  CHECK_FALSE(readable(board.wake_fd()));
  CHECK(board.drain().empty());
  board.reply({commands[0].id, ReplyCode::ok, "done"});
  board.reply({commands[0].id, ReplyCode::ok, "done"});
  CHECK(answers == 1);
}

TEST_CASE("a full inbox says so instead of growing") {
  const m1opt::test::FakeClock clock;
  EventLog events("e");
  Board board(clock, events);
  int taken = 0;
  while (board.post({.id = 0, .uid = 0, .administrator = true, .body = UnpauseCommand{}},
                    [](const CommandReply&) {})) {
    ++taken;
    REQUIRE(taken < 1000);
  }
  CHECK(taken == 256);
  CHECK(board.drain().size() == 256);
}

TEST_CASE("every waiting command is answered when the daemon ends") {
  const m1opt::test::FakeClock clock;
  EventLog events("e");
  Board board(clock, events);
  int answers = 0;
  for (int i = 0; i < 3; ++i) {
    board.post({.id = 0, .uid = 0, .administrator = true, .body = UnpauseCommand{}},
               [&](const CommandReply& reply) {
                 CHECK(reply.code == ReplyCode::failed);
                 ++answers;
               });
  }
  board.reply_to_all(ReplyCode::failed, "m1optd is stopping");
  CHECK(answers == 3);
}

TEST_CASE("what is to be read from the disk waits for its thread, and no more than may wait") {
  struct Empty final : m1opt::serve::Archive {
    m1opt::serve::TraceArchive& trace() override { std::abort(); }
    m1opt::serve::HistoryArchive& history() override { std::abort(); }
    m1opt::serve::SettingsArchive& settings() override { std::abort(); }
  } archive;
  const m1opt::test::FakeClock clock;
  EventLog events("e");
  Board board(clock, events);
  const m1opt::serve::FetchWork work = [](m1opt::serve::Archive&) {
    return m1opt::serve::Fetched{{200, "text/plain", "read"}};
  };
  int answers = 0;
  const auto fetch = [&] {
    return board.fetch(work, [&](const m1opt::serve::Fetched& made) { answers += made.reply.body == "read" ? 1 : 0; });
  };
  CHECK_FALSE(fetch());  // nobody to ask
  std::vector<std::function<void()>> posted;
  bool full = false;
  board.set_archive(archive, [&](std::function<void()> made) {
    if (!full) posted.push_back(std::move(made));
    return !full;
  });
  int taken = 0;
  while (fetch()) REQUIRE(++taken < 100);
  CHECK(taken == 16);
  CHECK(answers == 0);
  for (const auto& one : posted) one();
  CHECK(answers == 16);
  full = true;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(fetch());
  full = false;
  CHECK(fetch());
}
