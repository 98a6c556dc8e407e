#include "app/control_loop.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "app/command_replies.h"
#include "app/signals.h"
#include "base/fault.h"
#include "base/log.h"

namespace m1opt::app {

namespace {

/// For the machine to fall asleep after it was allowed to; the time asleep counts too.
constexpr Duration kSleepPatience = std::chrono::seconds(30);
constexpr Duration kGuardianRetry = std::chrono::seconds(5);
constexpr Duration kBeatPeriod = std::chrono::seconds(1);
constexpr Duration kAfterAction = std::chrono::milliseconds(20);

act::Companions companions_of(const Sample& sample) {
  act::Companions companions;
  for (const TargetSample& target : sample.targets) companions.targets.insert(target.process.id.pid);
  for (const WorkloadSample& workload : sample.workloads) {
    auto& pids = companions.workloads[workload.name];
    for (const WorkloadProcess& member : workload.processes) pids.insert(member.process.id.pid);
  }
  companions.births = sample.births;
  return companions;
}

}  // namespace

ControlLoop::ControlLoop(Parts parts)
    : parts_(std::move(parts)),
      awake_(parts_.blocker),
      exits_(poller_),
      config_watch_(parts_.config, poller_) {
  poller_.add(parts_.board.wake_fd(), Poller::Interest::readable, [] {});
  poller_.add(signal_fd(), Poller::Interest::readable, [this] { on_signal(); });
  if (parts_.config.config()->sampling.events) watch_pressure();
  if (auto watch = platform::open_thermal_watch()) {
    thermal_ = std::move(*watch);
    poller_.add(thermal_.fd.get(), Poller::Interest::readable, thermal_.consume);
  }
  if (parts_.sleep) {
    poller_.add(parts_.sleep->fd(), Poller::Interest::readable, [this] { on_sleep_event(); });
  }
  parts_.sampler.set_heartbeat([this] { beat(); });
  restore_pause();
  state_.safe = parts_.safe;
}

void ControlLoop::watch_pressure() {
  auto watches = platform::open_pressure_watches();
  if (!watches) return;
  pressure_ = std::move(*watches);
  for (const platform::EventWatch& watch : pressure_) {
    const auto interest = watch.urgent ? Poller::Interest::priority : Poller::Interest::readable;
    poller_.add(watch.fd.get(), interest, [this, &watch] {
      if (!pressure_event_) pressure_event_ = parts_.clock.now();
      some_stall_ = std::max(some_stall_, watch.some_stall);
      full_stall_ = std::max(full_stall_, watch.full_stall);
      if (watch.consume) watch.consume();
    });
  }
}

bool ControlLoop::run() {
  report(EventKind::daemon_started, Severity::info,
         fmt::format("m1optd {} started, config {}", M1OPT_VERSION, parts_.config.status().path));
  check_group();
  due_ = parts_.clock.now();
  while (!stopping_) {
    tick();
    wait();
  }
  return stop();
}

void ControlLoop::wait() {
  for (;;) {
    const Duration rest = std::max(due_ - parts_.clock.now(), Duration{});
    const bool holding = !parts_.executor.open_records().empty();
    timed_ = !poller_.wait(std::min({rest, holding ? kBeatPeriod : rest, parts_.watchdog.period()}));
    check_console();
    if (!timed_ || parts_.clock.now() >= due_) return;
    beat();
  }
}

/// Whoever waits for us hears from us also when samples are rare or slow.
void ControlLoop::beat() {
  if (!parts_.executor.open_records().empty()) parts_.guardian.beat();
  parts_.watchdog.beat(parts_.clock.now());
}

void ControlLoop::on_signal() {
  switch (take_signal()) {
    case SIGHUP:
      reload();
      due_ = parts_.clock.now();
      break;
    case SIGTERM:
    case SIGINT: stopping_ = true; break;
    default: break;
  }
}

/// Who logs out waits for each process that is stopped.
void ControlLoop::check_console() {
  if (!parts_.console.changed() || parts_.executor.open_records().empty()) return;
  report(EventKind::action_undone, Severity::info, std::string("all is let go: ") + ConsoleWatch::kReason);
  note_outcomes(parts_.executor.release_all(ConsoleWatch::kReason));
}

/// Nothing may be stopped while the machine sleeps, nor at the moment it wakes:
/// until then nothing is begun either.
void ControlLoop::on_sleep_event() {
  bool asleep = false;
  const auto take_events = [&] {
    while (const auto event = parts_.sleep->next()) {
      asleep = *event == platform::SleepEvent::will_sleep;
      if (!asleep) continue;
      note_outcomes(parts_.executor.release_all("the machine goes to sleep"));
      report(awake_.release("the machine goes to sleep"));
      parts_.sleep->allow();
    }
  };
  take_events();
  Poller alone;
  alone.add(parts_.sleep->fd(), Poller::Interest::readable, take_events);
  alone.add(signal_fd(), Poller::Interest::readable, [this] { on_signal(); });
  const Instant patience = parts_.clock.now() + kSleepPatience;
  while (asleep && !stopping_ && parts_.clock.now() < patience) {
    alone.wait(std::min(patience - parts_.clock.now(), parts_.watchdog.period()));
    beat();
  }
  due_ = parts_.clock.now();
}

void ControlLoop::tick() {
  const Instant begun = parts_.clock.now();
  if (timed_) {
    self_.tick_lateness = begun - due_;
    self_.worst_lateness = std::max(self_.worst_lateness, self_.tick_lateness);
    cost_.note_lateness(self_.tick_lateness);
  }
  check_journal();
  check_run_mark();
  // One that cannot guard anything is not started; one that runs is watched whatever happens.
  if (parts_.own_mode == Mode::active && (!parts_.keeper.obstacle() || parts_.guardian.alive())) {
    check_guardian();
  }
  tell_sampler();
  beat();
  Sample sample = parts_.sampler.take(*parts_.config.config(), begun);
  sample.own = std::exchange(own_, std::nullopt);
  sample.some_stall = std::exchange(some_stall_, std::nullopt);
  sample.full_stall = std::exchange(full_stall_, std::nullopt);
  sample.commands = parts_.board.drain();
  sample.outcomes = std::exchange(outcomes_, {});
  sample.tier_outcomes = parts_.slow.take_tier_outcomes();
  sample.errand_outcomes = parts_.slow.take_errand_outcomes();
  // A reader may have taken seconds: what is over by now is not held for another tick.
  const Instant now = parts_.clock.now();
  if (now - begun >= std::chrono::seconds(1)) sample.took = now - begun;
  fault_point("loop.before_decide");
  decide::Decision decision = decide::step(state_, sample, *parts_.config.config(), now);
  state_ = decision.next;
  keep_pause();
  const auto companions = companions_of(sample);
  outcomes_ = parts_.executor.run(decision.actions, companions, now);
  fault_point("loop.after_act");
  if (const auto& obstacle = parts_.keeper.obstacle()) {
    parts_.slow.refuse_tiers(decision.tier_requests, obstacle->text);
    parts_.slow.refuse_errands(decision.errands, obstacle->text);
  } else {
    parts_.slow.ask_tiers(decision.tier_requests);
    parts_.slow.run_errands(decision.errands, parts_.config.config()->ollama);
  }
  note_reaction();
  beat();
  report(decision.reasons);
  report(awake_.follow(unless_inert(decision.awake, parts_.own_mode, parts_.keeper.obstacle()), parts_.clock.now()));
  watch_exits();
  note_servers(sample);
  if (decision.reload) reload();
  use_profiles(decision.profiles);
  follow_config();
  const Duration period = outcomes_.empty() ? decision.period : std::min(decision.period, kAfterAction);
  self_.period = period;
  self_.tick_time = parts_.clock.now() - begun;
  ++self_.ticks;
  due_ = now + period;
  if (config_watch_.due()) due_ = std::min(due_, *config_watch_.due());
  const ConfigStore& config = parts_.config;
  const TickRecord record{now,      parts_.clock.wall(), sample, *config.config(), decision,
                          outcomes_, config.without_profile()};
  for (TickObserver* observer : parts_.observers) observer->note_tick(record);
  const auto replies = std::move(decision.replies);
  publish(std::move(decision), sample);
  // After the snapshot, so that whoever asks next sees what was done.
  for (const CommandReply& reply : replies) parts_.board.reply(reply);
  for (const CommandReply& reply : std::exchange(replies_, {})) parts_.board.reply(reply);
  for (const CommandReply& reply : replies_to(sample, config.status())) parts_.board.reply(reply);
  parts_.events.announce();
  parts_.keeper.journal().keep_small();
}

void ControlLoop::note_reaction() {
  const auto event = std::exchange(pressure_event_, std::nullopt);
  const bool held = std::any_of(outcomes_.begin(), outcomes_.end(), [](const Outcome& outcome) {
    return outcome.verb == ActionVerb::begin && outcome.record != 0;
  });
  if (event && held) self_.reaction = parts_.clock.now() - *event;
}

void ControlLoop::tell_sampler() {
  std::vector<sense::Lease> leases;
  for (const decide::Lease& lease : state_.leases) leases.push_back({lease.process, lease.name});
  parts_.sampler.set_leases(std::move(leases));
  std::vector<ProcessId> targets, members;
  for (const decide::Hold& hold : state_.holds) {
    (is_for_workload(hold.kind) ? members : targets).push_back(hold.process);
  }
  parts_.sampler.set_held(targets, members);
  parts_.sampler.set_protected_pids({guardian_status_.pid});
  if (auto answer = parts_.slow.take_report()) parts_.sampler.set_model_report(std::move(*answer));
  const Instant now = parts_.clock.now();
  if (auto report = parts_.slow.take_hardware()) {
    note_fans(report->reading);
    parts_.sampler.set_hardware_report(std::move(*report));
  }
  if (!last_hardware_ || now - *last_hardware_ >= sense::kHardwarePeriod) {
    last_hardware_ = now;
    parts_.slow.ask_hardware();
  }
  for (auto& slots : parts_.slow.take_runner_reports()) {
    parts_.sampler.set_runner_report(std::move(slots));
  }
  ask_servers();
}

/// Nobody is asked while no process of it runs: an idle machine makes no connections.
void ControlLoop::ask_servers() {
  const OllamaConfig& config = parts_.config.config()->ollama;
  const Instant now = parts_.clock.now();
  const bool asks_ollama = config.enabled && ollama_present_;  // llama-server is none of Ollama's
  if ((last_question_ && now - *last_question_ < config.period) || (!asks_ollama && runners_.empty())) return;
  last_question_ = now;
  if (asks_ollama) parts_.slow.ask_ollama(config);
  parts_.slow.ask_runners(runners_);
}

void ControlLoop::watch_exits() {
  std::set<ProcessId> wanted;
  for (const decide::Hold& hold : state_.holds) wanted.insert(hold.process);
  for (const decide::Lease& lease : state_.leases) wanted.insert(lease.process);
  exits_.follow(wanted);
}

void ControlLoop::note_servers(const Sample& sample) {
  ollama_present_ = false;
  runners_.clear();
  for (const WorkloadSample& workload : sample.workloads) {
    if (workload.name == "ollama" && !workload.processes.empty()) ollama_present_ = true;
    for (const WorkloadProcess* server : sense::own_servers(workload)) {
      // One that is stopped does not answer.
      if (!server->port || server->process.state == RunState::stopped) continue;
      runners_.push_back({server->process.id, *server->port});
    }
  }
}

void ControlLoop::check_guardian() {
  auto& guardian = parts_.guardian;
  bool lost = guardian.alive() && !guardian.receive();
  if (guardian.alive() && !lost) {
    // Stopped it would guard nothing, and nobody would notice: nothing can be begun either.
    auto info = parts_.processes.stat(guardian.status().pid);
    lost = !info || info->state == RunState::stopped || info->state == RunState::zombie;
  }
  for (const std::string& text : guardian.take_reports()) {
    report(EventKind::guardian, Severity::warning, "the guardian undid record " + text);
  }
  if (lost) {
    report(EventKind::guardian, Severity::error,
           "the guardian has ended or was stopped: everything held is released, a new one is started");
    poller_.remove(guardian.fd());
    note_outcomes(parts_.executor.release_all("the guardian has ended"));
    guardian.kill();
    guardian_status_ = guardian.status();
    const bool young = guardian_retry_ && parts_.clock.now() < *guardian_retry_;
    if (!std::exchange(guardian_died_young_, young)) guardian_retry_.reset();
  }
  if (guardian.alive() && guardian.revoked()) {
    report(EventKind::guardian, Severity::warning,
           "the guardian had taken over because this process did not answer in time");
    note_outcomes(parts_.executor.reread_journal());
  }
  // One that dies as soon as it is started wakes us each time: the second time it has to wait.
  if (!guardian.alive() && (!guardian_retry_ || parts_.clock.now() >= *guardian_retry_)) {
    start_guardian();
  }
}

void ControlLoop::start_guardian() {
  guardian_retry_ = parts_.clock.now() + kGuardianRetry;
  auto started = parts_.guardian.start();
  guardian_status_ = parts_.guardian.status();
  if (!started) {
    std::string fault = "no guardian: " + started.error().what;
    if (fault != guardian_fault_) report(EventKind::guardian, Severity::error, fault);
    guardian_fault_ = std::move(fault);
    return;
  }
  guardian_fault_.clear();
  report(EventKind::guardian, Severity::info,
         fmt::format("guardian started, pid {}", guardian_status_.pid));
  poller_.add(parts_.guardian.fd(), Poller::Interest::readable, [] {});
}

void ControlLoop::note_outcomes(std::vector<Outcome> outcomes) {
  for (Outcome& outcome : outcomes) outcomes_.push_back(std::move(outcome));
}

void ControlLoop::publish(decide::Decision&& decision, const Sample& sample) {
  std::vector<std::string> failures;
  for (const Outcome& outcome : outcomes_) {
    if (outcome.verb == ActionVerb::end && !is_over(outcome.code) && outcome.record != 0) {
      failures.push_back(fmt::format("record {} ({} pid {}) could not be undone: {}", outcome.record,
                                     outcome.target, outcome.process.pid, outcome.text));
    }
  }
  std::set<ProcessId> held;
  for (const auto& [id, record] : parts_.executor.open_records()) held.insert(record.process);
  guardian_status_.alive = parts_.guardian.alive();
  if (auto own = cost_.measure(parts_.clock.now(), self_, guardian_status_)) own_ = own;
  show_budget(state_.budget, parts_.config.config()->self, self_);
  std::vector<std::string> troubles;
  std::vector<HealthFinding> findings;
  for (TickObserver* observer : parts_.observers) {
    if (std::string trouble = observer->trouble(); !trouble.empty()) {
      troubles.push_back(std::move(trouble));
    }
    for (HealthFinding& finding : observer->findings()) findings.push_back(std::move(finding));
  }
  const StatusInput input{sample,
                          *parts_.config.config(),
                          parts_.clock.now(),
                          parts_.clock.wall(),
                          parts_.started,
                          parts_.machine,
                          parts_.machine_problems,
                          parts_.capabilities,
                          awake_.status(parts_.clock.now()),
                          guardian_status_,
                          self_,
                          parts_.config.status(),
                          parts_.own_mode,
                          parts_.keeper.obstacle(),
                          parts_.keeper.damage(),
                          std::move(failures),
                          std::move(held),
                          decision.safe_mode,
                          std::move(troubles),
                          std::move(findings)};
  Snapshot snapshot = make_snapshot(std::move(decision), input, parts_.config.config());
  snapshot.origin = parts_.config.origin();
  parts_.board.publish(std::make_shared<const Snapshot>(std::move(snapshot)));
}

void ControlLoop::report(const std::vector<decide::Reason>& reasons) {
  for (const decide::Reason& reason : reasons) parts_.events.add(parts_.clock.wall(), reason);
}

void ControlLoop::report(EventKind kind, Severity severity, const std::string& text) {
  parts_.events.add(parts_.clock.wall(), {kind, severity, text, {}, {}, {}});
}

bool ControlLoop::stop() {
  report(EventKind::daemon_stopping, Severity::info, "stopping: everything is undone");
  const auto outcomes = parts_.executor.release_all("m1optd stops");
  report(awake_.release("m1optd stops"));
  for (const Outcome& outcome : outcomes) {
    log_info("record {} ({} pid {}): {}", outcome.record, outcome.target, outcome.process.pid, outcome.text);
  }
  parts_.board.reply_to_all(ReplyCode::failed, "m1optd is stopping");
  parts_.events.announce();
  (void)parts_.keeper.journal().tidy();
  parts_.executor.finish();
  return parts_.executor.open_records().empty();
}

}  // namespace m1opt::app
