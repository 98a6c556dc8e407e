#include <fmt/format.h>

#include "serve/routes.h"
#include "serve/snapshot_reply.h"
#include "wire/config_diff.h"
#include "wire/config_text.h"
#include "wire/encode.h"
#include "wire/profiles.h"
#include "wire/requests.h"

namespace m1opt::serve {

namespace {

/// The profiles that a choice stands for on this machine.
std::string resolve(const std::string& choice, const ConfigOrigin& origin) {
  const std::string wish = choice == "config" ? wire::translate_choice(origin.wish) : choice;
  return wish == "auto" ? origin.automatic.name : wish;
}

}  // namespace

Reply get_profiles(const Call& call) {
  return snapshot_reply(call, "profiles", [](const Snapshot& snapshot) {
    return wire::encode(wire::make_profiles(snapshot));
  });
}

PrepareResult prepare_profile(const Call& call) {
  const auto command = wire::profile_command(call.body);
  if (!command) return command.error();
  Prepared prepared{*command, {}, {}};
  const auto& origin = call.snapshot->origin;
  if (!origin || !call.snapshot->config) return prepared;
  const std::string name = resolve(command->choice, *origin);
  const auto after = wire::preview_config(origin->files, wire::profile_overlays(name));
  if (after) prepared.changes = wire::find_changes(*call.snapshot->config, *after);
  prepared.would = fmt::format("would use the profile {}: {} keys change", name,
                               prepared.changes.size());
  return prepared;
}

}  // namespace m1opt::serve
