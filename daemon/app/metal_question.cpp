#include "app/metal_question.h"

#include <fmt/format.h>

#include "platform/metal.h"
#include "platform/platform.h"
#include "platform/text.h"

namespace m1opt::app {

int run_metal() {
  const auto bytes = platform::recommended_working_set();
  if (!bytes) {
    fmt::print(stderr, "m1optd: Metal does not tell how much memory it gives the GPU\n");
    return 1;
  }
  fmt::print("{}\n", bytes->value());
  return 0;
}

std::optional<base::Bytes> ask_metal(settings::Tools& tools) {
  const auto exit = tools.run(platform::self_executable(), {"--metal"});
  if (!exit || exit->status != 0) return std::nullopt;
  std::string_view rest = exit->output;
  const auto bytes = platform::parse_number<std::int64_t>(platform::take_line(rest));
  if (!bytes || *bytes <= 0) return std::nullopt;
  return base::Bytes{*bytes};
}

}  // namespace m1opt::app
