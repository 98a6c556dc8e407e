#include "settings/access.h"

#include <map>

namespace m1opt::settings {

namespace {

class EveryAccess final : public SettingAccess {
 public:
  explicit EveryAccess(Tools& tools) {
    by_means_[Means::defaults] = make_defaults(tools);
    by_means_[Means::gsettings] = make_gsettings(tools);
    by_means_[Means::pmset] = make_pmset(tools);
    by_means_[Means::mdutil] = make_mdutil(tools);
    by_means_[Means::tmutil] = make_tmutil(tools);
    by_means_[Means::sysctl] = make_sysctl(tools);
    by_means_[Means::proc_sys] = make_system_file();
    by_means_[Means::sys_file] = make_system_file();
  }

  Result<Reading> read(const Target& target) override {
    const auto access = find(target);
    if (!access) return access.error();
    return (*access)->read(target);
  }
  Result<Look> look(const Target& target) override {
    const auto access = find(target);
    if (!access) return access.error();
    return (*access)->look(target);
  }
  Result<void> write(const Target& target, const Reading& reading) override {
    const auto access = find(target);
    if (!access) return access.error();
    return (*access)->write(target, reading);
  }

 private:
  /// A record may be of a version that knew more than this one, or damaged.
  Result<SettingAccess*> find(const Target& target) {
    const auto found = by_means_.find(target.means);
    if (found != by_means_.end() && target.arguments.size() >= arguments_of(target.means)) {
      return found->second.get();
    }
    return Error{Errc::unsupported, 0,
                 std::string("nothing here reads or writes by ") + to_string(target.means)};
  }

  static std::size_t arguments_of(Means means) {
    switch (means) {
      case Means::gsettings:
      case Means::defaults:
      case Means::pmset: return 2;
      case Means::mdutil:
      case Means::sysctl:
      case Means::proc_sys:
      case Means::sys_file: return 1;
      case Means::none:
      case Means::workload:
      case Means::tmutil: return 0;
    }
    return 0;
  }

  std::map<Means, std::unique_ptr<SettingAccess>> by_means_;
};

}  // namespace

Result<Look> SettingAccess::look(const Target& target) {
  const auto reading = read(target);
  if (!reading) return reading.error();
  return Look{*reading, {}};
}

std::unique_ptr<SettingAccess> make_access(Tools& tools) { return std::make_unique<EveryAccess>(tools); }

}  // namespace m1opt::settings
