#include "platform/platform.h"

namespace m1opt::platform {

ErrandOutcome stop_backup(const ErrandRequest& request) {
  return {request, ErrandResult::unsupported, "Linux has no Time Machine"};
}

}  // namespace m1opt::platform
