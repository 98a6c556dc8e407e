#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "serve/access.h"
#include "serve/backend.h"
#include "serve/document_cache.h"
#include "serve/reply.h"
#include "serve/server_options.h"

namespace m1opt::serve {

/// One request with all that a handler may use. Rights were checked before.
struct Call {
  std::string_view method;
  std::string_view path;
  std::map<std::string, std::string, std::less<>> parameters{};  ///< {name} of the route's path
  std::map<std::string, std::string, std::less<>> query{};
  std::string_view body;
  std::string_view last_event_id;

  const platform::PeerIdentity& peer;
  Rights rights;
  Backend& backend;
  const ServerOptions& options;
  DocumentCache& documents;
  std::shared_ptr<const Snapshot> snapshot;  ///< never null

  [[nodiscard]] std::string_view parameter(std::string_view name) const;
  /// Empty when it was not given.
  [[nodiscard]] std::string_view query_value(std::string_view name) const;
};

}  // namespace m1opt::serve
