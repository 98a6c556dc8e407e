#include <fmt/format.h>

#include "client/commands/all.h"
#include "client/config_check.h"
#include "client/installation.h"
#include "client/reply.h"
#include "wire/default_config.h"

namespace m1opt::client {
namespace {

int check(const Context& context, const std::string& file) {
  const auto checked = file.empty() ? check_installed_config() : check_config_file(file);
  if (!checked) return report(context, checked.error());
  print(context, checked->text + '\n');
  return checked->faults.empty() ? exit_code::kOk : exit_code::kConfigInvalid;
}

int show(const Context& context) {
  const auto document = ask(context, {"GET", "/v1/config"});
  if (!document) return report(context, document.error());
  print_document(*document);
  return exit_code::kOk;
}

}  // namespace

int run_config(Context& context, Arguments& arguments) {
  std::string verb;
  std::string file;
  bool json = false;
  arguments
      .positional("check", verb,
                  "check [FILE]: is it valid? | show: what the daemon uses | default: the shipped "
                  "file | reload: read it again")
      .positional("FILE", file, "The file to check; the installed one when not given")
      .flag("--json", json, "For show, which always prints the API's document");
  if (const auto status = arguments.parse(context)) return *status;
  if (verb == "check") return check(context, file);
  if (!file.empty()) {
    return report(context, {exit_code::kUsage, fmt::format("config {} takes no file", verb),
                            "See: m1optctl help config"});
  }
  if (verb == "show") return show(context);
  if (verb == "reload") return change(context, "/v1/config/reload", {});
  if (verb == "default") {
    print_document({std::string(wire::kDefaultConfig), {}});
    return exit_code::kOk;
  }
  return report(context,
                {exit_code::kUsage,
                 verb.empty() ? "config: say what" : fmt::format("config: unknown \"{}\"", verb),
                 "Known: check, show, default, reload"});
}

}  // namespace m1opt::client
