#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/pipe.h"

namespace m1opt::test {

struct Ran {
  int status{-1};  ///< exit status; 1000 + n when signal n ended it
  std::string out;
  std::string err;
};

/// A started m1optctl, whose output is collected by finish().
struct Started {
  pid_t pid{0};
  base::Fd out;
  base::Fd err;
};

inline const std::string kClient = M1OPT_BINARY_DIR "/client/m1optctl";

/// The real program with nothing of our own environment but PATH.
inline Started start_client(const std::vector<std::string>& words,
                            const std::vector<std::string>& environment = {}) {
  std::vector<std::string> arguments{kClient};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<std::string> variables{"PATH=/usr/bin:/bin", "TZ=UTC", "LC_ALL=C"};
  variables.insert(variables.begin(), environment.begin(), environment.end());
  std::vector<char*> argument_list;
  for (auto& word : arguments) argument_list.push_back(word.data());
  argument_list.push_back(nullptr);
  std::vector<char*> variable_list;
  for (auto& word : variables) variable_list.push_back(word.data());
  variable_list.push_back(nullptr);
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (!test::open_pipe(out) || !test::open_pipe(err)) return {};
  const pid_t pid = ::fork();
  if (pid == 0) {
    // A shell that runs the tests in the background has these ignored, and that is inherited.
    for (const int signal : {SIGINT, SIGQUIT, SIGHUP}) ::signal(signal, SIG_DFL);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::execve(kClient.c_str(), argument_list.data(), variable_list.data());
    ::_exit(99);
  }
  ::close(out[1]);
  ::close(err[1]);
  return {pid, base::Fd(out[0]), base::Fd(err[0])};
}

/// Reads until `word` has come on standard output, or the end.
inline std::string read_until(int fd, const std::string& word) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.find(word) == std::string::npos) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

inline Ran finish(const Started& started) {
  Ran ran;
  bool out_open = true;
  bool err_open = true;
  std::array<char, 4096> buffer{};
  while (out_open || err_open) {
    std::array<pollfd, 2> entries{{{out_open ? started.out.get() : -1, POLLIN, 0},
                                   {err_open ? started.err.get() : -1, POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), -1);
    const auto take = [&buffer](const pollfd& entry, std::string& text, bool& open) {
      if (!open || entry.revents == 0) return;
      const ssize_t got = ::read(entry.fd, buffer.data(), buffer.size());
      if (got <= 0) {
        open = false;
      } else {
        text.append(buffer.data(), static_cast<std::size_t>(got));
      }
    };
    take(entries[0], ran.out, out_open);
    take(entries[1], ran.err, err_open);
  }
  int status = 0;
  ::waitpid(started.pid, &status, 0);
  ran.status = WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
  return ran;
}

inline Ran run_client(const std::vector<std::string>& words,
                      const std::vector<std::string>& environment = {}) {
  return finish(start_client(words, environment));
}

}  // namespace m1opt::test
