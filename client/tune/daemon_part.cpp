#include "client/tune/daemon_part.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/json_view.h"
#include "settings/own_system.h"

namespace m1opt::client::tune {
namespace {

using boost::json::value;

os::Reading reading_at(const value& document, std::string_view path) {
  const value* found = find(document, path);
  if (found == nullptr) return {};
  return os::Value{text_at(*found, "type"), text_at(*found, "text")};
}

/// What the daemon's words mean for scripts.
int exit_status_for(const std::string& outcome) {
  return outcome == "refused" || outcome == "failed" || outcome == "not_taken" ? exit_code::kFailure
                                                                               : exit_code::kOk;
}

os::Setting setting_of(const value& row) {
  os::Setting setting;
  const os::Setting* known = os::find(os::own_system(), text_at(row, "name"));
  if (known != nullptr) setting = *known;
  setting.name = text_at(row, "name");
  setting.scope = os::Scope::system;
  return setting;
}

bool is_changed(const value& row) { return find(row, "record") != nullptr || flag_at(row, "wished"); }

bool is_meant(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Expected<DaemonPart> DaemonPart::open(const Context& context) {
  auto list = ask(context, {"GET", "/v1/settings"});
  if (!list) return list.error();
  return DaemonPart(context, std::move(*list));
}

const value* DaemonPart::find_row(const std::string& name) const {
  for (const value& row : list_at(list_.value, "settings")) {
    if (text_at(row, "name") == name) return &row;
  }
  return nullptr;
}

Row DaemonPart::plan(const os::Setting& setting) const {
  const value* found = find_row(setting.name);
  if (found == nullptr) return refused(setting, {exit_code::kFailure, "this daemon does not know it", ""});
  Row row;
  row.setting = setting;
  row.before = reading_at(*found, "value");
  row.after = reading_at(*found, "wanted");
  row.text = text_at(*found, "problem");
  const bool is_told = !text_at(*found, "why_not").empty();
  if (is_told) row.text = text_at(*found, "why_not");
  row.outcome = is_told || !row.text.empty() ? "refused" : os::same(row.before, row.after) ? "already" : "would";
  if (flag_at(*found, "wished")) row.outcome = "wished";
  return row;
}

Row DaemonPart::change(const os::Setting& setting, const char* verb, bool dry_run) const {
  const std::string target = fmt::format("/v1/settings/{}/{}{}", escape_segment(setting.name), verb,
                                         dry_run ? "?dry_run=true" : "");
  // A tool of the system's may take its time, and the daemon waits for it.
  constexpr std::chrono::seconds kPatience{60};
  const auto answer = ask(context_, {"POST", target, "{}"}, kPatience);
  if (!answer) return refused(setting, answer.error());
  Row row;
  row.setting = setting;
  row.outcome = text_at(answer->value, "outcome");
  row.before = reading_at(answer->value, "before");
  row.after = reading_at(answer->value, "after");
  row.text = text_at(answer->value, "text");
  row.exit_status = exit_status_for(row.outcome);
  return row;
}

Row DaemonPart::apply(const os::Setting& setting) const { return change(setting, "apply", false); }

std::vector<Row> DaemonPart::undo(const std::vector<std::string>& names, bool dry_run) const {
  std::vector<Row> rows;
  for (const value& row : list_at(list_.value, "settings")) {
    if (is_changed(row) && is_meant(names, text_at(row, "name"))) {
      rows.push_back(change(setting_of(row), "undo", dry_run));
    }
  }
  return rows;
}

std::vector<Row> DaemonPart::verify(const std::vector<std::string>& names) const {
  std::vector<Row> rows;
  for (const value& found : list_at(list_.value, "settings")) {
    if (find(found, "record") == nullptr || !is_meant(names, text_at(found, "name"))) continue;
    Row row = plan(setting_of(found));
    const bool is_as_set = os::same(row.before, row.after);
    row.after = row.before;
    if (row.outcome == "refused") {
      row.exit_status = exit_code::kFailure;
    } else {
      row.outcome = is_as_set ? "observed" : "changed";
      row.exit_status = is_as_set ? exit_code::kOk : exit_code::kDegraded;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> DaemonPart::changed() const {
  std::vector<std::string> names;
  for (const value& row : list_at(list_.value, "settings")) {
    if (is_changed(row)) names.push_back(text_at(row, "name"));
  }
  return names;
}

boost::json::array DaemonPart::records() const {
  const auto history = ask(context_, {"GET", "/v1/settings/history"});
  return history ? list_at(history->value, "records") : boost::json::array{};
}

}  // namespace m1opt::client::tune
