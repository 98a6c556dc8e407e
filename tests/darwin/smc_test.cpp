#include "platform/darwin/smc.h"

#include <limits>

#include "darwin/fake_mac.h"
#include "platform/darwin/sensors.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

TEST_CASE("SMC numbers are decoded by type: flt little-endian, the rest big-endian") {
  const auto decode = [](const char* type, std::array<std::uint8_t, 32> bytes, std::uint32_t size) {
    return decode_smc(smc_key(type), size, bytes);
  };
  CHECK(decode("flt ", {0x00, 0x00, 0x4a, 0x42}, 4) == 50.5);
  CHECK(decode("fpe2", {0x15, 0x18}, 2) == 1350.0);
  CHECK(decode("ui8 ", {3}, 1) == 3.0);
  CHECK(decode("ui16", {0x01, 0x02}, 2) == 258.0);
  CHECK(decode("ui32", {0, 0, 0x07, 0xd0}, 4) == 2000.0);
  CHECK_FALSE(decode("flt ", {0x00, 0x00, 0x4a}, 3).has_value());
  CHECK_FALSE(decode("flt ", {0x00, 0x00, 0xc0, 0x7f}, 4).has_value());  // no number
  CHECK_FALSE(decode("sp78", {0x32, 0x80}, 2).has_value());
  CHECK_FALSE(decode("ui8 ", {3}, 32).has_value());
  CHECK(smc_name(smc_key("F0Ac")) == "F0Ac");
}

TEST_CASE("temperatures are found by going through all keys, and implausible ones dropped") {
  FakeMac mac;
  mac.smc.set_float("Tp01", 61.5F);
  mac.smc.set_float("Te05", 48.0F);
  mac.smc.set_float("Tg0f", 70.0F);
  mac.smc.set_float("Tp02", 0.0F);     // asleep
  mac.smc.set_float("Tp03", 151.0F);   // broken
  mac.smc.set_float("Tp04", std::numeric_limits<float>::quiet_NaN());
  mac.smc.set_float("TB1T", 30.0F);    // the battery
  mac.smc.set("Tp05", "ui8 ", {40});   // no float: something else
  Smc smc(mac);
  REQUIRE(smc.open());
  const auto found = smc.read_temperatures();
  REQUIRE(found.size() == 3);
  CHECK(found[0] == Temperature{"Te05", MilliCelsius{48000}});
  CHECK(make_hardware_reader(mac)().hottest == MilliCelsius{61500});  // the graphics do not count
}

TEST_CASE("the keys are gone through once; then only the temperatures are asked for") {
  FakeMac mac;
  for (int i = 0; i < 250; ++i) mac.smc.set_float("A" + std::to_string(100 + i), 1);
  mac.smc.set_float("Tp01", 50);
  Smc smc(mac);
  mac.smc.kern_return = 0x2bc;
  CHECK(smc.read_temperatures().empty());
  mac.smc.kern_return = 0;
  CHECK(smc.read_temperatures().size() == 1);
  mac.smc.calls = 0;
  CHECK(smc.read_temperatures().size() == 1);
  CHECK(mac.smc.calls == 1);
}

TEST_CASE("however many keys graphics has, the hottest core counts") {
  FakeMac mac;
  for (int i = 10; i < 90; ++i) mac.smc.set_float("Tg" + std::to_string(i), 40);
  for (int i = 10; i < 70; ++i) mac.smc.set_float("Tp" + std::to_string(i), 50);
  mac.smc.set_float("Tp99", 97);
  CHECK(make_hardware_reader(mac)().hottest == MilliCelsius{97000});
}

TEST_CASE("fans are read whichever way the machine has them") {
  FakeMac mac;
  Smc fanless(mac);
  CHECK(fanless.read_fans().empty());
  mac.smc.set("FNum", "ui8 ", {2});
  mac.smc.set_float("F0Ac", 1800);
  mac.smc.set("F1Ac", "fpe2", {0x15, 0x18});
  Smc smc(mac);
  REQUIRE(smc.read_fans().size() == 2);
  CHECK(smc.read_fans()[0] == Fan{"fan 0", 1800, {}});
  CHECK(smc.read_fans()[1] == Fan{"fan 1", 1350, {}});
  mac.smc.set_float("F0Ac", -1);
  CHECK(smc.read_fans().size() == 1);
}

TEST_CASE("who controls a fan is told under either name of the mode key") {
  for (const char* key : {"F0Md", "F0md"}) {
    FakeMac mac;
    mac.smc.set("FNum", "ui8 ", {1});
    mac.smc.set_float("F0Ac", 5000);
    mac.smc.set(key, "ui8 ", {1});
    Smc smc(mac);
    CHECK(smc.read_fans() == std::vector{Fan{"fan 0", 5000, FanMode::forced}});
    mac.smc.set(key, "ui8 ", {3});
    CHECK(smc.read_fans()[0].mode == FanMode::system);
    mac.smc.set(key, "ui8 ", {0});
    CHECK(smc.read_fans()[0].mode == FanMode::automatic);
    mac.smc.set(key, "ui8 ", {2});  // what that means nobody has told
    CHECK_FALSE(smc.read_fans()[0].mode);
  }
}

TEST_CASE("a fan is told with its limits, its target and who controls it, as far as the SMC has them") {
  FakeMac mac;
  CHECK(read_fan_details(mac).error().code == Errc::unsupported);
  mac.smc.set("FNum", "ui8 ", {0});
  CHECK(read_fan_details(mac)->empty());  // a Mac without fans
  mac.smc.set("FNum", "ui8 ", {2});
  mac.smc.set_float("F0Ac", 1802.4F);
  mac.smc.set_float("F0Mn", 1200);
  mac.smc.set_float("F0Mx", 5777);
  mac.smc.set_float("F0Tg", 1800);
  mac.smc.set("F0Md", "ui8 ", {1});
  const auto fans = read_fan_details(mac).value();
  REQUIRE(fans.size() == 2);
  CHECK(fans[0].rpm == 1802);
  CHECK(fans[0].least_rpm == 1200);
  CHECK(fans[0].most_rpm == 5777);
  CHECK(fans[0].target_rpm == 1800);
  CHECK(fans[0].control == m1opt::platform::FanControl::manual);
  CHECK_FALSE(fans[1].rpm);
  CHECK_FALSE(fans[1].control);
  mac.has_iokit = false;
  CHECK(read_fan_details(mac).error().what == "IOKit cannot be opened");
}

TEST_CASE("a failed call and a refusal inside a successful call are both failures") {
  FakeMac mac;
  mac.smc.set_float("Tp01", 50);
  Smc smc(mac);
  CHECK(smc.read("Tx99").error().code == Errc::unsupported);
  mac.smc.kern_return = 0x2bc;
  CHECK(smc.read("Tp01").error().code == Errc::io);
  mac.smc.kern_return = 0;
  CHECK(*smc.read("Tp01") == 50.0);
  mac.smc.set("Tp01", "flt ", {1, 2});  // of another size than it was: 0x82
  CHECK(smc.read("Tp01").error().code == Errc::io);
}

TEST_CASE("without IOKit the thermal level is still read, and the rest says why it is not") {
  FakeMac mac;
  mac.has_iokit = false;
  mac.thermal = 2;
  Sample sample;
  make_thermal_sensor(mac).read(sample);
  REQUIRE(sample.thermal);
  CHECK(sample.thermal->level == 2);
  const auto reading = make_hardware_reader(mac)();
  CHECK(reading.temperatures.empty());
  REQUIRE(reading.problems.size() == 3);
  for (const auto& problem : reading.problems) CHECK(problem.text == "IOKit cannot be opened");
}
