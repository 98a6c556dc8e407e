#include "act/guardian.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <thread>
#include <utility>
#include <vector>

#include "base/fault.h"
#include "base/log.h"

namespace m1opt::act {

namespace {

constexpr Duration kBeatPatience = std::chrono::seconds(5);
constexpr Duration kDeadlineGrace = std::chrono::seconds(1);
constexpr Duration kGuardianLockPatience = std::chrono::seconds(1);
constexpr int kSendPatienceMs = 100;
constexpr int kHoldingWaitMs = 500;  // how often deadlines and heartbeat are looked at
constexpr int kRetries = 60;
constexpr long kRetryNs = 500'000'000;

volatile std::sig_atomic_t asked_to_end = 0;

/// As FrameType::ready tells it.
const char* lock_memory() {
#ifdef MCL_ONFAULT
  // Only what it really touches: rehearse() touches all that undoing needs.
  constexpr int kWhat = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
#else
  constexpr int kWhat = MCL_CURRENT | MCL_FUTURE;
#endif
  if (::mlockall(kWhat) == 0) return "1";
  return errno == ENOSYS ? "-" : "0";  // macOS has the call and nothing behind it
}

}  // namespace

Guardian::Guardian(Options options, platform::ProcessControl& control,
                   platform::ProcessTable& table, const Clock& clock, BootId boot)
    : options_(std::move(options)),
      control_(control),
      table_(table),
      clock_(clock),
      boot_(std::move(boot)),
      lock_(options_.state_directory),
      last_beat_(read_awake_clock()) {}

int Guardian::run() {
  // A service manager that ends the whole group must not take the rescuer first.
  fault_role("guardian");
  std::signal(SIGTERM, [](int) { asked_to_end = 1; });
  for (const int ignored : {SIGINT, SIGHUP, SIGPIPE, SIGQUIT}) std::signal(ignored, SIG_IGN);
  const char* const locked = lock_memory();
  rehearse();
  fault_point("guardian.started");
  (void)send_frame(options_.socket, FrameType::ready, locked, kSendPatienceMs);
  for (;;) {
    pollfd wait{options_.socket, POLLIN, 0};
    ::poll(&wait, 1, wait_ms());
    auto filled = reader_.fill(options_.socket);
    while (auto frame = reader_.next()) {
      if (!handle(*frame)) filled = Error{Errc::parse, 0, "a frame that is not ours"};
    }
    if (!filled) return undo_until_nothing_is_left();
    if (!undone_.empty() && read_awake_clock() - undone_at_ >= kForkPatience) look_again();
    if (asked_to_end != 0 && held_.empty()) return 0;
    if (held_.empty()) continue;
    if (since_beat() > kBeatPatience) {
      revoke_all(fmt::format("no heartbeat for {:.1f} s", seconds_of(since_beat())));
    } else {
      revoke_overdue();
    }
  }
}

int Guardian::wait_ms() const {
  if (!undone_.empty()) return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(kForkPatience).count());
  return held_.empty() ? -1 : kHoldingWaitMs;
}

Duration Guardian::since_beat() const { return read_awake_clock() - last_beat_; }

bool Guardian::handle(const Frame& frame) {
  switch (frame.type) {
    case FrameType::beat: last_beat_ = read_awake_clock(); return true;
    case FrameType::resumed:
      revoked_ = false;
      last_beat_ = read_awake_clock();
      return true;
    case FrameType::hold: {
      auto record = journal::record_from_text(frame.payload);
      if (!record) return false;
      last_beat_ = read_awake_clock();
      const RecordId id = record->id;
      held_[id] = std::move(*record);
      said_.erase(id);
      fault_point("guardian.before_acknowledge");
      // While revoked nothing is acknowledged, so the daemon does not act.
      if (!revoked_) {
        (void)send_frame(options_.socket, FrameType::acknowledged, std::to_string(id),
                         kSendPatienceMs);
      }
      fault_point("guardian.after_acknowledge");
      return true;
    }
    case FrameType::closed: {
      RecordId id = 0;
      std::from_chars(frame.payload.data(), frame.payload.data() + frame.payload.size(), id);
      held_.erase(id);
      said_.erase(id);
      return true;
    }
    case FrameType::acknowledged:
    case FrameType::revoked:
    case FrameType::undone:
    case FrameType::ready: return false;
  }
  return false;
}

void Guardian::revoke_all(const std::string& why) {
  if (!revoked_) {
    log_warning("guardian: {}; undoing {} records", why, held_.size());
    revoked_ = true;
    (void)send_frame(options_.socket, FrameType::revoked, {}, 0);
  }
  // Kept until the daemon answers: see the class comment.
  for (auto& [id, record] : held_) (void)undo(record, why);
}

void Guardian::revoke_overdue() {
  const Instant now = clock_.now();
  std::vector<RecordId> overdue;
  for (const auto& [id, record] : held_) {
    if (now - record.deadline > kDeadlineGrace) overdue.push_back(id);
  }
  if (overdue.empty()) return;
  if (!revoked_) {
    revoked_ = true;
    (void)send_frame(options_.socket, FrameType::revoked, {}, 0);
  }
  for (const RecordId id : overdue) (void)undo(held_.at(id), "past its deadline");
}

bool Guardian::undo(UndoRecord& record, const std::string& why) {
  if (record.changes.empty()) return true;
  const UndoRecord whole = record;
  fault_point("guardian.before_undo");
  // A holder that hangs is exactly whom the guardian must not wait for; undoing
  // twice does no harm.
  auto held = lock_.acquire(kGuardianLockPatience);
  const UndoResult result = undo_record(control_, table_, boot_, record, held_);
  fault_point("guardian.after_undo");
  const char* code = boost::describe::enum_to_string(result.code, "?");
  // While the daemon hangs this is done twice a second; what was said last is not said again.
  const bool news = std::exchange(said_[record.id], result) != result;
  if (news && (result.code == OutcomeCode::undone || !is_over(result.code))) {
    log_warning("guardian: {}: record {} ({} pid {}): {}: {}", why, record.id, record.target,
                record.process.pid, code, result.text);
  }
  if (is_over(result.code)) close_in_journal(record.id, result.code, "guardian: " + result.text);
  fault_point("guardian.after_close");
  (void)send_frame(options_.socket, FrameType::undone,
                   fmt::format("{} {} {}", record.id, code, result.text), 0);
  // Not of one that could not be undone whole: what it has handed on is found by its values.
  if (!is_over(result.code)) return false;
  if (!result.put_back.empty()) {
    undone_.push_back(whole);
    undone_at_ = read_awake_clock();
  }
  std::erase_if(record.changes, [&](const Change& change) {
    return std::find(result.put_back.begin(), result.put_back.end(), change) != result.put_back.end();
  });
  return true;
}

void Guardian::look_again() {
  for (const UndoRecord& record : std::exchange(undone_, {})) {
    const auto found = undo_latecomers(control_, table_, boot_, record, held_);
    if (!found) log_warning("guardian: record {}: a child born while it was undone: {}", record.id, found.error().what);
  }
}

void Guardian::close_in_journal(RecordId id, OutcomeCode code, const std::string& text) {
  auto journal = journal::UndoJournal::open(options_.state_directory + "/undo.db",
                                            journal::UndoJournal::IfAbsent::fail);
  if (journal) (void)journal->close(id, code, text);
}

int Guardian::undo_until_nothing_is_left() {
  for (int attempt = 0; attempt < kRetries; ++attempt) {
    std::vector<UndoRecord*> order;
    for (auto& [id, record] : held_) order.push_back(&record);
    std::stable_partition(order.begin(), order.end(), [](const UndoRecord* record) {
      return is_stop(record->kind);
    });
    std::vector<RecordId> finished;
    for (UndoRecord* record : order) {
      if (undo(*record, "the daemon has ended")) finished.push_back(record->id);
    }
    for (const RecordId id : finished) held_.erase(id);
    if (!undone_.empty()) {
      std::this_thread::sleep_for(kForkPatience);
      look_again();
    }
    if (held_.empty()) return 0;
    const timespec pause{0, kRetryNs};
    ::nanosleep(&pause, nullptr);
  }
  for (const auto& [id, record] : held_) {
    log_error("guardian: record {} ({} pid {}) stays open", id, record.target, record.process.pid);
  }
  return 1;
}

void Guardian::rehearse() {
  UndoRecord nobody;
  nobody.boot = boot_;
  nobody.process = {1, 1};  // pid 1 never has this start token
  nobody.opened_token = ~std::uint64_t{0};
  nobody.changes.push_back(
      {Attribute::run_state, {SubjectKind::process, nobody.process, {}, 0, {}}, 0, 1});
  (void)undo_record(control_, table_, boot_, nobody, held_);
  (void)journal::record_from_text(journal::record_to_text(nobody));
}

}  // namespace m1opt::act
