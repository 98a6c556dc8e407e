#include "client/mac/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "client/mac/job_lint.h"

namespace m1opt::client::mac {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGroup = "Jobs of launchd";
constexpr std::uintmax_t kLargest = 1U << 20U;  ///< a job takes a few hundred bytes

struct Place {
  std::string directory;
  std::string sudo;    ///< before a command that changes a file there
  std::string domain;  ///< of the jobs there
};

struct Job {
  Place place;
  std::string path;
  Expected<boost::json::value> plist{boost::json::value{}};
};

std::vector<Place> places_of(const Machine& machine) {
  const std::string gui = fmt::format("gui/{}", machine.uid);
  return {{machine.root + "/Library/LaunchDaemons", "sudo ", "system"},
          {machine.root + "/Library/LaunchAgents", "sudo ", gui},
          {machine.home + "/Library/LaunchAgents", "", gui}};
}

Expected<boost::json::value> read_job(const std::string& path, const DecodePlist& decode) {
  std::error_code error;
  // A symlink is followed: Homebrew's services are symlinks.
  if (!fs::is_regular_file(path, error)) return Failure{exit_code::kFailure, "it is no file", ""};
  if (fs::file_size(path, error) > kLargest) {
    return Failure{exit_code::kFailure, "it is too large for a job", ""};
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failure{exit_code::kFailure, std::strerror(errno), ""};
  return decode(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::vector<Job> read_jobs(const Machine& machine, const DecodePlist& decode) {
  std::vector<Job> jobs;
  for (const Place& place : places_of(machine)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place.directory, error)) {
      if (entry.path().extension() != ".plist") continue;
      jobs.push_back({place, entry.path().string(), read_job(entry.path().string(), decode)});
    }
  }
  std::sort(jobs.begin(), jobs.end(),
            [](const Job& left, const Job& right) { return left.path < right.path; });
  return jobs;
}

std::string stem_of(const Job& job) { return fs::path(job.path).stem().string(); }

std::string mend(const Job& job, const std::vector<Handicap>& handicaps) {
  std::string text;
  for (const Handicap& handicap : handicaps) {
    text += fmt::format("{}plutil -remove {} '{}' && ", job.place.sudo, handicap.key, job.path);
  }
  // A job keeps its values until it is loaded again.
  return text + fmt::format("{0}launchctl bootout {1}/{2}; {0}launchctl bootstrap {1} '{3}'",
                            job.place.sudo, job.place.domain, label_of(*job.plist), job.path);
}

Finding examine_llm_job(const Job& job) {
  const std::string label = label_of(*job.plist);
  const auto handicaps = handicaps_of(*job.plist);
  Finding finding{"launchd_job." + label,
                  kGroup,
                  FindingResult::pass,
                  fmt::format("{} starts {} unhindered", label, program_of(*job.plist)),
                  job.path,
                  ""};
  if (handicaps.empty()) return finding;
  finding.result = FindingResult::fail;
  finding.finding = fmt::format("{} slows down what it starts", label);
  finding.evidence = job.path;
  for (const Handicap& handicap : handicaps) {
    finding.evidence += fmt::format("; {} {}: {}", handicap.key, handicap.value, handicap.effect);
  }
  finding.fix = mend(job, handicaps);
  return finding;
}

constexpr std::array<std::string_view, 2> kOwnLabels{"com.level33.m1optd",
                                                     "com.level33.m1optd.resumer"};
/// Of `m1optctl ollama env --apply`, in the user's own LaunchAgents.
constexpr std::string_view kEnvironmentLabel = "com.level33.m1opt.ollama-env";

bool is_old_label(const std::string& label) {
  return label.starts_with("com.level33.m1") && label != kEnvironmentLabel &&
         std::find(kOwnLabels.begin(), kOwnLabels.end(), label) == kOwnLabels.end();
}

Finding examine_own_jobs(const Machine& machine) {
  Finding finding{"installation.jobs",
                  "Installation",
                  FindingResult::pass,
                  "the daemon's two jobs are there",
                  machine.root + "/Library/LaunchDaemons",
                  ""};
  for (const std::string_view label : kOwnLabels) {
    std::error_code error;
    const std::string path = fmt::format("{}/Library/LaunchDaemons/{}.plist", machine.root, label);
    if (fs::exists(path, error)) continue;
    finding.result = FindingResult::fail;
    finding.finding = fmt::format("the job {} is missing", label);
    finding.evidence = fmt::format("no {}", path);
    finding.fix = "sudo make install";
  }
  return finding;
}

Finding examine_old_job(const Job& job) {
  const std::string label = stem_of(job);
  return {"launchd_job." + label,
          kGroup,
          FindingResult::fail,
          fmt::format("{} is a job of an older m1opt", label),
          job.path,
          fmt::format("{0}launchctl bootout {1}/{2}; {0}rm '{3}'", job.place.sudo, job.place.domain,
                      label, job.path)};
}

/// Helpers that are known to set fans, by label.
struct FanHelper {
  const char* label;
  const char* application;
};
constexpr std::array kFanHelpers{
    FanHelper{"eu.exelban.Stats.SMC.Helper", "Stats"},
    FanHelper{"com.crystalidea.macsfancontrol.smcwrite", "Macs Fan Control"},
};

/// That it is there does not say that it holds the fans now, so this is no fault;
/// where the daemon reads who does, judge_fans() takes it as evidence.
void examine_fan_helper(const Job& job, std::vector<Finding>& findings) {
  for (const FanHelper& helper : kFanHelpers) {
    if (stem_of(job) != helper.label) continue;
    findings.push_back(
        {fmt::format("fans.{}", helper.label), "Fans", FindingResult::skipped,
         fmt::format("{} can set the fans", helper.application),
         fmt::format("{}; whether it does so now is not known. While it does, macOS does not "
                     "raise them with the heat",
                     job.path),
         fmt::format("set them to automatic in {}", helper.application)});
  }
}

Finding unread(const Job& job) {
  return {"launchd_job." + stem_of(job),
          kGroup,
          FindingResult::skipped,
          fmt::format("{} could not be read", stem_of(job)),
          fmt::format("{}: {}", job.path, job.plist.error().text),
          ""};
}

}  // namespace

std::vector<Finding> examine_jobs(const Machine& machine, const Expected<DecodePlist>& decode) {
  const DecodePlist no_decoder = [&](std::string_view) {
    return Expected<boost::json::value>(decode.error());
  };
  std::vector<Finding> findings{examine_own_jobs(machine)};
  const auto jobs = read_jobs(machine, decode ? *decode : no_decoder);
  std::size_t read = 0;
  std::size_t starting_llm = 0;
  for (const Job& job : jobs) {
    if (is_old_label(stem_of(job))) findings.push_back(examine_old_job(job));
    examine_fan_helper(job, findings);
    if (!job.plist) {
      findings.push_back(unread(job));
      continue;
    }
    ++read;
    if (!starts_llm(*job.plist)) continue;
    ++starting_llm;
    findings.push_back(examine_llm_job(job));
  }
  if (starting_llm == 0) {
    findings.push_back({"launchd_job.none", kGroup,
                        read == jobs.size() ? FindingResult::pass : FindingResult::skipped,
                        "no job that was read starts an LLM server",
                        fmt::format("{} of {} jobs were read", read, jobs.size()), ""});
  }
  return findings;
}

}  // namespace m1opt::client::mac
