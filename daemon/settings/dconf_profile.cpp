#include "settings/dconf_profile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/fd.h"
#include "base/file.h"
#include "platform/text.h"

namespace m1opt::settings {

namespace {

constexpr std::size_t kLongest = 65536;
constexpr std::array<std::string_view, 4> kSources{"user-db:", "service-db:", "system-db:", "file-db:"};

struct Profile {
  std::string path;
  std::string text;
};

/// Nothing when it is not there.
Result<std::optional<Profile>> open(const std::string& path) {
  auto text = read_file(path, kLongest);
  if (text) return std::optional(Profile{path, std::move(*text)});
  if (text.error().os_errno == ENOENT) return std::optional<Profile>{};
  return text.error();
}

/// Of those that the system has by name, an administrator's first.
Result<std::optional<Profile>> named(const Tools& tools, const std::string& name) {
  std::string directories = tools.variable("XDG_DATA_DIRS").value_or("");
  if (directories.empty()) directories = "/usr/local/share:/usr/share";
  directories.insert(0, "/etc:");
  for (std::size_t begin = 0; begin <= directories.size();) {
    const std::size_t end = std::min(directories.find(':', begin), directories.size());
    auto profile = open(system_path(directories.substr(begin, end - begin) + "/dconf/profile/" + name));
    if (!profile || *profile) return profile;
    begin = end + 1;
  }
  return std::optional<Profile>{};
}

Result<std::optional<Profile>> of_session(const Tools& tools) {
  if (const auto name = tools.variable("DCONF_PROFILE")) {
    auto profile = name->starts_with('/') ? open(*name) : named(tools, *name);
    if (!profile || *profile) return profile;
    return Error{Errc::unsupported, ENOENT,
                 "DCONF_PROFILE names " + *name + ", which is not there. Mend: unset DCONF_PROFILE"};
  }
  if (const auto runtime = tools.variable("XDG_RUNTIME_DIR")) {
    auto profile = open(*runtime + "/dconf/profile");
    if (!profile || *profile) return profile;
  }
  return named(tools, "user");
}

/// Empty when there is none.
std::string_view first_source(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = platform::take_line(text);
    const std::string_view source = platform::trim(line.substr(0, line.find('#')));
    const auto begins = [source](std::string_view kind) { return source.starts_with(kind); };
    if (std::any_of(kSources.begin(), kSources.end(), begins)) return source;
  }
  return {};
}

}  // namespace

Result<std::string> user_database(const Tools& tools) {
  const std::string prescribed = system_path("/run/dconf/user/" + std::to_string(::getuid()));
  const auto mandatory = open(prescribed);
  if (!mandatory) return mandatory.error();
  // dconf then heeds no DCONF_PROFILE, so it cannot be asked for this user's own database alone.
  if (*mandatory) {
    return Error{Errc::unsupported, 0,
                 prescribed + " prescribes the profile of dconf, so what the user has set cannot be told from what is "
                              "set for all. Mend: ask whoever administers this machine"};
  }
  const auto profile = of_session(tools);
  if (!profile) return profile.error();
  if (!*profile) return std::string("user-db:user");
  const std::string_view source = first_source((*profile)->text);
  if (source.starts_with(kSources[0]) || source.starts_with(kSources[1])) return std::string(source);
  return Error{Errc::not_permitted, 0,
               "the profile of dconf " + (*profile)->path + " does not begin with a database of the user's (user-db), "
               "so nothing can be set. Mend: ask whoever administers this machine"};
}

}  // namespace m1opt::settings
