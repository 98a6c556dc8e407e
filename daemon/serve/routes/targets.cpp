#include "serve/routes.h"
#include "serve/snapshot_reply.h"
#include "wire/encode.h"

namespace m1opt::serve {

Reply get_targets(const Call& call) {
  return snapshot_reply(call, "targets", [](const Snapshot& snapshot) {
    wire::TargetsDocument document;
    document.taken = snapshot.status.taken;
    document.targets = snapshot.targets;
    return wire::encode(document);
  });
}

}  // namespace m1opt::serve
