#include "settings/tools.h"

#include "settings/stand_ins.h"
#include "support/catch.h"

using namespace m1opt;
using base::Errc;
using settings::ToolExit;

namespace {

/// What a tool prints, and the words that must be in what the user is told.
struct Complaint {
  ToolExit exit;
  Errc code;
  const char* told;
};

}  // namespace

TEST_CASE("each complaint of the system's tools that is known has its own sentence with what mends it") {
  const std::vector<Complaint> complaints{
      {{1, {}, false, "", "Could not write domain com.apple.universalaccess; exiting"}, Errc::not_permitted,
       "System Settings > Privacy & Security > Full Disk Access"},
      {{150, {}, false, "", "Operation not permitted while System Integrity Protection is engaged"},
       Errc::not_permitted, "System Integrity Protection"},
      {{150, {}, false, "", ""}, Errc::not_permitted, "System Integrity Protection"},
      {{1, {}, false, "Error: invalid operation.\n", ""}, Errc::unsupported, ".noindex"},
      {{1, {}, false, "", "tmutil: disable requires Full Disk Access privileges."}, Errc::not_permitted,
       "Full Disk Access"},
      {{1, {}, false, "", "'pmset' must be run as root..."}, Errc::not_permitted, "sudo"},
      {{1, {}, false, "", "No such schema \"org.gnome\""}, Errc::unsupported, "does not have that setting"},
  };
  for (const Complaint& complaint : complaints) {
    const auto fault = settings::fault_of(complaint.exit, "tool verb");
    INFO(fault.what);
    CHECK(fault.code == complaint.code);
    CHECK(fault.what.starts_with("tool verb: "));
    CHECK(fault.what.find(complaint.told) != std::string::npos);
    CHECK(fault.what.find("Mend: ") != std::string::npos);
  }
}

TEST_CASE("a complaint that nobody knows is told as it is, on one line") {
  const auto fault = settings::fault_of({3, {}, false, "out\n", "odd\x1b[2J thing\n"}, "tool verb");
  CHECK(fault.code == Errc::io);
  CHECK(fault.what == "tool verb exited with 3: odd [2J thing out");
}

TEST_CASE("a tool gets the environment that it needs and no other") {
  test::StandIns programs;
  std::ofstream(programs.path() + "/env-tool") << "#!/bin/sh\necho \"$HOME:$M1OPT_TOOLS_DIR\"\necho no >&2\n";
  std::filesystem::permissions(programs.path() + "/env-tool", std::filesystem::perms::owner_all);
  const auto exit = settings::make_tools({"HOME=/home/a"})->run("/usr/bin/env-tool", {}).value();
  CHECK(exit.output == "/home/a:\n");
  CHECK(exit.errors == "no\n");
}
