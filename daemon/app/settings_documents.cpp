#include "app/settings_documents.h"

namespace m1opt::app {

std::optional<wire::SettingValue> document_of(const settings::Reading& reading) {
  if (!reading) return std::nullopt;
  return wire::SettingValue{reading->type, reading->text};
}

wire::SettingStatus document_of(const settings::Setting& row) {
  wire::SettingStatus status;
  status.name = row.name;
  status.group = row.group;
  if (row.level) status.level = settings::to_string(*row.level);
  status.lifetime = settings::to_string(row.lifetime);
  status.does = row.does;
  status.needs = row.needs;
  status.cost = row.cost;
  status.gain = row.gain;
  status.evidence = settings::to_string(row.evidence);
  status.why_not = row.why_not;
  if (row.changes()) status.wanted = wire::SettingValue{row.wanted.type, row.wanted.text};
  return status;
}

wire::SettingRecord document_of(const settings::Record& record) {
  wire::SettingRecord document;
  document.id = record.id;
  document.setting = record.setting;
  document.lifetime = settings::to_string(record.lifetime);
  document.before = document_of(record.before);
  document.set = document_of(record.set);
  document.time = base::wall_from_milliseconds(record.wall_ms);
  if (!record.open) document.ended = base::wall_from_milliseconds(record.ended_ms);
  document.open = record.open;
  document.fate = settings::to_string(record.fate);
  document.text = record.text;
  return document;
}

wire::SettingReport document_of(const settings::Report& report) {
  wire::SettingReport document;
  document.setting = report.setting;
  document.outcome = settings::to_string(report.outcome);
  const bool went_wrong = report.outcome == settings::Outcome::failed || report.outcome == settings::Outcome::not_taken;
  if (went_wrong) document.code = base::to_string(report.code);
  document.before = document_of(report.before);
  document.after = document_of(report.after);
  document.text = report.text;
  return document;
}

}  // namespace m1opt::app
