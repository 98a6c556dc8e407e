#include "client/tune/both_parts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

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
  if (!daemon_) {
    daemon_.emplace(DaemonPart::open(context_));
    if (*daemon_) daemon_fault_ = (**daemon_).fault();
  }
  return *daemon_ ? &**daemon_ : nullptr;
}

OwnPart* BothParts::own_records(const char* words) {
  if (!is_root_by_sudo() || names_own()) return own();
  if (wish_.names.empty()) for_user_ = words;
  return nullptr;
}

DaemonPart* BothParts::daemon_records() {
  DaemonPart* part = daemon();
  return daemon_fault_ ? nullptr : part;
}

bool BothParts::needs_daemon() const {
  return wish_.names.empty() || std::any_of(wish_.names.begin(), wish_.names.end(), [this](const std::string& name) {
    const os::Setting* setting = os::find(wish_.system, name);
    return setting == nullptr ? !own_has(name) : is_daemons(*setting);
  });
}

bool BothParts::own_has(const std::string& name) const {
  if (!own_ || !*own_) return false;
  const auto& records = (**own_).records();
  return std::any_of(records.begin(), records.end(), [&](const os::Record& record) { return record.setting == name; });
}

bool BothParts::names_own() const {
  return std::any_of(wish_.names.begin(), wish_.names.end(), [this](const std::string& name) {
    const os::Setting* setting = os::find(wish_.system, name);
    return setting != nullptr && !is_daemons(*setting);
  });
}

bool BothParts::is_recorded(const std::string& name) {
  if (!is_root_by_sudo() && own() != nullptr && own_has(name)) return true;
  DaemonPart* part = daemon_records();
  if (part == nullptr || part->lists(name)) return part != nullptr;
  const auto records = part->records();
  if (!records) daemon_fault_ = records.error();
  return records && std::any_of(records->begin(), records->end(), [&](const boost::json::value& record) {
    return text_at(record, "setting") == name;
  });
}

std::optional<Failure> BothParts::find_unknown() {
  const auto unknown = std::find_if(wish_.names.begin(), wish_.names.end(), [this](const std::string& name) {
    return os::find(wish_.system, name) == nullptr && !is_recorded(name);
  });
  if (unknown == wish_.names.end()) return std::nullopt;
  Failure failure = no_such_setting(*unknown, wish_.system);
  std::optional<Failure> blind = daemon_fault_;
  if (daemon_ && !*daemon_) blind = daemon_->error();
  if (own_ && !*own_) blind = own_->error();
  if (blind) {
    failure.text += " in this version, and whether another one has changed it cannot be told: " + blind->text;
    failure.exit_status = blind->exit_status;
  }
  return failure;
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
  if (OwnPart* part = own_records("undo --all")) append(rows, part->undo(wish_.names, dry_run));
  if (DaemonPart* part = daemon_records()) append(rows, part->undo(wish_.names, dry_run));
  return rows;
}

std::vector<Row> BothParts::verify() {
  std::vector<Row> rows;
  if (OwnPart* part = own_records("verify")) append(rows, part->verify(wish_.names));
  if (DaemonPart* part = daemon_records()) append(rows, part->verify(wish_.names));
  return rows;
}

boost::json::array BothParts::records() {
  boost::json::array records;
  if (OwnPart* part = own_records("history")) {
    for (const os::Record& record : part->records()) records.push_back(to_json(record));
  }
  if (DaemonPart* part = daemon_records()) {
    auto known = part->records();
    if (!known) daemon_fault_ = known.error();
    if (known) std::move(known->begin(), known->end(), std::back_inserter(records));
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
  if (OwnPart* part = own_records("list")) {
    for (const os::Record& record : part->records()) {
      if (record.open) names.push_back(record.setting);
    }
  }
  if (DaemonPart* part = daemon_records()) {
    for (const std::string& name : part->changed()) names.push_back(name);
  }
  return names;
}

void BothParts::tell_missing() const {
  if (own_ && !*own_) report(context_, own_->error());
  if (daemon_ && !*daemon_) {
    const Failure& failure = daemon_->error();
    report(context_, {failure.exit_status, "settings of the whole machine are left out: " + failure.text, failure.fix});
  }
  if (daemon_fault_ && needs_daemon()) report(context_, *daemon_fault_);
  if (!for_user_.empty()) {
    complain(context_, fmt::format("your own settings are left out: run m1optctl tune {} without sudo", for_user_));
  }
  if (!for_root_.empty()) {
    complain(context_, fmt::format("left for root: sudo m1optctl tune apply {}", fmt::join(for_root_, " ")));
  }
}

int BothParts::exit_status() const {
  if (own_ && !*own_) return own_->error().exit_status;
  if (daemon_fault_ && needs_daemon()) return daemon_fault_->exit_status;
  if (!wish_.names.empty() && needs_daemon() && daemon_ && !*daemon_) return daemon_->error().exit_status;
  return exit_code::kOk;
}

}  // namespace m1opt::client::tune
