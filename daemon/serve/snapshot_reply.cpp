#include "serve/snapshot_reply.h"

#include <algorithm>

namespace m1opt::serve {

Reply snapshot_reply(const Call& call, std::string_view name, DocumentCache::Make make) {
  const Duration age = call.backend.now() - call.snapshot->taken;
  Reply reply;
  reply.body = call.documents.text(call.snapshot, name, make, std::max(age, Duration::zero()));
  return reply;
}

}  // namespace m1opt::serve
