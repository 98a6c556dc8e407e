#pragma once

#include <vector>

#include "serve/route.h"

namespace m1opt::serve {

/// The whole API, in the order of its documentation.
const std::vector<Route>& routes();

/// OpenAPI 3.1, generated from the table.
boost::json::object make_openapi(const std::vector<Route>& table);

// The handlers, one file each in routes/.
Reply get_status(const Call& call);
Reply get_health(const Call& call);
Reply get_version(const Call& call);
Reply get_workloads(const Call& call);
Reply get_targets(const Call& call);
Reply get_rules(const Call& call);
FetchPlan fetch_events(const Call& call);
FetchPlan fetch_history(const Call& call);
FetchPlan fetch_effects(const Call& call);
FetchPlan fetch_explain_event(const Call& call);
Reply get_explain_target(const Call& call);
Reply get_explain_rule(const Call& call);
Reply get_explain_process(const Call& call);
Reply get_config(const Call& call);
Reply get_profiles(const Call& call);
Reply get_openapi(const Call& call);
FetchPlan fetch_trace(const Call& call);
FetchPlan fetch_settings(const Call& call);
FetchPlan fetch_settings_history(const Call& call);
FetchPlan fetch_setting_apply(const Call& call);
FetchPlan fetch_setting_undo(const Call& call);
PrepareResult prepare_pause(const Call& call);
PrepareResult prepare_unpause(const Call& call);
PrepareResult prepare_suspend(const Call& call);
PrepareResult prepare_resume(const Call& call);
PrepareResult prepare_reload(const Call& call);
PrepareResult prepare_profile(const Call& call);
/// The lease's own checks: the process is alive and the caller's.
boost::system::result<LeaseBeginCommand, wire::ProblemDocument> prepare_lease(const Call& call);

}  // namespace m1opt::serve
