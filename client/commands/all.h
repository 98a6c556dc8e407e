#pragma once

#include "client/arguments.h"
#include "client/context.h"

/// What the table points at; each is in the file of its name.
namespace m1opt::client {

int run_status(Context& context, Arguments& arguments);
int run_events(Context& context, Arguments& arguments);
int run_history(Context& context, Arguments& arguments);
int run_explain(Context& context, Arguments& arguments);
int run_pause(Context& context, Arguments& arguments);
int run_unpause(Context& context, Arguments& arguments);
int run_suspend(Context& context, Arguments& arguments);
int run_resume(Context& context, Arguments& arguments);
int run_run(Context& context, Arguments& arguments);
int run_recover(Context& context, Arguments& arguments);
int run_trace(Context& context, Arguments& arguments);
int run_simulate(Context& context, Arguments& arguments);
int run_bench(Context& context, Arguments& arguments);
int run_models(Context& context, Arguments& arguments);
int run_plan(Context& context, Arguments& arguments);
int run_recommend(Context& context, Arguments& arguments);
int run_ollama(Context& context, Arguments& arguments);
int run_profile(Context& context, Arguments& arguments);
int run_config(Context& context, Arguments& arguments);
int run_doctor(Context& context, Arguments& arguments);
int run_tune(Context& context, Arguments& arguments);
int run_python(Context& context, Arguments& arguments);
int run_fans(Context& context, Arguments& arguments);
int run_start(Context& context, Arguments& arguments);
int run_stop(Context& context, Arguments& arguments);
int run_restart(Context& context, Arguments& arguments);
int run_version(Context& context, Arguments& arguments);
int run_api(Context& context, Arguments& arguments);
int run_help(Context& context, Arguments& arguments);

}  // namespace m1opt::client
