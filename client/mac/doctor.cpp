#include "client/mac/doctor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/fd.h"
#include "client/mac/jobs.h"
#include "client/mac/mach_o.h"
#include "client/mac/system.h"

namespace m1opt::client::mac {
namespace {

constexpr const char* kRosetta = "Rosetta";

/// The privacy database can be opened by those who have Full Disk Access and by nobody else: macOS
/// has no call that tells.
Finding examine_full_disk_access(const Machine& machine) {
  const std::string path = machine.home + "/Library/Application Support/com.apple.TCC/TCC.db";
  const int why = machine.open_error(path);
  Finding finding{"rights.full_disk_access",
                  "Rights",
                  FindingResult::pass,
                  "this terminal has Full Disk Access",
                  fmt::format("{} can be opened", path),
                  ""};
  if (why == 0) return finding;
  finding.result = FindingResult::skipped;  // only a few settings need it
  finding.evidence = fmt::format("{}: {}", path, std::strerror(why));
  if (why != EPERM) {
    finding.finding = "whether this terminal has Full Disk Access is not known";
    return finding;
  }
  finding.finding = "this terminal has no Full Disk Access";
  finding.evidence +=
      "; only m1optctl tune needs it: for reduce-motion and reduce-transparency this "
      "terminal, for backup-automatic /Library/PrivilegedHelperTools/m1optd";
  finding.fix =
      "System Settings, Privacy & Security, Full Disk Access: "
      "open 'x-apple.systempreferences:com.apple.preference.security?Privacy_AllFiles'";
  return finding;
}

Finding examine_own_processor(const Machine& machine) {
  Finding finding{"rosetta.client",
                  kRosetta,
                  FindingResult::pass,
                  "m1optctl runs natively",
                  "sysctl.proc_translated is 0",
                  ""};
  if (!machine.translated) {
    finding.result = FindingResult::skipped;
    finding.finding = "whether m1optctl runs under Rosetta is not known";
    finding.evidence = "sysctl.proc_translated does not answer";
  } else if (*machine.translated) {
    finding.result = FindingResult::fail;
    finding.finding = "m1optctl runs under Rosetta";
    finding.evidence = "sysctl.proc_translated is 1";
    finding.fix = "build it again in a native terminal: arch -arm64 make && sudo make install";
  }
  return finding;
}

/// Where Ollama is put by its application, by Homebrew, and by the Homebrew of Intel Macs.
constexpr std::array kServers{"/Applications/Ollama.app/Contents/Resources/ollama",
                              "/opt/homebrew/bin/ollama", "/usr/local/bin/ollama",
                              "/opt/homebrew/bin/llama-server", "/usr/local/bin/llama-server"};

std::vector<Finding> examine_servers(const Machine& machine) {
  constexpr std::size_t kHead = 512;
  std::vector<Finding> findings;
  if (!machine.apple_silicon.value_or(false)) return findings;  // elsewhere x86_64 is native
  for (const char* server : kServers) {
    std::ifstream file(machine.root + server, std::ios::binary);
    std::string head(kHead, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(file.gcount()));
    const auto processors = processors_of(head);
    if (processors.empty()) continue;  // not there, or a script
    const bool native =
        std::find(processors.begin(), processors.end(), "arm64") != processors.end();
    findings.push_back({fmt::format("rosetta.{}", server + 1), kRosetta,
                        native ? FindingResult::pass : FindingResult::fail,
                        native ? "an LLM server is native" : "an LLM server is for Intel only",
                        fmt::format("{} is for {}", server, fmt::join(processors, ", ")),
                        native ? "" : "install the one for Apple Silicon"});
  }
  return findings;
}

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

}  // namespace

Machine this_machine() {
  const char* home = std::getenv("HOME");
  // Under sudo the jobs to look at are those of whoever typed it.
  const char* user = ::geteuid() == 0 ? std::getenv("SUDO_UID") : nullptr;
  const auto uid =
      user == nullptr ? ::getuid() : static_cast<unsigned>(std::strtoul(user, nullptr, 10));
  return {"", home == nullptr ? "" : home, uid, is_apple_silicon(), is_translated()};
}

int try_to_open(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return file.valid() ? 0 : errno;
}

std::vector<Finding> examine(const Machine& machine, const Expected<DecodePlist>& decode) {
  std::vector<Finding> findings = examine_jobs(machine, decode);
  findings.push_back(examine_full_disk_access(machine));
  findings.push_back(examine_own_processor(machine));
  append(findings, examine_servers(machine));
  return findings;
}

}  // namespace m1opt::client::mac
