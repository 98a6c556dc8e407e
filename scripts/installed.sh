# shellcheck shell=sh disable=SC2034
# Where an installed m1opt is, and how its daemon is asked; for install and uninstall. How it is
# started and stopped is in service_launchd.sh (macOS) and service_systemd.sh (Linux).
# DESTDIR set: a package is being made, so no daemon or service of this machine is touched.

PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
# Tests of one system on another: programs that stand in for launchctl, uname and the like. Only below
# DESTDIR, so they can touch nothing of the machine, and never from where others can write.
standins=${M1OPT_STANDINS:-}
owner=$(id -u)

# M1OPT_PACKAGE: a package all the same.
live() { [ -z "$DESTDIR" ] || { [ -n "$standins" ] && [ -z "${M1OPT_PACKAGE:-}" ]; }; }

# untrusted TOP PATH: the first directory from PATH up to TOP that is not ours alone to write, with
# what mends it; nothing when there is none. What does not exist yet is judged by what is above it.
# Of a symlink only the owner counts; where it leads to is another call's matter.
untrusted() {
  top=$1
  at=$2
  set --
  while :; do
    if [ -e "$at" ] || [ -L "$at" ]; then set -- "$@" "$at"; fi
    case $at in "$top" | /) break ;; esac
    at=${at%/*}
    at=${at:-/}
  done
  found=$(find "$@" -prune \( ! -user "$owner" -o ! -type l \( -perm -020 -o -perm -002 \) \) -print | head -n 1)
  if [ -n "$found" ]; then
    echo "$found can be written by others than root;" \
      "mend it with: sudo chown root:wheel '$found' && sudo chmod go-w '$found'"
    return
  fi
  [ "${system:-}" = Darwin ] || return 0 # on Linux an access list shows in the mode's group bits
  for at in "$@"; do untrusted_by_list "$at"; done | head -n 1
}

# What an access list of macOS lets anybody but root do to PATH besides its mode. Entries look like
# " 0: group:everyone deny delete" and " 1: user:joe inherited allow add_file,delete,file_inherit".
untrusted_by_list() {
  if ! list=$(ls -lde "$1"); then
    echo "whether others can write $1 is not known: ls -lde failed"
    return
  fi
  echo "$list" | awk -v path="$1" '
    !/^ *[0-9]+: .* allow / || /^ *[0-9]+: user:root (inherited )?allow / { next }
    ("," $NF ",") ~ /,(write|add_file|append|add_subdirectory|delete|delete_child|writesecurity|chown),/ {
      sub(/^ *[0-9]+: /, "")
      q = "\047"
      print path " can be changed by others than root (" $0 "); mend it with: sudo chmod -N " q path q
      exit
    }'
}

fail() {
  printf '%s: ' "$(basename "$0")" >&2
  printf '%s\n' "$@" >&2
  exit 1
}

if [ -n "$standins" ]; then
  [ -n "$DESTDIR" ] || fail "M1OPT_STANDINS is for tests, below a DESTDIR"
  [ -z "$(untrusted "$standins" "$standins")" ] || fail "M1OPT_STANDINS: others can write to $standins"
  PATH=$standins:$PATH
  system=$(uname -s)
else
  system=$(PATH=/usr/bin:/bin && uname -s)
  # sudo of macOS keeps the caller's PATH, in which a user's own directory may come first.
  if [ "$system" = Darwin ]; then PATH=/usr/bin:/bin:/usr/sbin:/sbin; fi
fi

# Does a daemon answer? A degraded one (exit status 5) does.
answers() {
  [ -x "$client" ] || return 1
  status=0
  "$client" status >/dev/null 2>&1 || status=$?
  [ $status -eq 0 ] || [ $status -eq 5 ]
}
silent() { ! answers; }

# The count of tries bounds it when the clock is set back, the clock when each try takes long.
wait_until() { # wait_until SECONDS COMMAND...
  tries=$(($1 * 5))
  ends=$(($(date +%s) + $1))
  shift
  while [ $tries -gt 0 ]; do
    "$@" && return 0
    [ "$(date +%s)" -le $ends ] || return 1
    tries=$((tries - 1))
    sleep 0.2
  done
  return 1
}

version_of() { # of a daemon's program; nothing when it does not run here
  "$1" --version 2>/dev/null | sed -n 's/^m1optd \([0-9][0-9.]*\).*/\1/p'
}

older() { # older A B: is version A older than version B?
  awk -v a="$1" -v b="$2" 'BEGIN {
    split(a, x, "."); split(b, y, ".")
    for (i = 1; i <= 4; i++) if (x[i] + 0 != y[i] + 0) exit !(x[i] + 0 < y[i] + 0)
    exit 1
  }'
}

end_by_hand() { # a daemon that no service manager started
  pid=$("$client" status --json 2>/dev/null | grep -o '"pid": *[0-9]*' | grep -o '[0-9]*' | head -n 1)
  [ -z "$pid" ] || kill -TERM "$pid"
}

# shellcheck source=scripts/service_systemd.sh
case $system in
  Darwin) . scripts/service_launchd.sh ;;
  *) . scripts/service_systemd.sh ;;
esac
daemon=$DESTDIR$libexec/m1optd
client=$DESTDIR$PREFIX/bin/m1optctl
