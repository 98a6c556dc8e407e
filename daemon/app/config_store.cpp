#include "app/config_store.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "decide/metrics.h"
#include "decide/profile.h"
#include "wire/config_text.h"
#include "wire/profiles.h"

namespace m1opt::app {

struct ConfigStore::Loaded {
  std::shared_ptr<const Config> config;
  std::shared_ptr<const Config> without_profile;
  std::shared_ptr<const ConfigOrigin> origin;
  ConfigStatus status;
};

ConfigStore::ConfigStore(const Options& options, ReadFacts read_facts)
    : files_(options),
      profile_file_(options.state_directory),
      read_facts_(std::move(read_facts)) {
  status_.path = files_.name();
  auto chosen = profile_file_.load();
  if (chosen) {
    chosen_ = std::move(*chosen);
  } else {
    choice_fault_ = chosen.error().what;
  }
}

/// A choice by command goes before the key of the configuration.
ProfilePick ConfigStore::pick(const ConfigOrigin& origin) const {
  std::string by = "the configuration says so";
  if (chosen_) by = fmt::format("uid {} chose it with m1optctl profile use", chosen_->uid);
  if (choice_fault_) by += fmt::format(" (a choice by command is lost: {})", *choice_fault_);
  const std::string choice = wire::translate_choice(chosen_ ? chosen_->choice : origin.wish);
  if (choice != "auto") return {choice, by};
  ProfilePick pick = origin.automatic;
  if (choice_fault_) pick.reason += "; " + by;
  return pick;
}

Result<ConfigStore::Loaded> ConfigStore::read(WallTime now) const {
  auto texts = files_.read();
  if (!texts) return texts.error();
  auto origin = std::make_shared<ConfigOrigin>();
  origin->wish = wire::find_profile_wish(*texts);
  MachineFacts facts = read_facts_ ? read_facts_() : MachineFacts{};
  if (!facts.fans) facts.fans = fans_;
  origin->automatic = decide::pick_profiles(facts);
  Loaded loaded;
  const ProfilePick profile = pick(*origin);
  const auto overlays = wire::profile_overlays(profile.name);
  auto parsed = wire::parse_config(*texts, overlays, decide::known_metrics());
  if (!parsed) return Error{Errc::parse, 0, wire::to_string(parsed.error())};
  loaded.config = std::make_shared<const Config>(std::move(*parsed));
  if (!overlays.empty()) {
    auto plain = wire::parse_config(*texts, {}, decide::known_metrics());
    if (plain) loaded.without_profile = std::make_shared<const Config>(std::move(*plain));
  }
  loaded.status.path = texts->front().name;
  for (std::size_t i = 1; i < texts->size(); ++i) loaded.status.path += " + " + (*texts)[i].name;
  loaded.status.loaded = now;
  loaded.status.hash =
      fmt::format("{:016x}", std::hash<std::string>{}(wire::config_to_text(*loaded.config)));
  loaded.status.profile = profile.name;
  loaded.status.profile_choice =
      wire::translate_choice(chosen_ ? chosen_->choice : origin->wish);
  loaded.status.profile_reason = profile.reason;
  origin->files = std::move(*texts);
  loaded.origin = std::move(origin);
  return loaded;
}

void ConfigStore::take(Loaded&& loaded) {
  config_ = std::move(loaded.config);
  without_profile_ = std::move(loaded.without_profile);
  origin_ = std::move(loaded.origin);
  status_ = std::move(loaded.status);
}

Result<void> ConfigStore::load(WallTime now) {
  const std::string fingerprint = files_.fingerprint();
  auto loaded = try_load(now);
  if (loaded) return loaded;
  status_.fault = loaded.error().what;
  fingerprint_ = fingerprint;
  return loaded;
}

Result<void> ConfigStore::try_load(WallTime now) {
  // Before the files: what changes while they are read shows as a change.
  std::string fingerprint = files_.fingerprint();
  auto loaded = read(now);
  if (!loaded) return loaded.error();
  fingerprint_ = std::move(fingerprint);
  take(std::move(*loaded));
  return {};
}

Result<void> ConfigStore::choose_profile(const ChosenProfile& chosen, WallTime now) {
  const auto old = chosen_;
  const auto old_fault = std::exchange(choice_fault_, std::nullopt);
  const bool forget = chosen.choice == "config";
  const std::string fingerprint = files_.fingerprint();
  chosen_.reset();
  if (!forget) chosen_ = ChosenProfile{wire::translate_choice(chosen.choice), chosen.uid};
  auto loaded = read(now);
  Result<void> kept{};
  if (loaded) kept = forget ? profile_file_.remove() : profile_file_.save(*chosen_);
  if (loaded && kept) {
    fingerprint_ = fingerprint;
    take(std::move(*loaded));
    return {};
  }
  chosen_ = old;
  choice_fault_ = old_fault;
  return loaded ? kept.error() : loaded.error();
}

}  // namespace m1opt::app
