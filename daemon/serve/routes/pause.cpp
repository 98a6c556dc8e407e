#include <fmt/format.h>

#include "serve/routes.h"
#include "wire/encode.h"
#include "wire/requests.h"

namespace m1opt::serve {

namespace {
/// What a pause without a duration is; decide/ holds to it.
constexpr Duration kDefaultPause = 30min;
}  // namespace

PrepareResult prepare_pause(const Call& call) {
  const auto command = wire::pause_command(call.body);
  if (!command) return command.error();
  const StatusDocument& status = call.snapshot->status;
  Prepared prepared{*command, {}, {{"mode", wire::enum_word(status.mode), "paused"}}};
  for (const HoldStatus& hold : status.holds) {
    prepared.changes.push_back({fmt::format("{} pid {}", hold.target, hold.process.pid),
                                wire::enum_word(hold.kind), "undone"});
  }
  const std::string how_long =
      command->until_unpause
          ? "until unpause or a reboot"
          : fmt::format("for {} s", seconds_of(command->duration.value_or(kDefaultPause)));
  prepared.would = fmt::format("would pause {} and undo {} holds", how_long, status.holds.size());
  return prepared;
}

PrepareResult prepare_unpause(const Call& call) {
  const auto request = wire::parse_request<wire::EmptyRequest>(call.body);
  if (!request) return request.error();
  Prepared prepared{UnpauseCommand{}, "would change nothing: not paused", {}};
  if (call.snapshot->status.pause.active) {
    prepared.would = "would end the pause";
    prepared.changes = {{"mode", "paused", "active"}};
  }
  return prepared;
}

}  // namespace m1opt::serve
