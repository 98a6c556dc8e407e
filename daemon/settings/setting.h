#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Settings of the system's that outlive the program that changes them: what each is, and how it is
/// read, written and put back exactly.
namespace m1opt::settings {

using namespace m1opt::base;

/// A value as the tool that keeps it names and prints it.
struct Value {
  std::string type;  ///< the tool's own word: "boolean", "float"; empty where it has no types
  std::string text;  ///< exact: written again it gives the same value

  bool operator==(const Value&) const = default;
};
/// Absent: the key is not there, which is not the same as any value.
using Reading = std::optional<Value>;

enum class Scope { user, system };
enum class System { macos, linux };
/// How far a profile goes; each takes the rows of those before it too.
enum class Level { conservative, moderate, aggressive };
/// Why one would believe in the gain.
enum class Evidence { measured, reported, none };
/// Until when a change stands.
enum class Lifetime {
  until_undone,
  while_active,  ///< as long as a workload is busy: the daemon's
  until_reboot,  ///< the system forgets it by itself
  while_running  ///< as long as the daemon runs and is not paused: the daemon's
};
/// Who keeps the value. `workload`: the daemon holds it by itself while a workload is busy, there is
/// nothing to write. `none`: cannot be done, or should not; `why_not` says why.
enum class Means {
  none, workload, defaults, gsettings, pmset, mdutil, tmutil, sysctl, proc_sys, sys_file
};

const char* to_string(Scope scope);
const char* to_string(System system);
const char* to_string(Level level);
const char* to_string(Evidence evidence);
const char* to_string(Lifetime lifetime);
const char* to_string(Means means);
std::optional<Scope> scope_of(std::string_view text);
std::optional<Level> level_of(std::string_view text);
std::optional<Lifetime> lifetime_of(std::string_view text);
std::optional<Means> means_of(std::string_view text);
std::optional<System> system_of(std::string_view text);

/// Where a value is kept. A record holds a copy, so that it can be undone by a later version that
/// has no such row any more. What the arguments are is told at each means in access.h.
struct Target {
  Means means{Means::none};
  std::vector<std::string> arguments{};

  bool operator==(const Target&) const = default;
};

/// One row of the table.
struct Setting {
  std::string name;   ///< "dock-autohide"
  std::string group;  ///< "dock"
  System system{System::macos};
  Scope scope{Scope::user};
  std::optional<Level> level{};  ///< absent: in no profile, only by name
  Lifetime lifetime{Lifetime::until_undone};
  Target target{};
  Value wanted{};       ///< where the machine decides it (a clamp), who applies the row fills it in
  std::string does{};   ///< "Windows open and close without an animation"
  std::string needs{};  ///< "Full Disk Access for the terminal"; empty: nothing
  std::string cost{};   ///< what the user gives up; empty: nothing anybody would miss
  std::string gain{};   ///< what is to be expected, honestly
  Evidence evidence{Evidence::none};
  std::string source{};   ///< of the gain
  std::string why_not{};  ///< set: only reported, never written, for this reason
  std::string after{};    ///< what makes running programs take it: "killall Dock"; empty: nothing

  [[nodiscard]] bool changes() const { return why_not.empty() && target.means != Means::none; }
};

/// The rows of one system, in the order in which they are shown; those of a group stand together.
const std::vector<Setting>& table(System system);
/// Those that a profile of this level takes and m1opt can change.
std::vector<Setting> rows_of(System system, Level level);
const Setting* find(System system, std::string_view name);

/// Equal, or two floats written differently.
bool same(const Reading& a, const Reading& b);
/// "true (boolean)", "0.2 (float)", "not set"
std::string text_of(const Reading& reading);

}  // namespace m1opt::settings
