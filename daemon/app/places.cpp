#include "app/options.h"

namespace m1opt::app {

Places default_places() {
  return {"/etc/m1opt/m1opt.json", M1OPT_DEFAULT_SOCKET, M1OPT_DEFAULT_STATE_DIR,
          "/var/log/m1opt/m1optd.log"};
}

}  // namespace m1opt::app
