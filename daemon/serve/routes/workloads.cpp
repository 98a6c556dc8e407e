#include "serve/routes.h"
#include "serve/snapshot_reply.h"
#include "wire/encode.h"

namespace m1opt::serve {

Reply get_workloads(const Call& call) {
  return snapshot_reply(call, "workloads", [](const Snapshot& snapshot) {
    wire::WorkloadsDocument document;
    document.taken = snapshot.status.taken;
    document.workloads = snapshot.status.workloads;
    return wire::encode(document);
  });
}

}  // namespace m1opt::serve
