#include "serve/routes.h"
#include "serve/snapshot_reply.h"
#include "wire/encode.h"

namespace m1opt::serve {

Reply get_version(const Call& call) {
  return snapshot_reply(call, "version", [](const Snapshot& snapshot) {
    return wire::encode(wire::make_version(snapshot));
  });
}

}  // namespace m1opt::serve
