#include "client/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "client/api.h"
#include "client/config_check.h"
#include "client/doctor_fans.h"
#include "client/doctor_servers.h"
#include "client/doctor_workloads.h"
#include "client/installation.h"
#include "client/json_view.h"
#include "client/mac/doctor.h"
#include "client/mac/system.h"
#include "client/render/status.h"

namespace m1opt::client {
namespace {

using boost::json::value;

/// The sacrificial child is stopped and continued: that takes seconds.
constexpr std::chrono::milliseconds kSelfTestTime{20000};

Finding check(std::string id, std::string group, bool good, std::string finding,
              std::string evidence, std::string fix) {
  return {std::move(id),      std::move(group),    good ? FindingResult::pass : FindingResult::fail,
          std::move(finding), std::move(evidence), good ? std::string{} : std::move(fix)};
}

Finding skipped(std::string id, std::string group, std::string finding, std::string evidence,
                std::string fix) {
  return {std::move(id),      std::move(group),    FindingResult::skipped,
          std::move(finding), std::move(evidence), std::move(fix)};
}

Finding examine_binary(const Context& context, bool daemon_runs) {
  const std::string path = find_daemon(context);
  if (!path.empty()) {
    return check("installation.daemon", "Installation", true, "m1optd is installed", path, "");
  }
  const std::string looked = fmt::format("not at {}", fmt::join(daemon_candidates(context), ", "));
  if (daemon_runs) {
    return skipped("installation.daemon", "Installation", "m1optd runs from an unusual place",
                   looked, "");
  }
  return check("installation.daemon", "Installation", false, "m1optd is not installed", looked,
               "sudo make install");
}

Finding examine_socket_directory(const Context& context) {
  std::error_code error;
  const auto directory = std::filesystem::path(context.socket).parent_path();
  const bool there = std::filesystem::is_directory(directory, error);
  return check("installation.socket_directory", "Installation", there,
               there ? "the socket's directory is there" : "the socket's directory is missing",
               directory.string(), "sudo m1optctl start (the service makes it)");
}

Finding examine_config_file() {
  const auto checked = check_installed_config();
  if (!checked) {
    return skipped("config.file", "Configuration", "the configuration could not be read",
                   checked.error().text, checked.error().fix);
  }
  const bool valid = checked->faults.empty();
  return check("config.file", "Configuration", valid,
               valid ? "the configuration is valid" : "the configuration is not valid",
               valid ? checked->text : fmt::format("{}", fmt::join(checked->faults, "; ")),
               "correct it, then: m1optctl config check");
}

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

std::vector<Finding> run_self_test(const Context& context) {
  const auto answer = ask(context, {"POST", "/v1/selftest"}, kSelfTestTime);
  if (answer) return examine_self_test(answer->value);
  const Failure& failure = answer.error();
  if (failure.exit_status == exit_code::kNotPermitted) {
    return {skipped("self_test", "Self-test", "the self-test was not made", failure.text,
                    "sudo m1optctl doctor")};
  }
  return {check("self_test", "Self-test", false, "the self-test did not run", failure.text,
                failure.fix.empty() ? "sudo m1optctl restart" : failure.fix)};
}

Finding examine_guardian(const value& status) {
  const bool alive = flag_at(status, "guardian.alive");
  return check("guardian.alive", "Guardian", alive,
               alive ? "the guardian watches" : "there is no guardian",
               alive ? fmt::format("pid {}", text_at(status, "guardian.pid"))
                     : "without one nothing new is held",
               "sudo m1optctl restart");
}

Finding examine_memory_lock(const value& status) {
  if (find(status, "guardian.memory_locked") == nullptr) {
    return skipped("guardian.memory_locked", "Guardian", "its memory cannot be locked on this system",
                   "mlockall is not supported; it may be slow while the machine swaps", "");
  }
  const bool locked = flag_at(status, "guardian.memory_locked");
  return check(
      "guardian.memory_locked", "Guardian", locked,
      locked ? "its memory is locked" : "its memory is not locked",
      locked ? "it can undo while the machine swaps"
             : "it may be slow while the machine swaps: locking needs CAP_IPC_LOCK (root) or a higher memory lock limit",
      "run m1optd as the installed service: sudo m1optctl start");
}

/// What the system itself has not got is nobody's fault and has no fix.
bool is_unsupported(std::string_view evidence) {
  return evidence.find("not supported") != std::string_view::npos ||
         evidence.find("unsupported") != std::string_view::npos;
}

Finding examine_ability(std::string id, std::string group, const std::string& name, bool works,
                        std::string evidence) {
  if (!works && is_unsupported(evidence)) {
    return skipped(std::move(id), std::move(group), fmt::format("{}: not on this system", name),
                   std::move(evidence), "");
  }
  return check(std::move(id), std::move(group), works,
               fmt::format("{} {}", name, works ? "works" : "is not possible"), std::move(evidence),
               "run m1optd as the installed service: sudo m1optctl start");
}

/// A reading that is absent, with the daemon's reason: nothing acts on it, so it is no fault.
std::vector<Finding> examine_readings(const value& status) {
  std::vector<Finding> findings;
  for (const value& problem : list_at(status, "problems")) {
    const std::string reader = text_at(problem, "reader");
    findings.push_back(skipped(
        "reading." + reader, "Readings",
        fmt::format("{} is {}", reader,
                    text_at(problem, "code") == "unsupported" ? "not to be had here" : "not known"),
        text_at(problem, "text"), ""));
  }
  return findings;
}

std::vector<Finding> examine_health(const value& status) {
  std::vector<Finding> findings;
  int number = 0;
  for (const value& health : list_at(status, "health")) {
    const std::string severity = text_at(health, "severity");
    findings.push_back(check(fmt::format("health.{}", ++number), "Health", severity == "info",
                             text_at(health, "text"), fmt::format("the daemon's {}", severity),
                             text_at(health, "fix")));
  }
  return findings;
}

}  // namespace

int exit_status_of(const std::vector<Finding>& findings) {
  const bool healthy = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.result == FindingResult::fail;
  });
  return healthy ? exit_code::kOk : exit_code::kDegraded;
}

std::vector<Finding> examine_status(const value& status) {
  std::vector<Finding> findings;
  const std::string fault = text_at(status, "config.fault");
  findings.push_back(check("config.in_use", "Configuration", fault.empty(),
                           fault.empty() ? "the daemon uses the file as it is"
                                         : "a newer file was rejected, the old one is in use",
                           fault.empty() ? text_at(status, "config.path") : fault,
                           "correct it, then: sudo m1optctl config reload"));
  for (const value& capability : list_at(status, "capabilities")) {
    const std::string name = text_at(capability, "name");
    const bool available = flag_at(capability, "available");
    findings.push_back(examine_ability(fmt::format("capability.{}", name), "Rights", name,
                                       available, text_at(capability, "text")));
  }
  append(findings, examine_readings(status));
  append(findings, examine_workloads(status));
  if (render::only_looks(status)) {
    findings.push_back(skipped("guardian.alive", "Guardian", "no guardian",
                               "this daemon changes nothing, so there is nothing to undo", ""));
    append(findings, examine_health(status));
    return findings;
  }
  findings.push_back(examine_guardian(status));
  if (flag_at(status, "guardian.alive")) findings.push_back(examine_memory_lock(status));
  append(findings, examine_health(status));
  return findings;
}

std::vector<Finding> examine_self_test(const value& self_test) {
  std::vector<Finding> findings;
  for (const value& step : list_at(self_test, "steps")) {
    const std::string name = text_at(step, "name");
    findings.push_back(examine_ability(fmt::format("self_test.{}", name), "Self-test", name,
                                       flag_at(step, "passed"), text_at(step, "evidence")));
  }
  return findings;
}

std::vector<Finding> examine(const Context& context) {
  const auto status = ask(context, {"GET", "/v1/status"});
  std::vector<Finding> findings;
  findings.push_back(examine_binary(context, status.has_value()));
  findings.push_back(examine_socket_directory(context));
  if (mac::is_mac()) {
    append(findings, mac::examine(mac::this_machine(), mac::open_core_foundation(mac::kCoreFoundation)));
  }
  append(findings, examine_runners(list_runners(*platform::make_process_table(""))));
  append(findings, examine_answers(status ? status->value : value{}));
  if (!status) {
    findings.push_back(check("daemon.running", "Daemon", false, "the daemon does not answer",
                             status.error().text, status.error().fix));
    findings.push_back(examine_config_file());
    return findings;
  }
  findings.push_back(
      check("daemon.running", "Daemon", true, "the daemon answers",
            fmt::format("m1optd {}, pid {}, {}", text_at(status->value, "version"),
                        text_at(status->value, "pid"), text_at(status->value, "mode")),
            ""));
  append(findings, examine_status(status->value));
  judge_fans(status->value, findings);
  append(findings, run_self_test(context));
  return findings;
}

}  // namespace m1opt::client
