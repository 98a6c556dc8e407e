#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/command.h"
#include "model/event.h"
#include "model/snapshot.h"
#include "serve/archive.h"
#include "wire/documents.h"

namespace m1opt::serve {

using namespace m1opt::base;
using namespace m1opt::model;

using SelfTestStep = wire::SelfTestStep;

/// A limit far above what the daemon keeps in memory.
inline constexpr std::size_t kAllEvents = 1'000'000;

/// All that serve/ knows of the rest of the daemon. Every function may be
/// called from the io thread and returns at once.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::shared_ptr<const Snapshot> snapshot() = 0;
  virtual Instant now() = 0;

  /// Puts a command in the inbox and wakes the loop. `done` is called once, on
  /// the control thread, when the tick that carried it out has ended.
  /// False: the inbox is full (256 commands), answer 503.
  virtual bool post(Command command, std::function<void(CommandReply)> done) = 0;

  /// Runs the self-test on the slow thread; false: one is running already.
  virtual bool self_test(std::function<void(std::vector<SelfTestStep>)> done) = 0;

  /// Does `work` on the slow thread and hands what it made to `done` there.
  /// False: too much waits already, answer 503.
  virtual bool fetch(FetchWork work, std::function<void(Fetched)> done) = 0;

  /// Events after `id` ("" = the oldest kept), oldest first, at most `limit`;
  /// an id of another epoch gives the oldest kept.
  virtual std::vector<Event> events_after(const std::string& id, std::size_t limit) = 0;
  /// Calls `notify` on the control thread whenever there are new events, until
  /// the returned handle is destroyed.
  virtual std::shared_ptr<void> on_event(std::function<void()> notify) = 0;
};

}  // namespace m1opt::serve
