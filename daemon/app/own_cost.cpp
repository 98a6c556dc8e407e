#include "app/own_cost.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "platform/platform.h"

namespace m1opt::app {

namespace {

// PSS costs a tenth of an idle tick: often enough to be seen, seldom enough not to count.
constexpr Duration kPeriod = std::chrono::seconds(60);
constexpr Duration kFirstPeriod = std::chrono::seconds(10);

Duration cpu_time_of(const rusage& usage) {
  const auto of = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

Duration thread_cpu_time() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

/// Both systems list the caller's own descriptors there; absent where /dev is not mounted.
std::optional<int> count_open_files() {
  std::error_code error;
  std::filesystem::directory_iterator entry("/dev/fd", error);
  int count = -1;  // the directory itself is open while it is read
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error || count < 0) return std::nullopt;
  return count;
}

std::optional<Bytes> sum_of(const std::optional<Bytes>& own, const std::optional<Bytes>& guardian) {
  if (!own) return std::nullopt;
  return *own + guardian.value_or(Bytes{0});
}

}  // namespace

void OwnCost::note_lateness(Duration late) { worst_lateness_ = std::max(worst_lateness_, late); }

std::optional<OwnCostReading> OwnCost::measure(Instant now, SelfStatus& self,
                                               GuardianStatus& guardian) {
  if (last_ && now - last_->at < (self.cpu_share ? kPeriod : kFirstPeriod)) return std::nullopt;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  Reading reading{now, cpu_time_of(usage), thread_cpu_time(), usage.ru_nvcsw, guardian.pid};
  // What a rare large answer took would stay ours for months.
  platform::give_back_free_memory();
  self.resident.reset();
  if (auto own = platform::read_cost(::getpid())) self.resident = own->resident;
  guardian.resident.reset();
  if (guardian.alive) {
    if (auto cost = platform::read_cost(guardian.pid)) {
      guardian.resident = cost->resident;
      reading.cpu += cost->cpu_time;
    }
  }
  self.open_files = count_open_files();
  const auto before = std::exchange(last_, reading);
  if (!before) return std::nullopt;
  const double span = seconds_of(now - before->at);
  self.loop_cpu_share = percent_of(seconds_of(reading.loop_cpu - before->loop_cpu), span);
  self.wakeups_per_s = static_cast<double>(reading.wakeups - before->wakeups) / span;
  // With another guardian than before there is nothing to compare.
  const bool same_guardian = before->guardian == reading.guardian;
  if (same_guardian) self.cpu_share = percent_of(seconds_of(reading.cpu - before->cpu), span);
  return OwnCostReading{same_guardian ? self.cpu_share : std::nullopt,
                        self.loop_cpu_share,
                        sum_of(self.resident, guardian.resident),
                        self.open_files,
                        self.wakeups_per_s,
                        std::exchange(worst_lateness_, Duration{})};
}

void show_budget(const decide::BudgetState& state, const SelfConfig& budget, SelfStatus& self) {
  self.budget = budget;
  self.stretch = state.stretch;
  self.over.clear();
  for (const auto& [what, text] : state.over) self.over.push_back(text);
}

}  // namespace m1opt::app
