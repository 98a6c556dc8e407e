#include <filesystem>
#include <fstream>

#include "platform/platform.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using platform::FanControl;
using platform::read_fan_details;

namespace {

/// A chip of hwmon, as the kernel shows it.
void write_chip(const test::TempDir& root, const std::string& chip,
                const std::vector<std::pair<std::string, std::string>>& files) {
  const std::string directory = root / ("sys/class/hwmon/" + chip + "/");
  std::filesystem::create_directories(directory);
  for (const auto& [name, text] : files) std::ofstream(directory + name) << text << '\n';
}

}  // namespace

TEST_CASE("fans of a chip are read with limits, power and who controls them") {
  const test::TempDir root;
  write_chip(root, "hwmon3", {{"name", "nct6775"},     {"fan1_input", "912"},  {"fan1_min", "300"},
                              {"fan1_max", "2200"},    {"fan1_label", "CPU"},  {"pwm1", "102"},
                              {"pwm1_enable", "5"},    {"fan2_input", "1410"}, {"fan2_target", "1400"},
                              {"pwm2", "255"},         {"pwm2_enable", "1"},   {"pwm3", "255"},
                              {"pwm3_enable", "0"},    {"pwm3_mode", "1"},     {"fan10_input", "65535"},
                              {"temp1_input", "41000"}});
  const auto fans = read_fan_details(root.path()).value();
  REQUIRE(fans.size() == 4);
  CHECK(fans[0].name == "nct6775 CPU");
  CHECK(fans[0].rpm == 912);
  CHECK(fans[0].least_rpm == 300);
  CHECK(fans[0].most_rpm == 2200);
  CHECK(fans[0].duty->value() == Approx(40));
  CHECK(fans[0].control == FanControl::automatic);
  CHECK(fans[0].control_source == "pwm1_enable is 5");
  CHECK(fans[1].target_rpm == 1400);
  CHECK(fans[1].control == FanControl::manual);
  CHECK(fans[2].name == "nct6775 fan3");  // power without a tachometer
  CHECK_FALSE(fans[2].rpm);
  CHECK(fans[2].control == FanControl::full_speed);
  CHECK_FALSE(fans[3].rpm);  // garbage of a tachometer that is not connected
  CHECK_FALSE(fans[3].control);
}

TEST_CASE("without a chip, or without a fan in any, nothing is claimed") {
  const test::TempDir root;
  CHECK(read_fan_details(root.path()).error().what == "the kernel shows no hwmon chip");
  write_chip(root, "hwmon0", {{"name", "k10temp"}, {"temp1_input", "50000"}});
  CHECK(read_fan_details(root.path()).error().what == "no hwmon chip has a fan or a pwm channel");
}
