#pragma once

#include <memory>

#include "base/result.h"
#include "serve/backend.h"
#include "serve/server_options.h"

namespace m1opt::serve {

/// The API: HTTP/1.1 and JSON on a Unix socket, served by one thread of its own.
/// Limits and rights come from the config of the backend's snapshot and change
/// with it.
class Server {
 public:
  Server(Backend& backend, ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Binds the socket and starts the thread. `busy`: another server answers at
  /// that path. A dead socket file is replaced, anything else there is an error.
  Result<void> start();

  /// Ends every connection, joins the thread, removes the socket file if it is
  /// still ours. Callbacks that the backend still holds do nothing afterwards.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace m1opt::serve
