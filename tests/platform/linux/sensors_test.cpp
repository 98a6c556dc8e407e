#include <algorithm>
#include <filesystem>
#include <fstream>

#include "platform/platform.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace m1opt::platform {

namespace {

void write_file_at(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

std::vector<Problem> read_all(std::vector<Sensor>& sensors, Sample& sample) {
  std::vector<Problem> problems;
  for (auto& sensor : sensors) {
    for (auto& problem : sensor.read(sample)) problems.push_back(problem);
  }
  return problems;
}

bool tells(const std::vector<Problem>& problems, const std::string& reader) {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const Problem& p) { return p.reader == reader && !p.text.empty(); });
}

}  // namespace

TEST_CASE("on a machine that has nothing every reading is absent with a reason") {
  const test::TempDir dir;
  auto sensors = make_sensors(dir.path());
  Sample sample;
  const auto problems = read_all(sensors, sample);
  CHECK_FALSE(sample.memory.has_value());
  CHECK_FALSE(sample.pressure.has_value());
  CHECK_FALSE(sample.swap.has_value());
  CHECK_FALSE(sample.thermal.has_value());
  CHECK_FALSE(sample.power.has_value());
  CHECK_FALSE(sample.cpu.has_value());
  CHECK_FALSE(sample.gpu.has_value());
  for (const char* reader :
       {"memory", "pressure", "swap", "thermal", "power", "cpu", "gpu.wired_limit"}) {
    INFO(reader);
    CHECK(tells(problems, reader));
  }
}

TEST_CASE("this machine's memory, pressure, swap and CPU are read") {
  auto sensors = make_sensors("");
  Sample sample;
  read_all(sensors, sample);
  REQUIRE(sample.memory);
  CHECK(sample.memory->total > Bytes{0});
  CHECK(sample.memory->used_share.value() + sample.memory->available_share.value() == Approx(100));
  REQUIRE(sample.pressure);
  CHECK_FALSE(sample.pressure->level_source.empty());
  REQUIRE(sample.swap);
  REQUIRE(sample.cpu);
  CHECK(sample.cpu->idle + sample.cpu->busy > Duration{});
}

TEST_CASE("a file that disappears is a problem, and one that comes back is read again") {
  const test::TempDir dir;
  const std::string meminfo =
      "MemTotal: 1000 kB\nMemAvailable: 500 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
  auto sensors = make_sensors(dir.path());
  Sample sample;
  CHECK(tells(read_all(sensors, sample), "memory"));
  write_file_at(dir / "proc/meminfo", meminfo);
  CHECK_FALSE(tells(read_all(sensors, sample), "memory"));
  CHECK(sample.memory.has_value());
}

TEST_CASE("garbage in every file never crashes and never becomes a number") {
  const test::TempDir dir;
  for (const std::string& garbage :
       {std::string(), std::string("\n"), std::string("-1"), std::string(100000, '9'),
        std::string("\0\xff\xfe", 3), std::string("some avg10="), std::string(":::::")}) {
    for (const char* file :
         {"proc/meminfo", "proc/vmstat", "proc/stat", "proc/pressure/memory", "proc/pressure/cpu",
          "sys/class/thermal/thermal_zone0/type", "sys/class/thermal/thermal_zone0/temp",
          "sys/class/thermal/thermal_zone0/trip_point_0_type",
          "sys/class/thermal/thermal_zone0/trip_point_0_temp", "sys/class/hwmon/hwmon0/name",
          "sys/class/hwmon/hwmon0/temp1_input", "sys/class/hwmon/hwmon0/fan1_input",
          "sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq",
          "sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq", "sys/block/zram0/mm_stat",
          "sys/devices/system/cpu/present", "proc/cpuinfo", "proc/sys/kernel/ostype"}) {
      write_file_at(dir / file, garbage);
    }
    auto sensors = make_sensors(dir.path());
    Sample sample;
    read_all(sensors, sample);
    CHECK_FALSE(sample.memory.has_value());
    CHECK_FALSE(sample.pressure.has_value());
    CHECK_FALSE(sample.swap.has_value());
    CHECK_FALSE(sample.cpu.has_value());
    if (sample.thermal) {
      CHECK_FALSE(sample.thermal->level.has_value());
      CHECK_FALSE(sample.thermal->hottest.has_value());
      CHECK_FALSE(sample.thermal->cpu_frequency_cap.has_value());
      CHECK(sample.thermal->fans.empty());
    }
    std::vector<Problem> problems;
    CHECK(read_machine(dir.path(), problems).cores == 0);
  }
}

TEST_CASE("a firmware limit on the frequency raises a nominal thermal level to moderate") {
  const test::TempDir dir;
  write_file_at(dir / "sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  write_file_at(dir / "sys/class/thermal/thermal_zone0/temp", "50000\n");
  write_file_at(dir / "sys/class/thermal/thermal_zone0/trip_point_0_type", "critical\n");
  write_file_at(dir / "sys/class/thermal/thermal_zone0/trip_point_0_temp", "105000\n");
  const std::string policy = dir / "sys/devices/system/cpu/cpufreq/policy0/";
  write_file_at(policy + "cpuinfo_max_freq", "3000000\n");
  write_file_at(policy + "scaling_max_freq", "1500000\n");
  Sample sample;
  auto sensors = make_sensors(dir.path());
  read_all(sensors, sample);
  REQUIRE(sample.thermal);
  CHECK(sample.thermal->level == 0);
  CHECK(sample.thermal->cpu_frequency_cap->value() == Approx(50));
  CHECK(sample.thermal->hottest == MilliCelsius{50000});
  write_file_at(policy + "bios_limit", "1000000\n");
  auto limited = make_sensors(dir.path());
  read_all(limited, sample);
  CHECK(sample.thermal->level == 1);
  CHECK(sample.thermal->level_source == "the firmware limits the CPU frequency");
}

TEST_CASE("a zone that the kernel shows again as hwmon is listed once and disks are not asked") {
  const test::TempDir dir;
  write_file_at(dir / "sys/class/thermal/thermal_zone0/type", "soc-thermal\n");
  write_file_at(dir / "sys/class/thermal/thermal_zone0/temp", "50000\n");
  write_file_at(dir / "sys/class/hwmon/hwmon0/name", "soc_thermal\n");
  write_file_at(dir / "sys/class/hwmon/hwmon0/temp1_input", "50000\n");
  write_file_at(dir / "sys/class/hwmon/hwmon1/name", "nvme\n");
  write_file_at(dir / "sys/class/hwmon/hwmon1/temp1_input", "40000\n");
  write_file_at(dir / "sys/class/hwmon/hwmon2/name", "macsmc_hwmon\n");
  write_file_at(dir / "sys/class/hwmon/hwmon2/temp1_input", "255000\n");
  write_file_at(dir / "sys/class/hwmon/hwmon2/fan1_input", "1350\n");
  write_file_at(dir / "sys/class/hwmon/hwmon2/fan1_label", "Fan\n");
  auto sensors = make_sensors(dir.path());
  Sample sample;
  const auto problems = read_all(sensors, sample);
  REQUIRE(sample.thermal);
  REQUIRE(sample.thermal->temperatures.size() == 1);
  CHECK(sample.thermal->temperatures[0].name == "soc-thermal");
  REQUIRE(sample.thermal->fans.size() == 1);
  CHECK(sample.thermal->fans[0] == Fan{"macsmc_hwmon Fan", 1350, {}});
  CHECK(tells(problems, "thermal.level"));
}

TEST_CASE("the boot id is read and an empty one refused") {
  const test::TempDir dir;
  CHECK_FALSE(read_boot_id(dir.path()));
  write_file_at(dir / "proc/sys/kernel/random/boot_id", "\n");
  CHECK_FALSE(read_boot_id(dir.path()));
  write_file_at(dir / "proc/sys/kernel/random/boot_id", "0f1e-2d\n");
  CHECK(read_boot_id(dir.path())->value == "0f1e-2d");
  CHECK(read_boot_id(""));
}

}  // namespace m1opt::platform
