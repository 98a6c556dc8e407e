#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "decide/policy.h"
#include "model/event.h"

namespace m1opt::app {

using namespace m1opt::model;

/// The last events, for the API; written by the control thread, read by others.
class EventLog {
 public:
  /// `epoch` changes with each start, so that an id from an earlier one is known to be old.
  explicit EventLog(std::string epoch);

  /// `keep` gets each event that is added from now on, on the thread that adds it.
  void keep_with(std::function<void(const Event&)> keep) { keep_ = std::move(keep); }
  void add(WallTime time, const decide::Reason& reason);
  std::vector<Event> after(const std::string& id, std::size_t limit) const;
  std::shared_ptr<void> subscribe(std::function<void()> notify);
  /// Tells the subscribers, once for all that was added since.
  void announce();

 private:
  struct Subscribers;
  std::string epoch_;
  std::function<void(const Event&)> keep_;
  mutable std::mutex mutex_;
  std::uint64_t next_{1};
  std::deque<Event> events_;
  bool fresh_{false};
  std::shared_ptr<Subscribers> subscribers_;
};

}  // namespace m1opt::app
