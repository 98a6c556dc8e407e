# shellcheck shell=sh disable=SC2034,SC2154
# Linux: the places, and the daemon as a service of systemd where there is one.

SYSCONFDIR=${SYSCONFDIR:-/etc}
LOCALSTATEDIR=${LOCALSTATEDIR:-/var}
libexec=$PREFIX/libexec
share=$DESTDIR$PREFIX/share/m1opt
config=$DESTDIR$SYSCONFDIR/m1opt
unit=$DESTDIR$SYSCONFDIR/systemd/system/m1optd.service
state=$DESTDIR$LOCALSTATEDIR/lib/m1opt
logs=$DESTDIR$LOCALSTATEDIR/log/m1opt
systemd_running=${SYSTEMD_RUNNING:-/run/systemd/system} # exists when systemd is process 1
look_at="journalctl -u m1optd"

managed() { live && [ -d "$systemd_running" ]; }

service_files() { "$@" "$unit"; } # service_files COMMAND...: for each
service_rights() { :; }
service_check() { :; }
sign() { :; }

admin_group() {
  for group in sudo wheel; do
    if getent group $group >/dev/null 2>&1; then
      echo $group
      return
    fi
  done
  echo root
}

service_put() { # service_put SCRATCH
  if live && ! managed; then return; fi
  sed "s,@LIBEXECDIR@,$libexec,g; s,@GROUP@,$(admin_group),g" launchd/m1optd.service >"$1/m1optd.service"
  put 644 "$1/m1optd.service" "$unit"
}

# Lets everything go, then ends the daemon, which undoes what is left. One that hangs is ended by
# systemd, and what it held is undone by its guardian.
service_stop() {
  live || return 0
  if answers; then "$client" resume --all >/dev/null 2>&1 || true; fi
  if managed && systemctl is-active --quiet m1optd.service; then
    systemctl stop m1optd.service
  elif answers; then
    end_by_hand
  fi
  wait_until 20 silent || fail "the running m1optd did not stop within 20 s; nothing was changed"
}

service_abort() { # ends what does not answer
  if managed; then systemctl stop m1optd.service || true; fi
}

service_start() {
  if managed; then
    systemctl daemon-reload
    systemctl enable --quiet m1optd.service
    systemctl restart m1optd.service
  else
    # No service manager started the old one, so it is started as that was: as a program.
    setsid "$daemon" >/dev/null 2>&1 </dev/null &
  fi
}

service_settle() { :; }
service_keep_net() { :; }

service_remove() {
  if managed && [ -e "$unit" ]; then
    systemctl disable --quiet m1optd.service || true
  fi
  rm -f "$unit" "$unit.old"
  if managed; then systemctl daemon-reload; fi
}

service_left() { :; }
