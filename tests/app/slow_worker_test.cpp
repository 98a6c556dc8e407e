#include "app/slow_worker.h"

#include <future>

#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::app;

namespace {

/// A slow thread whose work a test holds up, and whose wakes it waits for.
struct SlowRig {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::promise<void> woken;
  std::atomic<int> asked{0};
  SlowJobs jobs;

  /// Of the first call: says that it has begun and waits.
  void hold_up() {
    if (asked++ > 0) return;
    begun.set_value();
    go_on.get_future().wait();
  }
  std::function<void()> wake = [this, first = true]() mutable {
    if (std::exchange(first, false)) woken.set_value();
  };
};

sense::ModelReport report(const std::string& fault) {
  sense::ModelReport made;
  made.workload = "ollama";
  made.fault = fault;
  return made;
}

}  // namespace

TEST_CASE("Ollama is not asked again while it is being asked") {
  SlowRig rig;
  rig.jobs.ask_models = [&](const OllamaConfig&) {
    rig.hold_up();
    return report("no answer");
  };
  SlowWorker worker(rig.jobs, rig.wake);
  worker.ask_ollama({});
  worker.ask_ollama({});
  worker.start();
  rig.begun.get_future().wait();
  worker.ask_ollama({});
  CHECK_FALSE(worker.take_report());
  rig.go_on.set_value();
  rig.woken.get_future().wait();
  CHECK(worker.take_report()->fault == "no answer");
  CHECK_FALSE(worker.take_report());
  worker.stop();
  CHECK(rig.asked == 1);
}

TEST_CASE("the SMC is not asked again while it is being asked, and only its first answer wakes") {
  SlowRig rig;
  std::atomic<int> wakes{0};
  rig.jobs.read_hardware = [&]() -> sense::HardwareReport {
    rig.hold_up();
    return {{}, Instant{std::chrono::seconds(rig.asked.load())}};
  };
  SlowWorker worker(rig.jobs, [&] {
    if (++wakes == 1) rig.woken.set_value();
  });
  CHECK(worker.has_hardware());
  worker.ask_hardware();
  worker.ask_hardware();
  worker.start();
  rig.begun.get_future().wait();
  worker.ask_hardware();
  CHECK_FALSE(worker.take_hardware());
  rig.go_on.set_value();
  rig.woken.get_future().wait();
  std::promise<void> turned;  // whatever was left of the question has had its turn by then
  worker.self_test([&](auto) { turned.set_value(); });
  turned.get_future().wait();
  CHECK(rig.asked == 1);
  CHECK(worker.take_hardware()->taken == Instant{std::chrono::seconds(1)});
  CHECK_FALSE(worker.take_hardware());
  worker.ask_hardware();
  std::promise<void> tested;  // after the SMC in turn
  worker.self_test([&](auto) { tested.set_value(); });
  tested.get_future().wait();
  worker.stop();
  CHECK(worker.take_hardware()->taken == Instant{std::chrono::seconds(2)});
  CHECK(rig.asked == 2);
  CHECK(wakes == 3);  // the first answer and the self-tests
}

TEST_CASE("where there is no SMC nobody asks for it") {
  SlowWorker worker({}, [] {});
  CHECK_FALSE(worker.has_hardware());
  worker.ask_hardware();
  CHECK_FALSE(worker.take_hardware());
}

TEST_CASE("a job that throws is told, and the thread goes on") {
  SlowRig rig;
  rig.jobs.set_tiers = [&](const TierRequest& request) -> TierOutcome {
    if (rig.asked++ == 0) throw std::runtime_error("out of memory");
    return {request, TierResult::asked, 0, "done"};
  };
  SlowWorker worker(rig.jobs, rig.wake);
  std::promise<std::vector<serve::SelfTestStep>> steps;
  rig.jobs.self_test = nullptr;
  worker.ask_tiers({{{1, 1}, "/a", "ollama", 0, 0}, {{2, 2}, "/b", "ollama", 0, 0}});
  CHECK(worker.self_test([&](auto found) { steps.set_value(std::move(found)); }));
  CHECK_FALSE(worker.self_test([](auto) {}));
  worker.start();
  const auto found = steps.get_future().get();  // the last in turn, and it cannot be called
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].passed);
  worker.stop();
  const auto outcomes = worker.take_tier_outcomes();
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].result == TierResult::failed);
  CHECK(outcomes[0].text == "out of memory");
  CHECK(outcomes[1].result == TierResult::asked);
  CHECK(worker.take_tier_outcomes().empty());
}

TEST_CASE("a daemon that changes nothing starts no tool") {
  const base::SystemClock clock;
  const auto outcome = make_slow_jobs(clock, "", false).set_tiers({{1, 1}, "/sbin/init", "ollama", 0, 0});
  CHECK(outcome.result == TierResult::failed);
  CHECK(outcome.text == "this daemon changes nothing, so nothing was asked for");
}

TEST_CASE("posted work is done in order, and at the stop all that still waits") {
  SlowRig rig;
  rig.jobs.ask_models = [&](const OllamaConfig&) {
    rig.hold_up();
    return report("no answer");
  };
  SlowWorker worker(rig.jobs, rig.wake);
  worker.ask_ollama({});
  worker.start();
  rig.begun.get_future().wait();
  std::vector<int> done;
  for (int i = 0; i < 3; ++i) {
    CHECK(worker.post([&done, i] { done.push_back(i); }));
  }
  rig.go_on.set_value();
  worker.stop();
  CHECK(done == std::vector{0, 1, 2});
  CHECK_FALSE(worker.post([&done] { done.push_back(3); }));
}

TEST_CASE("posted work is refused when too much of it waits") {
  SlowWorker worker({}, [] {});
  int accepted = 0;
  while (accepted < 1000 && worker.post([] {})) ++accepted;
  CHECK(accepted == 64);
}

TEST_CASE("errands are run one after the other, with what they need to know, and each is answered") {
  std::promise<void> all;
  int left = 2;
  SlowJobs jobs;
  jobs.run_errand = [](const ErrandRequest& errand, const OllamaConfig& config) {
    if (errand.subject == "b") throw std::runtime_error("out of memory");
    return ErrandOutcome{errand, ErrandResult::done, std::to_string(config.port)};
  };
  SlowWorker worker(jobs, [&] {
    if (--left == 0) all.set_value();
  });
  OllamaConfig config;
  config.port = 1234;
  worker.run_errands({{ErrandKind::unload_model, "a", "rescue", ""}, {ErrandKind::unload_model, "b", "rescue", ""}}, config);
  worker.start();
  all.get_future().wait();
  worker.stop();
  const auto outcomes = worker.take_errand_outcomes();
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].result == ErrandResult::done);
  CHECK(outcomes[0].text == "1234");
  CHECK(outcomes[1].result == ErrandResult::failed);
  CHECK(outcomes[1].text == "out of memory");
  worker.refuse_errands({{ErrandKind::stop_backup, "", "backup", ""}}, "no journal");
  CHECK(worker.take_errand_outcomes().at(0).text == "no journal");
}

TEST_CASE("a daemon that changes nothing runs no errand") {
  const base::SystemClock clock;
  const auto outcome =
      make_slow_jobs(clock, "", false).run_errand({ErrandKind::unload_model, "a", "rescue", ""}, {});
  CHECK(outcome.result == ErrandResult::failed);
  CHECK(outcome.text == "this daemon changes nothing, so nobody was asked");
}

TEST_CASE("runners are asked in turn, and not again before the last of them has answered") {
  SlowRig rig;
  std::vector<int> ports;
  rig.jobs.ask_runner = [&](const sense::RunnerServer& server) {
    rig.hold_up();
    ports.push_back(server.port);
    sense::RunnerReport made;
    made.process = server.process;
    return made;
  };
  SlowWorker worker(rig.jobs, rig.wake);
  worker.ask_runners({{{1, 1}, 1001}, {{2, 2}, 1002}});
  worker.start();
  rig.begun.get_future().wait();
  worker.ask_runners({{{3, 3}, 1003}});
  rig.go_on.set_value();
  rig.woken.get_future().wait();
  worker.stop();
  CHECK(ports == std::vector{1001, 1002});
  CHECK(worker.take_runner_reports().size() == 2);
}
