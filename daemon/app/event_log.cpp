#include "app/event_log.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"

namespace m1opt::app {

namespace {

constexpr std::size_t kKept = 1000;

LogLevel level_of(Severity severity) {
  switch (severity) {
    case Severity::info: return LogLevel::info;
    case Severity::warning: return LogLevel::warning;
    case Severity::error: return LogLevel::error;
  }
  return LogLevel::info;
}

}  // namespace

/// Outlives the log while a subscription's handle does.
struct EventLog::Subscribers {
  std::mutex mutex;
  std::list<std::function<void()>> list;
};

EventLog::EventLog(std::string epoch)
    : epoch_(std::move(epoch)), subscribers_(std::make_shared<Subscribers>()) {}

void EventLog::add(WallTime time, const decide::Reason& reason) {
  log_line(level_of(reason.severity),
           fmt::format("{}: {}", boost::describe::enum_to_string(reason.kind, "event"), reason.text));
  const std::lock_guard lock(mutex_);
  events_.push_back({fmt::format("{}.{}", epoch_, next_++), time, reason.kind, reason.severity,
                     reason.text, reason.rule, reason.target, reason.process});
  if (keep_) keep_(events_.back());
  if (events_.size() > kKept) events_.pop_front();
  fresh_ = true;
}

std::vector<Event> EventLog::after(const std::string& id, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t last = 0;
  if (id.starts_with(epoch_ + ".")) {
    const char* first = id.data() + epoch_.size() + 1;
    std::from_chars(first, id.data() + id.size(), last);
  }
  std::vector<Event> found;
  const std::uint64_t oldest = next_ - events_.size();
  const std::uint64_t skip = last < oldest ? 0 : last - oldest + 1;
  for (auto i = static_cast<std::size_t>(skip); i < events_.size() && found.size() < limit; ++i) {
    found.push_back(events_[i]);
  }
  return found;
}

std::shared_ptr<void> EventLog::subscribe(std::function<void()> notify) {
  const std::lock_guard lock(subscribers_->mutex);
  subscribers_->list.push_front(std::move(notify));
  const auto place = subscribers_->list.begin();
  return {nullptr, [all = subscribers_, place](void*) {
            const std::lock_guard inner(all->mutex);
            all->list.erase(place);
          }};
}

void EventLog::announce() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(fresh_, false)) return;
  }
  const std::lock_guard lock(subscribers_->mutex);
  for (const auto& notify : subscribers_->list) notify();
}

}  // namespace m1opt::app
