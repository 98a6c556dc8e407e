#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/platform.h"

namespace m1opt::platform {

/// What is needed, and where it is looked for, in order; the first that is there is taken.
struct InhibitorPlaces {
  std::vector<std::string> bus{"/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket"};
  std::vector<std::string> inhibit{"/usr/bin/systemd-inhibit", "/usr/bin/elogind-inhibit",
                                   "/bin/systemd-inhibit", "/bin/elogind-inhibit"};
  std::vector<std::string> timeout{"/usr/bin/timeout", "/bin/timeout"};
  std::vector<std::string> cat{"/usr/bin/cat", "/bin/cat"};
};

std::unique_ptr<SleepBlocker> make_logind_blocker(
    InhibitorPlaces places, std::function<Result<void>(const std::string& path)> trusted);

}  // namespace m1opt::platform
