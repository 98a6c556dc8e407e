#include "app/own_cost.h"

#include <sys/resource.h>
#include <unistd.h>

#include "platform/platform.h"

namespace m1opt::app {

namespace {

// PSS costs a tenth of an idle tick: often enough to be seen, seldom enough not to count.
constexpr Duration kPeriod = std::chrono::seconds(60);
constexpr Duration kFirstPeriod = std::chrono::seconds(10);

Duration own_cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace

void OwnCost::measure(Instant now, SelfStatus& self, GuardianStatus& guardian) {
  if (last_ && now - last_->at < (self.cpu_share ? kPeriod : kFirstPeriod)) return;
  Reading reading{now, own_cpu_time(), guardian.pid};
  self.resident.reset();
  if (auto own = platform::read_cost(::getpid())) self.resident = own->resident;
  guardian.resident.reset();
  if (guardian.alive) {
    if (auto cost = platform::read_cost(guardian.pid)) {
      guardian.resident = cost->resident;
      reading.cpu += cost->cpu_time;
    }
  }
  // With another guardian than before there is nothing to compare.
  if (last_ && last_->guardian == reading.guardian) {
    self.cpu_share = percent_of(seconds_of(reading.cpu - last_->cpu), seconds_of(now - last_->at));
  }
  last_ = reading;
}

}  // namespace m1opt::app
