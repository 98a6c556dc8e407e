#include "client/tune/document.h"

namespace m1opt::client::tune {
namespace {

using boost::json::object;
using boost::json::value;

value to_json(const os::Reading& reading) {
  if (!reading) return nullptr;
  return {{"type", reading->type}, {"text", reading->text}};
}

std::string time_text(std::int64_t milliseconds) {
  return base::to_rfc3339(base::wall_from_milliseconds(milliseconds));
}

}  // namespace

object to_json(const Row& row) {
  const os::Setting& setting = row.setting;
  const bool is_fixed = setting.changes() && !setting.wanted.text.empty();
  return {{"name", setting.name},
          {"group", setting.group},
          {"scope", os::to_string(setting.scope)},
          {"level", setting.level ? value(os::to_string(*setting.level)) : value(nullptr)},
          {"lifetime", os::to_string(setting.lifetime)},
          {"does", setting.does},
          {"needs", setting.needs},
          {"cost", setting.cost},
          {"gain", setting.gain},
          {"evidence", os::to_string(setting.evidence)},
          {"source", setting.source},
          {"why_not", setting.why_not},
          {"takes_effect", setting.after},
          {"wanted", is_fixed ? to_json(os::Reading(setting.wanted)) : value(nullptr)},
          {"outcome", row.outcome.empty() ? value(nullptr) : value(row.outcome)},
          {"old", to_json(row.before)},
          {"new", to_json(row.after)},
          {"text", row.text}};
}

object to_json(const os::Record& record) {
  return {{"id", record.id},
          {"setting", record.setting},
          {"scope", os::to_string(record.scope)},
          {"lifetime", os::to_string(record.lifetime)},
          {"before", to_json(record.before)},
          {"set", to_json(record.set)},
          {"time", time_text(record.wall_ms)},
          {"ended", record.open ? value(nullptr) : value(time_text(record.ended_ms))},
          {"open", record.open},
          {"fate", os::to_string(record.fate)},
          {"text", record.text}};
}

object document(const char* schema, const std::vector<Row>& rows) {
  boost::json::array list;
  for (const Row& row : rows) list.push_back(to_json(row));
  return {{"schema", schema}, {"version", M1OPT_VERSION}, {"settings", std::move(list)}};
}

}  // namespace m1opt::client::tune
