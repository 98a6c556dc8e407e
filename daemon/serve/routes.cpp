#include "serve/routes.h"

#include "wire/requests.h"
#include "wire/schema.h"
#include "wire/settings.h"

namespace m1opt::serve {

namespace {

using wire::schema_of;

const QueryParameter kDryRun{"dry_run", "true: answer what would be done and do nothing"};

Route get(const char* path, const char* summary, Handler answer, Schema response) {
  return {Method::GET, path, Access::read, false, summary, path, {}, answer, nullptr, response};
}

Route post(const char* path, const char* summary, const char* example, Prepare prepare,
           Schema request) {
  return {Method::POST, path,      Access::admin, true,    summary,
          example,      {kDryRun}, prepare,       request, schema_of<wire::CommandDocument>};
}

std::vector<Route> readings() {
  return {
      get("/v1/status", "Everything at a glance: readings, workloads, holds, health", get_status,
          schema_of<StatusDocument>),
      get("/v1/health", "200 when all is well, 503 when something is broken", get_health,
          schema_of<wire::HealthDocument>),
      get("/v1/version", "Versions of the daemon and of the API", get_version,
          schema_of<wire::VersionDocument>),
      get("/v1/workloads", "The LLM servers that run, with their processes", get_workloads,
          schema_of<wire::WorkloadsDocument>),
      get("/v1/targets", "The processes that may be held, and those left alone", get_targets,
          schema_of<wire::TargetsDocument>),
      get("/v1/rules", "Each rule with its detectors and how far they are", get_rules,
          schema_of<wire::RulesDocument>),
      get("/v1/config", "The effective configuration", get_config, schema_of<wire::ConfigDocument>),
      get("/v1/profiles", "The profiles, which is in force and why", get_profiles,
          schema_of<wire::ProfilesDocument>),
  };
}

std::vector<Route> events() {
  return {
      {Method::GET,
       "/v1/events",
       Access::read,
       false,
       "What happened, oldest first",
       "/v1/events?limit=20&kind=action_done",
       {{"after", "an event's id: only later ones; without it the latest"},
        {"since", "RFC 3339 in UTC: those from then on, of earlier runs of the daemon too, for 90 days; "
                  "the oldest first, `after` for the next"},
        {"limit", "at most this many, 1 to 1000; 100 when absent"},
        {"kind", "only events of this kind"}},
       fetch_events,
       nullptr,
       schema_of<wire::EventsDocument>},
      {Method::GET,
       "/v1/events/stream",
       Access::read,
       false,
       "Server-sent events as they happen; Last-Event-ID resumes",
       "/v1/events/stream",
       {{"after", "an event's id to resume after, like Last-Event-ID"}},
       Special::event_stream,
       nullptr,
       nullptr},
      get("/v1/explain/event/{id}", "Why that happened", fetch_explain_event,
          schema_of<wire::ExplainDocument>),
      get("/v1/explain/target/{name}", "Why that target is held, or why not", get_explain_target,
          schema_of<wire::ExplainDocument>),
      get("/v1/explain/rule/{name}", "Why that rule acts, or why not", get_explain_rule,
          schema_of<wire::ExplainDocument>),
      get("/v1/explain/process/{pid}", "What any process is to m1opt, and why", get_explain_process,
          schema_of<wire::ExplainDocument>),
  };
}

std::vector<Route> history() {
  return {
      {Method::GET,
       "/v1/history",
       Access::read,
       false,
       "What a metric was, or without one which there are. To the second for an hour, to the minute "
       "for two weeks",
       "/v1/history?metric=memory_used_percent&since=2026-08-01T00:00:00Z&step_s=300",
       {{"metric", "one of those that this answers without it"},
        {"since", "RFC 3339 in UTC; an hour before `until` when absent"},
        {"until", "RFC 3339 in UTC; now when absent"},
        {"step_s", "a point for each so many seconds, at most 1000 points; when absent some 300 points"}},
       fetch_history,
       nullptr,
       schema_of<wire::HistoryDocument>},
      {Method::GET,
       "/v1/history/effects",
       Access::read,
       false,
       "What each hold changed: means over the 30 s before it began and after, for 90 days",
       "/v1/history/effects?since=2026-08-01T00:00:00Z",
       {{"since", "RFC 3339 in UTC; all that are kept when absent"},
        {"limit", "at most the latest so many, 1 to 100; 100 when absent"}},
       fetch_effects,
       nullptr,
       schema_of<wire::EffectsDocument>},
  };
}

std::vector<Route> commands() {
  return {
      post("/v1/pause", "Undo everything and do nothing for a time", R"({"for_s": 1800})",
           prepare_pause, schema_of<wire::PauseRequest>),
      post("/v1/unpause", "End the pause", "{}", prepare_unpause, schema_of<wire::EmptyRequest>),
      post("/v1/targets/suspend", "Stop a target's processes for a time, 1 to 600 s",
           R"({"name": "tracker-miner", "for_s": 60})", prepare_suspend,
           schema_of<wire::SuspendRequest>),
      post("/v1/targets/resume", "End holds by hand; rules leave the target alone for 30 min",
           R"({"all": true})", prepare_resume, schema_of<wire::ResumeRequest>),
      {Method::POST,
       "/v1/config/reload",
       Access::admin,
       false,
       "Read the configuration again; a bad file changes nothing",
       "{}",
       {kDryRun},
       prepare_reload,
       schema_of<wire::EmptyRequest>,
       schema_of<wire::CommandDocument>},
      {Method::PUT,
       "/v1/profile",
       Access::admin,
       false,
       "Use another profile, over restarts too; dry_run says which keys change",
       R"({"name": "auto"})",
       {kDryRun},
       prepare_profile,
       schema_of<wire::ProfileRequest>,
       schema_of<wire::CommandDocument>},
  };
}

/// Those that are read from the disk.
std::vector<Route> kept() {
  return {{Method::GET,
           "/v1/trace",
           Access::read,
           false,
           "Every look as it was recorded, a JSON line each, oldest first: wire/trace.h tells the form",
           "/v1/trace?since=2026-08-01T10:11:12Z",
           {{"since", "a time: from the piece on in which it lies; without it all that is kept"}},
           fetch_trace,
           nullptr,
           nullptr}};
}

/// What outlives the daemon is root's to ask for, and so is the wish for what does not.
Route change_setting(const char* path, const char* summary, Fetch fetch) {
  return {Method::POST, path,  Access::root,
          true,         summary, "{}",
          {kDryRun},    fetch, schema_of<wire::EmptyRequest>,
          schema_of<wire::SettingReport>};
}

std::vector<Route> settings() {
  const auto read = [](const char* path, const char* summary, Fetch fetch, Schema response) {
    return Route{Method::GET, path, Access::read, false, summary, path, {}, fetch, nullptr, response};
  };
  return {
      read("/v1/settings", "The system's settings that m1opt can change: what each does and costs, and its value",
           fetch_settings, schema_of<wire::SettingsDocument>),
      read("/v1/settings/history", "What was changed, when, and what became of it, oldest first",
           fetch_settings_history, schema_of<wire::SettingsHistoryDocument>),
      change_setting("/v1/settings/{name}/apply",
                     "Set one of them, until it is undone; one that is tied to a busy workload is set "
                     "whenever there is one. A problem (but timed_out and internal) means that nothing was "
                     "changed; the outcome says what became of what was tried, also when it failed",
                     fetch_setting_apply),
      change_setting("/v1/settings/{name}/undo",
                     "Put it back as it was, if it is still as m1opt has set it; the outcome says whether it "
                     "was",
                     fetch_setting_undo),
  };
}

/// Those whose answer takes its time.
std::vector<Route> lasting() {
  return {
      {Method::POST,
       "/v1/leases",
       Access::admin,
       true,
       "Mark a process of the caller busy for as long as the answer stays open. The answer is one "
       "JSON line, then an empty line every 2 s; a client that sends line feeds too must not miss "
       "three",
       R"({"pid": 4711, "start": 1234567})",
       {},
       Special::lease,
       schema_of<wire::LeaseRequest>,
       schema_of<wire::LeaseDocument>},
      {Method::POST,
       "/v1/selftest",
       Access::admin,
       true,
       "Stop, continue and restore a child of the daemon's own",
       "{}",
       {},
       Special::self_test,
       schema_of<wire::EmptyRequest>,
       schema_of<wire::SelfTestDocument>},
  };
}

std::vector<Route> make_routes() {
  std::vector<Route> table = readings();
  for (auto& route : events()) table.push_back(std::move(route));
  for (auto& route : kept()) table.push_back(std::move(route));
  for (auto& route : history()) table.push_back(std::move(route));
  for (auto& route : settings()) table.push_back(std::move(route));
  table.push_back(get("/v1/openapi.json", "This API as OpenAPI 3.1", get_openapi, nullptr));
  for (auto& route : commands()) table.push_back(std::move(route));
  for (auto& route : lasting()) table.push_back(std::move(route));
  return table;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> table = make_routes();
  return table;
}

}  // namespace m1opt::serve
