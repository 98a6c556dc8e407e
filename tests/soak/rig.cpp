#include "rig.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "act/recovery.h"
#include "act/undo.h"

namespace m1opt::test {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kTail = 150;
constexpr Duration kGrace = 1s;  // of the guardian
const BootId kBoot{"a boot in memory"};

app::ControlLoop::Parts loop_parts(SimDaemon& daemon, SimMachine& machine, const base::Clock& clock,
                                   app::JournalKeeper& keeper, app::ConfigStore& config,
                                   decide::SafeState safe) {
  return {clock,  daemon.sampler, machine,        daemon.executor, daemon.guardian, keeper,
          config, daemon.board,   daemon.events,  daemon.slow,     daemon.blocker,  nullptr,
          kBoot,  {},             {},             {},              clock.wall(),    Mode::active,
          std::move(safe)};
}

app::Options config_options(const TempDir& directory) {
  app::Options options;
  options.config = directory / "m1opt.json";
  return options;
}

/// "policy of 5000012: 0 -> 5, nice of ..."
std::string text_of(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    const bool thread = change.subject.kind == SubjectKind::thread;
    text += fmt::format("{}{} of {}: {} -> {}", text.empty() ? "" : ", ",
                        boost::describe::enum_to_string(change.attribute, "?"),
                        thread ? change.subject.thread.pid : change.subject.process.pid, change.before,
                        change.set);
  }
  return text;
}

std::string text_of(const std::vector<ProcessId>& family) {
  std::string text;
  for (const ProcessId& member : family) text += fmt::format("{}{}", text.empty() ? "" : ", ", member.pid);
  return text;
}

}  // namespace

SimDaemon::SimDaemon(SimMachine& machine, const base::Clock& clock, app::JournalKeeper& keeper,
                     app::ConfigStore& config, const std::string& directory,
                     sense::SamplerOptions sensing, decide::SafeState safe)
    : guardian({std::string(M1OPT_BINARY_DIR) + "/tests/tools/m1opt_test_acknowledger", directory, "-"}),
      executor({machine, machine, keeper.journal(), guardian, kBoot, directory, false}),
      events("soak"),
      board(clock, events),
      slow({}, [] {}),
      sampler(std::move(sensing), machine, clock),
      loop(loop_parts(*this, machine, clock, keeper, config, std::move(safe))),
      started(clock.now()) {}

SoakRig::SoakRig(unsigned seed)
    : random_(seed),
      options_(config_options(directory_)),
      keeper_({options_, kBoot, machine_, machine_, clock_, {}},
              journal::UndoJournal::open(":memory:").value()),
      config_(options_) {
  if (const char* file = std::getenv("M1OPT_SOAK_LOG")) whole_log_.open(file);
  std::filesystem::create_directory(directory_ / "conf.d");
  change_config();
  machine_.start("/usr/sbin/m1optd", {"m1optd"}, 0);
  machine_.event = [this] { happen_within_a_call(); };
  for (int i = 0; i < 14; ++i) start_something();
  boot();
}

SoakRig::~SoakRig() = default;

sense::SamplerOptions SoakRig::sensing() {
  sense::SamplerOptions options;
  for (const char* name : {"memory", "pressure", "swap", "thermal", "cpu"}) {
    options.sensors.push_back(
        {name, [this, name = std::string(name)](Sample& sample) { return read_sensor(name, sample); }});
  }
  options.own_pid = SimMachine::kFirstPid + 1;
  options.own_uid = 0;
  options.is_administrator = [](std::uint32_t, const std::string&) { return false; };
  options.find_account = [](const std::string&) { return std::nullopt; };
  return options;
}

std::vector<Problem> SoakRig::read_sensor(const std::string& name, Sample& sample) {
  using Fault = SimReadings::Fault;
  const Fault fault = readings_.faults[name];
  if (fault == Fault::missing) return {{name, "io", "missing"}};
  if (fault == Fault::throws) throw std::runtime_error("thrown");
  if (fault == Fault::slow) {
    clock_.advance(5s);
    late_ += 5s;
  }
  const bool broken = fault == Fault::broken;
  if (name == "memory") {
    sample.memory = MemoryReading{};
    sample.memory->total = Bytes{16'000'000'000};
    sample.memory->used_share = Percent{broken ? std::nan("") : readings_.used};
    sample.memory->available_share = Percent{broken ? -5 : 100 - readings_.used};
  } else if (name == "pressure") {
    sample.pressure = PressureReading{};
    sample.pressure->level = broken ? static_cast<PressureLevel>(77) : readings_.level;
  } else if (name == "swap") {
    sample.swap = SwapReading{};
    sample.swap->used = Bytes{broken ? -1 : 5'000'000'000};
    sample.swap->swapped_out = Bytes{broken ? -9 : static_cast<std::int64_t>(readings_.swapped)};
    sample.swap->swapped_in = Bytes{0};
  } else if (name == "thermal") {
    sample.thermal = ThermalReading{};
    sample.thermal->level = broken ? -3 : readings_.thermal;
  } else {
    sample.cpu = CpuReading{};
    sample.cpu->busy = broken ? Duration{-5} : readings_.cpu_busy;
    sample.cpu->idle = readings_.cpu_idle;
  }
  return {};
}

void SoakRig::boot() {
  auto report = act::recover(journal_, machine_, machine_, kBoot, clock_.now(), directory_.path(), false);
  if (!report) throw std::runtime_error(report.error().what);
  const auto& limits = config_.config()->limits;
  runs_ = app::begin_run(runs_, kBoot, clock_.now(), limits);
  const auto safe = app::safe_state_of(*runs_, clock_.now(), limits);
  counts["starts"]++;
  counts["starts in safe mode"] += safe.active;
  daemon_ = std::make_unique<SimDaemon>(machine_, clock_, keeper_, config_, directory_.path(),
                                        sensing(), safe);
  waiting_.clear();
  suspensions_.clear();
  note(safe.active ? "started, in safe mode" : "started");
}

void SoakRig::undo_as_guardian(const std::map<RecordId, UndoRecord>& records) {
  auto held = records;
  for (const auto& [id, record] : records) {
    const auto result = act::undo_record(machine_, machine_, kBoot, record, held);
    if (!is_over(result.code)) continue;
    held.erase(id);
    (void)journal_.close(id, result.code, "guardian: " + result.text);
  }
}

/// The daemon is killed. Mostly the guardian undoes; when both die, the next start does.
void SoakRig::kill_daemon() {
  const auto open = daemon_->executor.open_records();
  daemon_.reset();
  // A guardian tries again and again, and a start that cannot undo begins nothing: here both can.
  machine_.write_fails = [] { return false; };
  const bool both = chance(3);
  note(both ? "daemon and guardian killed" : "daemon killed");
  counts["daemon killed"]++;
  if (!both) undo_as_guardian(open);
  let_time_pass(std::chrono::seconds(random_() % (both ? 61 : 2)));
  if (chance(8)) runs_->running = false;  // somebody had stopped it cleanly
  if (!runs_->running) runs_->crashes.clear();
  boot();
}

void SoakRig::kill_guardian() {
  const auto pid = daemon_->guardian.status().pid;
  if (pid <= 0) return;
  note("guardian killed");
  trouble_ = true;
  counts["guardian killed"]++;
  ::kill(pid, SIGKILL);
  pollfd ended{daemon_->guardian.fd(), POLLIN, 0};
  ::poll(&ended, 1, 1000);
}

/// What the guardian does past a deadline, or when it hears no heartbeat.
void SoakRig::guardian_takes_over(bool overdue_only) {
  const auto pid = daemon_->guardian.status().pid;
  if (pid <= 0 || !daemon_->guardian.alive()) return;
  std::map<RecordId, UndoRecord> taken;
  for (const auto& [id, record] : daemon_->executor.open_records()) {
    if (!overdue_only || clock_.now() - record.deadline > kGrace) taken.emplace(id, record);
  }
  if (taken.empty()) return;
  note("the guardian takes over");
  counts["guardian took over"]++;
  undo_as_guardian(taken);
  ::kill(pid, SIGUSR1);
  pollfd told{daemon_->guardian.fd(), POLLIN, 0};
  ::poll(&told, 1, 1000);
}

void SoakRig::let_time_pass(Duration d) {
  clock_.advance(d);
  machine_.pass(d);
  readings_.swapped += readings_.swap_rate * seconds_of(d);
  const double busy = readings_.busy * seconds_of(d);
  readings_.cpu_busy += duration_from_seconds(busy);
  readings_.cpu_idle += d - duration_from_seconds(busy);
}

/// Until the next tick: as planned, sooner by an event, later on a machine that is busy, or much
/// later after a sleep.
Duration SoakRig::next_span() {
  const auto snapshot = daemon_->board.snapshot();
  const Duration planned = snapshot ? snapshot->status.self.period : 0s;
  late_ = 0s;
  if (quiet_ || planned <= 0s) return planned;
  if (chance(20)) return std::min<Duration>(planned, std::chrono::milliseconds(random_() % 300));
  if (chance(1500)) late_ = 30s;
  if (chance(6000)) late_ = 8h;
  if (chance(10)) late_ += std::chrono::milliseconds(random_() % 900);
  return planned + late_;
}

/// The process that has the socket: itself, or the one that forked it with the same arguments.
const SimProcess& SoakRig::server_of(const SimProcess& process) const {
  const auto parent = machine_.processes.find(process.parent);
  const bool forked = parent != machine_.processes.end() && parent->second.arguments == process.arguments;
  return forked ? server_of(parent->second) : process;
}

/// What the slow thread would bring: most runners say each time whether they work.
void SoakRig::servers_answer() {
  for (const auto& [pid, process] : machine_.processes) {
    if (process.arguments.size() < 3 || process.stopped.now != 0 || chance(5)) continue;
    if (server_of(process).id != process.id) continue;
    sense::RunnerReport report;
    report.process = process.id;
    report.taken = clock_.now();
    report.slots.emplace().push_back({process.id, 0, chance(2), 1, ticks_});
    answers_[process.id] = report.slots->front().processing;
    daemon_->sampler.set_runner_report(std::move(report));
  }
  for (const auto& [pid, process] : machine_.processes) {
    const auto answer = answers_.find(server_of(process).id);
    if (answer != answers_.end()) answers_[process.id] = answer->second;
  }
}

void SoakRig::tick() {
  open_before_ = daemon_->executor.open_records();
  config_before_ = config_.config();
  servers_answer();
  daemon_->loop.tick();
  ++ticks_;
  counts["ticks"]++;
  for (auto& [id, waited] : waiting_) ++waited;
  while (!suspensions_.empty() && clock_.now() - suspensions_.front() > 1h) suspensions_.pop_front();
  const auto& open = daemon_->executor.open_records();
  for (const auto& [id, record] : open_before_) {
    if (open.contains(id)) continue;
    const auto closing = journal_.closing(id);
    if (closing && *closing) {
      note(fmt::format("record {} closed: {}: {} ({})", id,
                       boost::describe::enum_to_string((*closing)->code, "?"), (*closing)->text,
                       text_of(record.changes)));
    }
  }
  for (const auto& [id, record] : open) {
    if (const auto before = open_before_.find(id); before != open_before_.end()) {
      if (before->second.changes == record.changes && before->second.family == record.family) continue;
      note(fmt::format("record {} grew: {}; family {}", id, text_of(record.changes), text_of(record.family)));
      continue;
    }
    note(fmt::format("record {}: {} of {} began: {} ({})", id,
                     boost::describe::enum_to_string(record.kind, "?"), record.process.pid, record.reason,
                     text_of(record.changes)));
    counts[std::string("began ") + boost::describe::enum_to_string(record.kind, "?")]++;
    if (record.kind == ActionKind::suspend) suspensions_.push_back(clock_.now());
  }
}

bool SoakRig::step() {
  if (!broken_.empty()) return false;
  machine_.failed_writes = 0;
  const Duration span = next_span();
  let_time_pass(span);
  // The guardian counts the time of a sleep and looks twice a second: it may be first.
  if (late_ > 2s && (late_ < 1h || chance(2))) guardian_takes_over(true);
  trouble_ = false;
  if (!quiet_) happen();
  tick();
  trouble_ = trouble_ || machine_.failed_writes > 0;
  trouble_ticks_ = trouble_ ? 0 : trouble_ticks_ + 1;
  if (trouble_) trouble_at_ = clock_.now();
  broken_ = find_broken(*this);
  return broken_.empty();
}

bool SoakRig::settle() {
  quiet_ = true;
  machine_.write_fails = [] { return false; };
  machine_.undo_denied = [] { return false; };
  machine_.calls_until_event = -1;
  const auto all = [&](int ticks) {
    for (int i = 0; i < ticks && broken_.empty(); ++i) step();
  };
  all(3);
  ask_for(PauseCommand{std::nullopt, true});
  all(4);
  if (broken_.empty() && !daemon_->executor.open_records().empty()) {
    broken_ = "a pause leaves records open";
  }
  ask_for(UnpauseCommand{});
  all(2);
  quiet_ = false;
  return broken_.empty();
}

void SoakRig::note(const std::string& text) {
  log_.push_back(fmt::format("tick {}, {:.3f} s: {}", ticks_, seconds_of(clock_.now().since_boot), text));
  if (whole_log_.is_open()) whole_log_ << log_.back() << '\n';
  if (log_.size() > kTail) log_.pop_front();
}

std::string SoakRig::tail() const {
  std::string text;
  for (const std::string& line : log_) text += line + '\n';
  return text;
}

}  // namespace m1opt::test
