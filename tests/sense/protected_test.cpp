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
  struct Trick {
    const char* what;
    const char* path;
  };
  for (const Trick& trick : {
           Trick{"case", "/sbin/LAUNCHD"},
           Trick{"case within", "/usr/lib/systemd/Systemd-Logind"},
           Trick{"a space at the end", "/sbin/launchd "},
           Trick{"spaces at both ends", "/sbin/ Launchd\t"},
           Trick{"a dot at the end", "/usr/sbin/sshd."},
           Trick{"dots and spaces at the end", "/usr/sbin/sshd. . "},
           Trick{"a deleted file", "/sbin/launchd (deleted)"},
           Trick{"a deleted file called deleted", "/sbin/launchd (deleted) (deleted)"},
           Trick{"no directory", "sshd"},
           Trick{"another directory", "/tmp/sshd"},
           Trick{"two slashes", "/usr//sbin//sshd"},
           Trick{"a way round", "/usr/sbin/../../tmp/../usr/sbin/sshd"},
           Trick{"a slash at the end", "/usr/sbin/sshd/"},
           Trick{"a dot as last component", "/usr/sbin/sshd/."},
           Trick{"a bind mount", "/mnt/root/usr/sbin/sshd"},
           Trick{"a file in memory", "/memfd:sshd (deleted)"},
           Trick{"a Cyrillic es", "/usr/sbin/\u0455shd"},
           Trick{"two Cyrillic letters", "/usr/sbin/\u0455\u0455hd"},
           Trick{"a Greek omicron", "/usr/bin/d\u03bfas"},
           Trick{"full-width letters", "/bin/\uff42\uff41\uff53\uff48"},
           Trick{"a zero-width joiner", "/sbin/laun\u200dchd"},
           Trick{"a zero-width space at the end", "/sbin/launchd\u200b"},
           Trick{"a byte order mark in front", "/sbin/\ufefflaunchd"},
           Trick{"a soft hyphen", "/usr/lib/systemd/systemd\u00ad-logind"},
           Trick{"a no-break space at the end", "/usr/sbin/sshd\u00a0"},
           Trick{"a combining mark (NFD)", "/usr/sbin/ss\u0323hd"},
           Trick{"a composed letter (NFC)", "/usr/sbin/s\u1e63hd"},
           Trick{"a look-alike and case", "/Applications/\u0405SHD"},
           Trick{"a look-alike in a name with any end", "/usr/lib/systemd/systemd\u2010logind"},
       }) {
    INFO(trick.what);
    CHECK(protected_program(trick.path).has_value());
  }
}

TEST_CASE("a long name of look-alikes takes no longer than its length") {
  std::string name;
  for (int i = 0; i < 120; ++i) name += "\u0455";
  CHECK(protected_program("/tmp/" + name).has_value());
  CHECK_FALSE(protected_program("/tmp/zzz" + name + "zzz").has_value());
}

TEST_CASE("letters of other alphabets alone protect nothing") {
  for (const char* path : {"/opt/Photo-\u00dcbersicht", "/opt/indexeur-\u00e9tendu", "/opt/photoanalys\u0456sd",
                           "/opt/\u5199\u771f\u7ba1\u7406", "/opt/\ud0d0\uc0c9\uae30"}) {
    INFO(path);
    CHECK_FALSE(protected_program(path).has_value());
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
