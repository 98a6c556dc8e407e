#include "app/command_replies.h"

#include <fmt/format.h>

#include <map>

namespace m1opt::app {

namespace {

ReplyCode reply_code_of(OutcomeCode code) {
  if (is_success(code)) return ReplyCode::ok;
  const bool failed = code == OutcomeCode::failed || code == OutcomeCode::unready;
  return failed ? ReplyCode::failed : ReplyCode::refused;
}

}  // namespace

bool is_success(OutcomeCode code) {
  return is_applied(code) || is_over(code);
}

std::vector<CommandReply> replies_to(const Sample& sample, const ConfigStatus& config) {
  // One command may have begun or ended several things.
  std::map<std::uint64_t, CommandReply> of_actions;
  for (const Outcome& outcome : sample.outcomes) {
    if (outcome.command == 0) continue;
    CommandReply& reply = of_actions[outcome.command];
    reply.id = outcome.command;
    if (!is_success(outcome.code)) reply.code = reply_code_of(outcome.code);
    if (!reply.text.empty()) reply.text += "; ";
    reply.text += fmt::format("{} (pid {}): {}: {}", outcome.target, outcome.process.pid,
                              boost::describe::enum_to_string(outcome.code, "?"), outcome.text);
  }
  std::vector<CommandReply> replies;
  for (auto& [id, reply] : of_actions) replies.push_back(std::move(reply));
  for (const Command& command : sample.commands) {
    if (!std::holds_alternative<ReloadCommand>(command.body)) continue;
    replies.push_back({command.id, config.fault ? ReplyCode::unprocessable : ReplyCode::ok,
                       config.fault ? *config.fault : "read " + config.path});
  }
  return replies;
}

}  // namespace m1opt::app
