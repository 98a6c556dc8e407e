#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "client/doctor_fans.h"
#include "client/documents.h"
#include "client/mac/doctor.h"
#include "client/mac/job_lint.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
namespace fs = std::filesystem;
namespace mac = client::mac;
using client::Finding;
using client::FindingResult;
using client::judge_fans;
using test::has;

namespace {

#ifdef M1OPT_CORE_FOUNDATION
const std::string kLibraryOfMac = M1OPT_CORE_FOUNDATION;
#else
const std::string kLibraryOfMac = mac::kCoreFoundation;
#endif

/// A Mac in a temp directory: its jobs, its programs and the user's home.
class MadeUpMac {
 public:
  MadeUpMac() {
    machine_.root = directory_ / "root";
    machine_.home = directory_ / "home";
    machine_.uid = 501;
    machine_.apple_silicon = true;
    machine_.translated = false;
    for (const char* label : {"com.level33.m1optd", "com.level33.m1optd.resumer"}) {
      put(daemons(label), M1OPT_SOURCE_DIR "/launchd/" + std::string(label) + ".plist");
    }
  }

  [[nodiscard]] std::string daemons(const std::string& label) const {
    return machine_.root + "/Library/LaunchDaemons/" + label + ".plist";
  }
  [[nodiscard]] std::string agents(const std::string& label) const {
    return machine_.home + "/Library/LaunchAgents/" + label + ".plist";
  }
  static void put(const std::string& to, const std::string& from) {
    fs::create_directories(fs::path(to).parent_path());
    fs::copy_file(from, to);
  }
  static void put_job(const std::string& to, const std::string& name) {
    put(to, M1OPT_SOURCE_DIR "/tests/client/plists/" + name + ".plist");
  }
  static void write(const std::string& to, const std::string& bytes) {
    fs::create_directories(fs::path(to).parent_path());
    std::ofstream(to, std::ios::binary) << bytes;
  }

  [[nodiscard]] std::vector<Finding> examine() const {
    return mac::examine(machine_, mac::open_core_foundation(kLibraryOfMac));
  }
  mac::Machine& machine() { return machine_; }

 private:
  test::TempDir directory_;
  mac::Machine machine_;
};

const Finding* look_up(const std::vector<Finding>& findings, const std::string& id) {
  for (const Finding& finding : findings) {
    if (finding.id == id) return &finding;
  }
  return nullptr;
}

Finding the(const std::vector<Finding>& findings, const std::string& id) {
  const Finding* finding = look_up(findings, id);
  INFO(id);
  REQUIRE(finding != nullptr);
  return *finding;
}

}  // namespace

TEST_CASE("a Mac where nothing hinders the LLM has no failed finding") {
  MadeUpMac made_up;
  made_up.put_job(made_up.agents("com.ollama.ollama"), "com.ollama.ollama");
  made_up.put_job(made_up.daemons("com.example.backup"), "com.example.backup");
  const auto findings = made_up.examine();
  for (const Finding& finding : findings) {
    INFO(finding.id << " " << finding.evidence);
    CHECK(finding.result != FindingResult::fail);
  }
  CHECK(the(findings, "launchd_job.com.ollama.ollama").result == FindingResult::pass);
  CHECK(look_up(findings, "launchd_job.com.example.backup") == nullptr);
  CHECK(the(findings, "installation.jobs").result == FindingResult::pass);
}

TEST_CASE("an Ollama started in the background, niced and with low I/O is found with its fix") {
  MadeUpMac made_up;
  made_up.put_job(made_up.agents("com.example.ollama"), "com.example.ollama");
  const Finding finding = the(made_up.examine(), "launchd_job.com.example.ollama");
  CHECK(finding.result == FindingResult::fail);
  CHECK(has(finding.evidence, "ProcessType Background"));
  CHECK(has(finding.evidence, "Nice 5"));
  CHECK(has(finding.evidence, "LowPriorityIO true"));
  CHECK(has(finding.fix,
            fmt::format("plutil -remove ProcessType '{}'", made_up.agents("com.example.ollama"))));
  CHECK(has(finding.fix,
            "launchctl bootout gui/501/com.example.ollama; launchctl bootstrap gui/501"));
  CHECK_FALSE(has(finding.fix, "sudo"));
}

TEST_CASE("a job of the system is mended as root and in the system's domain") {
  MadeUpMac made_up;
  made_up.put_job(made_up.daemons("com.example.llama-server"), "com.example.llama-server");
  const Finding finding = the(made_up.examine(), "launchd_job.com.example.llama-server");
  CHECK(finding.result == FindingResult::fail);
  CHECK(has(finding.evidence, "ProcessType Adaptive"));
  CHECK_FALSE(has(finding.evidence, "Nice"));  // -5 is no handicap
  CHECK(has(finding.fix, "sudo launchctl bootout system/com.example.llama-server"));
}

TEST_CASE("what cannot be read is said, and no other claim is made of it") {
  MadeUpMac made_up;
  made_up.write(made_up.agents("com.example.broken"), "bplist00 and no more");
  made_up.write(made_up.agents("com.example.large"), std::string(2U << 20U, ' '));
  const auto findings = made_up.examine();
  CHECK(the(findings, "launchd_job.com.example.broken").result == FindingResult::skipped);
  CHECK(has(the(findings, "launchd_job.com.example.broken").evidence, "no property list"));
  CHECK(has(the(findings, "launchd_job.com.example.large").evidence, "too large"));
  CHECK(the(findings, "launchd_job.none").result == FindingResult::skipped);
  CHECK(the(findings, "launchd_job.none").evidence == "2 of 4 jobs were read");
}

TEST_CASE("without CoreFoundation every job says why it was not read") {
  MadeUpMac made_up;
  made_up.put_job(made_up.agents("com.example.ollama"), "com.example.ollama");
  const auto findings =
      mac::examine(made_up.machine(), mac::open_core_foundation("/nonexistent/CoreFoundation"));
  CHECK(has(the(findings, "launchd_job.com.example.ollama").evidence, "cannot be opened"));
  CHECK(the(findings, "launchd_job.com.example.ollama").result == FindingResult::skipped);
}

TEST_CASE("a job of an older m1opt, and a missing one of this, are found") {
  MadeUpMac made_up;
  made_up.put_job(made_up.daemons("com.level33.m1opt"), "com.example.backup");
  fs::remove(made_up.daemons("com.level33.m1optd.resumer"));
  const auto findings = made_up.examine();
  const Finding old = the(findings, "launchd_job.com.level33.m1opt");
  CHECK(old.result == FindingResult::fail);
  CHECK(has(old.fix, "sudo launchctl bootout system/com.level33.m1opt; sudo rm"));
  const Finding own = the(findings, "installation.jobs");
  CHECK(own.result == FindingResult::fail);
  CHECK(has(own.finding, "com.level33.m1optd.resumer"));
}

TEST_CASE("the agent that m1optctl itself installs for Ollama's environment is no old job") {
  MadeUpMac made_up;
  made_up.put_job(made_up.agents("com.level33.m1opt.ollama-env"), "com.example.backup");
  made_up.put_job(made_up.agents("com.level33.m1opt.other"), "com.example.backup");
  std::vector<std::string> old;
  for (const Finding& finding : made_up.examine()) {
    if (has(finding.finding, "is a job of an older m1opt")) old.push_back(finding.id);
  }
  CHECK(old == std::vector<std::string>{"launchd_job.com.level33.m1opt.other"});
}

TEST_CASE("a helper that can set the fans is named without a claim that it does") {
  MadeUpMac made_up;
  made_up.put_job(made_up.daemons("eu.exelban.Stats.SMC.Helper"), "com.example.backup");
  const Finding finding = the(made_up.examine(), "fans.eu.exelban.Stats.SMC.Helper");
  CHECK(finding.result == FindingResult::skipped);
  CHECK(has(finding.evidence, "is not known"));
}

TEST_CASE("where the daemon reads who controls the fans, helpers are only evidence") {
  MadeUpMac made_up;
  made_up.put_job(made_up.daemons("eu.exelban.Stats.SMC.Helper"), "com.example.backup");
  const auto judged = [&](std::optional<model::FanMode> mode) {
    model::StatusDocument status;
    status.thermal = model::ThermalReading{};
    status.thermal->fans = {{"fan 0", 1200, model::FanMode::automatic}, {"fan 1", 5000, mode}};
    auto findings = made_up.examine();
    judge_fans(wire::encode(status), findings);
    return findings;
  };
  auto findings = judged(model::FanMode::forced);
  CHECK(look_up(findings, "fans.eu.exelban.Stats.SMC.Helper") == nullptr);
  CHECK(the(findings, "fans.mode").result == FindingResult::fail);
  CHECK(the(findings, "fans.mode").evidence ==
        "fan 0 automatic at 1200 rpm, fan 1 forced at 5000 rpm; Stats can set the fans");
  CHECK_FALSE(the(findings, "fans.mode").fix.empty());
  findings = judged(model::FanMode::system);
  CHECK(look_up(findings, "fans.eu.exelban.Stats.SMC.Helper") == nullptr);
  CHECK(the(findings, "fans.mode").result == FindingResult::pass);
  findings = judged(std::nullopt);
  CHECK(the(findings, "fans.mode").evidence == "fan 0 automatic at 1200 rpm; Stats can set the fans");
  findings = made_up.examine();
  judge_fans(boost::json::parse(R"({"thermal":{"fans":[{"name":"fan 0","rpm":9,"mode":null}]}})"),
             findings);
  CHECK(look_up(findings, "fans.mode") == nullptr);
  CHECK(look_up(findings, "fans.eu.exelban.Stats.SMC.Helper") != nullptr);
}

TEST_CASE("under Rosetta is a fault, and an unknown answer is none") {
  MadeUpMac made_up;
  CHECK(the(made_up.examine(), "rosetta.client").result == FindingResult::pass);
  made_up.machine().translated = true;
  CHECK(the(made_up.examine(), "rosetta.client").result == FindingResult::fail);
  made_up.machine().translated.reset();
  CHECK(the(made_up.examine(), "rosetta.client").result == FindingResult::skipped);
}

TEST_CASE("an Intel Ollama is a fault on Apple Silicon only") {
  MadeUpMac made_up;
  const std::string intel("\xCF\xFA\xED\xFE\x07\x00\x00\x01", 8);
  made_up.write(made_up.machine().root + "/usr/local/bin/ollama", intel);
  const Finding finding = the(made_up.examine(), "rosetta.usr/local/bin/ollama");
  CHECK(finding.result == FindingResult::fail);
  CHECK(finding.evidence == "/usr/local/bin/ollama is for x86_64");
  made_up.machine().apple_silicon = false;
  CHECK(look_up(made_up.examine(), "rosetta.usr/local/bin/ollama") == nullptr);
}

TEST_CASE("Full Disk Access is known when the privacy database opens, else it is not claimed") {
  MadeUpMac made_up;
  CHECK(the(made_up.examine(), "rights.full_disk_access").finding ==
        "whether this terminal has Full Disk Access is not known");
  made_up.write(made_up.machine().home + "/Library/Application Support/com.apple.TCC/TCC.db", "");
  CHECK(the(made_up.examine(), "rights.full_disk_access").result == FindingResult::pass);
}

TEST_CASE("without Full Disk Access the pane is told where it is given") {
  MadeUpMac made_up;
  made_up.machine().open_error = [](const std::string&) { return EPERM; };
  const Finding finding = the(made_up.examine(), "rights.full_disk_access");
  CHECK(finding.result == FindingResult::skipped);
  CHECK(finding.finding == "this terminal has no Full Disk Access");
  CHECK(has(finding.fix, "Privacy_AllFiles"));
  CHECK(has(finding.evidence, "only m1optctl tune needs it"));
}

TEST_CASE("a job is one of an LLM server by any word of its command line") {
  const auto job = [](const std::string& words) {
    return boost::json::parse(R"({"ProgramArguments":)" + words + "}");
  };
  CHECK(mac::starts_llm(job(R"(["/usr/local/bin/ollama","serve"])")));
  CHECK(mac::starts_llm(job(R"(["/bin/sh","-c","exec /opt/homebrew/bin/ollama serve"])")));
  CHECK(mac::starts_llm(job(R"(["/Applications/Ollama.app/Contents/MacOS/Ollama"])")));
  CHECK(mac::starts_llm(job(R"(["/usr/bin/python3","-m","mlx_lm.server"])")));
  CHECK(mac::starts_llm(boost::json::parse(R"({"Program":"/opt/llama/llama-server"})")));
  CHECK_FALSE(mac::starts_llm(job(R"(["/usr/bin/rsync","/Users/me/.ollama"])")));
  CHECK_FALSE(mac::starts_llm(job(R"(["/usr/local/bin/ollama-exporter"])")));
  CHECK_FALSE(mac::starts_llm(boost::json::parse(R"({"ProgramArguments":"ollama"})")));
  CHECK_FALSE(mac::starts_llm(boost::json::parse("[]")));
}
