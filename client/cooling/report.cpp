#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/cooling/cooling.h"
#include "client/render/format.h"
#include "client/render/text.h"

namespace m1opt::client::cooling {
namespace {

using platform::FanControl;
using platform::FanDetail;

constexpr std::size_t kColumn = 12;
constexpr std::array kLevels{"nominal", "moderate", "heavy", "trapping", "sleeping"};
constexpr const char* kWhyNoWrites =
    "m1opt sets no fan. To set one is to take the system's own control away, which raises it with the heat; if the "
    "program that set it ends or hangs, the speed stays as it is. And no measurement was found that a faster curve "
    "makes a model faster.";
constexpr const char* kAdvice =
    "If you want that curve all the same, set it by a program of your own that can (on Linux fancontrol), watch the "
    "tokens a second with m1optctl bench, and let m1optctl doctor tell whether a fan is still held.";
constexpr const char* kFanless =
    "Without a fan the whole case gives the heat away, and heat that lasts slows the machine: shorter answers, a "
    "smaller model, or the rule thermal_break, which is off until the configuration switches it on, and lets the "
    "runner rest between two requests.";

const char* word_of(FanControl control) {
  switch (control) {
    case FanControl::automatic: return "automatic";
    case FanControl::manual: return "manual";
    case FanControl::full_speed: return "full_speed";
    case FanControl::system: return "system";
  }
  return "";
}

const char* sentence_of(FanControl control) {
  switch (control) {
    case FanControl::automatic: return "controlled by its own firmware or driver";
    case FanControl::manual: return "held by a program";
    case FanControl::full_speed: return "controlled by nobody, at full speed";
    case FanControl::system: return "held by the system";
  }
  return "";
}

std::string limits_of(const FanDetail& fan) {
  if (fan.least_rpm && fan.most_rpm) return fmt::format(" (from {} to {})", *fan.least_rpm, *fan.most_rpm);
  if (fan.most_rpm) return fmt::format(" (to {})", *fan.most_rpm);
  if (fan.least_rpm) return fmt::format(" (from {})", *fan.least_rpm);
  return " (its limits are not told)";
}

std::string fan_text(const FanDetail& fan) {
  std::string text = fan.rpm ? fmt::format("{} rpm", *fan.rpm) : "speed not told";
  text += limits_of(fan);
  if (fan.target_rpm) text += fmt::format(", target {}", *fan.target_rpm);
  if (fan.duty) text += fmt::format(", power {}", render::format_percent(fan.duty->value()));
  text += fmt::format(", {}", fan.control ? sentence_of(*fan.control) : "who controls it is not told");
  if (!fan.control_source.empty()) text += fmt::format(" ({})", fan.control_source);
  return render::printable(text);
}

std::string heat_text(const Cooling& cooling) {
  std::string text = cooling.hottest_celsius ? fmt::format("{:.0f} \u00b0C at the hottest", *cooling.hottest_celsius)
                                             : fmt::format("temperature unknown ({})", cooling.why_no_heat);
  if (!cooling.level) return text + ", thermal level unknown";
  text += fmt::format(", thermal level {}", kLevels[static_cast<std::size_t>(std::clamp(*cooling.level, 0, 4))]);
  return text + (cooling.level_source.empty() ? "" : fmt::format(" ({})", cooling.level_source));
}

std::string curve_text(const FanDetail& fan, double celsius) {
  std::string text = fmt::format("{:.0f} % at {:.0f} \u00b0C", curve_percent(celsius), celsius);
  const auto wanted = curve_rpm(fan, celsius);
  if (!wanted) return text + ", of a highest speed that is not told";
  text += fmt::format(", {} rpm", *wanted);
  if (fan.rpm) text += fmt::format("; now {} rpm, {}", *fan.rpm, *fan.rpm < *wanted ? "less" : "as much or more");
  return text;
}

template <class T>
boost::json::value or_null(const std::optional<T>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

boost::json::value or_null(const std::string& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

boost::json::object fan_json(const FanDetail& fan, const std::optional<double>& celsius) {
  boost::json::object object{{"name", fan.name},
                             {"rpm", or_null(fan.rpm)},
                             {"least_rpm", or_null(fan.least_rpm)},
                             {"most_rpm", or_null(fan.most_rpm)},
                             {"target_rpm", or_null(fan.target_rpm)},
                             {"duty_percent", nullptr},
                             {"control", nullptr},
                             {"control_source", or_null(fan.control_source)},
                             {"curve_rpm", nullptr}};
  if (fan.duty) object["duty_percent"] = fan.duty->value();
  if (fan.control) object["control"] = word_of(*fan.control);
  if (celsius) object["curve_rpm"] = or_null(curve_rpm(fan, *celsius));
  return object;
}

}  // namespace

std::string to_text(const Cooling& cooling, const render::Style& style) {
  const auto width = static_cast<std::size_t>(style.width);
  std::size_t column = kColumn;
  for (const FanDetail& fan : cooling.fans) column = std::max(column, render::text_width(fan.name) + 2);
  std::string text = render::labelled("Heat", column, render::printable(heat_text(cooling)), width);
  if (!cooling.why_no_fans.empty()) {
    return text + render::labelled("Fans", column, render::printable("unknown (" + cooling.why_no_fans + ")"), width) +
           render::labelled("", 0, kWhyNoWrites, width);
  }
  if (cooling.fans.empty()) {
    return text + render::labelled("Fans", column, "this machine has none", width) +
           render::labelled("", 0, kFanless, width);
  }
  for (const FanDetail& fan : cooling.fans) {
    text += render::labelled(render::printable(fan.name), column, fan_text(fan), width);
  }
  text += render::labelled("", 0, render::paint(style, render::Tone::strong,
                                                "The curve that is widely recommended: 50 % of the highest speed up to "
                                                "60 \u00b0C, from there to 100 % at 85 \u00b0C"), width);
  for (const FanDetail& fan : cooling.fans) {
    const std::string curve = cooling.hottest_celsius ? curve_text(fan, *cooling.hottest_celsius)
                                                      : "unknown without a temperature";
    text += render::labelled(render::printable(fan.name), column, curve, width);
  }
  return text + render::labelled("", 0, kWhyNoWrites, width) + render::labelled("", 0, kAdvice, width);
}

boost::json::object to_json(const Cooling& cooling) {
  boost::json::array fans;
  for (const FanDetail& fan : cooling.fans) fans.push_back(fan_json(fan, cooling.hottest_celsius));
  boost::json::object document{{"schema", "m1opt.fans/1"},
                               {"version", M1OPT_VERSION},
                               {"hottest_celsius", or_null(cooling.hottest_celsius)},
                               {"why_no_temperature", or_null(cooling.why_no_heat)},
                               {"thermal_level", or_null(cooling.level)},
                               {"thermal_level_source", or_null(cooling.level_source)},
                               {"fans", std::move(fans)},
                               {"why_no_fans", or_null(cooling.why_no_fans)},
                               {"curve_percent", nullptr},
                               {"sets_fans", false},
                               {"why_it_sets_none", kWhyNoWrites}};
  if (cooling.hottest_celsius) document["curve_percent"] = curve_percent(*cooling.hottest_celsius);
  return document;
}

}  // namespace m1opt::client::cooling
