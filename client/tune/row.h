#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/failure.h"
#include "settings/engine.h"

/// Settings of the system's: those of the user's own are changed here, as the user; the machine's by the
/// daemon.
namespace m1opt::client::tune {

namespace os = m1opt::settings;

/// One setting and how it stands, or what became of it.
struct Row {
  os::Setting setting;
  /// "would", "already", "observed" …; "unknown": it was asked for, and what became of it was not
  /// told; empty: nobody could be asked
  std::string outcome{};
  os::Reading before{};
  os::Reading after{};
  std::string text{};                 ///< why, when it did not go well
  int exit_status{exit_code::kOk};    ///< that the verb has for this row
};

/// What a verb is asked for.
struct Wish {
  std::vector<std::string> names{};
  std::string profile{};
  bool all{false};
  os::System system{};
};

/// The rows that are meant: those named, or all that can be changed, or those of the profile
/// (conservative when none is named). Failure: a name or profile that is not there, with the nearest.
Expected<std::vector<os::Setting>> select(const Wish& wish);
/// With the nearest name that there is.
Failure no_such_setting(const std::string& name, os::System system);

Row row_of(const os::Setting& setting, const os::Report& report);
/// Nothing was changed.
Row refused(const os::Setting& setting, const Failure& failure);

/// What scripts see of several: the first that is not 0 of 1, 4, 3, 7, 2 and 5.
int exit_status_of(const std::vector<Row>& rows);

}  // namespace m1opt::client::tune
