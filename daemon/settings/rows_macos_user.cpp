// What the user's own preferences of macOS keep. Sources of the doubts: no measurement of the memory
// was found for any of them; what they save for certain is drawing.
#include "settings/rows.h"

namespace m1opt::settings {

namespace {

const Value kYes{"boolean", "true"};
const Value kNo{"boolean", "false"};

constexpr const char* kDiskAccess = "Full Disk Access for the program that runs this (your terminal)";
constexpr const char* kDrawing = "less work for the GPU and the window server while windows move; no memory worth speaking of";

Setting preference(const char* name, const char* group, Level level, const char* domain, const char* key,
                   Value wanted) {
  Setting row;
  row.name = name;
  row.group = group;
  row.system = System::macos;
  row.scope = Scope::user;
  row.level = level;
  row.target = {Means::defaults, {domain, key}};
  row.wanted = std::move(wanted);
  row.gain = kDrawing;
  row.evidence = Evidence::none;
  return row;
}

std::vector<Setting> animation_rows() {
  Setting windows = preference("window-animations", "animations", Level::conservative, "NSGlobalDomain",
                               "NSAutomaticWindowAnimationsEnabled", kNo);
  windows.does = "windows appear at once instead of growing";
  windows.after = "programs take it when they are started anew";
  Setting resize = preference("window-resize-time", "animations", Level::conservative, "NSGlobalDomain",
                              "NSWindowResizeTime", {"float", "0.001"});
  resize.does = "sheets and windows change their size at once";
  resize.after = windows.after;
  Setting finder = preference("finder-animations", "animations", Level::conservative, "com.apple.finder",
                              "DisableAllAnimations", kYes);
  finder.does = "the Finder opens windows and info panels without an animation";
  finder.after = "killall Finder (it comes back by itself), or the next login";
  Setting motion = preference("reduce-motion", "animations", Level::aggressive, "com.apple.universalaccess",
                              "reduceMotion", kYes);
  motion.does = "spaces and full screen fade instead of sliding";
  motion.needs = kDiskAccess;
  motion.cost = "the sliding that shows where a window went is gone";
  Setting transparency = preference("reduce-transparency", "animations", Level::aggressive,
                                    "com.apple.universalaccess", "reduceTransparency", kYes);
  transparency.does = "menus, the Dock and sidebars are opaque";
  transparency.needs = kDiskAccess;
  transparency.cost = "the look of the desktop";
  transparency.gain = "no blur to compute; that it saves 200 to 500 MB is often said";
  return {windows, resize, finder, motion, transparency};
}

std::vector<Setting> dock_rows() {
  const char* const after = "killall Dock (it comes back by itself), or the next login";
  Setting launch = preference("dock-launch-animation", "dock", Level::conservative, "com.apple.dock",
                              "launchanim", kNo);
  launch.does = "icons in the Dock do not bounce when a program starts";
  Setting expose = preference("dock-expose-duration", "dock", Level::moderate, "com.apple.dock",
                              "expose-animation-duration", {"float", "0"});
  expose.does = "Mission Control shows all windows at once";
  expose.cost = "windows jump instead of moving, which some find confusing";
  Setting hide = preference("dock-autohide", "dock", Level::moderate, "com.apple.dock", "autohide", kYes);
  hide.does = "the Dock hides until the pointer touches the edge of the screen";
  hide.cost = "the Dock is out of sight";
  hide.gain = "none to expect; that it saves 50 to 100 MB is often said";
  Setting delay = preference("dock-autohide-delay", "dock", Level::moderate, "com.apple.dock",
                             "autohide-delay", {"float", "0"});
  delay.does = "a hidden Dock appears without waiting";
  delay.cost = "it also appears when the pointer only brushes the edge";
  delay.gain = "none; it makes a hidden Dock bearable";
  std::vector<Setting> rows{launch, expose, hide, delay};
  for (Setting& row : rows) row.after = after;
  return rows;
}

std::vector<Setting> nap_rows() {
  Setting app = preference("app-nap-ollama", "app-nap", Level::conservative, "com.electron.ollama",
                           "NSAppSleepDisabled", kYes);
  app.does = "macOS never puts Ollama's menu bar program to nap";
  app.gain = "the program that starts the model's server stays awake; the model itself runs in a child "
             "that was never seen to nap";
  app.source = "bundle id: Ollama.app's own Info.plist";
  app.after = "quit Ollama and open it again";
  Setting all = preference("app-nap-global", "app-nap", Level::aggressive, "NSGlobalDomain",
                           "NSAppSleepDisabled", kYes);
  all.level.reset();
  all.does = "no program at all naps";
  all.cost = "programs in the background take CPU and battery that the model could have had: this works "
             "against its purpose, so no profile contains it";
  all.gain = "none for a model; app-nap-ollama does what is wanted";
  all.after = "programs take it when they are started anew";
  return {app, all};
}

}  // namespace

std::vector<Setting> macos_user_rows() {
  std::vector<Setting> rows = animation_rows();
  for (auto* part : {&dock_rows, &nap_rows}) {
    for (Setting& row : part()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace m1opt::settings
