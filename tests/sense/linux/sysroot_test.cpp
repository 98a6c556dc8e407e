#include <cstdlib>

#include "base/file.h"
#include "sense/describe_text.h"
#include "sense/sampler.h"
#include "sense/scripted_table.h"
#include "support/catch.h"
#include "support/fake_clock.h"

namespace m1opt::sense {

namespace {

/// The shipped rows whose programs occur in the captured trees.
Config captured_config() {
  auto config = test::sense_config();
  for (const char* name :
       {"tracker-extract-3", "baloo_file", "baloo_file_extractor", "packagekitd"}) {
    TargetConfig row;
    row.name = name;
    row.executables = {name};
    config.targets.push_back(row);
  }
  return config;
}

std::string sample_text(const std::string& sysroot) {
  test::DescribeText out;
  std::vector<Problem> problems;
  out.add("machine", platform::read_machine(sysroot, problems));
  out.add("boot", platform::read_boot_id(sysroot)->value);
  const auto table = platform::make_process_table(sysroot);
  const test::FakeClock clock;
  SamplerOptions options;
  options.sensors = platform::make_sensors(sysroot);
  // No process of the tree: nobody is the daemon's own user either.
  options.own_pid = 999999;
  options.own_uid = 4242;
  options.is_administrator = [](std::uint32_t uid, const std::string&) { return uid == 1000; };
  options.find_account = [](const std::string&) { return std::optional<std::uint32_t>(984); };
  Sampler sampler(std::move(options), *table, clock);
  const auto sample = sampler.take(captured_config(), clock.now());
  out.add("sample", sample);
  out.add("machine.problems", problems);
  return out.text();
}

}  // namespace

/// M1OPT_REWRITE_GOLDEN=1 writes the files anew; the difference is to be reviewed.
TEST_CASE("captured machines give the expected samples") {
  const std::string trees = std::string(M1OPT_SOURCE_DIR) + "/tests/sysroots/";
  for (const char* name : {"asahi-mac", "laptop", "hybrid-intel", "server"}) {
    INFO(name);
    std::string text = sample_text(trees + name);
    // Where the tree lies is no part of what it says.
    for (auto at = text.find(trees); at != std::string::npos; at = text.find(trees)) {
      text.erase(at, trees.size());
    }
    const std::string golden = trees + name + ".expected";
    if (std::getenv("M1OPT_REWRITE_GOLDEN") != nullptr) {
      REQUIRE(write_file_atomic(golden, text, 0644));
    }
    const auto expected = read_file(golden);
    REQUIRE(expected);
    CHECK(text == *expected);
    CHECK(text.find("SECRET") == std::string::npos);
  }
}

}  // namespace m1opt::sense
