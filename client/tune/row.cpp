#include "client/tune/row.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/nearest.h"

namespace m1opt::client::tune {
namespace {

int exit_status_for(const os::Report& report) {
  switch (report.outcome) {
    case os::Outcome::refused:
      return report.code == base::Errc::not_permitted ? exit_code::kNotPermitted : exit_code::kFailure;
    case os::Outcome::not_taken:
    case os::Outcome::failed:
      return report.code == base::Errc::not_permitted ? exit_code::kNotPermitted : exit_code::kFailure;
    case os::Outcome::would:
    case os::Outcome::already:
    case os::Outcome::observed:
    case os::Outcome::undone:
    case os::Outcome::changed: return exit_code::kOk;
  }
  return exit_code::kFailure;
}

}  // namespace

Failure no_such_setting(const std::string& name, os::System system) {
  std::vector<std::string> names;
  for (const os::Setting& row : os::table(system)) names.push_back(row.name);
  const std::string nearest = wire::nearest(name, names);
  return {exit_code::kUsage, fmt::format("there is no setting \"{}\"", name),
          nearest.empty() ? "See: m1optctl tune list" : fmt::format("Did you mean: {}", nearest)};
}

Expected<std::vector<os::Setting>> select(const Wish& wish) {
  std::vector<os::Setting> rows;
  for (const std::string& name : wish.names) {
    const os::Setting* row = os::find(wish.system, name);
    if (row == nullptr) return no_such_setting(name, wish.system);
    rows.push_back(*row);
  }
  if (!wish.names.empty()) return rows;
  if (wish.all) {
    const auto& table = os::table(wish.system);
    std::copy_if(table.begin(), table.end(), std::back_inserter(rows),
                 [](const os::Setting& row) { return row.changes(); });
    return rows;
  }
  const auto level = os::level_of(wish.profile.empty() ? "conservative" : wish.profile);
  if (level) return os::rows_of(wish.system, *level);
  return Failure{exit_code::kUsage, fmt::format("there is no profile \"{}\"", wish.profile),
                 "Known: conservative, moderate, aggressive"};
}

Row row_of(const os::Setting& setting, const os::Report& report) {
  return {setting,      os::to_string(report.outcome), report.before,
          report.after, report.text,                   exit_status_for(report)};
}

Row refused(const os::Setting& setting, const Failure& failure) {
  Row row;
  row.setting = setting;
  row.outcome = os::to_string(os::Outcome::refused);
  row.text = failure.fix.empty() ? failure.text : failure.text + ". " + failure.fix;
  row.exit_status = failure.exit_status;
  return row;
}

int exit_status_of(const std::vector<Row>& rows) {
  for (const int status :
       {exit_code::kFailure, exit_code::kNotPermitted, exit_code::kNotRunning, exit_code::kTimedOut, exit_code::kUsage,
        exit_code::kDegraded}) {
    if (std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return row.exit_status == status; })) {
      return status;
    }
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client::tune
