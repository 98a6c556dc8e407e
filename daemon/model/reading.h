#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/units.h"

namespace m1opt::model {

using namespace m1opt::base;

/// Why a reading is absent. `reader` is the dotted path of the absent field as
/// the API shows it ("thermal.level"), `code` an Errc word, `text` for people.
struct Problem {
  std::string reader;
  std::string code;
  std::string text;

  bool operator==(const Problem&) const = default;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (reader, code, text))

enum class PressureLevel { normal, warning, critical };
BOOST_DESCRIBE_ENUM(PressureLevel, normal, warning, critical)

/// Memory of the whole machine. used = total - available.
struct MemoryReading {
  Bytes total;
  Bytes available;
  Bytes used;
  Percent used_share;       ///< of total
  Percent available_share;  ///< of total
  std::optional<Bytes> wired;       ///< cannot be paged out (Linux: Unevictable + kernel)
  std::optional<Bytes> compressed;  ///< RAM that holds compressed pages (Linux: zram, zswap)
  std::optional<Bytes> cached;      ///< file pages that can be dropped

  bool operator==(const MemoryReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(MemoryReading, (),
                      (total, available, used, used_share, available_share, wired, compressed,
                       cached))

/// How hard the system works to find memory.
struct PressureReading {
  PressureLevel level{};
  std::string level_source;  ///< which reading decided the level, in words with its number
  std::optional<Percent> some_avg10;  ///< Linux PSI: share of time some task waited, last 10 s
  std::optional<Percent> full_avg10;
  std::optional<Duration> some_total;  ///< Linux PSI: stall time since boot
  std::optional<Duration> full_total{};

  bool operator==(const PressureReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(PressureReading, (),
                      (level, level_source, some_avg10, full_avg10, some_total, full_total))

/// Counters since boot; rates are computed in decide/ from two samples.
struct SwapReading {
  Bytes total;
  Bytes used;
  std::optional<Bytes> swapped_in;
  std::optional<Bytes> swapped_out;

  bool operator==(const SwapReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(SwapReading, (), (total, used, swapped_in, swapped_out))

struct Temperature {
  std::string name;
  MilliCelsius value;

  bool operator==(const Temperature&) const = default;
};
BOOST_DESCRIBE_STRUCT(Temperature, (), (name, value))

enum class FanMode {
  automatic,
  forced,  ///< another program holds its speed
  system   ///< the system holds it for reasons of its own
};
BOOST_DESCRIBE_ENUM(FanMode, automatic, forced, system)

struct Fan {
  std::string name;
  std::int64_t rpm{};
  std::optional<FanMode> mode;  ///< absent where the system does not tell

  bool operator==(const Fan&) const = default;
};
BOOST_DESCRIBE_STRUCT(Fan, (), (name, rpm, mode))

/// 0 nominal, 1 moderate, 2 heavy, 3 trapping, 4 sleeping: the scale of macOS
/// thermal pressure, onto which Linux trip points are mapped.
struct ThermalReading {
  std::optional<int> level;
  std::string level_source;
  std::optional<MilliCelsius> hottest;  ///< the hottest plausible CPU or SoC sensor
  std::vector<Temperature> temperatures;
  std::vector<Fan> fans;
  std::optional<Percent> cpu_frequency_cap;  ///< allowed maximum, of the hardware's maximum
  Duration sensors_age{};  ///< of temperatures and fans; 0 where they are read with the rest

  bool operator==(const ThermalReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(ThermalReading, (),
                      (level, level_source, hottest, temperatures, fans, cpu_frequency_cap,
                       sensors_age))

/// The part of a ThermalReading that the slow thread reads, where asking for it
/// may take long; `problems` name the fields of the ThermalReading.
struct HardwareReading {
  std::optional<MilliCelsius> hottest;
  std::vector<Temperature> temperatures;
  std::vector<Fan> fans;
  std::vector<Problem> problems;
  std::optional<int> fan_count{};  ///< that the machine has, read or not; absent: not known

  bool operator==(const HardwareReading&) const = default;
};

struct PowerReading {
  std::optional<bool> on_battery;
  std::optional<Percent> charge;

  bool operator==(const PowerReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(PowerReading, (), (on_battery, charge))

/// CPU time of all cores together since boot.
struct CpuReading {
  Duration busy{};
  Duration idle{};
  std::optional<Percent> some_avg10;  ///< Linux PSI cpu: share of time a task waited for a core

  bool operator==(const CpuReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(CpuReading, (), (busy, idle, some_avg10))

struct GpuReading {
  std::optional<Bytes> wired_limit;

  bool operator==(const GpuReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(GpuReading, (), (wired_limit))

/// What does not change while the machine is up; read once at start.
struct MachineReading {
  std::string os;     ///< "Linux 6.18.44", "macOS 15.4"
  std::string chip;   ///< "Apple M1", "AMD EPYC"
  std::string model;  ///< "Apple MacBook Air (M1, 2020)"
  int cores{0};
  std::optional<int> performance_cores;
  std::optional<int> efficiency_cores;

  bool operator==(const MachineReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(MachineReading, (),
                      (os, chip, model, cores, performance_cores, efficiency_cores))

/// What the daemon itself took since the last reading of this kind, about a minute. Absent: not known.
struct OwnCostReading {
  std::optional<Percent> cpu;         ///< of one core, guardian included
  std::optional<Percent> loop_cpu;    ///< of one core, the control loop's thread alone
  std::optional<Bytes> memory;        ///< resident, guardian included
  std::optional<int> open_files;
  std::optional<double> wakeups_per_s;
  Duration lateness{};                ///< the worst of a tick

  bool operator==(const OwnCostReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(OwnCostReading, (),
                      (cpu, loop_cpu, memory, open_files, wakeups_per_s, lateness))

}  // namespace m1opt::model
