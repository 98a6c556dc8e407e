#include "platform/platform.h"

namespace m1opt::platform {

Capability capability_of(const Result<std::unique_ptr<SleepWatch>>& watch) {
  if (watch) return {"sleep_notice", true, "the machine tells before it sleeps, and holds end then"};
  const bool missing = watch.error().code == Errc::unsupported;
  return {"sleep_notice", false,
          "holds stay while it sleeps: " + std::string(missing ? "unsupported: " : "") +
              watch.error().what};
}

}  // namespace m1opt::platform
