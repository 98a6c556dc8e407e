#include "settings/rows.h"

namespace m1opt::settings {

std::vector<Setting> linux_user_rows() {
  Setting animations;
  animations.name = "desktop-animations";
  animations.group = "animations";
  animations.system = System::linux;
  animations.level = Level::conservative;
  animations.target = {Means::gsettings, {"org.gnome.desktop.interface", "enable-animations"}};
  animations.wanted = {"variant", "false"};
  animations.does = "GNOME shows windows and menus without animations";
  animations.gain = "less work for the GPU while windows move; no memory worth speaking of";
  Setting tracker;
  tracker.name = "tracker-indexing";
  tracker.group = "indexing";
  tracker.system = System::linux;
  tracker.level = Level::aggressive;
  tracker.target = {Means::gsettings, {"org.freedesktop.Tracker3.Miner.Files", "index-recursive-directories"}};
  tracker.wanted = {"variant", "@as []"};
  tracker.does = "GNOME's file indexer reads no directory";
  tracker.cost = "search in Files and in the overview finds nothing new inside files; switched on again, all is "
                 "read anew";
  tracker.gain = "no indexer takes CPU and disk; m1optd keeps it in the background while a model works anyway";
  tracker.evidence = Evidence::reported;
  Setting baloo;
  baloo.name = "baloo-indexing";
  baloo.group = "indexing";
  baloo.system = System::linux;
  baloo.does = "KDE's file indexer reads nothing";
  baloo.why_not = "Its own program keeps that setting (balooctl6 disable, balooctl6 enable), and to switch it off "
                  "deletes the index, which no undo brings back. m1optd keeps it in the background while a model "
                  "works";
  return {animations, tracker, baloo};
}

}  // namespace m1opt::settings
