#include "decide/generation.h"

#include "decide/metrics.h"
#include "support.h"

using namespace m1opt::test;

namespace {

/// A server that is asked every five seconds.
struct AskedServer {
  World world;
  std::int64_t tokens{0};
  std::int64_t second{0};

  AskedServer() { world.start_llm(1); }

  void answer(std::int64_t more, std::int64_t task = 1) {
    tokens += more;
    world.answer_slots(tokens, task);
    wait();
  }
  void wait() {
    for (int i = 0; i < 5; ++i) {
      world.tick();
      world.pass(1s);
      *world.llm.slots_age += 1s;
    }
  }
  /// A second request beside the first, on the same server.
  void answer_both(std::int64_t more, std::int64_t more_of_second) {
    second += more_of_second;
    tokens += more;
    world.answer_slots(tokens);
    SlotReading other = world.llm.slots.front();
    other.slot = 1;
    other.task = 2;
    other.decoded = second;
    world.llm.slots.push_back(other);
    wait();
  }
  [[nodiscard]] std::optional<double> rate() const {
    return world.state.workloads.at("ollama").generation.rate;
  }
  [[nodiscard]] std::optional<double> drop() const {
    return read_metric(*find_metric("tokens_drop_percent"), {world.base, world.state});
  }
};

}  // namespace

TEST_CASE("tokens a second are what two answers about one request say") {
  AskedServer server;
  server.answer(10);
  CHECK_FALSE(server.rate());
  server.answer(200);
  REQUIRE(server.rate());
  CHECK(*server.rate() == Approx(40).epsilon(0.01));
  CHECK(server.world.last.workloads.front().tokens_per_s == server.rate());
}

TEST_CASE("a request that began between two answers says nothing of the rate") {
  AskedServer server;
  server.answer(10, 1);
  server.tokens = 0;
  server.answer(50, 2);
  CHECK_FALSE(server.rate());
}

TEST_CASE("the time a prompt takes is not counted as slow generation") {
  AskedServer server;
  server.answer(0);
  server.answer(10);
  CHECK_FALSE(server.rate());
}

TEST_CASE("how far it fell is told against the best of late, which fades") {
  AskedServer server;
  server.answer(10);
  server.answer(200);
  CHECK(*server.drop() == Approx(0));
  server.answer(50);
  CHECK(*server.drop() == Approx(75).margin(0.5));
  for (int i = 0; i < 360; ++i) server.answer(50);  // half an hour
  CHECK(*server.drop() == Approx(50).margin(1));
}

TEST_CASE("the rate of two requests at once is not compared with that of one") {
  AskedServer server;
  server.answer(10);
  server.answer(200);
  CHECK(*server.drop() == Approx(0));
  server.answer_both(150, 10);  // the second has just begun: nothing to compare
  CHECK(*server.rate() == Approx(30).epsilon(0.01));
  CHECK_FALSE(server.drop());
  server.answer_both(60, 60);
  CHECK(*server.rate() == Approx(24).epsilon(0.01));
  CHECK(*server.drop() == Approx(0));
  server.answer_both(30, 30);
  CHECK(*server.drop() == Approx(50).margin(0.5));
  server.answer(50);  // the second has ended since
  CHECK_FALSE(server.drop());
  server.answer(50);
  CHECK(*server.drop() == Approx(0));
}

TEST_CASE("nothing is known once the server is silent or its request has ended") {
  AskedServer server;
  server.answer(10);
  server.answer(200);
  REQUIRE(server.rate());
  SECTION("silent") {
    server.world.llm.slots.clear();
    server.world.llm.slots_age.reset();
  }
  SECTION("idle") { server.world.answer_slots(std::nullopt); }
  server.world.tick();
  CHECK_FALSE(server.rate());
  CHECK_FALSE(server.drop());
}
