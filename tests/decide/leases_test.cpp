#include "decide/commands.h"
#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

TEST_CASE("a lease is kept until it ends or its process is gone for three samples") {
  World world;
  world.start_llm(0);
  world.command(LeaseBeginCommand{kRunner, "run:501"});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::ok);
  REQUIRE(world.state.leases.size() == 1);
  CHECK(world.state.leases.front().name == "run:501");
  CHECK(world.last.period == 250ms);
  world.run(10min);
  CHECK(world.state.leases.size() == 1);
  world.command(LeaseBeginCommand{kRunner, "run:501"});
  world.tick();
  CHECK(reply_of(world).text == "leased already");
  world.command(LeaseEndCommand{kRunner});
  world.tick();
  CHECK(reply_of(world).text == "another client leases it still");
  CHECK(world.state.leases.size() == 1);
  world.command(LeaseEndCommand{kRunner});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::ok);
  CHECK(world.state.leases.empty());
  world.command(LeaseEndCommand{kRunner});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::not_found);

  world.command(LeaseBeginCommand{ProcessId{9, 9}, "run:9"});
  world.tick();
  for (int i = 0; i < 3; ++i) {
    CHECK(world.state.leases.size() == 1);
    world.pass(1s);
    world.tick();
  }
  CHECK(world.state.leases.empty());
  CHECK(world.said(EventKind::command) == "lease of pid 9 ended: the process is gone");
}

TEST_CASE("there are at most 64 leases") {
  World world;
  for (int i = 0; i < 65; ++i) world.command(LeaseBeginCommand{{1000 + i, 1}, "x"});
  world.tick();
  CHECK(world.state.leases.size() == 64);
  CHECK(world.replies.back().code == ReplyCode::conflict);
}
