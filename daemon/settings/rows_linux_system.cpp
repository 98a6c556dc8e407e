#include "settings/rows.h"

namespace m1opt::settings {

namespace {

Setting of_linux(const char* name, const char* group, Target target, Value wanted) {
  Setting row;
  row.name = name;
  row.group = group;
  row.system = System::linux;
  row.scope = Scope::system;
  row.lifetime = Lifetime::until_reboot;
  row.target = std::move(target);
  row.wanted = std::move(wanted);
  row.needs = "root";
  return row;
}

}  // namespace

std::vector<Setting> linux_system_rows() {
  Setting swappiness = of_linux("swappiness", "memory", {Means::proc_sys, {"/proc/sys/vm/swappiness"}}, {"", "10"});
  swappiness.level = Level::moderate;
  swappiness.does = "the kernel rather drops cached files than swaps programs out";
  swappiness.cost = "files are read again sooner; a model that is mapped from its file is a cached file too";
  swappiness.gain = "programs that wait stay in memory; of no use without swap";
  swappiness.evidence = Evidence::reported;
  Setting pages = of_linux("huge-pages", "memory",
                               {Means::sys_file, {"/sys/kernel/mm/transparent_hugepage/enabled"}}, {"", "always"});
  pages.level = Level::moderate;
  pages.does = "memory of every program in pages of 2 MB where that works";
  pages.cost = "some programs take more memory, and pauses when it has to be gathered";
  pages.gain = "fewer misses of the address cache for weights that are not mapped from a file (--no-mmap)";
  pages.evidence = Evidence::reported;
  Setting governor = of_linux("cpu-governor", "power",
                                  {Means::sys_file, {"/sys/devices/system/cpu/cpufreq/policy*/scaling_governor"}},
                                  {"", "performance"});
  governor.lifetime = Lifetime::while_active;
  governor.level = Level::moderate;
  governor.does = "the processor stays at its highest clock while a model works";
  governor.cost = "more power and heat while a model works";
  governor.gain = "no waiting for the clock to rise at each token; nothing where it is high already";
  governor.evidence = Evidence::reported;
  Setting profile = of_linux("power-profile", "power", {Means::sys_file, {"/sys/firmware/acpi/platform_profile"}},
                                 {"", "performance"});
  profile.lifetime = Lifetime::while_active;
  profile.level = Level::aggressive;
  profile.does = "the firmware allows more power while a model works";
  profile.cost = "louder fans, more power and heat while a model works; a desktop's own power mode shows it";
  profile.gain = "higher clocks for longer on laptops";
  profile.evidence = Evidence::reported;
  return {swappiness, pages, governor, profile};
}

}  // namespace m1opt::settings
