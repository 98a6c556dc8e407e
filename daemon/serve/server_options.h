#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/platform.h"
#include "serve/socket_file.h"
#include "wire/documents.h"

namespace m1opt::serve {

using namespace m1opt::base;
using namespace std::chrono_literals;

struct Route;

/// Tells who owns a process: `gone` when that pid is not this process any more.
using ProcessOwner = std::function<Result<std::uint32_t>(ProcessId)>;
ProcessOwner make_process_owner();

/// What everybody may know of a process: `gone` when there is none.
using ProcessDescription = std::function<Result<wire::ProcessFacts>(std::int32_t pid)>;
/// Of the machine under `sysroot` (empty: this one); `protection` says of a program's path why it
/// is never touched, if it is.
ProcessDescription make_process_description(
    const std::string& sysroot, std::function<std::string(const std::string& path)> protection);

struct ServerOptions {
  std::string socket_path;
  /// Of the socket's directory, each time that the socket is made.
  CheckDirectory check_directory{[](const std::string&) -> Result<void> { return {}; }};

  // How long anything may take before the connection is given up.
  Duration request_deadline{5s};   ///< from the first byte of a request to its last
  Duration idle_deadline{60s};     ///< between two requests
  Duration write_deadline{10s};    ///< for one answer, or one piece of a stream
  Duration command_deadline{10s};  ///< for the tick that carries out a command
  Duration self_test_deadline{60s};
  Duration fetch_deadline{10s};  ///< for what is read from the disk, or one piece of it
  Duration change_deadline{55s};  ///< for a change that tools of the system's make
  Duration linger_deadline{1s};  ///< to read what a refused peer is still sending
  Duration stream_heartbeat{15s};
  Duration lease_beat{2s};  ///< a client that beats may miss three
  Duration file_check{5s};  ///< is the socket's file still in its place?

  std::size_t header_limit{16 * 1024};
  std::size_t body_limit{64 * 1024};
  int reserved_connections{8};  ///< for root and the daemon's own user

  // Seams; the tests are somebody else here.
  std::uint32_t own_uid{own_user()};
  std::function<Result<platform::PeerIdentity>(int)> identify{platform::peer_identity};
  std::function<Result<std::uint32_t>(const std::string&)> find_group{platform::find_group};
  ProcessOwner process_owner{make_process_owner()};
  const std::vector<Route>* table{nullptr};  ///< null: routes()
  ProcessDescription describe_process{make_process_description("", {})};

  static std::uint32_t own_user();
};

}  // namespace m1opt::serve
