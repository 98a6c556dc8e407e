#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/process_id.h"
#include "client/connection.h"
#include "client/context.h"

namespace m1opt::client {

/// Keeps a lease on a process for as long as it exists, on a thread of its own:
/// beats, and takes it again when the daemon was restarted. Says on standard
/// error once when the daemon will not have it, and is silent after that: the
/// terminal belongs to the command.
class Lease {
 public:
  Lease(Context context, base::ProcessId process);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

 private:
  void keep();
  /// False: asking again is of no use.
  bool take_once();
  Expected<void> beat(Connection& connection);
  /// False when the lease is to end.
  bool pause();

  Context context_;
  base::ProcessId process_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_{false};
  int descriptor_{-1};  ///< of the open lease, to wake the thread by closing it
  bool said_{false};
  std::thread thread_;
};

}  // namespace m1opt::client
