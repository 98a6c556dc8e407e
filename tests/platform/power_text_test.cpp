#include "platform/power_text.h"

#include "support/catch.h"

namespace m1opt::platform {

namespace {

PowerSupply battery(const char* status, const char* capacity, const char* full = "") {
  return {"BAT0", "Battery", "", "", status, capacity, full};
}
PowerSupply mains(const char* online) { return {"AC", "Mains", "", online, "", "", ""}; }

}  // namespace

TEST_CASE("mains and battery decide where the power comes from") {
  CHECK(compute_power({battery("Discharging", "80"), mains("0")}).on_battery == true);
  CHECK(compute_power({battery("Charging", "80"), mains("1")}).on_battery == false);
  // A weak charger: the battery discharges, yet mains is there.
  CHECK(compute_power({battery("Discharging", "80"), mains("1")}).on_battery == false);
  CHECK(compute_power({battery("Discharging", "80")}).on_battery == true);
  CHECK(compute_power({battery("Full", "100")}).on_battery == false);
  CHECK(compute_power({battery("Unknown", "50"), mains("0")}).on_battery == true);
  CHECK(compute_power({mains("1")}).on_battery == false);
  CHECK_FALSE(compute_power({battery("", "")}).on_battery.has_value());
  CHECK_FALSE(compute_power({mains("x")}).on_battery.has_value());
  CHECK_FALSE(compute_power({}).on_battery.has_value());
}

TEST_CASE("the battery of a mouse is not the machine's") {
  auto mouse = battery("Discharging", "5");
  mouse.scope = "Device";
  const auto reading = compute_power({mouse, mains("1")});
  CHECK(reading.on_battery == false);
  CHECK_FALSE(reading.charge.has_value());
}

TEST_CASE("a UPS feeds the machine, and its charge is not that of a battery of the machine's own") {
  PowerSupply ups = battery("Discharging", "70");
  ups.type = "UPS";
  const auto reading = compute_power({ups});
  CHECK(reading.on_battery == true);
  CHECK_FALSE(reading.charge.has_value());
}

TEST_CASE("charge is weighted by the size of the batteries") {
  CHECK(compute_power({battery("Full", "100", "20000"), battery("Discharging", "0", "60000")})
            .charge->value() == Approx(25));
  CHECK(compute_power({battery("Full", "100", "20000"), battery("Discharging", "0")})
            .charge->value() == Approx(50));
  CHECK(compute_power({battery("Full", "81\n")}).charge->value() == Approx(81));
  for (const char* text : {"", "x", "-1", "101", "nan", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(compute_power({battery("Full", text)}).charge.has_value());
  }
}

}  // namespace m1opt::platform
