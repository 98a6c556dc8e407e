#include "serve/routes.h"
#include "serve/snapshot_reply.h"
#include "wire/encode.h"

namespace m1opt::serve {

Reply get_status(const Call& call) {
  return snapshot_reply(call, "status",
                        [](const Snapshot& snapshot) { return wire::encode(snapshot.status); });
}

}  // namespace m1opt::serve
