#include "client/arguments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "client/commands.h"
#include "client/render/text.h"

namespace m1opt::client {

struct Arguments::Parser {
  CLI::App app;
};

Arguments::Arguments(const Command& command, std::vector<std::string> words)
    : command_(command), words_(std::move(words)), parser_(std::make_unique<Parser>()) {
  parser_->app.set_help_flag();
  if (command.changes) {
    flag("--dry-run", dry_run_, "Change nothing; print the old and the new value");
  }
}

Arguments::~Arguments() = default;

Arguments& Arguments::flag(const std::string& name, bool& value, const std::string& help) {
  parser_->app.add_flag(name, value);
  rows_.push_back({name, help});
  return *this;
}

Arguments& Arguments::option(const std::string& name, std::string& value,
                             const std::string& placeholder, const std::string& help) {
  parser_->app.add_option(name, value);
  rows_.push_back({fmt::format("{} {}", name, placeholder), help});
  return *this;
}

Arguments& Arguments::positional(const std::string& name, std::string& value,
                                 const std::string& help) {
  parser_->app.add_option(name, value);
  rows_.push_back({name, help});
  return *this;
}

Arguments& Arguments::positionals(const std::string& name, std::vector<std::string>& values,
                                  const std::string& help) {
  parser_->app.add_option(name, values);
  rows_.push_back({name, help});
  return *this;
}

Arguments& Arguments::command_line(std::vector<std::string>& value, const std::string& help) {
  parser_->app.prefix_command();
  command_line_ = &value;
  rows_.push_back({"-- CMD...", help});
  return *this;
}

int Arguments::wrong(const Context& context, const std::string& why) const {
  return report(context, {exit_code::kUsage, fmt::format("{}: {}", command_.name, why),
                          fmt::format("See: m1optctl help {}", command_.name)});
}

std::string Arguments::help_text(const Context& context) const {
  const auto width = static_cast<std::size_t>(context.style.width);
  std::string out = fmt::format("Usage: m1optctl {} {}", command_.name, command_.synopsis);
  while (out.back() == ' ') out.pop_back();
  out += "\n\n" + render::labelled("", 0, command_.summary, width) + "\n";
  std::size_t left = 0;
  for (const Row& row : rows_) left = std::max(left, row.left.size());
  for (const Row& row : rows_) {
    out += render::labelled(fmt::format("  {}", row.left), left + 4, row.help, width);
  }
  return out;
}

std::optional<int> Arguments::take_command_line(const Context& context) {
  std::vector<std::string> rest = parser_->app.remaining();
  if (!rest.empty() && rest.front() == "--") {
    rest.erase(rest.begin());
  } else if (!rest.empty() && rest.front().size() > 1 && rest.front().front() == '-') {
    return wrong(context, fmt::format("unknown option {}", rest.front()));
  }
  *command_line_ = std::move(rest);
  return std::nullopt;
}

std::optional<int> Arguments::apply_common(Context& context) {
  if (!socket_.empty()) context.socket = socket_;
  if (!state_dir_.empty()) context.state_dir = state_dir_;
  if (!color_.empty()) {
    const auto choice = render::parse_color_choice(color_);
    if (!choice) {
      return wrong(context, fmt::format("--color {}: expected auto, always or never", color_));
    }
    context.style = render::detect_style(STDOUT_FILENO, *choice);
  }
  context.dry_run = dry_run_;
  return std::nullopt;
}

std::optional<int> Arguments::parse(Context& context) {
  option("--socket", socket_, "PATH", "Where the daemon listens");
  option("--state-dir", state_dir_, "DIR", "Where the daemon keeps its state");
  option("--color", color_, "WHEN", "auto, always or never");
  flag("-h,--help", help_, "Show this help");
  std::vector<std::string> reversed(words_.rbegin(), words_.rend());
  try {
    parser_->app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return wrong(context, error.what());
  }
  if (help_) {
    print(context, help_text(context));
    return exit_code::kOk;
  }
  if (const auto status = apply_common(context)) return status;
  return command_line_ == nullptr ? std::nullopt : take_command_line(context);
}

}  // namespace m1opt::client
