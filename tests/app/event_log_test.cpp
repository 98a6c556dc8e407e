#include "app/event_log.h"

#include "support/catch.h"

using namespace m1opt::app;
using namespace m1opt::model;

namespace {

void add(EventLog& log, int count) {
  for (int i = 0; i < count; ++i) {
    log.add({}, {EventKind::command, Severity::info, "event " + std::to_string(i), {}, {}, {}});
  }
}

}  // namespace

TEST_CASE("events come back in order, each with an id of its own") {
  EventLog log("e1");
  add(log, 3);
  const auto events = log.after("", 10);
  REQUIRE(events.size() == 3);
  CHECK(events[0].id == "e1.1");
  CHECK(events[2].id == "e1.3");
}

TEST_CASE("only what came after the named event is returned, at most as many as asked for") {
  EventLog log("e1");
  add(log, 5);
  const auto events = log.after("e1.2", 2);
  REQUIRE(events.size() == 2);
  CHECK(events[0].id == "e1.3");
  CHECK(log.after("e1.5", 10).empty());
}

TEST_CASE("an id of another start of the daemon gives everything that is kept") {
  EventLog log("e2");
  add(log, 2);
  CHECK(log.after("e1.77", 10).size() == 2);
  CHECK(log.after("nonsense", 10).size() == 2);
}

TEST_CASE("the oldest events are forgotten, and the rest keep their ids") {
  EventLog log("e1");
  add(log, 1500);
  const auto events = log.after("", 10000);
  REQUIRE(events.size() == 1000);
  CHECK(events.front().id == "e1.501");
  CHECK(log.after("e1.3", 1).front().id == "e1.501");
  CHECK(log.after("e1.1499", 10).size() == 1);
}

TEST_CASE("a subscriber is told once for all new events, and no more when it has left") {
  EventLog log("e1");
  int told = 0;
  auto handle = log.subscribe([&] { ++told; });
  log.announce();
  CHECK(told == 0);
  add(log, 3);
  log.announce();
  CHECK(told == 1);
  handle.reset();
  add(log, 1);
  log.announce();
  CHECK(told == 1);
}
