# What differs between the systems: the name of their folders (daemon/platform/, tests/*/), and the
# places that daemon and client agree on.
if(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  set(M1OPT_SYSTEM darwin)
  set(M1OPT_PLACES M1OPT_DEFAULT_SOCKET="/var/run/m1opt/m1optd.sock"
    M1OPT_DEFAULT_STATE_DIR="/var/db/m1opt")
else()
  set(M1OPT_SYSTEM linux)
  set(M1OPT_PLACES M1OPT_DEFAULT_SOCKET="/run/m1opt/m1optd.sock"
    M1OPT_DEFAULT_STATE_DIR="/var/lib/m1opt")
endif()
