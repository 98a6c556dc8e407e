#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "app/event_log.h"
#include "base/fd.h"
#include "serve/backend.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// Where the threads meet: the control thread publishes a snapshot and drains
/// the inbox; the io thread reads the one and fills the other.
class Board final : public serve::Backend {
 public:
  using SelfTest = std::function<bool(std::function<void(std::vector<serve::SelfTestStep>)>)>;

  using Post = std::function<bool(std::function<void()>)>;

  Board(const Clock& clock, EventLog& events);

  void set_self_test(SelfTest self_test) { self_test_ = std::move(self_test); }

  /// What is asked of the archive is done by `post`, on the thread that it belongs to.
  void set_archive(serve::Archive& archive, Post post);

  // For the control thread.
  void publish(std::shared_ptr<const Snapshot> snapshot);
  /// Becomes readable when the inbox has something.
  [[nodiscard]] int wake_fd() const { return wake_read_.get(); }
  void wake();
  std::vector<Command> drain();
  void reply(const CommandReply& reply);
  /// Commands that will never be answered otherwise: the daemon ends.
  void reply_to_all(ReplyCode code, const std::string& text);

  // serve::Backend, for the io thread.
  std::shared_ptr<const Snapshot> snapshot() override;
  Instant now() override { return clock_.now(); }
  bool post(Command command, std::function<void(CommandReply)> done) override;
  bool self_test(std::function<void(std::vector<serve::SelfTestStep>)> done) override;
  bool fetch(serve::FetchWork work, std::function<void(serve::Fetched)> done) override;
  std::vector<Event> events_after(const std::string& id, std::size_t limit) override;
  std::shared_ptr<void> on_event(std::function<void()> notify) override;

 private:
  const Clock& clock_;
  EventLog& events_;
  SelfTest self_test_;
  serve::Archive* archive_{nullptr};
  Post post_;
  std::shared_ptr<std::atomic<int>> fetching_{std::make_shared<std::atomic<int>>(0)};
  Fd wake_read_;
  Fd wake_write_;
  std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<Command> inbox_;
  std::uint64_t next_command_{1};
  std::map<std::uint64_t, std::function<void(CommandReply)>> waiting_;
};

}  // namespace m1opt::app
