#include "sense/protected.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>

#include "sense/matching.h"

namespace m1opt::sense {

namespace {

/// `name` is in lower case; a '*' at its end stands for any rest.
struct Row {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view kSystem = "the system cannot do without it";
constexpr std::string_view kServices = "every service depends on it";
constexpr std::string_view kDisplay = "it shows the screen and takes the input";
constexpr std::string_view kLogin = "somebody may be logged in through it";
constexpr std::string_view kPackages = "stopping it half-way can leave broken packages or firmware";
constexpr std::string_view kOurs = "it is part of m1opt";

constexpr Row kRows[] = {
    // macOS
    {"launchd", kSystem},
    {"kernel_task", kSystem},
    {"windowserver", kDisplay},
    {"loginwindow", kLogin},
    {"logd", kServices},
    {"opendirectoryd", kServices},
    {"trustd", kServices},
    {"securityd", kServices},
    {"tccd", kServices},
    {"cfprefsd", kServices},
    {"distnoted", kServices},
    {"notifyd", kServices},
    {"configd", kServices},
    {"runningboardd", kServices},
    {"powerd", kSystem},
    {"thermalmonitord", kSystem},
    {"watchdogd", kSystem},
    {"diskarbitrationd", kServices},
    {"coreaudiod", kServices},
    {"softwareupdated", kPackages},
    {"installd", kPackages},
    {"system_installd", kPackages},
    // Linux
    {"init", kSystem},
    {"systemd", kSystem},
    {"systemd-*", kServices},
    {"(sd-*", kServices},
    {"elogind*", kServices},
    {"runit*", kSystem},
    {"openrc*", kSystem},
    {"s6-*", kSystem},
    {"dbus*", kServices},
    {"polkitd", kServices},
    {"udevd", kServices},
    {"networkmanager", kServices},
    {"wpa_supplicant", kServices},
    {"iwd", kServices},
    {"rsyslogd", kServices},
    {"auditd", kServices},
    {"fwupd", kPackages},
    {"fwupdmgr", kPackages},
    {"dpkg*", kPackages},
    {"apt", kPackages},
    {"apt-*", kPackages},
    {"apt.systemd.daily", kPackages},
    {"aptitude", kPackages},
    {"unattended-upgrade*", kPackages},
    {"rpm", kPackages},
    {"rpm-ostree*", kPackages},
    {"dnf*", kPackages},
    {"yum", kPackages},
    {"zypper", kPackages},
    {"pacman", kPackages},
    {"flatpak-system-helper", kPackages},
    {"snapd", kPackages},
    {"xorg", kDisplay},
    {"xorg.bin", kDisplay},
    {"x", kDisplay},
    {"xwayland", kDisplay},
    {"gnome-shell", kDisplay},
    {"kwin_wayland*", kDisplay},
    {"kwin_x11", kDisplay},
    {"plasmashell", kDisplay},
    {"sway", kDisplay},
    {"weston", kDisplay},
    {"mutter*", kDisplay},
    {"hyprland", kDisplay},
    {"labwc", kDisplay},
    {"wayfire", kDisplay},
    {"river", kDisplay},
    {"niri", kDisplay},
    {"cage", kDisplay},
    {"cosmic-comp", kDisplay},
    {"muffin", kDisplay},
    {"cinnamon", kDisplay},
    {"xfwm4", kDisplay},
    {"pipewire*", kServices},
    {"wireplumber", kServices},
    {"pulseaudio", kServices},
    // Both: who is logged in, and how
    {"sshd", kLogin},
    {"sshd-*", kLogin},
    {"login", kLogin},
    {"agetty", kLogin},
    {"getty", kLogin},
    {"gdm*", kLogin},
    {"sddm*", kLogin},
    {"lightdm*", kLogin},
    {"greetd", kLogin},
    {"su", kLogin},
    {"sudo", kLogin},
    {"doas", kLogin},
    {"screen", kLogin},
    {"tmux*", kLogin},
    {"mosh-server", kLogin},
    {"bash", kLogin},
    {"sh", kLogin},
    {"dash", kLogin},
    {"zsh", kLogin},
    {"fish", kLogin},
    {"ksh*", kLogin},
    {"mksh", kLogin},
    {"tcsh", kLogin},
    {"csh", kLogin},
    {"nu", kLogin},
    {"busybox", kLogin},
    {"m1optd", kOurs},
    {"m1optctl", kOurs},
};

constexpr std::string_view kLookAlike = "its name can be read as that of a program on it";

/// Stands for a character that may look like any letter, or is not shown.
constexpr char kAnyOrNone = '\x01';
/// Stands for one that looks like no letter.
constexpr char kOther = '\x02';

/// By the first byte in UTF-8. E3 to E9 and EB to EE begin what East Asia writes with.
char fold_character(unsigned char first) {
  if (first < 0x80) {
    const bool upper = first >= 'A' && first <= 'Z';
    return static_cast<char>(upper ? first - 'A' + 'a' : first);
  }
  const bool east_asian = (first >= 0xE3 && first <= 0xE9) || (first >= 0xEB && first <= 0xEE);
  return east_asian ? kOther : kAnyOrNone;
}

/// All the ways to read `name` at once, a bit for each place in the row: no name, however long,
/// takes more than its length.
bool matches(std::string_view row, std::string_view name) {
  static_assert(std::all_of(std::begin(kRows), std::end(kRows),
                            [](const Row& each) { return each.name.size() < 64; }));
  std::uint64_t places = 1;
  for (const char c : name) {
    std::uint64_t next = 0;
    for (std::size_t at = 0; at < row.size(); ++at) {
      const auto here = std::uint64_t{1} << at;
      if ((places & here) == 0) continue;
      if (row[at] == '*') return true;
      if (c == kAnyOrNone) next |= here;
      if (c == kAnyOrNone || c == row[at]) next |= here << 1U;
    }
    if (c == kAnyOrNone) next |= places & (std::uint64_t{1} << row.size());
    places = next;
  }
  const auto end = std::uint64_t{1} << row.size();
  return (places & end) != 0 || (row.back() == '*' && (places & (end >> 1U)) != 0);
}

/// What is left of a path when everything is taken off that makes no other program of it for a
/// reader: directories, case, spaces and dots at the ends, the mark of a deleted or unnamed file.
std::string fold(std::string_view path) {
  const auto is_edge = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  const auto is_tail = [&](char c) { return is_edge(c) || c == '.' || c == '/'; };
  while (is_deleted(path)) path = without_deleted(path);
  while (!path.empty() && is_tail(path.back())) path.remove_suffix(1);
  std::string_view name = base_name(path);
  constexpr std::string_view kUnnamed = "memfd:";
  if (name.starts_with(kUnnamed)) name.remove_prefix(kUnnamed.size());
  while (!name.empty() && is_edge(name.front())) name.remove_prefix(1);
  std::string folded;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xC0) continue;  // the rest of a character of several bytes
    folded += fold_character(byte);
  }
  return folded;
}

}  // namespace

std::optional<std::string_view> protected_program(std::string_view path) {
  const std::string name = fold(path);
  const bool plain = name.find(kAnyOrNone) == std::string::npos;
  for (const auto& row : kRows) {
    if (matches(row.name, name)) return plain ? row.why : kLookAlike;
  }
  return std::nullopt;
}

}  // namespace m1opt::sense
