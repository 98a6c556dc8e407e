# shellcheck shell=sh disable=SC2034,SC2154
# macOS: the places, and the daemon as a job of launchd. Status codes are launchctl's own
# (`launchctl error N`); what `print` writes is no interface, whether it succeeds is.

labels="com.level33.m1optd com.level33.m1optd.resumer" # in the order in which they are started
libexec=/Library/PrivilegedHelperTools
jobs=$DESTDIR/Library/LaunchDaemons
share="$DESTDIR/Library/Application Support/m1opt"
config=$DESTDIR/etc/m1opt
state=$DESTDIR/var/db/m1opt
logs=$DESTDIR/var/log/m1opt
socket_directory=$DESTDIR/var/run/m1opt
look_at="sudo cat /var/db/m1opt/refused.txt /var/log/m1opt/m1optd.log"
gone_within=30 # seconds: ExitTimeOut of the job, and some for launchd
old_labels=""  # of earlier kinds of m1opt, once they were found

managed() { live; }
service_files() { # service_files COMMAND...: for each
  for label in $labels; do "$@" "$jobs/$label.plist"; done
}
loaded() { launchctl print "system/$1" >/dev/null 2>&1; }
gone() { ! loaded "$1"; }

# Everybody's way to root is a program, job or directory of root's that he can replace.
check_places() {
  for place in "$DESTDIR$libexec" "$DESTDIR$PREFIX/bin" "$jobs" "$share" "$config" "$state" "$logs"; do
    fault=$(untrusted "$DESTDIR" "$place")
    if [ -z "$fault" ] && [ -d "$place" ]; then # behind its symlinks too: /etc is one
      fault=$(untrusted "$DESTDIR" "$(cd "$place" && pwd -P)")
    fi
    [ -z "$fault" ] || fail "$fault" \
      "Nothing was changed. The client may also go elsewhere: sudo make install PREFIX=/opt/m1opt"
  done
}

service_rights() { # service_rights VERB
  [ -n "$DESTDIR" ] || [ "$owner" -eq 0 ] || fail "only root may do this; try: sudo make $1"
}

service_check() {
  service_rights install
  live || return 0
  check_places
  for label in $labels; do
    plutil -lint -s "launchd/$label.plist" || fail "launchd/$label.plist is damaged; nothing was changed"
  done
  dscl . -read /Groups/admin PrimaryGroupID >/dev/null 2>&1 ||
    echo "install: there is no group admin here, so only root may pause and resume" >&2
}

service_put() {
  for label in $labels; do
    put 644 "launchd/$label.plist" "$jobs/$label.plist"
  done
}

# Apple Silicon runs nothing unsigned. A build is signed by its linker; a copy that has lost that
# gets a signature of this machine.
sign() {
  [ "$system" = Darwin ] && live || return 0
  codesign --verify --strict "$1" 2>/dev/null && return
  codesign --force --sign - "$1" || fail "$1 could not be signed"
  codesign --verify --strict "$1" || fail "the signature of $1 does not hold"
}

bootout() {
  loaded "$1" || return 0
  status=0
  launchctl bootout "system/$1" || status=$?
  case $status in
    0 | 3 | 36 | 37 | 113) ;; # done, or gone meanwhile (3, 113), or under way (36, 37)
    *)
      why=$(launchctl error $status)
      service_keep_net
      fail "launchctl bootout system/$1: $why"
      ;;
  esac
  if ! wait_until $gone_within gone "$1"; then
    service_keep_net
    fail "$1 is still there $gone_within s after launchctl bootout; nothing was changed"
  fi
}

# Whatever stopped us half-way: the resumer goes on undoing what the journal holds open.
service_keep_net() {
  [ ! -e "$jobs/com.level33.m1optd.resumer.plist" ] || bootstrap com.level33.m1optd.resumer || true
}

# A job that has just ended may hold up the new one with 5 (input/output error) or 37 (already in
# progress); both also mean that it is there already.
bootstrap() {
  launchctl enable "system/$1" || true # else a disabled one is refused with 119
  tries_left=15
  while :; do
    status=0
    launchctl bootstrap system "$jobs/$1.plist" 2>/dev/null || status=$?
    [ $status -ne 0 ] || return 0
    case $status in
      5 | 37) ! loaded "$1" || return 0 ;;
      *) tries_left=0 ;;
    esac
    if [ $tries_left -le 0 ]; then
      echo "launchctl bootstrap of $1: $status: $(launchctl error $status)" >&2
      return 1
    fi
    tries_left=$((tries_left - 1))
    sleep 1
  done
}

# Jobs and files of m1opt under labels that it no longer uses.
find_old_labels() {
  old_labels=$({
    launchctl list | awk '{ print $3 }'
    for file in "$jobs"/com.level33.m1*.plist; do
      if [ -e "$file" ]; then basename "$file" .plist; fi
    done
  } | grep '^com\.level33\.m1' | grep -v -x -e com.level33.m1optd -e com.level33.m1optd.resumer | sort -u || true)
}

recover_by() { "$1" --recover >/dev/null; }

# Lets everything go, then ends the daemon, which undoes what is left; of what is dead, the journal.
service_stop() {
  live || return 0
  if answers; then
    "$client" resume --all >/dev/null 2>&1 || true
  elif [ -x "$daemon" ]; then
    recover_by "$daemon" || true # what that leaves is asked for again below
  fi
  find_old_labels
  for label in $old_labels com.level33.m1optd.resumer com.level33.m1optd; do
    bootout "$label"
  done
  if answers; then
    end_by_hand
    wait_until 20 silent || fail "the running m1optd did not stop within 20 s"
  fi
}

service_abort() {
  for label in com.level33.m1optd.resumer com.level33.m1optd; do
    (bootout "$label") || true # whatever becomes of it, the old program has to come back
  done
  [ ! -x "$daemon" ] || recover_by "$daemon" || echo "install: $daemon --recover could not undo everything" >&2
}

service_start() {
  for label in $labels; do
    [ ! -e "$jobs/$label.plist" ] || bootstrap "$label" || return 1
  done
  launchctl kickstart system/com.level33.m1optd >/dev/null 2>&1 || true # whether it answers, decides
}

# The new one answers: what only the old way of starting needed goes.
service_settle() {
  for label in $old_labels; do
    rm -f "$jobs/$label.plist"
    echo "removed the old job $label"
  done
}

service_remove() {
  service_settle
  for label in $labels; do
    rm -f "$jobs/$label.plist" "$jobs/$label.plist.old" "$jobs/$label.plist.part"
  done
  rm -rf "$socket_directory"
}

# What an uninstallation should not have left, a line each.
service_left() {
  live || return 0
  find_old_labels
  for label in $labels $old_labels; do
    if loaded "$label"; then echo "the job $label is still loaded (sudo launchctl bootout system/$label)"; fi
  done
}
