#include "decide/safe_mode.h"

#include <fmt/format.h>

#include "decide/text.h"

namespace m1opt::decide {

void expire_safe_mode(Tick& tick) {
  auto& safe = tick.state.safe;
  if (!safe.active || !safe.until || *safe.until > tick.now) return;
  safe = {};
  tick.report(EventKind::safe_mode, Severity::info,
              "it ran long enough without an unclean end: m1opt acts again");
}

std::string safe_mode_text(const Tick& tick) {
  const auto& safe = tick.state.safe;
  const std::string span =
      safe.until ? "for " + duration_text(*safe.until - tick.now) + " more" : "until that is mended";
  return fmt::format("m1opt only observes {}: {}", span, safe.why);
}

}  // namespace m1opt::decide
