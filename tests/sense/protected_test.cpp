#include "sense/protected.h"

#include "support/catch.h"

namespace m1opt::sense {

TEST_CASE("what a system cannot do without is protected on every system") {
  for (const char* path : {"/sbin/launchd",
                           "/System/Library/PrivateFrameworks/SkyLight.framework/WindowServer",
                           "/usr/libexec/logd",
                           "/usr/libexec/opendirectoryd",
                           "/usr/libexec/trustd",
                           "/usr/sbin/securityd",
                           "/x/tccd",
                           "/usr/sbin/cfprefsd",
                           "/usr/sbin/distnoted",
                           "/usr/libexec/runningboardd",
                           "/x/powerd",
                           "/usr/libexec/thermalmonitord",
                           "/usr/lib/systemd/systemd",
                           "/usr/lib/systemd/systemd-journald",
                           "/usr/bin/dbus-daemon",
                           "/usr/bin/dbus-broker-launch",
                           "/usr/lib/xorg/Xorg",
                           "/usr/bin/Xwayland",
                           "/usr/bin/gnome-shell",
                           "/usr/bin/kwin_wayland",
                           "/usr/bin/kwin_wayland_wrapper",
                           "/usr/bin/kwin_x11",
                           "/usr/bin/sway",
                           "/usr/bin/weston",
                           "/usr/libexec/fwupd/fwupd",
                           "/usr/bin/dpkg",
                           "/usr/bin/apt",
                           "/usr/bin/apt-get",
                           "/usr/bin/rpm",
                           "/usr/bin/dnf",
                           "/usr/bin/dnf5",
                           "/usr/sbin/sshd",
                           "/usr/lib/openssh/sshd-session",
                           "/bin/bash",
                           "/usr/bin/zsh",
                           "/usr/bin/fish",
                           "/bin/dash",
                           "/bin/login",
                           "/usr/libexec/m1optd"}) {
    INFO(path);
    CHECK(protected_program(path).has_value());
  }
}

TEST_CASE("no trick with a name gets around the protection") {
  for (const char* path : {"/sbin/LAUNCHD", "/sbin/launchd ", "/sbin/launchd (deleted)",
                           "/sbin/ Launchd\t", "/usr/lib/systemd/Systemd-Logind", "sshd"}) {
    INFO(path);
    CHECK(protected_program(path).has_value());
  }
}

TEST_CASE("the shipped targets and ordinary programs are not protected") {
  for (const char* path :
       {"/x/photoanalysisd", "/x/mediaanalysisd", "/x/mdworker_shared", "/x/mds", "/x/mds_stores",
        "/x/backupd", "/usr/libexec/tracker-miner-fs-3", "/usr/libexec/localsearch-3",
        "/usr/bin/baloo_file", "/usr/bin/updatedb.plocate", "/usr/libexec/packagekitd",
        "/usr/bin/stress", "/usr/bin/systemdx", "/usr/bin/xeyes", ""}) {
    INFO(path);
    CHECK_FALSE(protected_program(path).has_value());
  }
}

}  // namespace m1opt::sense
