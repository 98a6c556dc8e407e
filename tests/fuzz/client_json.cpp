// JSON as the client shows it, from a daemon that may be anybody's, as it examines a job of launchd,
// and as it takes a model from what a server tells.
#include <boost/json.hpp>

#include "client/mac/job_lint.h"
#include "client/planning/shown_subject.h"
#include "client/render/event.h"
#include "client/render/status.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "wire/text.h"

namespace m1opt::fuzz {

namespace {

void check_text(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    require((byte >= 0x20U && byte != 0x7FU) || c == '\n', "a terminal acts on nothing shown");
  }
}

}  // namespace

void client_json(std::string_view input) {
  if (const auto subject = client::planning::subject_of_show("m", input)) {
    require(!subject->shape.layers.empty() && subject->shape.embedding > 0, "a shape that can be reckoned with");
  }
  const auto value = wire::parse_json(input);
  if (!value) return;
  const client::render::Style style{false, false, 80};
  check_text(client::render::render_status(*value, style, {}));
  check_text(client::render::render_event(*value, style, {}));
  (void)client::render::is_degraded(*value);
  (void)client::mac::starts_llm(*value);
  (void)client::mac::handicaps_of(*value);
  (void)client::mac::label_of(*value);
  (void)client::mac::program_of(*value);
}

}  // namespace m1opt::fuzz
