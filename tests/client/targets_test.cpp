#include "client/planning/targets.h"

#include "decide/metrics.h"
#include "sense/scripted_table.h"
#include "support/catch.h"
#include "wire/config_text.h"
#include "wire/default_config.h"

using namespace m1opt;

TEST_CASE("what targets hold is counted by the path of their executable, never by a name that a process gives itself") {
  const auto config = wire::parse_config(wire::kDefaultConfig, "", decide::known_metrics());
  REQUIRE(config);
  test::ScriptedTable table;
  const auto start = [&](std::int32_t pid, const std::string& path, model::RunState state = model::RunState::sleeping) {
    table.start(pid, 1, path);
    table.processes.at(pid).info.name = "tracker-miner-f";
    table.processes.at(pid).info.footprint = base::Bytes{1000};
    table.processes.at(pid).info.state = state;
  };
  start(10, "/usr/libexec/tracker-miner-fs-3");
  start(11, "/usr/libexec/tracker-miner-fs-3");
  start(12, "/usr/libexec/tracker-miner-fs-3", model::RunState::stopped);
  start(13, "/home/somebody/tracker-miner-fs-3");
  start(14, "/usr/bin/editor");
  start(15, "/usr/libexec/tracker-miner-fs-3 (deleted)");
  start(16, "/usr/libexec/packagekitd");  // goes to the background at most
  const auto held = client::planning::held_by_targets(*config, table);
  REQUIRE(held.size() == 1);
  CHECK(held[0].name == "tracker-miner-fs-3");
  CHECK(held[0].bytes == 2000);
}
