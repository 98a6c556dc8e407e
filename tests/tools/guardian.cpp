// The guardian alone, as m1optd --guardian runs it: for tests that need the real second process but
// not the whole daemon (which takes minutes to compile with sanitizers).
#include "act/guardian.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "platform/platform.h"

int main(int argc, char** argv) {
  m1opt::act::Guardian::Options options;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string_view flag(argv[i]);
    if (flag == "--guardian") options.socket = static_cast<int>(std::strtol(argv[i + 1], nullptr, 10));
    if (flag == "--state-dir") options.state_directory = argv[i + 1];
  }
  auto control = m1opt::platform::make_process_control();
  auto table = m1opt::platform::make_process_table("");
  const m1opt::base::SystemClock clock;
  m1opt::act::Guardian guardian(options, *control, *table, clock,
                                m1opt::platform::read_boot_id("").value());
  return guardian.run();
}
