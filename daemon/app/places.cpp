#include "app/options.h"

namespace m1opt::app {

Places default_places() {
#ifdef M1OPT_MACOS_PLACES
  return {"/etc/m1opt/m1opt.json", "/var/run/m1opt/m1optd.sock", "/var/db/m1opt",
          "/var/log/m1opt/m1optd.log"};
#else
  return {"/etc/m1opt/m1opt.json", "/run/m1opt/m1optd.sock", "/var/lib/m1opt",
          "/var/log/m1opt/m1optd.log"};
#endif
}

}  // namespace m1opt::app
