#include "sense/protected.h"

#include <algorithm>
#include <array>
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

bool matches(std::string_view row, std::string_view name) {
  if (row.back() == '*') {
    row.remove_suffix(1);
    return name.substr(0, row.size()) == row;
  }
  return name == row;
}

std::string fold(std::string_view name) {
  const auto is_edge = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  while (!name.empty() && is_edge(name.front())) name.remove_prefix(1);
  while (!name.empty() && is_edge(name.back())) name.remove_suffix(1);
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return folded;
}

}  // namespace

std::optional<std::string_view> protected_program(std::string_view path) {
  const std::string name = fold(base_name(without_deleted(path)));
  for (const auto& row : kRows) {
    if (matches(row.name, name)) return row.why;
  }
  return std::nullopt;
}

}  // namespace m1opt::sense
