// sysctl(8) of macOS: values of the running kernel, forgotten at a reboot.
#include <fmt/format.h>

#include "platform/text.h"
#include "settings/access.h"
#include "settings/tool_answers.h"

namespace m1opt::settings {

namespace {

constexpr const char* kSysctlTool = "/usr/sbin/sysctl";

class Sysctl final : public SettingAccess {
 public:
  explicit Sysctl(Tools& tools) : tools_(tools) {}

  Result<Reading> read(const Target& target) override {
    const std::string& name = target.arguments.at(0);
    const auto exit = tools_.run(kSysctlTool, {"-n", name});
    if (!exit) return exit.error();
    if (says(*exit, "unknown oid")) return missing(name);
    if (!is_done(*exit)) return fault_of(*exit, "sysctl -n " + name);
    return Reading(Value{{}, std::string(platform::trim(exit->output))});
  }

  Result<void> write(const Target& target, const Reading& reading) override {
    if (!reading) return Error{Errc::unsupported, 0, "a value of the kernel's cannot be removed, only set"};
    const std::string& name = target.arguments.at(0);
    const std::string assignment = name + "=" + reading->text;
    const auto exit = tools_.run(kSysctlTool, {assignment});
    if (!exit) return exit.error();
    if (says(*exit, "unknown oid")) return missing(name);
    if (says(*exit, "read only")) {
      return Error{Errc::unsupported, 0, fmt::format("the kernel lets nobody change {} while it runs", name)};
    }
    if (says(*exit, "Operation not permitted")) {
      return Error{Errc::not_permitted, 0, fmt::format("only root may change it: sudo sysctl {}", assignment)};
    }
    if (!is_done(*exit)) return fault_of(*exit, "sysctl " + assignment);
    return {};
  }

 private:
  static Error missing(const std::string& name) {
    return {Errc::unsupported, 0, fmt::format("the kernel of this macOS has no {}", name)};
  }

  Tools& tools_;
};

}  // namespace

std::unique_ptr<SettingAccess> make_sysctl(Tools& tools) { return std::make_unique<Sysctl>(tools); }

}  // namespace m1opt::settings
