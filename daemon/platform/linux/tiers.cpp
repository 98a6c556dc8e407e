#include "platform/platform.h"

namespace m1opt::platform {

TierOutcome set_tiers(const TierRequest& request) {
  return {request, TierResult::unsupported, {}, "Linux has no scheduling tiers"};
}

bool has_tiers() { return false; }

}  // namespace m1opt::platform
