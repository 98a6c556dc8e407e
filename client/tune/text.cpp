#include "client/tune/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/json_view.h"
#include "client/render/format.h"
#include "client/render/text.h"

namespace m1opt::client::tune {
namespace {

using render::labelled;
using render::paint;
using render::printable;
using render::Tone;

constexpr std::size_t kNameColumn = 24;
constexpr std::size_t kWordColumn = 14;

std::string value_text(const os::Reading& reading) { return reading ? reading->text : "not set"; }

std::size_t width_of(const Context& context) { return static_cast<std::size_t>(context.style.width); }

const char* evidence_text(os::Evidence evidence) {
  switch (evidence) {
    case os::Evidence::measured: return "measured with m1optctl bench";
    case os::Evidence::reported: return "others report it, m1opt has not measured it";
    case os::Evidence::none: return "none, nobody has measured it";
  }
  return "";
}

/// What stands beside a name in the list: from which profile on, or why in none.
const char* kind_of(const os::Setting& row) {
  if (row.target.means == os::Means::workload) return "m1optd does";
  if (!row.changes()) return "no change";
  return row.level ? os::to_string(*row.level) : "by name";
}

/// What became of a change.
std::string fate_text(const std::string& fate, bool open) {
  if (fate == "asked") return "interrupted, m1optctl tune undo settles it";
  if (fate == "observed") return "in force";
  if (fate == "undone") return "put back";
  if (fate == "not_taken") return "the system did not take it";
  if (fate == "changed") return "somebody changed it since, left as it is";
  return open ? "could not be put back yet" : fate;
}

/// The head of a row: what would become of it.
std::string verdict_text(const Row& row) {
  if (row.setting.target.means == os::Means::workload) return "m1optd does it";
  if (!row.setting.changes()) return "no change";
  if (row.outcome == "would") return change_text(row.before, row.after);
  if (row.outcome == "already") return fmt::format("{} already", value_text(row.before));
  if (row.outcome == "wished") return fmt::format("{} while a model works", value_text(row.after));
  const bool is_fixed = !row.setting.wanted.text.empty();
  return is_fixed ? fmt::format("? -> {}", row.setting.wanted.text) : "?";
}

std::string plan_block(const Context& context, const Row& row) {
  const std::size_t width = width_of(context);
  const os::Setting& setting = row.setting;
  std::string text = paint(context.style, Tone::strong, setting.name) + ": " + printable(verdict_text(row)) + '\n';
  const auto line = [&](const char* word, const std::string& said) {
    if (!said.empty()) text += labelled(fmt::format("    {}", word), kWordColumn, printable(said), width);
  };
  line("what", setting.does);
  if (!setting.changes()) {
    line("why", setting.target.means == os::Means::workload ? "" : setting.why_not);
    line("how", setting.target.means == os::Means::workload ? setting.why_not : "");
    line("now", row.before ? row.before->text : "");
    return text;
  }
  line("gain", setting.gain);
  line("evidence", evidence_text(setting.evidence));
  line("cost", setting.cost.empty() ? "nothing that anybody would miss" : setting.cost);
  line("needs", setting.needs);
  line("then", setting.after);
  if (row.outcome != "already" && row.outcome != "would") line("now", row.text);
  return text;
}

/// One line a row, and below it why it is not as it should be.
std::string short_line(const Context& context, const Row& row, const std::string& said, Tone tone) {
  const std::string label = fmt::format("  {}", row.setting.name);
  std::string text = labelled(label, std::max(kNameColumn, label.size() + 2),
                              paint(context.style, tone, printable(said)), width_of(context));
  if (!row.text.empty()) text += labelled("", 6, printable(row.text), width_of(context));
  return text;
}

/// What it was at the end, where that was read.
std::string now_text(const Row& row) { return row.after ? fmt::format(", {} now", row.after->text) : ""; }

std::string effect_text(const Context& context, const std::vector<Row>& rows, const char* outcome) {
  std::vector<std::string> steps;
  for (const Row& row : rows) {
    const std::string& step = row.setting.after;
    if (row.outcome != outcome || step.empty()) continue;
    if (std::find(steps.begin(), steps.end(), step) == steps.end()) steps.push_back(step);
  }
  if (steps.empty()) return "";
  return labelled("To see it:", kWordColumn, fmt::format("{}", fmt::join(steps, "; ")), width_of(context));
}

}  // namespace

std::string change_text(const os::Reading& before, const os::Reading& after) {
  const bool same_text = value_text(before) == value_text(after);
  if (same_text) return fmt::format("{} -> {}", os::text_of(before), os::text_of(after));
  return fmt::format("{} -> {}", value_text(before), value_text(after));
}

std::string list_text(const Context& context, os::System system, const std::vector<std::string>& changed) {
  constexpr std::size_t kListColumn = 26;
  constexpr std::size_t kKindColumn = 14;
  std::string text;
  std::string group;
  for (const os::Setting& row : os::table(system)) {
    if (row.group != group) text += paint(context.style, Tone::strong, row.group) + '\n';
    group = row.group;
    const bool is_changed = std::find(changed.begin(), changed.end(), row.name) != changed.end();
    const std::string label = render::pad_right(fmt::format("{} {}", is_changed ? "*" : " ", row.name), kListColumn) +
                              render::pad_right(kind_of(row), kKindColumn);
    text += labelled(label, kListColumn + kKindColumn, row.does, width_of(context));
  }
  for (const std::string& name : changed) {
    if (os::find(system, name) != nullptr) continue;
    const std::string label = render::pad_right(fmt::format("* {}", name), kListColumn + kKindColumn);
    text += labelled(label, kListColumn + kKindColumn, "of another version of m1opt, which this one can undo",
                     width_of(context));
  }
  if (!changed.empty()) text += "* m1opt has changed it: m1optctl tune undo NAME\n";
  return text + "What each costs and gains: m1optctl tune plan [NAME...] [--all]\n";
}

std::string plan_text(const Context& context, const std::vector<Row>& rows) {
  std::string text;
  std::string group;
  for (const Row& row : rows) {
    if (row.setting.group != group) text += fmt::format("{}== {} ==\n", text.empty() ? "" : "\n", row.setting.group);
    group = row.setting.group;
    text += plan_block(context, row);
  }
  return text;
}

std::string intent_text(const Context& context, const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    if (row.outcome != "would") continue;
    Row shown = row;
    shown.text = row.setting.cost.empty() ? "" : "cost: " + row.setting.cost;
    text += short_line(context, shown, change_text(row.before, row.after), Tone::strong);
  }
  return text;
}

std::string applied_text(const Context& context, const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    if (row.outcome == "observed") {
      text += short_line(context, row,
                         fmt::format("asked {}, observed {}", value_text(row.setting.wanted), value_text(row.after)),
                         Tone::good);
    } else if (row.outcome == "already") {
      text += short_line(context, row, fmt::format("{} already, left alone", value_text(row.before)), Tone::faint);
    } else if (row.outcome == "wished") {
      text += short_line(context, row, "will be set while a model works", Tone::good);
    } else if (row.outcome == "not_taken") {
      text += short_line(context, row,
                         fmt::format("not taken: asked {}, observed {}", value_text(row.setting.wanted),
                                     value_text(row.after)),
                         Tone::bad);
    } else if (row.outcome == "failed") {
      text += short_line(context, row, "failed" + now_text(row), Tone::bad);
    } else if (row.outcome == "unknown") {
      text += short_line(context, row, "not known whether it was changed", Tone::bad);
    } else {
      text += short_line(context, row, "refused, nothing changed", Tone::bad);
    }
  }
  return text + effect_text(context, rows, "observed");
}

std::string undone_text(const Context& context, const std::vector<Row>& rows, bool dry_run) {
  if (rows.empty()) return "nothing to put back\n";
  std::string text;
  for (const Row& row : rows) {
    if (row.outcome == "would") {
      text += short_line(context, row, change_text(row.before, row.after), Tone::strong);
    } else if (row.outcome == "undone" || row.outcome == "unwished") {
      text += short_line(context, row, fmt::format("put back: {}", value_text(row.after)), Tone::good);
    } else if (row.outcome == "already") {
      text += short_line(context, row, fmt::format("is as it was: {}", value_text(row.before)), Tone::faint);
    } else if (row.outcome == "changed") {
      text += short_line(context, row, dry_run ? "would be left as it is" : "left as it is", Tone::warning);
    } else if (row.outcome == "unknown") {
      text += short_line(context, row, "not known whether it was put back", Tone::bad);
    } else {
      text += short_line(context, row, "not put back" + now_text(row), Tone::bad);
    }
  }
  return text + effect_text(context, rows, "undone");
}

std::string verified_text(const Context& context, const std::vector<Row>& rows) {
  if (rows.empty()) return "m1opt has changed nothing\n";
  std::string text;
  for (const Row& row : rows) {
    if (row.outcome == "observed") {
      text += short_line(context, row, fmt::format("still {}", value_text(row.after)), Tone::good);
    } else if (row.outcome == "changed") {
      text += short_line(context, row, fmt::format("changed: {} now", value_text(row.after)), Tone::warning);
    } else {
      text += short_line(context, row, "cannot be told", Tone::bad);
    }
  }
  return text;
}

std::string history_text(const Context& context, const boost::json::array& records) {
  if (records.empty()) return "m1opt has changed nothing\n";
  const auto now = std::chrono::system_clock::now();
  std::string text;
  for (const boost::json::value& record : records) {
    const auto time = render::parse_rfc3339(text_at(record, "time"));
    const auto reading = [&record](std::string_view path) {
      const boost::json::value* found = find(record, path);
      return found == nullptr ? os::Reading{} : os::Value{text_at(*found, "type"), text_at(*found, "text")};
    };
    const std::string said = fmt::format("{}; {}", change_text(reading("before"), reading("set")),
                                         fate_text(text_at(record, "fate"), flag_at(record, "open")));
    text += labelled(fmt::format("{}  {}", time ? render::format_time(*time, now) : "?", printable(text_at(record, "setting"))),
                     kNameColumn + kWordColumn, printable(said), width_of(context));
    const std::string why = text_at(record, "text");
    if (!why.empty()) text += labelled("", 6, printable(why), width_of(context));
  }
  return text;
}

}  // namespace m1opt::client::tune
