// The sampler and the executor over a Mac in memory: they know only platform.h.
#include <algorithm>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <cerrno>
#include <set>

#include "darwin/mac_rig.h"
#include "sense/sampler.h"
#include "sense/scripted_table.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::FakeMac;
using m1opt::test::MacRig;

namespace {

constexpr std::int32_t kDaemon = 400;
constexpr const char* kPhotos =
    "/System/Library/PrivateFrameworks/PhotoAnalysis.framework/Versions/A/Support/photoanalysisd";

sense::Sampler make_sampler(MacRig& rig) {
  sense::SamplerOptions options;
  options.sensors = platform::darwin::make_sensors(rig.mac_);
  options.hardware_apart = true;
  options.own_pid = kDaemon;
  options.own_uid = 0;
  options.is_administrator = [&rig](std::uint32_t uid, const std::string& group) {
    const auto gid = platform::darwin::find_group(rig.mac_, group);
    return gid && platform::darwin::is_member(rig.mac_, uid, *gid);
  };
  options.find_account = [](const std::string&) { return std::nullopt; };
  sense::Sampler sampler(std::move(options), *rig.table_, rig.clock_);
  sampler.set_hardware_report({platform::darwin::make_hardware_reader(rig.mac_)(), rig.clock_.now()});
  return sampler;
}

bool told(const Sample& sample, const std::string& reader) {
  return std::any_of(sample.problems.begin(), sample.problems.end(), [&](const Problem& p) {
    return p.reader == reader && !p.code.empty() && !p.text.empty();
  });
}

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;
/// What an event proved is no reading: mostly there was no event.
template <class T>
constexpr bool is_reading = false;
template <class T>
constexpr bool is_reading<std::optional<T>> = boost::describe::has_describe_members<T>::value;
template <class T>
constexpr bool is_vector = false;
template <class T>
constexpr bool is_vector<std::vector<T>> = true;

/// Fields of one reading that are absent and have no reason.
template <class Reading>
void find_silent_fields(const Sample& sample, const std::string& name, const Reading& reading,
                        std::vector<std::string>& silent) {
  boost::mp11::mp_for_each<boost::describe::describe_members<Reading, boost::describe::mod_public>>(
      [&](auto member) {
        const auto& value = reading.*member.pointer;
        using Value = std::decay_t<decltype(value)>;
        bool absent = false;
        if constexpr (is_optional<Value>) absent = !value.has_value();
        if constexpr (is_vector<Value>) absent = value.empty();
        const std::string path = name + "." + member.name;
        if (absent && !told(sample, path)) silent.push_back(path);
      });
}

/// The fields of a sample's readings that are neither there nor explained.
std::vector<std::string> silent_fields(const Sample& sample) {
  std::vector<std::string> silent;
  boost::mp11::mp_for_each<boost::describe::describe_members<Sample, boost::describe::mod_public>>(
      [&](auto member) {
        const auto& reading = sample.*member.pointer;
        using Reading = std::decay_t<decltype(reading)>;
        if constexpr (is_reading<Reading>) {
          if (reading) {
            find_silent_fields(sample, member.name, *reading, silent);
          } else if (!told(sample, member.name) && !told(sample, std::string(member.name) + ".wired_limit")) {
            silent.push_back(member.name);
          }
        }
      });
  return silent;
}

}  // namespace

TEST_CASE("every reading of a Mac is there or says why it is not") {
  MacRig rig;
  rig.mac_.smc.set("FNum", "ui8 ", {1});
  rig.mac_.smc.set_float("F0Ac", 1800);
  rig.mac_.smc.set("F0md", "ui8 ", {1});
  rig.mac_.smc.set_float("Tp01", 55);
  rig.mac_.start(600, 1, "/Applications/Ollama.app/Contents/Resources/ollama");
  rig.mac_.at(600).arguments = {"ollama", "serve"};
  rig.mac_.start(601, 600, "/Applications/Ollama.app/Contents/Resources/llama-server");
  rig.mac_.at(601).user_ticks = 1'000'000;
  rig.mac_.at(601).nice = -5;
  rig.mac_.at(601).flags = test::kFlagBackground;
  rig.mac_.at(601).status = test::kStopped;
  auto sampler = make_sampler(rig);
  const auto sample = sampler.take(test::sense_config(), rig.clock_.now());
  REQUIRE(sample.workloads[0].processes.size() == 2);
  const WorkloadProcess& runner = sample.workloads[0].processes[1];
  CHECK(silent_fields(sample) == std::vector<std::string>{});
  std::vector<Problem> machine_problems;
  const auto machine = platform::darwin::read_machine(rig.mac_, machine_problems);
  CHECK(machine_problems.empty());
  const std::vector<std::pair<const char*, bool>> kReadings{
      {"chip, model, OS", !machine.chip.empty() && !machine.model.empty() && !machine.os.empty()},
      {"kinds of cores", machine.performance_cores && machine.efficiency_cores},
      {"will sleep, did wake", bool(platform::darwin::open_sleep_watch(rig.mac_))},
      {"memory available share", sample.memory && sample.memory->available_share.value() > 0},
      {"pressure level", sample.pressure.has_value()},
      {"memory total, used, available", sample.memory.has_value()},
      {"memory wired", sample.memory && sample.memory->wired},
      {"memory compressed", sample.memory && sample.memory->compressed},
      {"memory cached", sample.memory && sample.memory->cached},
      {"swap used", sample.swap.has_value()},
      {"swap in and out", sample.swap && sample.swap->swapped_in && sample.swap->swapped_out},
      {"thermal level", sample.thermal && sample.thermal->level},
      {"temperatures", sample.thermal && !sample.thermal->temperatures.empty()},
      {"fan speeds", sample.thermal && !sample.thermal->fans.empty()},
      {"who controls a fan", sample.thermal && !sample.thermal->fans.empty() &&
                                 sample.thermal->fans[0].mode == FanMode::forced},
      {"GPU wired limit", sample.gpu && sample.gpu->wired_limit},
      {"power source", sample.power && sample.power->on_battery},
      {"battery charge", sample.power && sample.power->charge},
      {"CPU time", sample.cpu.has_value()},
      {"workloads: server and runner", !sample.workloads[0].processes[0].runner && runner.runner},
      {"per process: CPU", runner.process.cpu_time > Duration{}},
      {"per process: footprint", runner.process.footprint == Bytes{50 << 20}},
      {"per process: nice", runner.process.nice == -5},
      {"per process: background", runner.process.background},
      {"per process: stopped", runner.process.state == RunState::stopped},
  };
  for (const auto& [name, there] : kReadings) {
    INFO(name);
    CHECK(there);
  }
  // What macOS has not got, and nothing else.
  for (const Problem& problem : sample.problems) {
    INFO(problem.reader);
    CHECK(problem.code == "unsupported");
  }
  CHECK(sample.problems.size() == 7);  // one of them: nobody has asked the server for its slots
}

TEST_CASE("a Mac's targets and workloads are told apart by their paths and descent") {
  MacRig rig;
  rig.mac_.start(kDaemon, 1, "/Library/PrivilegedHelperTools/m1optd", 0);
  rig.mac_.start(500, 1, kPhotos);
  rig.mac_.start(501, 1, "/Users/somebody/photoanalysisd");
  rig.mac_.start(600, 1, "/Applications/Ollama.app/Contents/Resources/ollama");
  rig.mac_.at(600).arguments = {"ollama", "serve"};
  rig.mac_.start(601, 600, "/Applications/Ollama.app/Contents/Resources/llama-server");
  auto sampler = make_sampler(rig);
  const auto sample = sampler.take(test::sense_config(), rig.clock_.now());
  CHECK(sample.process_count == 6);
  REQUIRE(sample.targets.size() == 1);
  CHECK(sample.targets[0].process.id == rig.mac_.id_of(500));
  CHECK(sample.targets[0].process.executable == kPhotos);
  REQUIRE(sample.refused.size() == 1);
  CHECK(sample.refused[0].id.pid == 501);
  REQUIRE(sample.workloads[0].processes.size() == 2);
  CHECK(sample.workloads[0].processes[1].runner);
}

TEST_CASE("a Mac without every optional thing: all is unsupported with a reason, and nothing is done") {
  MacRig rig;
  rig.mac_.start(500, 1, kPhotos);
  rig.mac_.lose_everything();
  auto sampler = make_sampler(rig);
  auto sample = sampler.take(test::sense_config(), rig.clock_.now());
  CHECK(silent_fields(sample) == std::vector<std::string>{});
  for (const bool there : {sample.memory.has_value(), sample.pressure.has_value(),
                           sample.swap.has_value(), sample.thermal.has_value(),
                           sample.power.has_value(), sample.cpu.has_value(), sample.gpu.has_value()}) {
    CHECK_FALSE(there);
  }
  CHECK(told(sample, "processes"));
  CHECK(sample.targets.empty());

  std::vector<Problem> problems;
  const auto machine = platform::darwin::read_machine(rig.mac_, problems);
  CHECK(machine == MachineReading{});
  CHECK(problems.size() == 6);
  CHECK(platform::darwin::read_boot_id(rig.mac_).error().code == Errc::unsupported);
  CHECK(platform::darwin::open_pressure_watch(rig.mac_).error().code == Errc::unsupported);
  CHECK(platform::darwin::open_thermal_watch(rig.mac_).error().code == Errc::unsupported);

  // Even when asked to hold what it knew before: what can be undone is held, the rest is refused.
  const auto id = rig.mac_.id_of(500);
  for (const auto kind : {ActionKind::background, ActionKind::raise}) {
    const auto outcome = rig.hold(kind, id);
    INFO(outcome.text);
    CHECK(outcome.code == OutcomeCode::failed);
  }
  const auto held = rig.hold(ActionKind::suspend, id);
  CHECK(held.code == OutcomeCode::applied);
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  CHECK(rig.mac_.at(500).status == test::kRuns);
  CHECK(rig.mac_.at(500).flags == 0);
  CHECK(rig.journal_.open_records().value().empty());

  const auto capabilities = platform::darwin::probe_capabilities(rig.mac_);
  for (const Capability& capability : capabilities) {
    INFO(capability.name);
    const bool left = capability.name == "suspend" || capability.name == "other_users" ||
                      capability.name == "native";
    CHECK(capability.available == left);
    CHECK_FALSE(capability.text.empty());
  }
  const auto notice = platform::capability_of(platform::darwin::open_sleep_watch(rig.mac_));
  CHECK(notice == Capability{"sleep_notice", false,
                             "holds stay while it sleeps: unsupported: IOKit cannot be opened"});
}

TEST_CASE("a function that IOKit lacks costs what needs it and nothing else") {
  const auto lost = [](const std::string& function) {
    MacRig rig;
    rig.mac_.smc.set_float("Tp01", 55);
    rig.mac_.smc.set("FNum", "ui8 ", {1});
    rig.mac_.smc.set_float("F0Ac", 1800);
    rig.mac_.smc.set("F0md", "ui8 ", {0});
    rig.mac_.iokit_lacks = function;
    auto sampler = make_sampler(rig);
    std::set<std::string> missing;
    for (const Problem& problem : sampler.take(test::sense_config(), rig.clock_.now()).problems) {
      missing.insert(problem.reader);
    }
    auto capabilities = platform::darwin::probe_capabilities(rig.mac_);
    capabilities.push_back(platform::darwin::make_sleep_blocker(rig.mac_)->probe());
    capabilities.push_back(platform::capability_of(platform::darwin::open_sleep_watch(rig.mac_)));
    for (const Capability& capability : capabilities) {
      if (!capability.available) missing.insert(capability.name);
    }
    return missing;
  };
  const auto never = lost("");
  const auto more = [&](std::set<std::string> names) {
    names.insert(never.begin(), never.end());
    return names;
  };
  CHECK(never.count("power") + never.count("thermal.fans") + never.count("smc") == 0);
  CHECK(lost("IOServiceMatching") == more({"smc", "thermal.hottest", "thermal.temperatures", "thermal.fans"}));
  CHECK(lost("IOPSCopyPowerSourcesInfo") == more({"power"}));
  CHECK(lost("IOPMAssertionCreateWithDescription") == more({"keep_awake"}));
  CHECK(lost("IOPMAssertionCopyProperties") == never);
  CHECK(lost("IORegisterForSystemPower") == more({"sleep_notice"}));
}

TEST_CASE("a Mac that says before it sleeps is told apart from one that refuses to") {
  FakeMac mac;
  CHECK(platform::capability_of(platform::darwin::open_sleep_watch(mac)).available);
  const auto refused = platform::capability_of(Error{Errc::io, 0, "IORegisterForSystemPower refuses"});
  CHECK_FALSE(refused.available);
  CHECK(refused.text == "holds stay while it sleeps: IORegisterForSystemPower refuses");
}

TEST_CASE("a Mac that may not be inspected says so and is left alone") {
  MacRig rig;
  rig.mac_.start(500, 1, kPhotos);
  const auto id = rig.mac_.id_of(500);
  rig.mac_.info_error = EPERM;
  for (const auto kind : {ActionKind::background, ActionKind::suspend, ActionKind::raise}) {
    CHECK(rig.hold(kind, id).code == OutcomeCode::not_permitted);
  }
  CHECK(rig.mac_.effects.empty());
  CHECK(rig.journal_.open_records().value().empty());
}
