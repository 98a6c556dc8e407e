#include "serve/routes.h"
#include "serve/snapshot_reply.h"
#include "wire/encode.h"

namespace m1opt::serve {

Reply get_rules(const Call& call) {
  return snapshot_reply(call, "rules", [](const Snapshot& snapshot) {
    wire::RulesDocument document;
    document.taken = snapshot.status.taken;
    document.rules = snapshot.rules;
    return wire::encode(document);
  });
}

}  // namespace m1opt::serve
