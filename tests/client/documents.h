#pragma once

#include <boost/json.hpp>
#include <string>

#include "model/snapshot.h"
#include "wire/encode.h"
#include "wire/text.h"

/// Documents made from the daemon's own structs, so that a renamed key is seen.
namespace m1opt::test {

inline base::WallTime at_second(int second) {
  using namespace std::chrono;
  return {sys_days{year{2026} / 8 / 1} + hours{10} + seconds{second}};
}

/// A busy machine: one hold, one thing unknown, one health finding.
inline model::StatusDocument busy_status() {
  using namespace m1opt::model;
  StatusDocument status;
  status.version = M1OPT_VERSION;
  status.pid = 4242;
  status.started = at_second(0);
  status.taken = at_second(3600);
  status.mode = Mode::active;
  status.headline = "1 workload busy, 1 process held";
  status.machine = {"Linux 6.1", "Apple M1", "Apple MacBook Air (M1, 2020)", 8, 4, 4};
  status.memory = MemoryReading{Bytes{16LL << 30},
                                Bytes{5LL << 30},
                                Bytes{11LL << 30},
                                Percent{68.75},
                                Percent{31.25},
                                Bytes{1LL << 30},
                                {},
                                Bytes{2LL << 30}};
  status.pressure = PressureReading{
      PressureLevel::warning, "some avg10 12 % \u2265 10 %", Percent{12}, Percent{1}, {}};
  status.swap = SwapReading{Bytes{2LL << 30}, Bytes{600LL << 20}, Bytes{1}, Bytes{1}};
  status.derived.swap_out_rate = BytesPerSecond{38e6};
  status.derived.cpu_busy = Percent{45};
  status.problems = {{"memory.compressed_bytes", "unsupported", "no zram here"},
                     {"thermal", "unsupported", "no thermal zone on this machine"},
                     {"cpu", "unsupported", "no cpu time here"}};
  WorkloadStatus workload;
  workload.name = "ollama";
  workload.state = WorkloadState::busy;
  workload.state_source = "tree CPU 180 % of a core over 5 s";
  workload.since = at_second(60);
  workload.cpu_share = Percent{180};
  workload.footprint = Bytes{4LL << 30};
  workload.models = std::vector<LoadedModel>{{"llama3.2:3b", Bytes{3LL << 30}, 8192, {}}};
  workload.processes = {{ProcessId{700, 1}, "llama-server", 1000, true, RunState::running, -10,
                         Percent{178}, Bytes{3LL << 30}, true, "", false, {}, {}, {}}};
  status.workloads = {workload};
  HoldStatus hold;
  hold.kind = ActionKind::suspend;
  hold.target = "photoanalysisd";
  hold.process = {611, 99};
  hold.reason = "swap-out 38 MB/s \u2265 20 MB/s for 10 s";
  hold.rule = "swap";
  hold.since = at_second(3350);
  hold.held = std::chrono::seconds(250);
  hold.remaining = std::chrono::seconds(350);
  status.holds = {hold};
  status.capabilities = {{"suspend", true, "stopped and continued a child"}};
  status.health = {{Severity::warning, "Ollama runs as background", "m1optctl doctor"}};
  status.guardian = {true, 4243, true, {}};
  status.config.path = "/etc/m1opt/m1opt.json";
  return status;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::string as_text(const model::StatusDocument& status) {
  return wire::to_text(wire::encode(status));
}

}  // namespace m1opt::test
