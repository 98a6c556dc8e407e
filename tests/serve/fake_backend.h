#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "serve/backend.h"

namespace m1opt::test {

using namespace m1opt::model;

/// What is kept on the disk, as the test sets it.
struct FakeArchive final : serve::Archive, serve::TraceArchive, serve::HistoryArchive, serve::SettingsArchive {
  serve::HistoryArchive& history() override { return *this; }
  serve::SettingsArchive& settings() override { return *this; }

  [[nodiscard]] std::vector<std::string> setting_names() const override { return {"swappiness", "huge-pages"}; }
  wire::SettingsDocument list_settings() override { return settings_document; }
  Result<wire::SettingsHistoryDocument> settings_history() override {
    if (broken) return Error{Errc::parse, 0, "settings.json: broken"};
    return wire::SettingsHistoryDocument{};
  }
  Result<wire::SettingReport> apply_setting(const std::string& name, bool try_only) override {
    return change_setting("apply", name, try_only);
  }
  Result<wire::SettingReport> undo_setting(const std::string& name, bool try_only) override {
    return change_setting("undo", name, try_only);
  }
  Result<wire::SettingReport> change_setting(const std::string& verb, const std::string& name, bool try_only) {
    settings_asked.push_back((try_only ? "try " : "") + verb + " " + name);
    if (setting_fault) return *setting_fault;
    wire::SettingReport report;
    report.setting = name;
    report.outcome = try_only ? "would" : "observed";
    return report;
  }

  WallTime wall() override { return time; }
  std::string fault() override { return trouble; }
  Result<std::vector<HistoryMetric>> metrics() override { return known; }
  Result<std::vector<HistoryPoint>> series(const serve::HistoryQuery& query) override {
    asked = query;
    if (broken) return Error{Errc::parse, 0, "history.db: broken"};
    return points;
  }
  Result<std::vector<Event>> events(const serve::EventsQuery& query) override {
    asked_events = query;
    if (broken) return Error{Errc::parse, 0, "history.db: broken"};
    return kept;
  }
  Result<std::optional<Event>> event(const std::string& id) override {
    if (broken) return Error{Errc::parse, 0, "history.db: broken"};
    const auto found =
        std::find_if(kept.begin(), kept.end(), [&](const Event& event) { return event.id == id; });
    return found == kept.end() ? std::optional<Event>{} : std::optional<Event>{*found};
  }
  Result<std::vector<HoldEffect>> effects(WallTime since, std::size_t limit) override {
    asked_effects = {since, limit};
    return changed;
  }

  WallTime time{std::chrono::system_clock::time_point(std::chrono::hours(24 * 20000))};
  std::string trouble;
  bool broken{false};
  std::vector<HistoryMetric> known{{"memory_used_percent", {}, {}}};
  std::vector<HistoryPoint> points;
  std::vector<Event> kept;
  std::vector<HoldEffect> changed;
  serve::HistoryQuery asked;
  serve::EventsQuery asked_events;
  std::pair<WallTime, std::size_t> asked_effects;
  serve::TraceArchive& trace() override { return *this; }

  serve::TraceText read(WallTime since) override {
    asked_trace = since;
    return [this, at = std::size_t{0}]() mutable -> Result<std::string> {
      if (at == trace_parts.size()) return std::string();
      if (trace_parts[at] == "broken") return Error{Errc::io, 0, "read the trace: broken"};
      return trace_parts[at++];
    };
  }

  std::vector<std::string> trace_parts;
  wire::SettingsDocument settings_document;
  std::vector<std::string> settings_asked;
  std::optional<Error> setting_fault;
  WallTime asked_trace;
};

/// Stands for the rest of the daemon: a snapshot that the test sets, a list of
/// what was posted, and a reply to each.
class FakeBackend final : public serve::Backend {
 public:
  FakeBackend() {
    auto made = std::make_shared<Snapshot>();
    made->config = std::make_shared<Config>();
    made->status.version = "test";
    made->status.mode = Mode::active;
    snapshot_ = made;
  }

  void change(const std::function<void(Snapshot&)>& edit) {
    const std::lock_guard lock(mutex_);
    auto next = std::make_shared<Snapshot>(*snapshot_);
    edit(*next);
    snapshot_ = next;
  }
  void change_config(const std::function<void(Config&)>& edit) {
    change([&](Snapshot& snapshot) {
      auto next = std::make_shared<Config>(*snapshot.config);
      edit(*next);
      snapshot.config = next;
    });
  }
  void set_reply(ReplyCode code, std::string text) {
    const std::lock_guard lock(mutex_);
    reply_ = {0, code, std::move(text)};
  }
  /// Commands are taken and never answered.
  void hang() { hangs_ = true; }
  /// Answers what was kept back by hang(), and hangs no more.
  void answer_late() {
    std::vector<std::function<void(CommandReply)>> late;
    {
      const std::lock_guard lock(mutex_);
      late.swap(kept_);
    }
    hangs_ = false;
    for (const auto& done : late) done({0, ReplyCode::ok, "late"});
  }
  void fill_inbox(bool full) { full_ = full; }

  void add_event(const std::string& id, EventKind kind = EventKind::command) {
    std::vector<std::function<void()>> notify;
    {
      const std::lock_guard lock(mutex_);
      Event& event = events_.emplace_back();
      event.id = id;
      event.kind = kind;
      event.text = "event " + id;
      for (const auto& weak : watchers_) {
        if (const auto alive = weak.lock()) notify.push_back(*alive);
      }
    }
    for (const auto& call : notify) call();
  }

  /// Between questions it is the test's, else the server's: see meet().
  FakeArchive archive;
  /// What either thread has written so far is seen by the other.
  void meet() { const std::lock_guard lock(archive_mutex_); }

  std::vector<Command> posted() {
    const std::lock_guard lock(mutex_);
    return posted_;
  }

  std::shared_ptr<const Snapshot> snapshot() override {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  Instant now() override {
    const std::lock_guard lock(mutex_);
    return snapshot_->taken + std::chrono::milliseconds(1500);
  }
  bool post(Command command, std::function<void(CommandReply)> done) override {
    if (full_) return false;
    CommandReply reply;
    {
      const std::lock_guard lock(mutex_);
      reply = reply_;
      reply.id = command.id;
      posted_.push_back(std::move(command));
      if (hangs_) {
        kept_.push_back(std::move(done));
        return true;
      }
    }
    done(reply);
    return true;
  }
  bool self_test(std::function<void(std::vector<serve::SelfTestStep>)> done) override {
    if (full_) return false;
    done({{"stop", true, "state T"}, {"continue", true, "state S"}});
    return true;
  }
  /// hang() keeps it back for ever.
  bool fetch(serve::FetchWork work, std::function<void(serve::Fetched)> done) override {
    if (full_) return false;
    if (hangs_) return true;
    auto fetched = [&] {
      const std::lock_guard lock(archive_mutex_);
      return work(archive);
    }();
    done(std::move(fetched));
    return true;
  }
  std::vector<Event> events_after(const std::string& id, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::size_t first = 0;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (events_[i].id == id) first = i + 1;
    }
    std::vector<Event> found;
    for (std::size_t i = first; i < events_.size() && found.size() < limit; ++i) {
      found.push_back(events_[i]);
    }
    return found;
  }
  std::shared_ptr<void> on_event(std::function<void()> notify) override {
    auto handle = std::make_shared<std::function<void()>>(std::move(notify));
    const std::lock_guard lock(mutex_);
    watchers_.push_back(handle);
    return handle;
  }

 private:
  std::mutex mutex_;
  std::mutex archive_mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  CommandReply reply_{0, ReplyCode::ok, "done"};
  std::vector<Command> posted_;
  std::vector<std::function<void(CommandReply)>> kept_;
  std::vector<Event> events_;
  std::vector<std::weak_ptr<std::function<void()>>> watchers_;
  std::atomic<bool> hangs_{false};
  std::atomic<bool> full_{false};
};

}  // namespace m1opt::test
