// What is recommended for a Mac and m1opt does otherwise, or not at all, each with the reason.
#include "settings/rows.h"

namespace m1opt::settings {

namespace {

struct Told {
  const char* name;
  const char* group;
  Means means;  ///< workload: the daemon does it by itself; none: nobody should
  const char* does;
  const char* why;
};

constexpr Told kTold[] = {
    {"app-nap-old-id", "app-nap", Means::none, "App Nap off for com.ollama.ollama",
     "No program has that bundle id, so nobody reads it: Ollama's is com.electron.ollama. "
     "Instead: m1optctl tune apply app-nap-ollama"},
    {"spotlight-directory", "spotlight", Means::none, "mdutil -i off for a directory",
     "mdutil knows whole volumes and answers \"Error: invalid operation\" to a directory; a file "
     ".metadata_never_index counts only at the top of a volume. Instead: spotlight-models"},
    {"spotlight-models", "spotlight", Means::none, "the models' directory out of Spotlight",
     "Spotlight skips a directory whose name ends in .noindex, but moving gigabytes is yours to say. "
     "The plan: quit Ollama; mkdir ~/models.noindex; mv ~/.ollama/models ~/models.noindex/; "
     "launchctl setenv OLLAMA_MODELS ~/models.noindex/models (again after each login); open Ollama. "
     "Back: quit Ollama; move it back; launchctl unsetenv OLLAMA_MODELS"},
    {"spotlight-while-active", "spotlight", Means::workload, "indexing last in line while a model works",
     "Done by m1optd itself: mds, mds_stores and mdworker go to the background while a model works, and "
     "come back. It costs no search and no new index"},
    {"backup-while-active", "backup", Means::workload, "a running backup out of the way of a model",
     "Done by m1optd itself: backupd goes to the background while a model works; by a rule that is off as "
     "shipped, tmutil stopbackup ends a backup that is in the way, and the next one comes by itself"},
    {"photo-analysis-off", "analysis", Means::none, "launchctl disable for photoanalysisd",
     "It has no effect worth having: the job is in gui/UID and not in user/UID, disabling keeps it from "
     "being loaded and ends nothing that runs, and Photos was seen to start it all the same; other "
     "launchctl verbs are refused by System Integrity Protection (150). Instead: analysis-while-active"},
    {"media-analysis-off", "analysis", Means::none, "launchctl disable for mediaanalysisd",
     "As with photo-analysis-off: a job of Apple's that starts again. Instead: analysis-while-active"},
    {"analysis-while-active", "analysis", Means::workload,
     "photoanalysisd and mediaanalysisd out of the way of a model",
     "Done by m1optd itself: to the background while a model works, stopped (SIGSTOP) when memory runs "
     "out, for 10 minutes at most; a second process continues them if m1optd dies. killall -STOP by hand "
     "continues nothing, and a logout then waits"},
    {"keep-awake", "power", Means::workload, "no idle sleep while a model works (caffeinate -i)",
     "Done by m1optd itself, on mains power, for as long as a model works and 2 minutes more"},
    {"display-awake", "power", Means::none, "the display stays on (caffeinate -d)",
     "A model does not need the display, and a dark one leaves it GPU, heat and battery"},
    {"system-awake", "power", Means::none, "no sleep at all (caffeinate -s)",
     "Counts on mains power only, as keep-awake does, and no program keeps a Mac awake whose lid is "
     "closed without a display. Instead: keep-awake, or the sleep settings of this group"},
    {"swap-report", "memory", Means::none, "swap in use (sysctl vm.swapusage, vm_stat)",
     "A reading. m1optctl status shows it with its rate, which is what costs; how much is in use says "
     "little. m1optctl history shows its course"},
    {"pressure-report", "memory", Means::none, "memory pressure (memory_pressure)",
     "A reading. m1optctl status shows the kernel's own level each second; the rules go by it"},
    {"window-server-report", "memory", Means::none, "what the window server takes (WindowServer)",
     "A reading. It grows with displays, their resolution and open windows: close windows, unplug a "
     "display, or log out and use the Mac over ssh. m1opt never stops or slows it, since everything on "
     "the screen waits for it"},
    {"thermal-level", "thermal", Means::none, "sysctl machdep.xcpm.cpu_thermal_level",
     "Macs with Apple silicon have no such reading. m1optctl status shows the level that macOS itself "
     "goes by, nominal to sleeping"},
    {"thermal-samples", "thermal", Means::none, "powermetrics --samplers thermal",
     "A reading, and one that needs root and takes CPU. m1optctl status shows level and temperatures"},
    {"fans", "thermal", Means::none, "fans faster and sooner (a curve from 60 degrees)",
     "m1opt shows speeds and limits (m1optctl status) and sets none: whoever sets them takes the fans "
     "from macOS's own protection, and a program that dies then leaves them where they are. A raised "
     "place and cool air help without a risk; a rule can give a hot model rests (m1optctl explain)"},
    {"job-classes", "thermal", Means::none, "QoS of jobs that start an LLM server",
     "m1optctl doctor reads your launchd jobs and names each key that slows a server down; the file is "
     "yours to change"},
};

}  // namespace

std::vector<Setting> macos_told_rows() {
  std::vector<Setting> rows;
  for (const Told& told : kTold) {
    Setting row;
    row.name = told.name;
    row.group = told.group;
    row.system = System::macos;
    row.scope = told.means == Means::workload ? Scope::system : Scope::user;
    row.lifetime = told.means == Means::workload ? Lifetime::while_active : Lifetime::until_undone;
    row.target.means = told.means;
    row.does = told.does;
    row.why_not = told.why;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace m1opt::settings
