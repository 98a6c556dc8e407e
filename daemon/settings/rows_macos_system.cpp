// What the whole machine keeps: the daemon's, as root.
#include "settings/rows.h"

namespace m1opt::settings {

namespace {

Setting machine_wide(const char* name, const char* group, Target target, Value wanted) {
  Setting row;
  row.name = name;
  row.group = group;
  row.system = System::macos;
  row.scope = Scope::system;
  row.target = std::move(target);
  row.wanted = std::move(wanted);
  row.needs = "root";
  return row;
}

}  // namespace

std::vector<Setting> macos_system_rows() {
  Setting spotlight = machine_wide("spotlight-volume", "spotlight", {Means::mdutil, {"/System/Volumes/Data"}},
                                   {"", "off"});
  spotlight.level = Level::aggressive;
  spotlight.does = "macOS stops indexing your disk";
  spotlight.cost = "search finds nothing new in Spotlight, Finder and Mail; switched on again, the whole disk is "
                   "read anew, for hours";
  spotlight.gain = "no indexer takes CPU and disk; m1optd keeps it in the background while a model works anyway";
  spotlight.evidence = Evidence::reported;
  Setting backup = machine_wide("backup-automatic", "backup", {Means::tmutil, {}}, {"", "off"});
  backup.does = "Time Machine makes no backup by itself";
  backup.needs = "root and Full Disk Access for m1optd";
  backup.cost = "there are no backups until it is undone: no profile contains it";
  backup.gain = "no backup in the middle of a long run; backup-while-active does most of it";
  backup.evidence = Evidence::reported;
  Setting nap = machine_wide("power-nap", "power", {Means::pmset, {"ac", "powernap"}}, {"", "0"});
  nap.level = Level::moderate;
  nap.does = "a sleeping Mac does not wake by itself for mail and updates";
  nap.cost = "mail, updates and backups wait until it is awake";
  nap.gain = "nothing while a model works; less heat before it does";
  Setting sleep = machine_wide("sleep-on-mains", "power", {Means::pmset, {"ac", "sleep"}}, {"", "0"});
  sleep.does = "the Mac does not fall asleep by itself on mains power";
  sleep.cost = "it takes power day and night; keep-awake does it only while a model works";
  sleep.gain = "a server that is always there";
  Setting wired = machine_wide("gpu-wired-limit", "gpu", {Means::sysctl, {"iogpu.wired_limit_mb"}}, {"", ""});
  wired.lifetime = Lifetime::while_running;
  wired.does = "Metal may use more of the memory, three quarters of it at the most, as long as m1optd runs";
  wired.cost = "what Metal holds cannot be swapped: when the rest runs out, Macs were seen to crash. Not done "
               "with 24 GB or less, nor where macOS gives as much or more by itself, as new ones do";
  wired.gain = "larger models or contexts on the GPU";
  wired.evidence = Evidence::reported;
  wired.after = "quit Ollama and open it again";
  Setting compressor = machine_wide("compressor-mode", "memory", {Means::sysctl, {"vm.compressor_mode"}}, {});
  compressor.needs.clear();
  compressor.does = "the memory compressor's mode (sysctl vm.compressor_mode)";
  compressor.why_not = "The kernel lets nobody set it while it runs; 4, compression and swap, is the default and right";
  return {spotlight, backup, nap, sleep, wired, compressor};
}

}  // namespace m1opt::settings
