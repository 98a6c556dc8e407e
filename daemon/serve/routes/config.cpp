#include "serve/routes.h"
#include "serve/snapshot_reply.h"
#include "wire/encode.h"

namespace m1opt::serve {

Reply get_config(const Call& call) {
  return snapshot_reply(call, "config", [](const Snapshot& snapshot) {
    return wire::encode(wire::make_config_document(snapshot));
  });
}

}  // namespace m1opt::serve
