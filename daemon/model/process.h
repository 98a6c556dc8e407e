#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/process_id.h"
#include "base/units.h"

namespace m1opt::model {

using namespace m1opt::base;

enum class RunState { running, sleeping, stopped, zombie };
BOOST_DESCRIBE_ENUM(RunState, running, sleeping, stopped, zombie)

/// One process as the system shows it now. Arguments and environment are not
/// here on purpose: they are read for matching only and never travel.
struct ProcessInfo {
  ProcessId id;
  std::int32_t parent{0};
  std::int32_t session{0};
  std::uint32_t uid{0};
  std::string executable;  ///< resolved path; empty when it may not be read
  std::string name;        ///< last component of the path, else the kernel's short name
  RunState state{};
  int nice{0};
  int threads{0};
  bool background{false};  ///< Linux: SCHED_IDLE; macOS: darwin-bg
  Duration cpu_time{};     ///< user + system since its start
  Bytes footprint;         ///< resident memory
  /// Part of cpu_time that was spent on performance cores; absent where the system does not tell.
  std::optional<Duration> performance_cpu_time;
  std::optional<bool> app_nap;  ///< macOS: held back by App Nap; absent elsewhere

  bool operator==(const ProcessInfo&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProcessInfo, (),
                      (id, parent, session, uid, executable, name, state, nice, threads,
                       background, cpu_time, footprint, performance_cpu_time, app_nap))

/// A process as it was seen first.
struct Birth {
  ProcessId child;
  ProcessId parent;  ///< start 0: not known
};

}  // namespace m1opt::model
