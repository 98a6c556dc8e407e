#include "platform/platform.h"

namespace m1opt::platform {

namespace {

class NoSleepBlocker final : public SleepBlocker {
 public:
  Result<void> hold(Duration, const std::string&) override {
    return Error{Errc::unsupported, 0, "logind is not asked to keep this machine awake"};
  }
  Result<void> release() override { return {}; }
};

}  // namespace

std::unique_ptr<SleepBlocker> make_sleep_blocker() { return std::make_unique<NoSleepBlocker>(); }

}  // namespace m1opt::platform
