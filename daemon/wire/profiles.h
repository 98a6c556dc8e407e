#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/profile.h"

/// The profiles, config/profiles/*.json, compiled in. A choice is "auto", "none", or names joined
/// by '+', the later over the earlier.
namespace m1opt::wire {

struct Profile {
  std::string_view name;
  std::string_view text;  ///< the overlay, with its comments
};

/// In the order of their names.
std::span<const Profile> profiles();

/// What it is for: the first line of its text.
std::string_view summary_of(const Profile& profile);

/// Is the profile `name` one of those in `choice`?
bool has_profile(std::string_view choice, std::string_view name);

/// Why that is no choice, with the nearest name; absent: it is one.
std::optional<std::string> find_choice_fault(std::string_view choice);

/// The choice by the names here: "8gb_survival" and other names of the tools
/// before are replaced. What is unknown stays.
std::string translate_choice(std::string_view choice);

/// Names that other tools have for this choice.
std::vector<std::string> older_names_of(std::string_view choice);

/// The overlays of a choice, in order; none for "auto", "none" and what is unknown.
std::vector<model::ConfigText> profile_overlays(std::string_view choice);

}  // namespace m1opt::wire
