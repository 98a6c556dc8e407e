#include <algorithm>

#include "darwin/fake_mac.h"
#include "platform/darwin/sensors.h"
#include "platform/darwin/sysctl.h"
#include "platform/darwin/ticks.h"
#include "platform/darwin/vm_statistics.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

namespace {

constexpr std::int64_t kPage = 16384;

std::vector<Problem> read_with(platform::Sensor sensor, Sample& sample) { return sensor.read(sample); }

bool tells(const std::vector<Problem>& problems, const std::string& reader, const std::string& code) {
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& p) {
    return p.reader == reader && p.code == code && !p.text.empty();
  });
}

}  // namespace

TEST_CASE("memory is counted as the usual tools count it, in pages of this machine's size") {
  FakeMac mac;
  Sample sample;
  CHECK(read_with(make_memory_sensor(mac), sample).empty());
  REQUIRE(sample.memory);
  CHECK(sample.memory->total == Bytes{std::int64_t{16} << 30});
  CHECK(sample.memory->used == Bytes{600'000 * kPage});
  CHECK(sample.memory->available == sample.memory->total - sample.memory->used);
  CHECK(sample.memory->used_share.value() == Approx(100.0 * 600'000 / 1'048'576));
  CHECK(sample.memory->available_share == Percent{55});
  CHECK(sample.memory->wired == Bytes{200'000 * kPage});
  CHECK(sample.memory->compressed == Bytes{100'000 * kPage});
  CHECK(sample.memory->cached == Bytes{200'000 * kPage});
  mac.page = 4096;
  read_with(make_memory_sensor(mac), sample);
  CHECK(sample.memory->used == Bytes{std::int64_t{600'000} * 4096});
}

TEST_CASE("a value that may not be read is said to be so, and nothing takes its place") {
  FakeMac mac;
  for (const char* name : {"hw.memsize", "kern.memorystatus_level", "kern.memorystatus_vm_pressure_level", "vm.swapusage"}) {
    mac.sysctl_errors[name] = EPERM;
  }
  Sample sample;
  CHECK(tells(read_with(make_memory_sensor(mac), sample), "memory", "not_permitted"));
  CHECK_FALSE(sample.memory);
  CHECK(tells(read_with(make_pressure_sensor(mac), sample), "pressure", "not_permitted"));
  CHECK_FALSE(sample.pressure);
  CHECK(tells(read_with(make_swap_sensor(mac), sample), "swap", "not_permitted"));
  CHECK_FALSE(sample.swap);
  mac.sysctl_errors.erase("hw.memsize");
  CHECK(tells(read_with(make_memory_sensor(mac), sample), "memory.available_share", "not_permitted"));
  CHECK(sample.memory);  // from the page counts
}

TEST_CASE("a page size that is none, and counts that do not fit the memory, are no reading") {
  FakeMac mac;
  Sample sample;
  for (const std::uint64_t size : {0U, 1U, 5000U, 1U << 20U}) {
    mac.page = size;
    CHECK(tells(read_with(make_memory_sensor(mac), sample), "memory", "parse"));
    CHECK_FALSE(sample.memory.has_value());
  }
  mac.page = 16384;
  mac.vm.active = 2'000'000;
  CHECK(tells(read_with(make_memory_sensor(mac), sample), "memory", "parse"));
  mac.vm.active = 0;
  mac.vm.external = 2'000'000;
  CHECK(tells(read_with(make_memory_sensor(mac), sample), "memory", "parse"));
}

TEST_CASE("a larger structure of a newer kernel is read, and so is one that insists on its size") {
  FakeMac mac;
  mac.vm_words = 40;
  VmStatisticsReader reader(mac);
  CHECK(reader.read()->swapouts == 3000);
  mac.vm_refusals = {{256, kKernInvalidArgument}, {1024, kKernInvalidArgument}};
  CHECK(reader.read()->swapouts == 3000);
  mac.vm_words = 38;
  mac.vm_refusals[40] = kKernInvalidArgument;
  CHECK(reader.read()->swapouts == 3000);
  mac.vm_words = 300;  // larger than the first buffer: MIG_ARRAY_TOO_LARGE
  mac.vm_refusals = {};
  CHECK(reader.read()->swapouts == 3000);
}

TEST_CASE("without an accepted size, after another failure, or too short there are no statistics") {
  FakeMac mac;
  for (const int code : {kKernInvalidArgument, kMigArrayTooLarge}) {
    mac.vm_code = code;
    CHECK(VmStatisticsReader(mac).read().error().code == Errc::unsupported);
  }
  mac.vm_code = kKernFailure;
  CHECK(VmStatisticsReader(mac).read().error().what == "host_statistics64: KERN_FAILURE");
  mac.vm_code = 0;
  mac.vm_words = 34;
  CHECK(VmStatisticsReader(mac).read().error().code == Errc::parse);
  mac.vm_words = 35;
  CHECK(VmStatisticsReader(mac).read());
  mac.vm = {};
  CHECK(VmStatisticsReader(mac).read().error().code == Errc::parse);
}

TEST_CASE("the same statistics twice are a stale copy and no fault") {
  FakeMac mac;
  Sample first;
  Sample second;
  auto sensor = make_swap_sensor(mac);
  CHECK(sensor.read(first).empty());
  CHECK(sensor.read(second).empty());
  CHECK(first.swap == second.swap);
}

TEST_CASE("the pressure level is 1, 2 or 4 and nothing else") {
  CHECK(decode_pressure(1)->level == PressureLevel::normal);
  CHECK(decode_pressure(2)->level == PressureLevel::warning);
  CHECK(decode_pressure(4)->level == PressureLevel::critical);
  for (const std::int64_t never : {0, 3, 5, -1, 8}) {
    CHECK(decode_pressure(never).error().code == Errc::parse);
  }
  FakeMac mac;
  mac.set_number("kern.memorystatus_vm_pressure_level", 4);
  Sample sample;
  CHECK(tells(read_with(make_pressure_sensor(mac), sample), "pressure.some_avg10", "unsupported"));
  REQUIRE(sample.pressure);
  CHECK(sample.pressure->level == PressureLevel::critical);
  CHECK(sample.pressure->level_source == "the kernel's own level, 4");
}

TEST_CASE("swap is read in bytes, its counters in pages") {
  FakeMac mac;
  Sample sample;
  CHECK(read_with(make_swap_sensor(mac), sample).empty());
  REQUIRE(sample.swap);
  CHECK(sample.swap->total == Bytes{std::int64_t{2} << 30});
  CHECK(sample.swap->used == Bytes{std::int64_t{1} << 30});
  CHECK(sample.swap->swapped_in == Bytes{1000 * kPage});
  CHECK(sample.swap->swapped_out == Bytes{3000 * kPage});
  mac.vm.swapouts = UINT64_MAX / 2;
  CHECK(tells(read_with(make_swap_sensor(mac), sample), "swap.swapped_out", "parse"));
  CHECK_FALSE(sample.swap->swapped_out.has_value());
  mac.vm_code = kKernFailure;
  CHECK(tells(read_with(make_swap_sensor(mac), sample), "swap.swapped_in", "io"));
  CHECK(sample.swap->used == Bytes{std::int64_t{1} << 30});
}

TEST_CASE("a sysctl of another size than expected, short or oversized, is no value") {
  FakeMac mac;
  Sample sample;
  mac.sysctls["vm.swapusage"].resize(24);
  CHECK(tells(read_with(make_swap_sensor(mac), sample), "swap", "parse"));
  mac.sysctls["vm.swapusage"].resize(64);
  CHECK(tells(read_with(make_swap_sensor(mac), sample), "swap", "io"));
  CHECK_FALSE(sample.swap.has_value());
  mac.set_number("hw.memsize", 1, 2);
  CHECK(read_sysctl_number(mac, "hw.memsize").error().code == Errc::parse);
  mac.set_number("hw.memsize", 1, 16);
  CHECK(read_sysctl_number(mac, "hw.memsize").error().os_errno == ENOMEM);
  mac.sysctls["hw.model"] = {};
  CHECK(read_sysctl_text(mac, "hw.model").error().code == Errc::parse);
}

TEST_CASE("mach ticks become time by the machine's own timebase") {
  constexpr Timebase k24MHz{125, 3};
  constexpr Timebase k1GHz{1, 1};
  CHECK(to_duration(24'000'000, k24MHz) == std::chrono::seconds(1));
  CHECK(to_duration(1'000'000'000, k1GHz) == std::chrono::seconds(1));
  CHECK(to_duration(1, k24MHz) == Duration{41});
  // A hundred years at 24 MHz: exact, where multiplying first would overflow.
  constexpr std::uint64_t kCentury = std::uint64_t{24'000'000} * 3'155'760'000U;
  CHECK(to_duration(kCentury, k24MHz) == std::chrono::seconds(3'155'760'000));
  CHECK(to_duration(UINT64_MAX, k24MHz) == Duration::max());
  CHECK(to_duration(UINT64_MAX, k1GHz) == Duration::max());
  CHECK(to_duration(1000, Timebase{}) == Duration{});
}

TEST_CASE("CPU time goes on when the kernel's 32-bit ticks run over") {
  FakeMac mac;
  auto sensor = make_cpu_sensor(mac);
  Sample sample;
  sensor.read(sample);
  CHECK(sample.cpu->busy == std::chrono::seconds(15));
  CHECK(sample.cpu->idle == std::chrono::seconds(80));
  mac.cpu[2] = UINT32_MAX - 99;
  sensor.read(sample);
  const auto before = sample.cpu->idle;
  mac.cpu[2] = 100;
  sensor.read(sample);
  CHECK(sample.cpu->idle - before == std::chrono::seconds(2));
  mac.cpu[2] = 90;  // a count that goes back by a little is no four thousand million ticks
  sensor.read(sample);
  CHECK(sample.cpu->idle - before == std::chrono::seconds(2));
  mac.set_layout("kern.clockrate", ClockInfo{0, 0, 0, 0, 0});
  CHECK(tells(sensor.read(sample), "cpu", "parse"));
}

TEST_CASE("the thermal pressure is 0 to 4; another system's scale is not guessed at") {
  FakeMac mac;
  auto sensor = make_thermal_sensor(mac);
  Sample sample;
  for (std::uint64_t level = 0; level <= 4; ++level) {
    mac.thermal = level;
    sensor.read(sample);
    REQUIRE(sample.thermal);
    CHECK(sample.thermal->level == static_cast<int>(level));
  }
  for (const std::uint64_t other : {5U, 10U, 20U, 50U}) {
    mac.thermal = other;
    CHECK(tells(sensor.read(sample), "thermal.level", "parse"));
    CHECK_FALSE(sample.thermal.has_value());
  }
  mac.thermal = 2;
  mac.next_token = 8;  // the old token is worth nothing any more
  CHECK(tells(sensor.read(sample), "thermal.level", "io"));
  CHECK(mac.cancelled_tokens == std::vector<int>{7});
  sensor.read(sample);
  CHECK(sample.thermal->level == 2);
}

TEST_CASE("the wired limit is read by either name; 0 is no limit") {
  FakeMac mac;
  Sample sample;
  CHECK(read_with(make_gpu_sensor(mac), sample).empty());
  CHECK(sample.gpu->wired_limit == Bytes{std::int64_t{12} << 30});
  mac.set_number("iogpu.wired_limit_mb", 0);
  CHECK(tells(read_with(make_gpu_sensor(mac), sample), "gpu.wired_limit", "unsupported"));
  CHECK_FALSE(sample.gpu.has_value());
  mac.sysctls.erase("iogpu.wired_limit_mb");
  mac.set_number("debug.iogpu.wired_limit", std::int64_t{8} << 30, 8);
  read_with(make_gpu_sensor(mac), sample);
  CHECK(sample.gpu->wired_limit == Bytes{std::int64_t{8} << 30});
}

TEST_CASE("the power source and the charge of the battery are told, or why not") {
  FakeMac mac;
  Sample sample;
  CHECK(read_with(make_power_sensor(mac), sample).empty());
  CHECK(sample.power->on_battery == false);
  CHECK(sample.power->charge == Percent{80});
  mac.power = {"Battery Power", {{"InternalBattery", 40, 50}}};
  read_with(make_power_sensor(mac), sample);
  CHECK(sample.power->on_battery == true);
  CHECK(sample.power->charge == Percent{80});
  mac.power = {"AC Power", {}};
  CHECK(tells(read_with(make_power_sensor(mac), sample), "power.charge", "unsupported"));
  mac.power = {"", {{"InternalBattery", 101, 100}}};
  const auto problems = read_with(make_power_sensor(mac), sample);
  CHECK(tells(problems, "power.on_battery", "parse"));
  CHECK_FALSE(sample.power->charge.has_value());
}

TEST_CASE("the machine is described; a level is slow only when it says so") {
  FakeMac mac;
  std::vector<Problem> problems;
  auto machine = read_machine(mac, problems);
  CHECK(problems.empty());
  CHECK(machine.os == "macOS 15.4");
  CHECK(machine.chip == "Apple M1");
  CHECK(machine.cores == 8);
  CHECK(machine.performance_cores == 4);
  CHECK(machine.efficiency_cores == 4);
  mac.set_text("hw.perflevel0.name", "Super");
  mac.set_text("hw.perflevel1.name", "Performance");
  machine = read_machine(mac, problems);
  CHECK(machine.performance_cores == 8);
  CHECK(machine.efficiency_cores == 0);
  mac.sysctls.erase("hw.perflevel0.name");
  mac.sysctls.erase("hw.perflevel1.name");
  CHECK(read_machine(mac, problems).efficiency_cores == 4);
  CHECK(problems.empty());
  mac.sysctls.erase("hw.perflevel1.logicalcpu_max");
  CHECK_FALSE(read_machine(mac, problems).performance_cores.has_value());
  CHECK(tells(problems, "machine.efficiency_cores", "unsupported"));
  CHECK(read_boot_id(mac)->value == "6E2B0A44-7F0C-4C9C-9D5A-0D3C5B7A9E11");
}
