#include "app/settings_keeper.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/settings_documents.h"
#include "platform/text.h"
#include "settings/wired_limit.h"

namespace m1opt::app {

using settings::Engine;
using settings::Outcome;
using settings::SettingsJournal;

namespace {

/// Everybody may read, and each reading starts tools of the system's.
constexpr Duration kFresh = std::chrono::seconds(5);
constexpr const char* kWiredLimit = "iogpu.wired_limit_mb";

/// An error says that nothing was changed.
Result<wire::SettingReport> answer(const settings::Report& report) {
  if (report.outcome != Outcome::refused) return document_of(report);
  // Who asked named a row that there is: `gone` would say that there is none.
  return Error{report.code == Errc::gone ? Errc::unsupported : report.code, 0, report.text};
}

bool is_wired_limit(const settings::Setting& row) {
  return row.target.means == settings::Means::sysctl && row.target.arguments.at(0) == kWiredLimit;
}

}  // namespace

SettingsKeeper::SettingsKeeper(Parts parts)
    : parts_(std::move(parts)), wish_file_(parts_.state_directory) {}

void SettingsKeeper::connect(Post post, Report report) {
  post_ = std::move(post);
  report_ = std::move(report);
}

const settings::Setting* SettingsKeeper::find_row(const std::string& name) const {
  const auto found = std::find_if(parts_.rows.begin(), parts_.rows.end(),
                                  [&](const settings::Setting& each) { return each.name == name; });
  return found == parts_.rows.end() ? nullptr : &*found;
}

std::vector<std::string> SettingsKeeper::setting_names() const {
  std::vector<std::string> names;
  for (const settings::Setting& each : parts_.rows) names.push_back(each.name);
  return names;
}

settings::Setting SettingsKeeper::resolve(const settings::Setting& row, bool theirs) {
  settings::Setting made = row;
  if (!row.changes() || !is_wired_limit(row)) return made;
  if (!parts_.ram) {
    made.why_not = "how much RAM there is is not known, so how much may be wired is not either";
    return made;
  }
  const auto now = parts_.access.read(row.target);
  const auto set = now && *now ? platform::parse_number<std::int64_t>((**now).text) : std::nullopt;
  // Once it is set, Metal gives that much and tells no more what the system gave.
  const bool is_set = set && *set > 0;
  const auto limit = settings::wired_limit_mib(*parts_.ram, is_set ? Bytes{} : given_by_system());
  if (!limit) {
    made.why_not = limit.error().what;
    return made;
  }
  // Somebody has raised it, further than m1opt would: that is his to answer for.
  made.wanted.text = std::to_string(theirs && is_set ? std::max(*set, *limit) : *limit);
  return made;
}

std::optional<Bytes> SettingsKeeper::given_by_system() {
  if (!given_ && parts_.metal) given_ = parts_.metal();
  return given_;
}

wire::SettingStatus SettingsKeeper::read_status(const settings::Setting& row,
                                                const std::vector<settings::Record>& open) {
  const auto record = std::find_if(open.begin(), open.end(),
                                   [&](const settings::Record& each) { return each.setting == row.name; });
  wire::SettingStatus status = document_of(resolve(row, record == open.end()));
  status.wished = wishes_.contains(row.name);
  if (record != open.end()) {
    status.record = record->id;
    status.before = document_of(record->before);
    status.set = document_of(record->set);
  }
  if (row.target.means == settings::Means::none || row.target.means == settings::Means::workload) return status;
  const auto reading = parts_.access.read(row.target);
  if (reading) {
    status.value = document_of(*reading);
  } else {
    status.problem = reading.error().what;
  }
  return status;
}

std::vector<settings::Setting> SettingsKeeper::without_row(const std::vector<settings::Record>& open) const {
  std::vector<settings::Setting> rows;
  const auto add = [&](const std::string& name, settings::Lifetime lifetime, const settings::Target& target) {
    const bool known = find_row(name) != nullptr ||
                       std::any_of(rows.begin(), rows.end(), [&](const auto& each) { return each.name == name; });
    if (known) return;
    settings::Setting& row = rows.emplace_back();
    row.name = name;
    row.scope = settings::Scope::system;
    row.lifetime = lifetime;
    row.target = target;
    row.why_not = "this version has no such row";
  };
  for (const settings::Record& record : open) add(record.setting, record.lifetime, record.target);
  for (const std::string& name : wishes_) add(name, settings::Lifetime::while_running, {});
  return rows;
}

wire::SettingsDocument SettingsKeeper::list_settings() {
  const Instant now = parts_.clock.now();
  if (listed_ && now - listed_->first < kFresh) return listed_->second;
  wire::SettingsDocument document;
  document.system = settings::to_string(parts_.system);
  std::vector<settings::Record> open;
  if (const auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::read)) {
    open = journal->open_records();
  } else {
    document.fault = journal.error().what;
  }
  for (const settings::Setting& each : parts_.rows) document.settings.push_back(read_status(each, open));
  for (const settings::Setting& each : without_row(open)) document.settings.push_back(read_status(each, open));
  listed_.emplace(now, document);
  return document;
}

Result<wire::SettingsHistoryDocument> SettingsKeeper::settings_history() {
  const auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::read);
  if (!journal) return journal.error();
  wire::SettingsHistoryDocument document;
  for (const settings::Record& record : journal->records()) document.records.push_back(document_of(record));
  return document;
}

Result<wire::SettingReport> SettingsKeeper::apply_setting(const std::string& name, bool try_only) {
  const settings::Setting* known = find_row(name);
  if (known == nullptr) return Error{Errc::gone, 0, fmt::format("there is no setting \"{:.80}\"", name)};
  const settings::Setting wanted = resolve(*known);
  if (!wanted.changes()) return Error{Errc::unsupported, 0, wanted.why_not};
  if (try_only || !parts_.acts) return try_apply(wanted);
  listed_.reset();
  if (is_bound(wanted.lifetime)) return wish(wanted);
  auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::write);
  if (!journal) {
    note_fault(journal.error());
    return journal.error();
  }
  const auto report = Engine(parts_.access, *journal, parts_.clock, parts_.boot).apply(wanted);
  note(report, "asked for", true);
  note_journal(journal->open_records());
  return answer(report);
}

Result<wire::SettingReport> SettingsKeeper::try_apply(const settings::Setting& row) {
  auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::read);
  if (!journal) return journal.error();
  return answer(Engine(parts_.access, *journal, parts_.clock, parts_.boot).plan(row));
}

Result<wire::SettingReport> SettingsKeeper::wish(const settings::Setting& row) {
  auto planned = try_apply(row);
  if (!planned) return planned;
  if (const auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::write); !journal) {
    note_fault(journal.error());
    return journal.error();
  }
  auto wishes = wishes_;
  wishes.insert(row.name);
  if (auto saved = wish_file_.save(wishes); !saved) return saved.error();
  wishes_ = std::move(wishes);
  told_.erase(row.name);
  follow();
  wire::SettingReport report;
  report.setting = row.name;
  report.before = planned->before;
  report.outcome = "wished";
  const auto now = parts_.access.read(row.target);
  if (now) report.after = document_of(*now);
  if (now && settings::same(*now, row.wanted)) {
    report.outcome = "observed";
  } else if (row.lifetime == settings::Lifetime::while_active) {
    report.text = "it is set whenever a workload is busy, and put back when all have been quiet for limits.quiet_s";
  } else {
    report.text = "it is set as long as m1optd runs and is not paused";
  }
  return report;
}

Result<wire::SettingReport> SettingsKeeper::try_undo(const std::string& name) {
  auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::read);
  if (!journal) return journal.error();
  Engine engine(parts_.access, *journal, parts_.clock, parts_.boot);
  wire::SettingReport nothing;
  nothing.setting = name;
  nothing.outcome = wishes_.contains(name) ? "would" : "already";
  for (const settings::Record& record : journal->open_records()) {
    if (record.setting != name) continue;
    auto report = engine.verify(record);
    if (report.outcome == Outcome::observed) {
      report.outcome = Outcome::would;
      std::swap(report.before, report.after);
    }
    return answer(report);
  }
  return nothing;
}

Result<wire::SettingReport> SettingsKeeper::undo_setting(const std::string& name, bool try_only) {
  if (try_only || !parts_.acts) return try_undo(name);
  listed_.reset();
  auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::write);
  if (!journal) {
    note_fault(journal.error());
    return journal.error();
  }
  const bool wished = wishes_.erase(name) > 0;
  auto reports = Engine(parts_.access, *journal, parts_.clock, parts_.boot)
                     .undo([&](const settings::Record& record) { return record.setting == name; });
  for (const auto& report : reports) note(report, "asked for", true);
  note_journal(journal->open_records());
  // Last, since a disk that is full is no reason to leave a setting as it is.
  if (auto saved = wished ? wish_file_.save(wishes_) : Result<void>(); !saved) {
    return saved.error().within("it is put back for now; after a restart m1optd would set it again");
  }
  if (!reports.empty()) return answer(reports.back());
  if (!wished && find_row(name) == nullptr) {
    return Error{Errc::gone, 0, fmt::format("there is no setting \"{:.80}\"", name)};
  }
  wire::SettingReport nothing;
  nothing.setting = name;
  nothing.outcome = wished ? "unwished" : "already";
  nothing.text = wished ? "m1opt no longer sets it by itself" : "m1opt has changed nothing of it";
  return nothing;
}

}  // namespace m1opt::app
