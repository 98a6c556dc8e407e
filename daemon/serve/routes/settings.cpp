#include <fmt/format.h>

#include "serve/router.h"
#include "serve/routes.h"
#include "wire/encode.h"
#include "wire/nearest.h"
#include "wire/requests.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

namespace {

using Change = Result<wire::SettingReport> (SettingsArchive::*)(const std::string& name, bool try_only);

/// Why this daemon may not change anything now; empty: it may.
std::string obstacle_of(Mode mode) {
  switch (mode) {
    case Mode::paused: return "m1opt is paused: m1optctl unpause";
    case Mode::safe: return "m1opt is in safe mode and only observes: m1optctl status says why";
    case Mode::observing: return "m1opt only observes: observe_only is set in the config";
    case Mode::active:
    case Mode::passive:
    case Mode::dry_run:
    case Mode::sysroot: return {};
  }
  return {};
}

ProblemCode code_of(const Error& error) {
  switch (error.code) {
    case Errc::gone: return ProblemCode::not_found;
    case Errc::io:
    case Errc::unready: return ProblemCode::failed;
    case Errc::busy: return ProblemCode::busy;
    case Errc::changed: return ProblemCode::conflict;
    case Errc::not_permitted:
    case Errc::unsupported:
    case Errc::parse: return ProblemCode::refused;
  }
  return ProblemCode::failed;
}

Fetched answer(SettingsArchive& settings, const std::string& name, Change change, bool try_only, bool inert) {
  auto report = (settings.*change)(name, try_only);
  if (!report) {
    std::string hint;
    if (report.error().code == Errc::gone) {
      const auto known = settings.setting_names();
      hint = fmt::format("Known: {}{}", fmt::join(known, ", "), wire::did_you_mean(name, known));
    }
    return {problem_reply(make_problem(code_of(report.error()), report.error().what, std::move(hint)))};
  }
  report->dry_run = try_only;
  if (inert) report->text += " (the daemon runs with --dry-run: nothing on the machine is changed)";
  return {json_reply(wire::encode(*report))};
}

FetchPlan plan_change(const Call& call, Change change, bool undo) {
  const auto dry = is_dry_run(call);
  if (!dry) return problem_reply(dry.error());
  if (const auto request = wire::parse_request<wire::EmptyRequest>(call.body); !request) {
    return problem_reply(request.error());
  }
  const Mode mode = call.snapshot->status.mode;
  if (mode == Mode::sysroot) {
    return problem_reply(make_problem(ProblemCode::sysroot, "Nothing can be changed with --sysroot"));
  }
  // What was changed may be put back at any time.
  if (const std::string obstacle = obstacle_of(mode); !undo && !*dry && !obstacle.empty()) {
    return problem_reply(make_problem(ProblemCode::conflict, obstacle));
  }
  const bool inert = !*dry && mode == Mode::dry_run;
  return [name = std::string(call.parameter("name")), change, try_only = *dry || inert, inert](Archive& archive) {
    return answer(archive.settings(), name, change, try_only, inert);
  };
}

}  // namespace

FetchPlan fetch_settings(const Call& call) {
  if (call.snapshot->status.mode == Mode::sysroot) {
    return problem_reply(make_problem(ProblemCode::sysroot, "A captured tree has no settings"));
  }
  return [](Archive& archive) { return Fetched{json_reply(wire::encode(archive.settings().list_settings()))}; };
}

FetchPlan fetch_settings_history(const Call&) {
  return [](Archive& archive) {
    const auto history = archive.settings().settings_history();
    if (history) return Fetched{json_reply(wire::encode(*history))};
    return Fetched{problem_reply(make_problem(ProblemCode::failed, history.error().what))};
  };
}

FetchPlan fetch_setting_apply(const Call& call) {
  return plan_change(call, &SettingsArchive::apply_setting, false);
}

FetchPlan fetch_setting_undo(const Call& call) {
  return plan_change(call, &SettingsArchive::undo_setting, true);
}

}  // namespace m1opt::serve
