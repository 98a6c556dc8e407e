#include "client/launchctl.h"

namespace m1opt::client {
namespace {

constexpr const char* kService = "system/com.level33.m1optd";
constexpr const char* kPlist = "/Library/LaunchDaemons/com.level33.m1optd.plist";

std::vector<std::string> bootstrap() { return {kLaunchctl, "bootstrap", "system", kPlist}; }
std::vector<std::string> bootout() { return {kLaunchctl, "bootout", kService}; }

}  // namespace

std::vector<std::string> is_loaded_words() { return {kLaunchctl, "print", kService}; }

std::vector<std::vector<std::string>> launchctl_words(ServiceVerb verb, bool loaded) {
  switch (verb) {
    case ServiceVerb::start:
      if (!loaded) return {bootstrap()};
      return {{kLaunchctl, "kickstart", kService}};
    case ServiceVerb::stop: return {bootout()};
    case ServiceVerb::restart:
      if (!loaded) return {bootstrap()};
      return {bootout(), bootstrap()};
  }
  return {};
}

bool is_still_ending(const std::vector<std::string>& words, int status) {
  return words == bootstrap() && (status == 5 || status == 37);
}

}  // namespace m1opt::client
