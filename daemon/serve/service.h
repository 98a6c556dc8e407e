#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>

#include "serve/access.h"
#include "serve/admission.h"
#include "serve/asio.h"
#include "serve/backend.h"
#include "serve/document_cache.h"
#include "serve/server_options.h"

namespace m1opt::serve {

/// What all connections share. Used on the io thread only.
class Service {
 public:
  Service(Backend& backend, ServerOptions options);

  Backend& backend;
  const ServerOptions options;
  AccessPolicy access;
  Admission admission;
  Admission fetches;  ///< answers that are read from the disk or written from there
  DocumentCache documents;

  /// The latest snapshot; null before the first. A new config in it takes
  /// effect: rights, limits, and `on_config` for the socket file's mode.
  std::shared_ptr<const Snapshot> snapshot();
  std::function<void()> on_config;

  /// Streams that want to know of new events.
  std::set<asio::steady_timer*> streams;
  void wake_streams();

  // Replies that come from other threads find their waiter by number; it may
  // be gone by then.
  std::uint64_t expect(std::function<void()> deliver_wake);
  void forget(std::uint64_t number) { waiting_.erase(number); }
  /// Runs `store` and wakes the waiter, unless it was forgotten.
  void deliver(std::uint64_t number, const std::function<void()>& store);

 private:
  std::uint64_t last_number_{0};
  std::unordered_map<std::uint64_t, std::function<void()>> waiting_;
  std::weak_ptr<const Config> config_;
  bool configured_{false};
};

/// Service and its io_context, in the order in which they must go: destroying
/// the context ends every connection, and these still use the service.
struct Core : std::enable_shared_from_this<Core> {
  Core(Backend& backend, ServerOptions options) : service(backend, std::move(options)) {}

  Service service;
  asio::io_context io{1};
};

}  // namespace m1opt::serve
