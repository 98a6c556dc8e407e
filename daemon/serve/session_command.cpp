#include <fmt/format.h>

#include "serve/reception.h"
#include "serve/router.h"
#include "serve/session.h"
#include "wire/encode.h"
#include "wire/requests.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

namespace {

Reply reply_to(const CommandReply& reply, const CommandBody& body, bool inert) {
  ProblemCode code = ProblemCode::failed;
  switch (reply.code) {
    case ReplyCode::ok: {
      wire::CommandDocument document;
      document.text = reply.text;
      document.dry_run = inert;
      if (document.dry_run) {
        document.text += " (the daemon runs with --dry-run: nothing on the machine is changed)";
      }
      return json_reply(wire::encode(document));
    }
    case ReplyCode::not_found: code = ProblemCode::not_found; break;
    case ReplyCode::refused: code = ProblemCode::refused; break;
    case ReplyCode::conflict: code = ProblemCode::conflict; break;
    case ReplyCode::failed: code = ProblemCode::failed; break;
    case ReplyCode::unprocessable:
      code = std::holds_alternative<ReloadCommand>(body) ? ProblemCode::config_invalid
                                                         : ProblemCode::unprocessable;
      break;
  }
  return problem_reply(make_problem(code, reply.text));
}

}  // namespace

Task<Reply> Session::run_command(const Route& route, const Call& call, Prepare prepare) {
  const auto dry = is_dry_run(call);
  if (!dry) co_return problem_reply(dry.error());
  const Mode mode = call.snapshot->status.mode;
  if (route.mutates && !*dry && mode == Mode::sysroot) {
    co_return problem_reply(
        make_problem(ProblemCode::sysroot, "Nothing can be changed with --sysroot"));
  }
  auto prepared = prepare(call);
  if (!prepared) co_return problem_reply(prepared.error());
  if (*dry) {
    wire::CommandDocument document;
    document.text = prepared->would;
    document.dry_run = true;
    document.changes = std::move(prepared->changes);
    co_return json_reply(wire::encode(document));
  }
  bool accepted = false;
  const auto reply = co_await post(call, prepared->body, accepted);
  if (!accepted) {
    co_return problem_reply(make_problem(
        ProblemCode::busy, "Too many commands wait to be carried out", "Try again in a second"));
  }
  if (!reply) {
    co_return problem_reply(
        make_problem(ProblemCode::timed_out,
                     fmt::format("The command was not carried out within {} s; it may still be",
                                 seconds_of(service_.options.command_deadline)),
                     "GET /v1/status and /v1/events say what became of it"));
  }
  // Reading the configuration changes nothing on the machine: that is really done.
  const bool inert = route.mutates && mode == Mode::dry_run;
  co_return reply_to(*reply, prepared->body, inert);
}

Task<std::optional<CommandReply>> Session::post(const Call& call, CommandBody body,
                                                bool& accepted) {
  auto start = [&](std::uint64_t number, std::function<void(CommandReply)> done) {
    Command command;
    command.id = number;
    command.uid = call.peer.uid;
    command.administrator = call.rights.admin;
    command.body = std::move(body);
    return service_.backend.post(std::move(command), std::move(done));
  };
  co_return co_await receive_result<CommandReply>(core_, service_.options.command_deadline, start,
                                                  accepted);
}

Task<Reply> Session::run_self_test(const Call& call) {
  if (const auto request = wire::parse_request<wire::EmptyRequest>(call.body); !request) {
    co_return problem_reply(request.error());
  }
  auto start = [&](std::uint64_t, std::function<void(std::vector<SelfTestStep>)> done) {
    return service_.backend.self_test(std::move(done));
  };
  bool accepted = false;
  auto steps = co_await receive_result<std::vector<SelfTestStep>>(
      core_, service_.options.self_test_deadline, start, accepted);
  if (!accepted) {
    co_return problem_reply(
        make_problem(ProblemCode::conflict, "A self-test runs already", "Wait for it to end"));
  }
  if (!steps) {
    co_return problem_reply(make_problem(ProblemCode::timed_out, "The self-test has not ended"));
  }
  co_return json_reply(wire::encode(wire::make_self_test(*std::move(steps))));
}

}  // namespace m1opt::serve
