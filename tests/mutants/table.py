"""The ways in which m1opt could be broken, one edit each, and the test programs that must notice.

Each edit replaces a text that stands exactly once in its file; tests/meta/mutants_test.py fails when the code has
moved on and an edit fits no more. scripts/mutants makes each, builds, and runs the tests named here until one is red.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    breaks: str  # what is wrong afterwards, as a sentence
    file: str
    old: str
    new: str
    tests: tuple  # "act" is the program test_act; "undo_test.py -k word" are end-to-end tests


EXECUTOR = "daemon/act/executor.cpp"
UNDO = "daemon/act/undo.cpp"
GUARDIAN = "daemon/act/guardian.cpp"
LINK = "daemon/act/guardian_link.cpp"
CONTROL = "daemon/platform/linux/process_control.cpp"
MAC_CONTROL = "daemon/platform/darwin/process_control.cpp"
JOURNAL = "daemon/journal/undo_journal.cpp"
OPEN_JOURNAL = "daemon/journal/open_journal.cpp"

ACTING = (
    Mutant("the journal is written after the act", EXECUTOR,
           """  if (auto recorded = record_before_act(record); !recorded) return failed(outcome, recorded.error());
""", """  std::vector<std::string> early;
  (void)apply(row, record.changes, early);
  if (auto recorded = record_before_act(record); !recorded) return failed(outcome, recorded.error());
""", ("act",)),
    Mutant("the guardian is not told of a hold", EXECUTOR,
           "if (auto known = parts_.guardian.hold(record); !known) {", "if (auto known = Result<void>{}; !known) {",
           ("act",)),
    Mutant("a guardian that does not acknowledge is ignored", LINK,
           'return Error{Errc::busy, 0, "the guardian did not acknowledge within 1 s"};', "return {};", ("act",)),
    Mutant("identity is not checked before the act", EXECUTOR,
           """  if (auto same = check_identity(record); !same) return abandon(outcome, record, same.error());
  if (auto applied = apply(row, record.changes, plan->notes); !applied) {""",
           """  if (auto applied = apply(row, record.changes, plan->notes); !applied) {""", ("act",)),
    Mutant("another program under the same pid counts as the same process", EXECUTOR,
           "if (*executable == record.executable) return {};", "return {};", ("act",)),
    Mutant("what was set is not read back", EXECUTOR,
           "if (auto read = read_back(record, plan->notes); !read) return abandon(outcome, record, read.error());",
           "", ("act", "darwin")),
    Mutant("the guardian's taking over in mid-act goes unnoticed", EXECUTOR,
           "if (parts_.guardian.revoked()) {", "if (false) {", ("act",)),
    Mutant("what could not be undone is done", EXECUTOR,
           "    } else if (row.requires_attribute(change.attribute)) {\n      return allowed;\n",
           "    } else if (row.requires_attribute(change.attribute)) {\n      kept.push_back(change);\n",
           ("act", "act_test.py -k could_not_be_taken_back")),
    Mutant("dry-run acts", EXECUTOR, "if (parts_.inert) {", "if (false) {", ("act",)),
    Mutant("threads born during the act are forgotten", EXECUTOR, "  if (row.inherited) {\n    if (auto more",
           "  if (false) {\n    if (auto more", ("act", "undo_test.py -k many_threads")),
    Mutant("a record that another undoer closed is undone again", EXECUTOR,
           "closing && *closing && closed_by_other == Closed::leave", "false", ("act",)),
    Mutant("an undone record stays open in the journal", EXECUTOR,
           "if (auto closed = parts_.journal.close(id, result.code, result.text); !closed) {",
           "if (auto closed = Result<void>{}; !closed) {", ("act", "undo_test.py -k deadline")),
    Mutant("an extended hold keeps its old deadline in the journal", "daemon/act/upkeep.cpp",
           "record.deadline = std::max(record.deadline, action.deadline);", "", ("act",)),
    Mutant("a group's nice value is taken back while another hold needs it", EXECUTOR,
           "if (found->second.changes.size() > 0) hand_over_groups(found->second);", "", ("act",)),
    Mutant("the session group is left out of background", "daemon/act/background.cpp",
           "  plan_group(plan, context, process, GroupWish::lowest);\n", "", ("act",)),
    Mutant("a group that holds a stranger is changed", "daemon/act/plan.cpp",
           """  if (const auto pid = stranger_in(*members, context.companions); pid != 0) {
    plan.notes.push_back(fmt::format("its session group""",
           """  if (const auto pid = stranger_in(*members, context.companions); pid < 0) {
    plan.notes.push_back(fmt::format("its session group""", ("act",)),
    Mutant("a process somebody else stopped is taken over", "daemon/act/plan.cpp",
           "if (before != set) plan.changes.push_back", "plan.changes.push_back", ("act",)),
)

UNDOING = (
    Mutant("a process that somebody else changed meanwhile is set back anyway", UNDO,
           "  if (*now != change.set) {\n    ++tally.changed;\n    return;\n  }\n", "", ("act", "darwin")),
    Mutant("a record from before a reboot is undone", UNDO, "if (record.boot != boot) return", "if (false) return",
           ("act",)),
    Mutant("suspended processes are not continued", UNDO,
           "auto written = control.write(change.attribute, change.subject, change.before);\n  fault_point",
           "auto written = change.attribute == Attribute::run_state ? Result<void>{} : control.write(change.attribute, "
           "change.subject, change.before);\n  fault_point", ("act",)),
    Mutant("only the first thread is undone", UNDO,
           "    undo_change(control, *change, tally);\n", "    undo_change(control, *change, tally);\n    break;\n",
           ("act",)),
    Mutant("children that inherited our value keep it", UNDO, "if (row_of(record.kind).inherited) {", "if (false) {",
           ("act", "darwin")),
    Mutant("a process older than the hold is given a value back", UNDO,
           "    if (holder.start < record.opened_token) continue;\n", "", ("act", "darwin")),
    Mutant("a stranger who leads a session of a reused number is an heir", "daemon/act/inheritance.cpp",
           "by_session = by_session && is_same_session(all, record);", "", ("act",)),
    Mutant("an undo that was refused counts as done", UNDO, "  if (tally.failure) {\n", "  if (false) {\n",
           ("act", "undo_test.py -k right_to_undo")),
    Mutant("recovery leaves backgrounded processes as they are", "daemon/act/recovery.cpp",
           "    auto held = lock.acquire(kRecoveryLockPatience);\n",
           "    if (record.kind == ActionKind::background) continue;\n"
           "    auto held = lock.acquire(kRecoveryLockPatience);\n", ("act",)),
    Mutant("recovery takes the holds of a living daemon", "daemon/act/recovery.cpp",
           "if (overdue_only && record.boot == boot &&", "if (false && overdue_only && record.boot == boot &&",
           ("act", "undo_test.py -k running_daemon")),
    Mutant("the guardian does nothing when the daemon dies", GUARDIAN,
           "if (!filled) return undo_until_nothing_is_left();", "if (!filled) return 0;", ("act",)),
    Mutant("the guardian lets a hold outlive its deadline", GUARDIAN,
           "if (now - record.deadline > kDeadlineGrace) overdue.push_back(id);", "", ("act",)),
    Mutant("the guardian does not miss the heartbeat", GUARDIAN, "if (since_beat() > kBeatPatience) {",
           "if (false) {", ("act", "undo_test.py -k daemon_stopped")),
    Mutant("the guardian does not say that it has taken over", GUARDIAN,
           """  if (overdue.empty()) return;
  if (!revoked_) {
    revoked_ = true;
    (void)send_frame(options_.socket, FrameType::revoked, {}, 0);
""", """  if (overdue.empty()) return;
  if (!revoked_) {
    revoked_ = true;
""", ("act",)),
    Mutant("the guardian dies of SIGTERM", GUARDIAN, "asked_to_end != 0 && held_.empty()", "asked_to_end != 0",
           ("act",)),
    Mutant("the guardian shares the daemon's session", LINK, "POSIX_SPAWN_SETSID | ", "", ("act",)),
    Mutant("the daemon does not notice that its guardian ended", "daemon/app/control_loop.cpp",
           "bool lost = guardian.alive() && !guardian.receive();", "bool lost = false;",
           ("undo_test.py -k guardian",)),
    Mutant("SIGTERM leaves holds to the guardian", "daemon/app/control_loop.cpp",
           'const auto outcomes = parts_.executor.release_all("m1optd stops");',
           "const std::vector<Outcome> outcomes;", ("undo_test.py -k sigterm",)),
)

IDENTITY = (
    Mutant("a signal goes to whoever has the pid", CONTROL,
           "  if (auto entry = check_identity(subject); !entry) return entry.error();\n"
           "  fault_point(\"signal.checked\");\n", "", ("act",)),
    Mutant("a start token is not compared", CONTROL, "  if (entry->start != id.start) {", "  if (false) {", ("act",)),
    Mutant("a thread is changed whoever has its number", CONTROL,
           "  if (auto entry = check_identity(subject); !entry) return entry.error();\n"
           "  fault_point(\"call.before\");\n", "", ("act",)),
    Mutant("what a thread that ends in mid-read had is taken for its value", CONTROL,
           "  if (auto entry = check_identity(subject); !entry) return entry.error();\n  return value;\n",
           "  return value;\n", ("act",)),
    Mutant("a stranger whose number was taken in mid-call keeps our value", CONTROL,
           "  give_back(attribute, tid, value);\n", "", ("act",)),
    Mutant("a group's value is written to whoever has the number by then", "daemon/platform/linux/groups.cpp",
           "  if (has_left()) return left;\n", "", ("act",)),
    Mutant("on macOS a reused pid is signalled", MAC_CONTROL,
           "    if (id_of(info->bsd) != process) return gone(process);\n", "", ("darwin",)),
    Mutant("the protected list compares case", "daemon/sense/protected.cpp",
           "upper ? first - 'A' + 'a' : first", "upper ? first : first", ("sense",)),
    Mutant("a look-alike letter takes a name off the protected list", "daemon/sense/protected.cpp",
           "return east_asian ? kOther : kAnyOrNone;", "return kOther;", ("sense",)),
    Mutant("a space at its end takes a name off the protected list", "daemon/sense/protected.cpp",
           "  while (!path.empty() && is_tail(path.back())) path.remove_suffix(1);\n", "", ("sense",)),
    Mutant("a stranger's namesake is a target", "daemon/sense/matching.cpp",
           "if (is_path_glob(pattern) || owner == own_uid || is_system_path(path))", "", ("sense",)),
    Mutant("the workload's own tree may be a target", "daemon/decide/tick.cpp",
           "if (members.contains(target.process.id) || refused.contains(target.process.id)) continue;",
           "if (refused.contains(target.process.id)) continue;", ("decide",)),
)

DECIDING = (
    Mutant("one more than allowed is suspended", "daemon/decide/targets.cpp",
           "if (tick.suspended() >= tick.config.limits.max_suspended) {",
           "if (tick.suspended() > tick.config.limits.max_suspended) {", ("decide",)),
    Mutant("a hold trips one sample late", "daemon/decide/detector.cpp",
           "now - *state.beyond_since >= config.hold", "now - *state.beyond_since > config.hold", ("decide",)),
    Mutant("a reading exactly at its limit does not count", "daemon/decide/detector.cpp",
           "value <= config.enter : value >= config.enter", "value < config.enter : value > config.enter",
           ("decide",)),
    Mutant("an unknown reading keeps what it had tripped", "daemon/decide/detector.cpp",
           "if (state.active) set_active(state, false, now);\n}", "}", ("decide",)),
    Mutant("a hold outlives its deadline", "daemon/decide/holds.cpp", "  if (hold.deadline <= tick.now) {",
           "  if (false) {", ("decide",)),
    Mutant("a pause leaves what is held", "daemon/decide/holds.cpp", "  if (tick.state.pause.active) {\n    mark_ending",
           "  if (false) {\n    mark_ending", ("decide",)),
    Mutant("rules act while paused", "daemon/decide/policy.cpp", "if (tick.may_begin() && !tick.gap) {",
           "if (!tick.gap) {", ("decide",)),
    Mutant("rules act on readings from before a sleep", "daemon/decide/policy.cpp",
           "if (tick.may_begin() && !tick.gap) {", "if (tick.may_begin()) {", ("decide",)),
    Mutant("safe mode holds on to what is held", "daemon/decide/holds.cpp", "  if (tick.state.safe.active) {\n    mark",
           "  if (false) {\n    mark", ("decide",)),
    Mutant("a stop that was only asked for counts as taken back", "daemon/decide/holds.cpp",
           "if (tick.now - hold.since >= kStopPatience) {", "if (true) {", ("decide",)),
    Mutant("a daemon that crashes again and again goes on acting", "daemon/app/run_history.cpp",
           "if (before->running) history.crashes.push_back(now);", "", ("app",)),
    Mutant("a count of crashes that cannot be read is no reason to wait", "daemon/app/run_history.cpp",
           "    history.crashes.assign(enough, now);\n", "", ("app",)),
    Mutant("on battery the machine is kept awake unasked", "daemon/decide/awake.cpp",
           "if (power->on_battery.value_or(false)) {", "if (false) {", ("decide",)),
    Mutant("the machine falls asleep before what is held is let go", "daemon/app/control_loop.cpp",
           'note_outcomes(parts_.executor.release_all("the machine goes to sleep"));', "", ("app",)),
    Mutant("somebody else's SIGCONT is fought", "daemon/decide/outcomes.cpp",
           "  if (code == OutcomeCode::changed) {\n    add_ban", "  if (false) {\n    add_ban", ("decide",)),
    Mutant("rules take back what a user resumed", "daemon/decide/commands.cpp",
           "  add_ban(tick, target, process, BanCause::manual_resume, kind, tick.config.limits.manual_resume);\n",
           "  (void)kind;\n", ("decide",)),
    Mutant("a rule that matches a crowd acts on it", "daemon/decide/targets.cpp",
           "count->second > tick.config.limits.max_match", "false", ("decide",)),
    Mutant("suspensions an hour are not limited", "daemon/decide/targets.cpp",
           "< limits.suspensions_per_hour) return false;", "< 1000000) return false;", ("decide",)),
    Mutant("an action that failed is tried again at once", "daemon/decide/outcomes.cpp",
           "if (!add_back_off(tick, hold.target, hold.kind, why)) return;\n  report_for",
           "report_for", ("decide",)),
    Mutant("a group member suspends another user's process", "daemon/decide/commands.cpp",
           "if (!command.administrator && process.uid != command.uid) {", "if (false) {", ("decide",)),
    Mutant("a lease never ends with its process", "daemon/decide/commands.cpp",
           "lease.missed = tick.members.contains(lease.process) ? 0 : lease.missed + 1;", "lease.missed = 0;",
           ("decide",)),
)

ROUND = (
    Mutant("the socket is everybody's to replace", "daemon/serve/socket_file.cpp", "::umask(0177)", "::umask(0)",
           ("serve", "socket_test.py -k not_even_for_a_moment")),
    Mutant("with read access for the group, all may connect", "daemon/serve/access.cpp",
           "return group_ ? 0660 : 0600;", "return 0666;", ("serve",)),
    Mutant("whoever may read may act", "daemon/serve/access.cpp", "      if (rights.admin) return std::nullopt;\n",
           "      return std::nullopt;\n", ("serve",)),
    Mutant("what outlives the daemon needs no root", "daemon/serve/access.cpp",
           "      if (rights.root) return std::nullopt;\n", "      return std::nullopt;\n", ("serve",)),
    Mutant("root's places are given to others", "daemon/serve/admission.cpp",
           "privileged ? limits_.total : limits_.total - limits_.reserved", "limits_.total", ("serve",)),
    Mutant("one user takes all connections", "daemon/serve/admission.cpp", "!privileged && own >= limits_.per_user",
           "false", ("serve",)),
    Mutant("a file that others may write is trusted", "daemon/app/trust.cpp",
           "if ((open_to & S_IWOTH) != 0) return", "if (false) return", ("app",)),
    Mutant("what is not there yet may be made by everybody", "daemon/app/trust.cpp",
           "    if (!is_shared(directory)) return {};\n", "    return {};\n", ("app",)),
    Mutant("a link is trusted for what it leads to", "daemon/app/trust.cpp",
           "    if (auto good = check_one(next, info, !rest_.empty()); !good) return good;\n    if (S_ISLNK",
           "    if (S_ISLNK", ("app",)),
    Mutant("a stranger's file is trusted", "daemon/app/trust.cpp",
           "if (info.st_uid != 0 && info.st_uid != ::geteuid()) {", "if (false) {", ("app",)),
    Mutant("a journal of a newer version is used", "daemon/journal/database.cpp", "if (*version > known) {", "if (false) {",
           ("journal",)),
    Mutant("a damaged journal is thrown away", "daemon/journal/database.cpp", "fs::rename(path, kept, error);",
           "fs::remove(path, error);", ("journal",)),
    Mutant("record ids are used again", OPEN_JOURNAL, "PRIMARY KEY AUTOINCREMENT", "PRIMARY KEY", ("journal",)),
    Mutant("closing a record twice keeps the last word", JOURNAL,
           "if (!*row || (*row)->outcome) return {};", "if (!*row) return {};", ("journal",)),
    Mutant("what outlives a reboot is not synced", JOURNAL, 'execute(db_.get(), "PRAGMA synchronous=FULL")',
           'execute(db_.get(), "PRAGMA synchronous=NORMAL")', ("journal",)),
    Mutant("a journal that was taken away is written on", JOURNAL, "if (auto place = check_place(); !place) {",
           "if (auto place = Result<void>{}; !place) {", ("journal",)),
    Mutant("suspended processes wait their turn in recovery", JOURNAL,
           "return is_stop(record.kind);", "return false;", ("journal",)),
)

TRACES = (
    Mutant("a reading between exit and enter holds for ever", "daemon/decide/detector.cpp",
           "if (state.below_since && now - *state.below_since >= std::max(kLongestBetween, config.exit_hold)) {",
           "if (false) {", ("decide",)),
    Mutant("an idle target stays in the background where waiting is not counted", "daemon/decide/rates.cpp",
           "return idle ? share : std::max(share, before);", "return std::max(share, before);", ("decide",)),
    Mutant("what a replay stops goes on computing", "daemon/decide/replay_machine.cpp", "lost.lost += grown;", "",
           ("decide",)),
    Mutant("a replay does not see that the machine slept", "daemon/decide/replay_machine.cpp", "  if (slept) {",
           "  if (false) {", ("decide",)),
    Mutant("a replay takes the recorded holds for the system's", "daemon/decide/replay_machine.cpp",
           "      process.state = RunState::running;", "", ("decide",)),
    Mutant("a trace holds paths of programs", "daemon/wire/trace.cpp",
           "process.executable = std::string(base_name(process.executable));", "(void)process;", ("wire",)),
    Mutant("an export ends with half a line", "daemon/app/trace_store.cpp",
           "return static_cast<std::uint64_t>(from) + last + 1;", "return static_cast<std::uint64_t>(end);", ("app",)),
    Mutant("the trace's ring has no end", "daemon/app/trace_store.cpp",
           "if (sum <= room && count < kMostPieces) break;", "break;", ("app",)),
    Mutant("each failure to write the trace is an event", "daemon/app/trace_recorder.cpp",
           "if (++failures_ > 1) return;", "++failures_;", ("app",)),
)

HISTORY = (
    Mutant("thinning the history loses the highest", "daemon/journal/history_room.cpp", "max(coalesce(max, avg))",
           "max(avg)", ("journal",)),
    Mutant("a merged span of the history forgets the lowest", "daemon/journal/thinning.cpp",
           "into.min = std::min(into.min, later.min);", "", ("journal",)),
    Mutant("the history keeps events for ever", "daemon/journal/history_room.cpp",
           "return forget_before(now - kEventsKept);", "return {};", ("journal",)),
    Mutant("the history's files have no limit", "daemon/journal/history_room.cpp",
           "if (*all - *free > pages - pages / kPart) {", "if (false) {", ("journal",)),
    Mutant("another program's database is taken for the history", "daemon/journal/history.cpp",
           "if (*tables > 0 && *application != kApplication) {", "if (false) {", ("journal",)),
    Mutant("a damaged history is used", "daemon/journal/history.cpp", 'if (check.text(0) != "ok")', "if (false)",
           ("journal",)),
    Mutant("a half of what was to be added to the history stays when the rest fails",
           "daemon/journal/database.cpp", 'if (!done) (void)execute(db, "ROLLBACK");',
           'if (!done) (void)execute(db, "COMMIT");', ("journal",)),
    Mutant("what the history could not write is lost", "daemon/app/history_writing.cpp",
           "put_back(std::move(batch));", "", ("app",)),
    Mutant("what waits for the history's disk has no limit", "daemon/app/history_keeper.cpp",
           "  bound(pending_.spans, kMostSpans);\n", "", ("app",)),
    Mutant("each failure to write the history is an event", "daemon/app/history_writing.cpp", "if (known) return;",
           "", ("app",)),
    Mutant("a clock that was set back puts the history before what is in it", "daemon/app/history_writing.cpp",
           "    shift_ = missing;\n", "", ("app",)),
    Mutant("the history's effect of a hold that ended goes on", "daemon/app/effect_watch.cpp",
           "tick.now - open.began >= kWatched || has_ended(tick, open.effect.record)",
           "tick.now - open.began >= kWatched", ("app",)),
    Mutant("what the history did not know of a hold's effect is 0", "daemon/app/effect_watch.cpp",
           "if (!value) return;", "value = value.value_or(0);", ("app",)),
    Mutant("events of the history are told twice", "daemon/serve/routes/events.cpp",
           " || has(found, event.id)) continue;", ") continue;", ("serve",)),
    Mutant("a page of the history is larger than readers may keep", "daemon/serve/routes/events.cpp",
           "if (size > kMostText && i > 0) return events.resize(i);", "", ("serve",)),
    Mutant("one user may keep the history's thread busy", "daemon/serve/session_fetch.cpp",
           "if (!service.fetches.enter(uid, service.access.is_root(uid))) return nullptr;",
           "(void)service.fetches.enter(uid, true);", ("serve",)),
    Mutant("questions about the history fill what waits for the slow thread", "daemon/app/board.cpp",
           "fetching_->fetch_add(1) < kMostFetches", "fetching_->fetch_add(1) >= 0", ("app",)),
    Mutant("a gap of the history is drawn as a line", "client/render/plot.cpp", 'if (!column) return " ";',
           "if (!column) return signs.mean;", ("client",)),
)

ADVISING = (
    Mutant("the values of a token are left out of the KV cache", "client/advise/kv_cache.cpp",
           "return *key_bytes + *value_bytes;", "return *key_bytes;", ("advise",)),
    Mutant("windowed layers are reckoned as whole ones", "client/advise/kv_cache.cpp",
           "padded(std::min(slot, shape.window + batch_of(use)))", "padded(slot)", ("advise",)),
    Mutant("a count in a model's file is believed", "client/advise/gguf/read_metadata.cpp",
           "if (*count > cursor.remaining() / width) {", "if (width == 0) {", ("advise",)),
    Mutant("a model's file that was cut off is taken for whole", "client/advise/gguf/read.cpp",
           "if (end <= header.file_bytes) return {};", "if (end != 0) return {};", ("advise",)),
    Mutant("a model's name leads out of the store", "client/advise/model_name.cpp",
           "part.front() == '.' || ", "", ("advise",)),
    Mutant("all experts are read for each token", "client/advise/quant_mix.cpp",
           "tensor.expert ? bytes / model.shape.experts * model.shape.experts_used : bytes", "bytes", ("advise",)),
    Mutant("the margin that llama-server leaves free is forgotten", "client/advise/budget.cpp",
           "minus(machine.metal->bytes.low, loaded + kFitMargin)", "minus(machine.metal->bytes.low, loaded)", ("advise",)),
    Mutant("the upper end of Metal's range counts as certain", "client/advise/judgement.cpp",
           "return bytes <= question.room.metal->high ? Answer::maybe : Answer::no;",
           "return bytes <= question.room.metal->high ? Answer::yes : Answer::no;", ("advise",)),
)

LLM = (
    Mutant("two equal things pass for a gain", "client/bench/statistics.cpp",
           "if (*gain->low > 0) return Verdict::faster;", "if (gain->value > 0) return Verdict::faster;", ("client",)),
    Mutant("the pairs of a bench are torn apart", "client/bench/statistics.cpp",
           "return ratio_less_one(pick(before, drawn), pick(after, drawn));",
           "return ratio_less_one(before, pick(after, drawn));", ("client",)),
    Mutant("an interrupted bench leaves the daemon paused", "client/bench/session.cpp",
           "  if (!paused_) return;\n", "  if (!paused_ || paused_) return;\n", ("bench_test.py -k interrupted",)),
    Mutant("an answer with nothing in it passes for one", "client/llm/server.cpp", "if (generation->tokens == 0) {",
           "if (generation->tokens < 0) {", ("ollama_test.py -k nothing",)),
    Mutant("a question to a loaded model loads it anew", "daemon/ollama/requests.cpp",
           'if (prompt.context) options["num_ctx"] = *prompt.context;', "", ("ollama",)),
    Mutant("a quantised cache is recommended where it is ignored", "client/settings/ollama_variables.cpp",
           "if (era == Era::native && *tier.kv_type != '\\0') {", "if (era == Era::native && tier.gigabytes == 0) {",
           ("client",)),
    Mutant("what a Mac's session had before is forgotten by the second apply", "client/settings/launch_agent.cpp",
           "known ? known->before : now", "now", ("client",)),
    Mutant("a variable that somebody else has set since is taken from him", "client/settings/launch_agent.cpp",
           "if (!stays && now == entry.set.value && now != entry.before) {", "if (!stays && now != entry.before) {",
           ("client",)),
    Mutant("a runner whose Ollama lives is called lost", "client/doctor_servers.cpp",
           'return other.pid == process.parent && other.name == "ollama";', "return other.pid == process.pid + 1;",
           ("client",)),
)

PYTHON = (
    Mutant("a Python for Intel on Apple Silicon passes", "client/python/check.cpp",
           "return !s.machine.empty() && usual_name(machine) != s.machine;", "return s.machine.empty();", ("client",)),
    Mutant("a GPU that computes something else counts as one that works", "client/python/probe.cpp",
           "std::abs(product[i].to_number<double>() - kProduct[i]) > 0.01", "false", ("client",)),
    Mutant("root makes an environment in a user's directory", "client/python/setup_plan.cpp",
           "if (s.uid != 0) return {};", "if (s.uid + 1 != 0) return {};", ("client",)),
    Mutant("what uv started outlives an interrupt", "daemon/platform/posix/tool.cpp",
           "::kill(tool.own_group ? -child : child, signal);", "::kill(child, signal);", ("platform",)),
    Mutant("a machine whose fans are not seen is called fanless", "client/cooling/report.cpp",
           "if (!cooling.why_no_fans.empty()) {", "if (cooling.level == 9) {", ("client",)),
)

MUTANTS = ACTING + UNDOING + IDENTITY + DECIDING + ROUND + TRACES + HISTORY + LLM + ADVISING + PYTHON
