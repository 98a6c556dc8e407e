#include "app/journal_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "act/recovery.h"
#include "app/trust.h"
#include "base/log.h"

namespace m1opt::app {

namespace {

constexpr Duration kJournalRetry = std::chrono::seconds(5);
constexpr unsigned kStateMode = 0700;

}  // namespace

std::string fix_of(const Error& error, const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const std::string again = "; m1optd tries again by itself";
  if (error.os_errno == ENOSPC || error.os_errno == EDQUOT) {
    return "make room on the file system of " + directory + again;
  }
  if (error.os_errno == EROFS) {
    return "mount the file system of " + directory + " writable again" + again;
  }
  switch (error.code) {
    case Errc::busy: return "end the other program that has " + path + " open" + again;
    case Errc::unsupported:
      return "install the m1opt that wrote it, or move " + path + " away" + again;
    case Errc::not_permitted: return "make " + path + " a plain file of the user m1optd runs as, "
                                     "writable by nobody else" + again;
    case Errc::gone:
    case Errc::changed:
    case Errc::parse:
    case Errc::io:
    case Errc::unready: break;
  }
  return "see to " + directory + again;
}

JournalKeeper::JournalKeeper(Parts parts)
    : parts_(std::move(parts)), path_(parts_.options.state_directory + "/undo.db") {
  if (parts_.boot) {
    open();
  } else {
    // Records belong to a boot: without its name none can be told from one of an earlier boot, so
    // none is written or undone.
    set_obstacle(Obstacle{
        "this boot of the machine cannot be told from others, so nothing is changed: " +
            parts_.boot.error().what,
        "the system does not tell its boot id (Linux: /proc/sys/kernel/random/boot_id, macOS: sysctl "
        "kern.bootsessionuuid); undo.db is not at fault. Once it does, restart m1optd"});
  }
  if (!journal_) use_memory();
}

JournalKeeper::JournalKeeper(Parts parts, journal::UndoJournal journal)
    : parts_(std::move(parts)), journal_(std::move(journal)), in_memory_(true) {}

void JournalKeeper::use_memory() {
  journal_ = journal::UndoJournal::open(":memory:").value();
  in_memory_ = true;
}

bool JournalKeeper::lost() const {
  if (in_memory_) return false;
  const auto& fault = journal_->fault();
  return !journal_->check_place() || (fault && fault->code == Errc::parse);
}

void JournalKeeper::look(bool held) {
  if (!parts_.boot || parts_.options.inert()) return;
  if (lost()) {
    const auto place = journal_->check_place();
    set_obstacle(place ? *journal_->fault() : place.error());
    if (held) return;
    last_id_ = std::max(last_id_, journal_->last_id());
    // Closed before another is opened: two connections of one process share the index of the log,
    // and the old one's may be of a file that is no more.
    use_memory();
    return open();
  }
  if (!in_memory_ && journal_->fault()) set_obstacle(*journal_->fault());
  if (!obstacle_ || parts_.clock.now() < retry_) return;
  retry_ = parts_.clock.now() + kJournalRetry;
  if (in_memory_) {
    open();
  } else if (auto works = journal_->try_again(); !works) {
    set_obstacle(works.error());
  } else if (unfinished_) {
    recover();
  } else {
    set_obstacle(std::nullopt);
  }
}

Result<void> JournalKeeper::prepare_place() {
  const std::string& directory = parts_.options.state_directory;
  if (auto made = make_directory(directory, kStateMode); !made) return made;
  if (auto trusted = check_trusted(directory); !trusted) return trusted;
  if (is_instance_lock(parts_.instance_lock, directory)) return {};
  // The directory was replaced with the lock in it: another daemon may have it now.
  auto lock = acquire_instance_lock(directory);
  if (!lock) return lock.error();
  parts_.instance_lock = std::move(*lock);
  return {};
}

void JournalKeeper::open() {
  retry_ = parts_.clock.now() + kJournalRetry;
  if (auto prepared = prepare_place(); !prepared) return set_obstacle(prepared.error());
  journal::UndoJournal::Damage damage;
  auto opened = journal::UndoJournal::open_or_set_aside(path_, damage);
  if (!damage.kept_as.empty()) note_damage(damage);
  if (opened && !parts_.options.inert()) {
    if (auto ready = opened->skip_ids(last_id_); !ready) opened = ready.error();
  }
  if (!opened) {
    set_obstacle(opened.error());
    if (!parts_.options.inert()) undo_without_writing();
    return;
  }
  journal_ = std::move(*opened);
  in_memory_ = false;
  set_obstacle(std::nullopt);
  if (parts_.options.inert()) return;
  for (const Outcome& outcome : std::exchange(undone_, {})) {
    (void)journal_->close(outcome.record, outcome.code, "recovery: " + outcome.text);
  }
  recover();
  if (auto tidied = journal_->tidy(); !tidied) log_warning("{}", tidied.error().what);
}

void JournalKeeper::note_damage(const journal::UndoJournal::Damage& damage) {
  damage_ = fmt::format("the undo journal was damaged ({}) and is kept as {}", damage.text,
                        damage.kept_as);
  note(EventKind::recovered, Severity::error,
       fmt::format("{}; {} open records of it could be read whole", *damage_, damage.salvaged));
}

void JournalKeeper::recover() {
  auto report = act::recover(*journal_, parts_.control, parts_.table, *parts_.boot,
                             parts_.clock.now(), parts_.options.state_directory, false);
  if (!report) return set_obstacle(report.error());
  note_outcomes(report->outcomes);
  unfinished_ = !report->complete();
  if (report->unclosed) return set_obstacle(*report->unclosed);
  if (!unfinished_) return set_obstacle(std::nullopt);
  set_obstacle(Obstacle{"a record of an earlier run is still open, so nothing is changed",
                        "sudo m1optctl recover tells which"});
}

/// Nobody stays stopped because a disk is full or read-only, or damaged besides. Once only: what is stopped later was
/// stopped by somebody else.
void JournalKeeper::undo_without_writing() {
  if (read_once_) return;
  auto journal = journal::UndoJournal::open_to_read(path_);
  if (!journal) return;
  read_once_ = true;
  auto report = act::recover(*journal, parts_.control, parts_.table, *parts_.boot,
                             parts_.clock.now(), parts_.options.state_directory, false);
  if (!report) return;
  note_outcomes(report->outcomes);
  for (Outcome& outcome : report->outcomes) {
    if (is_over(outcome.code)) undone_.push_back(std::move(outcome));
  }
}

void JournalKeeper::note_outcomes(const std::vector<Outcome>& outcomes) {
  for (const Outcome& outcome : outcomes) {
    if (unfinished_ && !is_over(outcome.code)) continue;  // said the first time
    note(EventKind::recovered, Severity::warning,
         fmt::format("left by an earlier run: record {} ({} pid {}): {}: {}", outcome.record,
                     outcome.target, outcome.process.pid,
                     boost::describe::enum_to_string(outcome.code, "?"), outcome.text));
  }
}

void JournalKeeper::set_obstacle(const Error& error) {
  set_obstacle(Obstacle{"the undo journal cannot be used, so nothing is changed: " + error.what,
                        fix_of(error, path_)});
}

void JournalKeeper::set_obstacle(std::optional<Obstacle> obstacle) {
  if (obstacle == obstacle_) return;
  if (obstacle) {
    note(EventKind::action_failed, Severity::error, obstacle->text);
  } else {
    note(EventKind::recovered, Severity::info, "nothing stands against acting any more");
  }
  obstacle_ = std::move(obstacle);
}

void JournalKeeper::note(EventKind kind, Severity severity, const std::string& text) {
  reasons_.push_back({kind, severity, text, {}, {}, {}});
}

}  // namespace m1opt::app
