#include "client/service.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/api.h"
#include "client/launchctl.h"

extern char** environ;

namespace m1opt::client {
namespace {

constexpr std::chrono::milliseconds kStartTime{10000};
constexpr std::chrono::milliseconds kPollTime{50};
constexpr std::chrono::milliseconds kRetryTime{500};

struct Manager {
  std::string name;
  std::vector<std::vector<std::string>> commands;  ///< one after the other
};

std::string word_of(ServiceVerb verb) {
  switch (verb) {
    case ServiceVerb::start: return "start";
    case ServiceVerb::stop: return "stop";
    case ServiceVerb::restart: return "restart";
  }
  return {};
}

/// The exit status; 127 when it cannot be run, 128 + n when signal n ended it.
int run_and_wait(const std::vector<std::string>& words, bool silent) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    if (silent) ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  }
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, pointers[0], &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return 127;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// systemd counts only when it is the running init (sd_booted(3)).
std::optional<Manager> find_manager(ServiceVerb verb) {
  std::error_code ignored;
  if (std::filesystem::is_directory("/run/systemd/system", ignored)) {
    for (const char* path : {"/usr/bin/systemctl", "/bin/systemctl"}) {
      if (::access(path, X_OK) == 0) {
        return Manager{"systemd", {{path, word_of(verb), "m1optd.service"}}};
      }
    }
  }
  if (::access(kLaunchctl, X_OK) == 0) {
    return Manager{"launchd", launchctl_words(verb, run_and_wait(is_loaded_words(), true) == 0)};
  }
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::string joined(const Manager& manager) {
  std::vector<std::string> lines;
  for (const auto& words : manager.commands) lines.push_back(joined(words));
  return fmt::format("{}", fmt::join(lines, "; "));
}

bool is_running(const Context& context) {
  return Connection::open(context.socket, kAnswerTime).has_value();
}

/// Again while launchd still ends the job that is to be started.
Expected<void> ask_manager(const std::vector<std::string>& words) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  int status = run_and_wait(words, false);
  while (is_still_ending(words, status) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kRetryTime);
    status = run_and_wait(words, true);
  }
  if (status == 0) return {};
  return Failure{exit_code::kFailure, fmt::format("{} failed ({})", joined(words), status),
                 "Look at it: m1optctl doctor"};
}

Expected<void> wait_until_listening(const Context& context) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (true) {
    const auto connection = connect(context);
    if (connection) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      Failure failure = connection.error();
      failure.exit_status = exit_code::kTimedOut;
      failure.fix = "Look at it: m1optctl doctor";
      return failure;
    }
    std::this_thread::sleep_for(kPollTime);
  }
}

}  // namespace

int control_service(Context& context, Arguments& arguments, ServiceVerb verb) {
  if (const auto status = arguments.parse(context)) return *status;
  const auto manager = find_manager(verb);
  if (!manager) {
    return report(context, {exit_code::kFailure, "neither systemd nor launchd runs this machine",
                            "Start and stop it by hand: sudo m1optd"});
  }
  const char* wanted = verb == ServiceVerb::stop ? "stopped" : "running";
  const char* now = is_running(context) ? "running" : "stopped";
  if (context.dry_run) {
    print(context,
          fmt::format("m1optd: {} -> {} (would run: {})\n", now, wanted, joined(*manager)));
    return exit_code::kOk;
  }
  if (::geteuid() != 0) {
    return report(context, {exit_code::kNotPermitted, fmt::format("{} needs root", word_of(verb)),
                            fmt::format("Run: sudo m1optctl {}", word_of(verb))});
  }
  for (const auto& words : manager->commands) {
    if (const auto done = ask_manager(words); !done) return report(context, done.error());
  }
  if (verb != ServiceVerb::stop) {
    if (const auto up = wait_until_listening(context); !up) return report(context, up.error());
  }
  print(context, fmt::format("m1optd: {} -> {}\n", now, wanted));
  return exit_code::kOk;
}

}  // namespace m1opt::client
