#pragma once

#include <functional>
#include <memory>

#include "settings/parts.h"
#include "settings/setting.h"
#include "settings/tools.h"

namespace m1opt::settings {

/// Reads and writes what one means keeps. An error's text says what the user can do about it:
/// the pane of System Settings, or the command.
class SettingAccess {
 public:
  virtual ~SettingAccess() = default;
  /// Absent when the key is not there; an error is never taken for absence.
  virtual Result<Reading> read(const Target& target) = 0;
  /// The same with what each of several places has.
  virtual Result<Look> look(const Target& target);
  /// Makes read() give exactly this again; absent: the key is removed. Whoever calls reads back.
  virtual Result<void> write(const Target& target, const Reading& reading) = 0;
};

/// /usr/bin/defaults; arguments {domain, key}. Types as `defaults read-type` has them; what is no
/// scalar is kept as XML.
std::unique_ptr<SettingAccess> make_defaults(Tools& tools);
/// /usr/bin/gsettings and /usr/bin/dconf; arguments {schema, key}. Type "variant",
/// absent where a default is in force, the schema's or one that is set for all users.
std::unique_ptr<SettingAccess> make_gsettings(Tools& tools);
/// /usr/bin/pmset; arguments {source, key}: "ac" or "battery", "powernap".
std::unique_ptr<SettingAccess> make_pmset(Tools& tools);
/// /usr/bin/mdutil; arguments {mount point}. "on", "off", "searching-off".
std::unique_ptr<SettingAccess> make_mdutil(Tools& tools);
/// /usr/bin/tmutil; no arguments: the automatic backups, "on", "off", or absent.
std::unique_ptr<SettingAccess> make_tmutil(Tools& tools);
/// /usr/sbin/sysctl; arguments {name}.
std::unique_ptr<SettingAccess> make_sysctl(Tools& tools);
struct KernelFiles {
  std::function<Result<std::string>(const std::string& path)> read;
  std::function<Result<void>(const std::string& path, std::string_view text)> write;
};
/// A file below /proc/sys or /sys; arguments {path}; one with [chosen] marks is read as what is chosen.
/// A star in the path stands for all that there are; where they differ parts.h says how they read. One of
/// them that does not answer, as that of a processor that is switched off, is not there; one that cannot
/// be written is told when the others are.
std::unique_ptr<SettingAccess> make_system_file();
std::unique_ptr<SettingAccess> make_system_file(KernelFiles files);

/// Every means by its name; `unsupported` for those that keep nothing.
std::unique_ptr<SettingAccess> make_access(Tools& tools);

}  // namespace m1opt::settings
