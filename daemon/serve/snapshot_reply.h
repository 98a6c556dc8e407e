#pragma once

#include "serve/call.h"

namespace m1opt::serve {

/// A document that depends on nothing but the snapshot (and its age).
Reply snapshot_reply(const Call& call, std::string_view name, DocumentCache::Make make);

}  // namespace m1opt::serve
