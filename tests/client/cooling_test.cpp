#include "client/cooling/cooling.h"

#include "client/documents.h"
#include "client/run_client.h"
#include "support/catch.h"
#include "wire/text.h"

using namespace m1opt;
using namespace m1opt::client::cooling;
using platform::FanControl;
using platform::FanDetail;
using test::has;

namespace {

Cooling a_mac(double celsius) {
  Cooling cooling;
  cooling.fans = {{"fan 0", 1802, 1200, 6000, 1800, {}, FanControl::automatic, "the SMC's mode key"},
                  {"fan 1", {}, {}, {}, {}, {}, {}, ""}};
  cooling.hottest_celsius = celsius;
  cooling.level = 1;
  cooling.level_source = "thermal pressure";
  return cooling;
}

}  // namespace

TEST_CASE("the curve is half speed to 60 degrees and full speed from 85 on") {
  CHECK(curve_percent(-10) == Approx(50));
  CHECK(curve_percent(60) == Approx(50));
  CHECK(curve_percent(72.5) == Approx(75));
  CHECK(curve_percent(85) == Approx(100));
  CHECK(curve_percent(110) == Approx(100));
  FanDetail fan{"fan 0", 1800, 1200, 6000, {}, {}, {}, ""};
  CHECK(curve_rpm(fan, 40) == 3000);
  CHECK(curve_rpm(fan, 72.5) == 4500);
  fan.least_rpm = 3500;  // a fan never goes below its own minimum
  CHECK(curve_rpm(fan, 40) == 3500);
  fan.most_rpm.reset();
  CHECK_FALSE(curve_rpm(fan, 40));
}

TEST_CASE("each fan is shown beside what the curve would ask of it, and that none is set") {
  const std::string text = to_text(a_mac(72.5), {false, true, 0});
  CHECK(has(text, "Heat        72 \u00b0C at the hottest, thermal level moderate (thermal pressure)\n"));
  CHECK(has(text, "fan 0       1802 rpm (from 1200 to 6000), target 1800, controlled by its own firmware or driver (the SMC's mode key)\n"));
  CHECK(has(text, "fan 0       75 % at 72 \u00b0C, 4500 rpm; now 1802 rpm, less\n"));
  CHECK(has(text, "fan 1       speed not told (its limits are not told), who controls it is not told\n"));
  CHECK(has(text, "fan 1       75 % at 72 \u00b0C, of a highest speed that is not told\n"));
  CHECK(has(text, "m1opt sets no fan."));
}

TEST_CASE("what is not known of fans and heat is null with its reason, and no fanless machine is made of it") {
  Cooling cooling;
  cooling.why_no_fans = "the kernel shows no hwmon chip";
  cooling.why_no_heat = "no temperature sensor";
  const std::string text = to_text(cooling, {});
  CHECK(has(text, "Heat        temperature unknown (no temperature sensor), thermal level unknown\n"));
  CHECK(has(text, "Fans        unknown (the kernel shows no hwmon chip)\n"));
  CHECK_FALSE(has(text, "this machine has none"));
  const auto document = to_json(cooling);
  CHECK(document.at("hottest_celsius").is_null());
  CHECK(document.at("curve_percent").is_null());
  CHECK(document.at("why_no_fans").as_string() == "the kernel shows no hwmon chip");
}

TEST_CASE("a machine that has no fan gets the advice for one") {
  Cooling cooling;
  cooling.hottest_celsius = 80;
  const std::string text = to_text(cooling, {});
  CHECK(has(text, "Fans        this machine has none\n"));
  CHECK(has(text, "thermal_break"));
  CHECK(to_json(cooling).at("why_no_fans").is_null());
}

TEST_CASE("the document has each reading with its unit, and says that no fan is set") {
  const auto document = to_json(a_mac(85));
  const auto& fan = document.at("fans").as_array().at(0).as_object();
  CHECK(fan.at("rpm").as_int64() == 1802);
  CHECK(fan.at("curve_rpm").as_int64() == 6000);
  CHECK(fan.at("duty_percent").is_null());
  CHECK(fan.at("control").as_string() == "automatic");
  CHECK(document.at("schema").as_string() == "m1opt.fans/1");
  CHECK(document.at("sets_fans").as_bool() == false);
}

TEST_CASE("an Asahi Mac's fan is read from its files, and no heat is made up") {
  const Cooling cooling = read_cooling(M1OPT_SOURCE_DIR "/tests/sysroots/asahi-mac");
  REQUIRE(cooling.fans.size() == 1);
  CHECK(cooling.fans[0].rpm == 2410);
  CHECK_FALSE(cooling.hottest_celsius);
  CHECK(cooling.why_no_heat == "no sensor of the processor gives a plausible value");
  CHECK(has(to_text(cooling, {}), "macsmc_hwmon Fan  unknown without a temperature\n"));
}

TEST_CASE("fans are told without a daemon") {
  const auto ran = test::run_client({"fans", "--json", "--socket", "/nowhere"});
  CHECK(ran.status == 0);
  CHECK(ran.err.empty());
  CHECK(has(ran.out, R"("schema":"m1opt.fans/1")"));
}
