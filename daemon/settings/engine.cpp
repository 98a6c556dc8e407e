#include "settings/engine.h"

#include <array>

#include "base/fault.h"

namespace m1opt::settings {

namespace {

constexpr std::array kOutcomes{"would",     "already", "observed", "undone",
                               "not_taken", "changed", "refused",  "failed"};

Report refuse(Report report, const Error& error) {
  report.outcome = Outcome::refused;
  report.text = error.what;
  report.code = error.code;
  return report;
}

Report fail(Report report, const Error& error) {
  report.outcome = Outcome::failed;
  report.text = error.what;
  report.code = error.code;
  return report;
}

std::string was_changed(const Record& record, const Reading& now) {
  return "it is " + text_of(now) + " now, not what m1opt set (" + text_of(record.set) +
         "): somebody changed it since. Before m1opt it was " + text_of(record.before);
}

}  // namespace

const char* to_string(Outcome outcome) { return kOutcomes.at(static_cast<std::size_t>(outcome)); }

Engine::Engine(SettingAccess& access, SettingsJournal& journal, const Clock& clock, BootId boot)
    : access_(access), journal_(journal), clock_(clock), boot_(std::move(boot)) {}

Report Engine::plan(const Setting& setting) {
  Report report{setting.name, Outcome::would, {}, {}, setting.why_not, Errc::unsupported};
  if (!setting.changes()) return refuse(report, {Errc::unsupported, 0, setting.why_not});
  const auto now = access_.read(setting.target);
  if (!now) return refuse(report, now.error());
  report.before = *now;
  report.after = setting.wanted;
  if (same(*now, setting.wanted)) report.outcome = Outcome::already;
  return report;
}

Report Engine::apply(const Setting& setting) {
  Report report = plan(setting);
  if (report.outcome != Outcome::would) return report;
  report.after.reset();
  fault_point("settings.read");
  Record record;
  record.setting = setting.name;
  record.scope = setting.scope;
  record.lifetime = setting.lifetime;
  record.target = setting.target;
  record.before = report.before;
  record.set = setting.wanted;
  record.wall_ms = milliseconds_of(clock_.wall());
  record.boot = boot_.value;
  const auto id = journal_.add(record);
  if (!id) return refuse(report, id.error());
  record.id = *id;
  fault_point("settings.recorded");
  const auto written = access_.write(setting.target, record.set);
  fault_point("settings.written");
  const auto now = access_.read(setting.target);
  if (!now) return fail(report, now.error().within("whether it took effect cannot be told"));
  report.after = *now;
  fault_point("settings.read_back");
  if (!written || !same(*now, record.set)) {
    report.text = written ? "the system took it without an error and did not do it" : written.error().what;
    report.code = written ? Errc::unsupported : written.error().code;
    return take_back(std::move(record), *now, std::move(report));
  }
  record.fate = Fate::observed;
  report.outcome = Outcome::observed;
  // Undo knows what to do with a record that still says "asked".
  if (const auto told = journal_.update(record); !told) report.text = told.error().what;
  fault_point("settings.observed");
  return report;
}

Report Engine::take_back(Record record, const Reading& now, Report report) {
  report.outcome = Outcome::not_taken;
  if (!same(now, record.before)) {
    const auto written = access_.write(record.target, record.before);
    fault_point("settings.taken_back");
    const auto after = access_.read(record.target);
    report.after = after ? *after : Reading{};
    if (!written || !after || !same(*after, record.before)) {
      report.text += "; it could not be put back either, m1optctl tune undo tries again";
      record.fate = Fate::failed;
      record.text = report.text;
      (void)journal_.update(record);
      report.outcome = Outcome::failed;
      return report;
    }
  }
  if (auto closed = close(std::move(record), Fate::not_taken, report.text); !closed) {
    return fail(report, closed.error());
  }
  return report;
}

Report Engine::verify(const Record& record) {
  Report report{record.setting, Outcome::observed, record.before, {}, {}, Errc::changed};
  const auto seen = see(record);
  if (!seen) return fail(report, seen.error());
  report.after = seen->now;
  if (seen->standing.as_set) return report;
  report.outcome = Outcome::changed;
  report.text = was_changed(record, seen->now);
  return report;
}

std::vector<Report> Engine::undo(const Which& which) {
  std::vector<Report> reports;
  for (const Record& record : journal_.open_records()) {
    if (!which || which(record)) reports.push_back(undo_one(record));
  }
  return reports;
}

Result<Engine::Seen> Engine::see(const Record& record) {
  auto now = access_.look(record.target);
  if (!now) return now.error();
  Standing standing = standing_of(*now, record.before, record.set);
  return Seen{std::move(now->reading), std::move(now->parts), std::move(standing)};
}

Report Engine::undo_one(const Record& record) {
  Report report{record.setting, Outcome::undone, {}, {}, {}, Errc::changed};
  const auto seen = see(record);
  if (!seen) return fail(report, seen.error());
  report.before = seen->now;
  report.after = seen->now;
  fault_point("settings.undo_read");
  Fate fate = Fate::undone;
  if (seen->standing.as_before) {
    report.outcome = Outcome::already;
    report.text = left_over(seen->standing, record.set);
  } else if (!seen->standing.as_set && seen->standing.ours.empty()) {
    fate = Fate::changed;
    report.outcome = Outcome::changed;
    report.text = was_changed(record, seen->now) + ", left as it is";
  } else {
    report = put_back(record, *seen, std::move(report));
    if (report.outcome != Outcome::undone) return report;
  }
  if (auto closed = close(record, fate, report.text); !closed) {
    return fail(report, fate == Fate::changed ? closed.error()
                                              : closed.error().within("it is put back, but that cannot be written down"));
  }
  fault_point("settings.undone");
  return report;
}

Report Engine::put_back(const Record& record, const Seen& seen, Report report) {
  const Parts& parts = seen.standing.ours;
  const Reading wanted = parts.empty() ? record.before : Value{record.before->type, text_of(parts)};
  const auto written = access_.write(record.target, wanted);
  fault_point("settings.undo_written");
  const auto after = see(record);
  if (after) report.after = after->now;
  if (!written) return fail(report, written.error());
  if (!after) return fail(report, after.error());
  fault_point("settings.undo_read_back");
  if (parts.empty() ? !same(after->now, wanted) : !agree(after->parts, parts)) {
    return fail(report, {Errc::unsupported, 0,
                         "the system took " + text_of(wanted) + " and has " + text_of(after->now)});
  }
  report.text = left_over(after->standing, record.set);
  return report;
}

std::vector<Report> Engine::recover() {
  std::vector<Report> reports;
  for (const Record& record : journal_.open_records()) {
    if (is_over(record) || record.fate == Fate::asked) reports.push_back(settle(record));
  }
  return reports;
}

/// What the kernel keeps the system sets at each start, and perhaps by chance as we did. Not of /sys:
/// firmware behind it may remember.
bool Engine::is_over(const Record& record) const {
  const Means means = record.target.means;
  const bool forgotten = record.lifetime == Lifetime::until_reboot || means == Means::sysctl ||
                         means == Means::proc_sys;
  return forgotten && record.boot != boot_.value;
}

Report Engine::settle(const Record& record) {
  Report report{record.setting, Outcome::observed, record.before, {}, {}, Errc::changed};
  if (is_over(record)) {
    report.outcome = Outcome::undone;
    report.text = "the machine was started anew, which ends it";
    if (auto closed = close(record, Fate::undone, report.text); !closed) return fail(report, closed.error());
    return report;
  }
  const auto seen = see(record);
  if (!seen) return fail(report, seen.error());
  const Standing& standing = seen->standing;
  report.after = seen->now;
  Result<void> told;
  if (standing.as_set || (!standing.as_before && !standing.ours.empty())) {
    Record observed = record;
    observed.fate = Fate::observed;
    told = journal_.update(observed);
  } else if (standing.as_before) {
    report.outcome = Outcome::already;
    report.text = "it was interrupted before the change was made";
    told = close(record, Fate::not_taken, report.text);
  } else {
    report.outcome = Outcome::changed;
    report.text = was_changed(record, seen->now) + ", left as it is";
    told = close(record, Fate::changed, report.text);
  }
  return told ? report : fail(report, told.error());
}

Result<void> Engine::close(Record record, Fate fate, std::string text) {
  record.fate = fate;
  record.open = false;
  record.text = std::move(text);
  record.ended_ms = milliseconds_of(clock_.wall());
  return journal_.update(record);
}

}  // namespace m1opt::settings
