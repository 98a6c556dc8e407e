#include "platform/thermal_text.h"

#include "support/catch.h"

namespace m1opt::platform {

namespace {

ThermalZone zone(std::int64_t milli, std::vector<TripPoint> trips) {
  return {"cpu-thermal", MilliCelsius{milli}, std::move(trips)};
}

const std::vector<TripPoint> kTrips{{TripKind::passive, MilliCelsius{80'000}},
                                    {TripKind::hot, MilliCelsius{95'000}},
                                    {TripKind::critical, MilliCelsius{105'000}}};

}  // namespace

TEST_CASE("the thermal level follows the trip points") {
  struct Row {
    std::int64_t milli;
    int level;
  };
  for (const auto& row :
       {Row{30'000, 0}, Row{74'999, 0}, Row{75'000, 1}, Row{79'999, 1}, Row{80'000, 2},
        Row{94'999, 2}, Row{95'000, 3}, Row{104'999, 3}, Row{105'000, 4}, Row{149'000, 4}}) {
    INFO(row.milli);
    const auto level = compute_thermal_level({zone(row.milli, kTrips)});
    REQUIRE(level);
    CHECK(level->level == row.level);
  }
}

TEST_CASE("the level says which zone and trip decided it") {
  CHECK(compute_thermal_level({zone(81'250, kTrips)})->source ==
        "cpu-thermal 81.2 C, passive trip at 80.0 C");
}

TEST_CASE("a zone with nothing but a critical trip warns 5 C before it") {
  const std::vector<TripPoint> critical{{TripKind::critical, MilliCelsius{105'000}}};
  CHECK(compute_thermal_level({zone(99'000, critical)})->level == 0);
  CHECK(compute_thermal_level({zone(100'000, critical)})->level == 3);
}

TEST_CASE("the worst zone counts") {
  CHECK(compute_thermal_level({zone(50'000, kTrips), zone(96'000, kTrips)})->level == 3);
}

TEST_CASE("placeholders never raise the level") {
  const std::vector<TripPoint> unset{{TripKind::passive, MilliCelsius{0}},
                                     {TripKind::critical, MilliCelsius{-274'000}},
                                     {TripKind::other, MilliCelsius{50'000}}};
  CHECK_FALSE(compute_thermal_level({zone(60'000, unset)}).has_value());
  CHECK_FALSE(compute_thermal_level({zone(-273'000, kTrips)}).has_value());
  CHECK_FALSE(compute_thermal_level({zone(2'147'483'647, kTrips)}).has_value());
  CHECK_FALSE(compute_thermal_level({ThermalZone{"x", std::nullopt, kTrips}}).has_value());
  CHECK_FALSE(compute_thermal_level({zone(60'000, {})}).has_value());
  CHECK_FALSE(compute_thermal_level({}).has_value());
}

TEST_CASE("temperatures are read and checked for plausibility") {
  CHECK(parse_temperature("47250\n") == MilliCelsius{47250});
  CHECK(parse_temperature("-5000") == MilliCelsius{-5000});
  for (const char* text : {"", "\n", "4x", "99999999999999999999", "47.2"}) {
    CHECK_FALSE(parse_temperature(text).has_value());
  }
  CHECK(is_plausible(MilliCelsius{-20'000}));
  CHECK(is_plausible(MilliCelsius{150'000}));
  CHECK_FALSE(is_plausible(MilliCelsius{-20'001}));
  CHECK_FALSE(is_plausible(MilliCelsius{255'000}));
}

TEST_CASE("only sensors of the processor make the hottest one") {
  for (const char* name : {"x86_pkg_temp", "coretemp Package id 0", "k10temp Tctl", "cpu-thermal",
                           "soc_thermal temp1", "CPU Temperature"}) {
    INFO(name);
    CHECK(is_processor_sensor(name));
  }
  for (const char* name : {"acpitz", "BAT0", "macsmc_hwmon NAND Flash Temperature", "iwlwifi_1",
                           "nct6798 CPUTIN", "pch_cannonlake"}) {
    INFO(name);
    CHECK_FALSE(is_processor_sensor(name));
  }
}

TEST_CASE("the frequency cap is the lowest share and says whose it is") {
  const auto free = compute_frequency_cap({{3'000'000, 3'000'000, std::nullopt}});
  REQUIRE(free);
  CHECK(free->share.value() == Approx(100));
  CHECK_FALSE(free->by_firmware);
  const auto user = compute_frequency_cap({{3'000'000, 1'500'000, 3'000'000}});
  CHECK(user->share.value() == Approx(50));
  CHECK_FALSE(user->by_firmware);
  const auto firmware = compute_frequency_cap(
      {{3'000'000, 3'000'000, std::nullopt}, {2'000'000, 2'000'000, 1'000'000}});
  CHECK(firmware->share.value() == Approx(50));
  CHECK(firmware->by_firmware);
  CHECK_FALSE(compute_frequency_cap({}).has_value());
  CHECK_FALSE(compute_frequency_cap({{std::nullopt, 5, 5}}).has_value());
  CHECK_FALSE(parse_frequency("0").has_value());
  CHECK_FALSE(parse_frequency("-1").has_value());
  CHECK_FALSE(parse_frequency("99999999999").has_value());
}

}  // namespace m1opt::platform
