#include "client/tune/both_parts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "client/json_view.h"
#include "client/tune/document.h"
#include "settings/own_system.h"

namespace m1opt::client::tune {
namespace {

bool is_daemons(const os::Setting& setting) { return setting.scope == os::Scope::system; }

/// A row that is told and not done, or that nobody can be asked about.
Row unasked(const os::Setting& setting, const Failure& failure) {
  Row row;
  row.setting = setting;
  row.text = failure.text;
  row.exit_status = failure.exit_status;
  return row;
}

void append(std::vector<Row>& rows, std::vector<Row> more) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

BothParts::BothParts(const Context& context, Wish wish, OwnPart::Use use)
    : context_(context), wish_(std::move(wish)), use_(use) {}

OwnPart* BothParts::own() {
  if (!own_) own_.emplace(OwnPart::open(use_));
  return *own_ ? &**own_ : nullptr;
}

DaemonPart* BothParts::daemon() {
  if (!daemon_) daemon_.emplace(DaemonPart::open(context_));
  return *daemon_ ? &**daemon_ : nullptr;
}

bool BothParts::is_named(const std::string& name) const {
  return std::find(wish_.names.begin(), wish_.names.end(), name) != wish_.names.end();
}

Row BothParts::plan_one(const os::Setting& setting) {
  if (wish_.system != os::own_system()) return unasked(setting, {exit_code::kOk, "", ""});
  if (!setting.changes()) return told(setting);
  if (!is_daemons(setting)) return own() != nullptr ? own()->plan(setting) : unasked(setting, own_->error());
  if (daemon() != nullptr) return daemon()->plan(setting);
  Row row = unasked(setting, daemon_->error());
  if (!is_named(setting.name)) row.exit_status = exit_code::kOk;
  return row;
}

/// What is only told may have a value all the same.
Row BothParts::told(const os::Setting& setting) {
  Row row = refused(setting, {exit_code::kFailure, setting.why_not, ""});
  const bool is_kept = setting.target.means != os::Means::none && setting.target.means != os::Means::workload;
  if (is_daemons(setting) && is_kept && daemon() != nullptr) row.before = daemon()->plan(setting).before;
  return row;
}

std::vector<Row> BothParts::plan(const std::vector<os::Setting>& settings) {
  std::vector<Row> rows;
  for (const os::Setting& setting : settings) rows.push_back(plan_one(setting));
  return rows;
}

std::vector<Row> BothParts::without_foreign(std::vector<Row> rows) {
  if (::geteuid() == 0) return rows;
  std::erase_if(rows, [this](const Row& row) {
    const bool is_left = is_daemons(row.setting) && row.outcome == "would" && !is_named(row.setting.name);
    if (is_left) for_root_.push_back(row.setting.name);
    return is_left;
  });
  return rows;
}

std::vector<Row> BothParts::apply(std::vector<Row> rows) {
  for (Row& row : rows) {
    if (row.outcome != "would") continue;
    row = is_daemons(row.setting) ? daemon()->apply(row.setting) : own()->apply(row.setting);
  }
  return rows;
}

std::vector<Row> BothParts::undo(bool dry_run) {
  std::vector<Row> rows;
  if (own() != nullptr) append(rows, own()->undo(wish_.names, dry_run));
  if (daemon() != nullptr) append(rows, daemon()->undo(wish_.names, dry_run));
  return rows;
}

std::vector<Row> BothParts::verify() {
  std::vector<Row> rows;
  if (own() != nullptr) append(rows, own()->verify(wish_.names));
  if (daemon() != nullptr) append(rows, daemon()->verify(wish_.names));
  return rows;
}

boost::json::array BothParts::records() {
  boost::json::array records;
  if (own() != nullptr) {
    for (const os::Record& record : own()->records()) records.push_back(to_json(record));
  }
  if (daemon() != nullptr) {
    for (boost::json::value& record : daemon()->records()) records.push_back(std::move(record));
  }
  const auto foreign = std::remove_if(records.begin(), records.end(), [this](const boost::json::value& record) {
    return !wish_.names.empty() && !is_named(text_at(record, "setting"));
  });
  records.erase(foreign, records.end());
  // RFC 3339 of one zone sorts as text.
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return text_at(a, "time") > text_at(b, "time");
  });
  return records;
}

std::vector<std::string> BothParts::changed() {
  std::vector<std::string> names;
  if (own() != nullptr) {
    for (const os::Record& record : own()->records()) {
      if (record.open) names.push_back(record.setting);
    }
  }
  if (daemon() != nullptr) {
    for (const std::string& name : daemon()->changed()) names.push_back(name);
  }
  return names;
}

void BothParts::tell_missing() const {
  if (own_ && !*own_) report(context_, own_->error());
  if (daemon_ && !*daemon_) {
    const Failure& failure = daemon_->error();
    report(context_, {failure.exit_status, "settings of the whole machine are left out: " + failure.text, failure.fix});
  }
  if (!for_root_.empty()) {
    complain(context_, fmt::format("left for root: sudo m1optctl tune apply {}", fmt::join(for_root_, " ")));
  }
}

int BothParts::exit_status() const {
  if (own_ && !*own_) return own_->error().exit_status;
  const bool asks_daemon = std::any_of(wish_.names.begin(), wish_.names.end(), [this](const std::string& name) {
    const os::Setting* setting = os::find(wish_.system, name);
    return setting != nullptr && is_daemons(*setting);
  });
  if (asks_daemon && daemon_ && !*daemon_) return daemon_->error().exit_status;
  return exit_code::kOk;
}

}  // namespace m1opt::client::tune
