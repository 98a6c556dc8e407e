#include "client/render/event.h"

#include <fmt/format.h>

#include "client/json_view.h"
#include "client/render/text.h"

namespace m1opt::client::render {

std::string render_event(const boost::json::value& event, const Style& style, TimePoint now) {
  const auto time = parse_rfc3339(text_at(event, "time"));
  const std::string severity = printable(text_at(event, "severity"));
  const Tone tone = severity == "error"     ? Tone::bad
                    : severity == "warning" ? Tone::warning
                                            : Tone::faint;
  const std::string label = fmt::format("{}  {}  ", time ? format_time(*time, now) : "?",
                                        pad_right(paint(style, tone, severity), 7));
  std::string text = printable(text_at(event, "text"));
  const std::string id = printable(text_at(event, "id"));
  if (!id.empty()) text += fmt::format(" [{}]", id);
  return labelled(label, text_width(label), text, static_cast<std::size_t>(style.width));
}

}  // namespace m1opt::client::render
