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
int exit_status_for(const std::string& outcome, const std::string& code) {
  if (outcome != "refused" && outcome != "failed" && outcome != "not_taken") return exit_code::kOk;
  return code == "not_permitted" ? exit_code::kNotPermitted : exit_code::kFailure;
}

/// It may still be at it, or have done it.
bool is_unknown(const Failure& failure) {
  return failure.unanswered || failure.problem == "timed_out" || failure.problem == "internal";
}

Row unknown(const os::Setting& setting, const Failure& failure) {
  Row row;
  row.setting = setting;
  row.outcome = "unknown";
  row.text = fmt::format("{}. What became of it says: m1optctl tune history {}", failure.text, setting.name);
  row.exit_status = failure.exit_status;
  return row;
}

os::Setting setting_of(const value& row) {
  os::Setting setting;
  const os::Setting* known = os::find(os::own_system(), text_at(row, "name"));
  if (known != nullptr) setting = *known;
  setting.name = text_at(row, "name");
  setting.scope = os::Scope::system;
  return setting;
}

/// Of a row with an open record.
Row verified(const value& found) {
  Row row;
  row.setting = setting_of(found);
  row.before = reading_at(found, "before");
  row.text = text_at(found, "problem");
  if (!row.text.empty()) {
    row.outcome = "failed";
    row.exit_status = exit_code::kFailure;
    return row;
  }
  row.after = reading_at(found, "value");
  const os::Reading set = reading_at(found, "set");
  row.outcome = os::same(row.after, set) ? "observed" : "changed";
  if (row.outcome == "observed") return row;
  row.text = fmt::format("m1opt set {}; before that it was {}", os::text_of(set), os::text_of(row.before));
  row.exit_status = exit_code::kDegraded;
  return row;
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
  if (row.outcome == "would" && fault()) row.exit_status = exit_code::kFailure;
  if (flag_at(*found, "wished")) row.outcome = "wished";
  return row;
}

Row DaemonPart::change(const os::Setting& setting, const char* verb, bool dry_run) const {
  const std::string target = fmt::format("/v1/settings/{}/{}{}", escape_segment(setting.name), verb,
                                         dry_run ? "?dry_run=true" : "");
  // A tool of the system's may take its time, and the daemon waits for it.
  constexpr std::chrono::seconds kPatience{60};
  const auto answer = ask(context_, {"POST", target, "{}"}, kPatience);
  if (!answer && !dry_run && is_unknown(answer.error())) return unknown(setting, answer.error());
  if (!answer) return refused(setting, answer.error());
  Row row;
  row.setting = setting;
  row.outcome = text_at(answer->value, "outcome");
  row.before = reading_at(answer->value, "before");
  row.after = reading_at(answer->value, "after");
  row.text = text_at(answer->value, "text");
  row.exit_status = exit_status_for(row.outcome, text_at(answer->value, "code"));
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
    rows.push_back(verified(found));
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

Expected<boost::json::array> DaemonPart::records() const {
  const auto history = ask(context_, {"GET", "/v1/settings/history"});
  if (!history) return history.error();
  return list_at(history->value, "records");
}

std::optional<Failure> DaemonPart::fault() const {
  const std::string said = text_at(list_.value, "fault");
  if (said.empty()) return std::nullopt;
  return Failure{exit_code::kFailure, "what m1optd has changed cannot be told: " + said, ""};
}

}  // namespace m1opt::client::tune
