#include "serve/snapshot_reply.h"

#include <algorithm>

#include "wire/encode.h"
#include "wire/text.h"

namespace m1opt::serve {

Reply snapshot_reply(const Call& call, std::string_view name, DocumentCache::Make make) {
  Reply reply;
  reply.document = call.documents.get(call.snapshot, name, make);
  const Duration age = call.backend.now() - call.snapshot->taken;
  if (!reply.document->after.empty()) {
    reply.body = wire::to_text(wire::encode(std::max(age, Duration::zero())));
  }
  return reply;
}

}  // namespace m1opt::serve
