#include "client/python/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "client/interrupt.h"
#include "client/python/trust.h"
#include "client/render/text.h"
#include "platform/posix/tool.h"

extern char** environ;

namespace m1opt::client::python {
namespace {

constexpr std::size_t kMostOutput = std::size_t{256} * 1024;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

/// What is said to be read by a program says no less without colours and bars.
std::vector<std::string> own_variables() {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  for (const char* plain : {"NO_COLOR=1", "UV_NO_PROGRESS=1", "PYTHONUTF8=1"}) variables.emplace_back(plain);
  return variables;
}

/// Under sudo there are programs in the user's PATH and home that he can replace; and what lies beside
/// a Python is run with it.
Expected<void> check_owner_of(const std::string& program) {
  if (::geteuid() != 0) return {};
  const auto stranger = find_stranger_at(program);
  if (!stranger) return {};
  return Failure{exit_code::kNotPermitted, fmt::format("{}, and this is root: not started", *stranger),
                 "Run it as that user, without sudo"};
}

}  // namespace

Expected<CallResult> run_program(const Call& call) {
  if (auto trusted = check_owner_of(call.words.front()); !trusted) return trusted.error();
  platform::posix::Tool tool{call.words.front(), {call.words.begin() + 1, call.words.end()}, call.patience};
  tool.environment = own_variables();
  tool.most_output = kMostOutput;
  tool.own_group = true;
  tool.go_on = [&call](const std::string& output) {
    if (call.watch) call.watch(output);
    return !interrupted();
  };
  auto exit = platform::posix::run_tool(tool);
  if (!exit) {
    const bool missing = exit.error().os_errno == ENOENT;
    return Failure{missing ? kNotFound : kNotExecutable, exit.error().what, ""};
  }
  if (exit->interrupted) return interruption();
  return CallResult{exit->status.value_or(128 + exit->signal.value_or(0)), exit->timed_out, std::move(exit->output)};
}

std::string last_line(const std::string& output) {
  std::size_t end = output.size();
  while (end > 0) {
    const std::size_t start = output.rfind('\n', end - 1);
    const std::size_t first = start == std::string::npos ? 0 : start + 1;
    std::string line = render::printable(output.substr(first, end - first));
    const std::size_t text = line.find_first_not_of(' ');
    if (text != std::string::npos) return line.substr(text, line.find_last_not_of(' ') - text + 1);
    end = first == 0 ? 0 : first - 1;
  }
  return {};
}

}  // namespace m1opt::client::python
