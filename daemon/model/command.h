#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/process_id.h"
#include "base/units.h"

namespace m1opt::model {

using namespace m1opt::base;

/// No duration: 30 minutes. `until_unpause` has no end (but a reboot).
struct PauseCommand {
  std::optional<Duration> duration;
  bool until_unpause{false};

  bool operator==(const PauseCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(PauseCommand, (), (duration, until_unpause))
struct UnpauseCommand {
  bool operator==(const UnpauseCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(UnpauseCommand, (), ())
/// Either a row of the targets table (all its processes) or one process.
struct SuspendCommand {
  std::string target;
  std::optional<ProcessId> process;
  Duration duration{};

  bool operator==(const SuspendCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(SuspendCommand, (), (target, process, duration))
/// `all`: every hold ends; otherwise the one target or process.
struct ResumeCommand {
  bool all{false};
  std::string target;
  std::optional<ProcessId> process;

  bool operator==(const ResumeCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(ResumeCommand, (), (all, target, process))
/// Marks the tree below `process` busy until LeaseEnd or its exit.
struct LeaseBeginCommand {
  ProcessId process;
  std::string name;  ///< what to call the workload, "run:1234"

  bool operator==(const LeaseBeginCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(LeaseBeginCommand, (), (process, name))
struct LeaseEndCommand {
  ProcessId process;

  bool operator==(const LeaseEndCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(LeaseEndCommand, (), (process))
struct ReloadCommand {
  bool operator==(const ReloadCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReloadCommand, (), ())
/// "auto", "none", names joined by '+', or "config": what the configuration says.
struct ProfileCommand {
  std::string choice;

  bool operator==(const ProfileCommand&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProfileCommand, (), (choice))

using CommandBody = std::variant<PauseCommand, UnpauseCommand, SuspendCommand, ResumeCommand,
                                 LeaseBeginCommand, LeaseEndCommand, ReloadCommand, ProfileCommand>;

struct Command {
  std::uint64_t id{0};      ///< the reply carries it
  std::uint32_t uid{0};     ///< who asked, from the peer credentials
  bool administrator{false};  ///< root or member of the admin group
  CommandBody body;

  bool operator==(const Command&) const = default;
};

enum class ReplyCode { ok, not_found, refused, conflict, failed, unprocessable };
BOOST_DESCRIBE_ENUM(ReplyCode, ok, not_found, refused, conflict, failed, unprocessable)

/// The end of a command: what happened, said after it was carried out.
struct CommandReply {
  std::uint64_t id{0};
  ReplyCode code{};
  std::string text;
};

}  // namespace m1opt::model
