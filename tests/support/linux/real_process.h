#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

/// What the tests ask of the system about a process, past the code under test.
namespace m1opt::test {

/// For a child just forked. SIGKILL, because a stopped process takes no other.
inline void end_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it ended before the call
}

inline std::string stat_fields(std::int32_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto at = text.rfind(')');
  return at == std::string::npos ? std::string() : text.substr(at + 2);
}

/// The kernel's letter: R or S while it runs, T stopped, Z ended, - gone.
inline char state_of(std::int32_t pid) {
  const std::string fields = stat_fields(pid);
  return fields.empty() ? '-' : fields.front();
}

/// The start token, or 0.
inline std::uint64_t start_of(std::int32_t pid) {
  std::istringstream fields(stat_fields(pid));
  std::string word;
  for (int i = 3; i < 22; ++i) fields >> word;
  std::uint64_t start = 0;
  fields >> start;
  return start;
}

}  // namespace m1opt::test
