#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sense/sampler.h"
#include "sense/scripted_table.h"
#include "support/fake_clock.h"

namespace m1opt::sense {

constexpr std::uint32_t kOwnUser = 1000;
constexpr std::int32_t kOwnPid = 50;

struct SamplerFixture {
  SamplerFixture() {
    table.start(1, 0, "/usr/lib/systemd/systemd", {}, 0);
    table.start(40, 1, "/usr/bin/bash", {}, kOwnUser);
    table.start(kOwnPid, 40, "/opt/m1optd", {}, kOwnUser);
  }
  Sampler make(std::vector<platform::Sensor> sensors = {}) {
    SamplerOptions options;
    options.sensors = std::move(sensors);
    options.own_pid = kOwnPid;
    options.own_uid = kOwnUser;
    options.is_administrator = [this](std::uint32_t uid, const std::string&) {
      ++asked;
      return uid == 501;
    };
    options.find_account = [](const std::string& name) -> std::optional<std::uint32_t> {
      if (name == "ollama") return 998;
      return std::nullopt;
    };
    return Sampler(std::move(options), table, clock);
  }
  Sample take(Sampler& sampler) { return sampler.take(config, clock.now()); }

  test::ScriptedTable table;
  test::FakeClock clock;
  Config config = test::sense_config();
  int asked{0};
};

inline const WorkloadSample* workload(const Sample& sample, const std::string& name) {
  for (const auto& w : sample.workloads) {
    if (w.name == name) return &w;
  }
  return nullptr;
}

inline std::string why(const Sample& sample, std::int32_t pid) {
  for (const auto& r : sample.refused) {
    if (r.id.pid == pid) return r.why;
  }
  return {};
}

inline bool is_target(const Sample& sample, std::int32_t pid) {
  return std::any_of(sample.targets.begin(), sample.targets.end(),
                     [&](const TargetSample& t) { return t.process.id.pid == pid; });
}

inline const Problem* problem(const Sample& sample, const std::string& reader) {
  for (const auto& p : sample.problems) {
    if (p.reader == reader) return &p;
  }
  return nullptr;
}

}  // namespace m1opt::sense
