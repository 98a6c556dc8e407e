// What is read of the machine in /proc and /sys, each parser on the same text.
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "platform/cpu_text.h"
#include "platform/machine_text.h"
#include "platform/memory_text.h"
#include "platform/power_text.h"
#include "platform/pressure_text.h"
#include "platform/text.h"
#include "platform/thermal_text.h"

namespace m1opt::fuzz {

namespace {

using base::Percent;

bool is_share(Percent share) { return share.value() >= 0 && share.value() <= 100; }

void read_memory(std::string_view input) {
  const auto info = platform::parse_meminfo(input);
  const auto zram = platform::parse_zram_used(input);
  if (const auto memory = platform::compute_memory(info, zram)) {
    require(memory->total.value() > 0, "a machine has memory");
    require(memory->used.value() >= 0 && memory->used <= memory->total, "0 <= used <= total");
    for (const auto& part : {memory->wired, memory->cached, memory->compressed}) {
      require(!part || part->value() >= 0, "no part of the memory is negative");
    }
  }
  if (const auto swap = platform::compute_swap(info)) {
    require(swap->used.value() >= 0, "no swap is negative");
  }
  (void)platform::parse_vmstat(input);
}

void read_pressure(std::string_view input) {
  const auto stalls = platform::parse_stalls(input);
  if (!stalls) return;
  require(is_share(stalls->some.avg10), "an average is a share");
  const auto pressure = platform::compute_pressure(*stalls, std::nullopt);
  require(pressure.has_value(), "what was parsed gives a level");
}

/// Lines are taken in turn as the files of zones, policies and supplies.
void read_lines(std::string_view input) {
  std::vector<platform::ThermalZone> zones(1);
  std::vector<platform::FrequencyPolicy> policies;
  std::vector<platform::PowerSupply> supplies;
  while (!input.empty() && supplies.size() < 32) {
    const auto line = [&] { return std::string(platform::trim(platform::take_line(input))); };
    const std::string a = line();
    const std::string b = line();
    const std::string c = line();
    zones.back().value = platform::parse_temperature(a);
    if (const auto at = platform::parse_temperature(b)) {
      zones.back().trips.push_back({platform::parse_trip_kind(c), *at});
      zones.emplace_back();
    }
    (void)platform::is_processor_sensor(a);
    policies.push_back({platform::parse_frequency(a), platform::parse_frequency(b),
                        platform::parse_frequency(c)});
    supplies.push_back({"BAT0", a, {}, b, c, a, b});
    (void)platform::feeds_machine(supplies.back());
  }
  if (const auto level = platform::compute_thermal_level(zones)) {
    require(level->level >= 0 && level->level <= 4, "a level is 0 to 4");
  }
  if (const auto cap = platform::compute_frequency_cap(policies)) {
    require(is_share(cap->share), "a cap is a share");
  }
  const auto power = platform::compute_power(supplies);
  require(!power.charge || is_share(*power.charge), "a charge is a share");
}

}  // namespace

void kernel_text(std::string_view input) {
  (void)platform::parse_cpu_totals(input, 100);
  if (const auto count = platform::parse_cpu_list_size(input)) require(*count > 0, "some CPUs");
  require(platform::parse_cpuinfo(input).processors >= 0, "no count is negative");
  (void)platform::parse_os_name(input);
  (void)platform::apple_chip(input);
  (void)platform::dmi_text(input);
  read_memory(input);
  read_pressure(input);
  read_lines(input);
}

}  // namespace m1opt::fuzz
