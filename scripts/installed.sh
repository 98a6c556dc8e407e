# shellcheck shell=sh disable=SC2034
# Where an installed m1opt is, and how its daemon is asked and stopped; for install and uninstall.
# DESTDIR set: a package is being made, so no daemon or service of this machine is touched.

PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
SYSCONFDIR=${SYSCONFDIR:-/etc}
LOCALSTATEDIR=${LOCALSTATEDIR:-/var}
libexec=$PREFIX/libexec
daemon=$DESTDIR$libexec/m1optd
client=$DESTDIR$PREFIX/bin/m1optctl
share=$DESTDIR$PREFIX/share/m1opt
config=$DESTDIR$SYSCONFDIR/m1opt
unit=$DESTDIR$SYSCONFDIR/systemd/system/m1optd.service
state=$DESTDIR$LOCALSTATEDIR/lib/m1opt
logs=$DESTDIR$LOCALSTATEDIR/log/m1opt
systemd_running=${SYSTEMD_RUNNING:-/run/systemd/system} # exists when systemd is process 1

live() { [ -z "$DESTDIR" ]; }
with_systemd() { live && [ -d "$systemd_running" ]; }

# Does a daemon answer? A degraded one (exit status 5) does.
answers() {
  [ -x "$client" ] || return 1
  status=0
  "$client" status >/dev/null 2>&1 || status=$?
  [ $status -eq 0 ] || [ $status -eq 5 ]
}

wait_until() { # wait_until SECONDS COMMAND...
  tries=$(($1 * 5))
  shift
  while [ $tries -gt 0 ]; do
    "$@" && return 0
    tries=$((tries - 1))
    sleep 0.2
  done
  return 1
}

silent() { ! answers; }

# Lets everything go, then ends the daemon, which undoes what is left.
stop_daemon() {
  live && answers || return 0
  "$client" resume --all >/dev/null 2>&1 || true
  if with_systemd && systemctl is-active --quiet m1optd.service; then
    systemctl stop m1optd.service
  else
    pid=$("$client" status --json 2>/dev/null | grep -o '"pid": *[0-9]*' | grep -o '[0-9]*' | head -n 1)
    [ -z "$pid" ] || kill -TERM "$pid"
  fi
  wait_until 20 silent || {
    echo "the running m1optd did not stop within 20 s; nothing was changed" >&2
    exit 1
  }
}
