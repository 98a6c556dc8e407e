#include "wire/documents.h"

#include <algorithm>

#include "wire/profiles.h"

namespace m1opt::wire {

HealthDocument make_health(const Snapshot& snapshot) {
  HealthDocument health;
  health.mode = snapshot.status.mode;
  health.headline = snapshot.status.headline;
  health.findings = snapshot.status.health;
  for (const HealthFinding& finding : health.findings) {
    if (finding.severity == Severity::error) health.status = HealthState::degraded;
    if (finding.severity == Severity::warning && health.status == HealthState::ok) {
      health.status = HealthState::warning;
    }
  }
  return health;
}

VersionDocument make_version(const Snapshot& snapshot) {
  VersionDocument version;
  version.version = snapshot.status.version;
  return version;
}

ConfigDocument make_config_document(const Snapshot& snapshot) {
  ConfigDocument document;
  document.source = snapshot.status.config;
  if (snapshot.config) document.config = *snapshot.config;
  return document;
}

ProfilesDocument make_profiles(const Snapshot& snapshot) {
  const ConfigStatus& config = snapshot.status.config;
  ProfilesDocument document;
  document.profile = config.profile;
  document.choice = config.profile_choice;
  document.reason = config.profile_reason;
  if (snapshot.origin) {
    document.automatic = snapshot.origin->automatic.name;
    document.automatic_reason = snapshot.origin->automatic.reason;
  }
  for (const Profile& profile : profiles()) {
    document.profiles.push_back({std::string(profile.name), std::string(summary_of(profile)),
                                 has_profile(document.profile, profile.name),
                                 has_profile(document.automatic, profile.name),
                                 older_names_of(profile.name)});
  }
  return document;
}

SelfTestDocument make_self_test(std::vector<SelfTestStep> steps) {
  SelfTestDocument document;
  document.passed = !steps.empty() && std::all_of(steps.begin(), steps.end(),
                                                  [](const SelfTestStep& s) { return s.passed; });
  document.steps = std::move(steps);
  return document;
}

}  // namespace m1opt::wire
