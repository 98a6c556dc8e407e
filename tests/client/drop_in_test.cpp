#include "client/settings/drop_in.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "client/documents.h"
#include "support/catch.h"
#include "support/needs_root.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace m1opt::client::settings;
using test::has;
using Words = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

const std::vector<Variable> kBoth{{"OLLAMA_KEEP_ALIVE", "30m"}, {"LLAMA_ARG_CACHE_RAM", "512"}};

/// A system that systemd runs, with a user's home, and what was asked of systemctl.
struct SystemdRig {
  test::TempDir root;
  std::vector<Words> asked;
  int status{0};
  const std::string system_file = root / "etc/systemd/system/ollama.service.d/m1opt.conf";
  const std::string user_file = root / "home/.config/systemd/user/ollama.service.d/m1opt.conf";

  SystemdRig() {
    fs::create_directories(root / "run/systemd/system");
    fs::create_directories(root / "home");
  }
  void system_unit() { write(root / "usr/lib/systemd/system/ollama.service", "[Unit]\n"); }
  void user_unit() { write(root / "home/.config/systemd/user/ollama.service", "[Unit]\n"); }

  static void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    REQUIRE(base::write_file_atomic(path, text, 0644));
  }
  RunTool tool() {
    return [this](const Words& words) {
      asked.push_back(words);
      return ToolAnswer{status, ""};
    };
  }
  std::unique_ptr<Keeping> applying() {
    return make_drop_ins({find_drop_in_place(root.path(), root / "home").value()}, tool());
  }
  std::unique_ptr<Keeping> removing() { return make_drop_ins(find_drop_ins(root.path(), root / "home"), tool()); }
};

const Words kUserReload{"/usr/bin/systemctl", "--user", "daemon-reload"};
const Words kReload{"/usr/bin/systemctl", "daemon-reload"};

}  // namespace

TEST_CASE("the user's systemd reads its units anew, so that what is said next is true") {
  SystemdRig machine;
  machine.user_unit();
  const auto applying = machine.applying();
  REQUIRE(applying->apply(kBoth, false));
  CHECK(machine.asked == std::vector<Words>{kUserReload});
  CHECK(applying->hint() == "Ollama sees it after: systemctl --user restart ollama");
  const auto removing = machine.removing();
  REQUIRE(removing->remove(false));
  CHECK(machine.asked == std::vector<Words>{kUserReload, kUserReload});
  CHECK(removing->hint() == "Ollama sees it after: systemctl --user restart ollama");
}

TEST_CASE("where the user's systemd cannot be told, the user is") {
  SystemdRig machine;
  machine.user_unit();
  machine.status = 1;
  const auto keeping = machine.applying();
  REQUIRE(keeping->apply(kBoth, false));
  CHECK(keeping->hint() ==
        "Ollama sees it after: systemctl --user daemon-reload && systemctl --user restart ollama");
}

TEST_CASE("what was made is taken back though its unit is gone") {
  SystemdRig machine;
  machine.system_unit();
  REQUIRE(machine.applying()->apply(kBoth, false));
  fs::remove(machine.root / "usr/lib/systemd/system/ollama.service");
  REQUIRE(machine.removing()->remove(false));
  CHECK_FALSE(fs::exists(machine.system_file));
  CHECK(machine.asked == std::vector<Words>{kReload, kReload});
  CHECK(machine.removing()->remove(false)->empty());
}

TEST_CASE("what was made for the system is taken back though the user has a unit since then") {
  SystemdRig machine;
  machine.system_unit();
  REQUIRE(machine.applying()->apply(kBoth, false));
  machine.user_unit();
  CHECK(machine.removing()->remove(false)->size() == 2);
  CHECK_FALSE(fs::exists(machine.system_file));
  REQUIRE(machine.applying()->apply(kBoth, false));
  SystemdRig::write(machine.system_file, *base::read_file(machine.user_file));
  CHECK(machine.removing()->remove(false)->size() == 4);
  CHECK_FALSE(fs::exists(machine.system_file));
  CHECK_FALSE(fs::exists(machine.user_file));
}

TEST_CASE("nothing is written into another user's home, and what is the system's is taken back all the same") {
  M1OPT_NEEDS_ROOT("can give a home away");
  SystemdRig machine;
  machine.system_unit();
  REQUIRE(machine.applying()->apply(kBoth, false));
  machine.user_unit();
  SystemdRig::write(machine.user_file, *base::read_file(machine.system_file));
  constexpr uid_t kSomebody = 12345;
  REQUIRE(::chown((machine.root / "home").c_str(), kSomebody, kSomebody) == 0);
  const auto applied = machine.applying()->apply(kBoth, false);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().exit_status == 4);
  CHECK(has(applied.error().text, machine.root / "home belongs to uid 12345: nothing was changed in "));
  CHECK(applied.error().fix == "Run it as that user, without sudo");
  const auto removed = machine.removing()->remove(false);
  REQUIRE_FALSE(removed);
  CHECK(has(removed.error().text, machine.system_file + " was taken back"));
  CHECK_FALSE(fs::exists(machine.system_file));
  CHECK(fs::exists(machine.user_file));
}

TEST_CASE("a symlink in the place of the drop-in is neither read nor followed nor replaced") {
  SystemdRig machine;
  machine.user_unit();
  REQUIRE(machine.applying()->apply(kBoth, false));
  fs::rename(machine.user_file, machine.root / "elsewhere");
  fs::create_symlink(machine.root / "elsewhere", machine.user_file);
  CHECK_FALSE(machine.applying()->apply({{"OLLAMA_KEEP_ALIVE", "1h"}}, false));
  CHECK(machine.removing()->remove(false)->empty());
  CHECK(fs::is_symlink(machine.user_file));
  CHECK(has(*base::read_file(machine.root / "elsewhere"), "OLLAMA_KEEP_ALIVE=30m"));
}

TEST_CASE("what the user wrote into the file stays when ours goes, and when ours is written again") {
  SystemdRig machine;
  machine.system_unit();
  REQUIRE(machine.applying()->apply(kBoth, false));
  const std::string mine = "Environment=\"OLLAMA_HOST=0.0.0.0\"\n\n[Unit]\nAfter=data.mount\n";
  SystemdRig::write(machine.system_file, *base::read_file(machine.system_file) + mine);
  CHECK(machine.applying()->apply(kBoth, false)->empty());
  CHECK(*machine.applying()->apply({{"OLLAMA_KEEP_ALIVE", "1h"}}, false) ==
        std::vector<Change>{{"OLLAMA_KEEP_ALIVE", "30m", "1h"}, {"LLAMA_ARG_CACHE_RAM", "512", {}}});
  const auto removing = machine.removing();
  CHECK(*removing->remove(true) == std::vector<Change>{{"OLLAMA_KEEP_ALIVE", "1h", {}}});
  CHECK(*removing->remove(false) == std::vector<Change>{{"OLLAMA_KEEP_ALIVE", "1h", {}}});
  CHECK(*base::read_file(machine.system_file) == "[Service]\n" + mine);
  CHECK(has(removing->hint(), machine.system_file + " stays"));
  CHECK(machine.removing()->remove(false)->empty());
}

TEST_CASE("a value of ours that somebody changed is his, until the recommended ones are asked for again") {
  SystemdRig machine;
  machine.system_unit();
  REQUIRE(machine.applying()->apply(kBoth, false));
  std::string text = *base::read_file(machine.system_file);
  const std::string ours = "\"OLLAMA_KEEP_ALIVE=30m\"";
  text.replace(text.find(ours), ours.size(), "\"OLLAMA_KEEP_ALIVE=7h\"");
  SystemdRig::write(machine.system_file, text);
  CHECK(*machine.removing()->remove(true) == std::vector<Change>{{"LLAMA_ARG_CACHE_RAM", "512", {}}});
  CHECK(*machine.applying()->apply(kBoth, true) == std::vector<Change>{{"OLLAMA_KEEP_ALIVE", "7h", "30m"}});
  REQUIRE(machine.removing()->remove(false));
  CHECK(*base::read_file(machine.system_file) == "[Service]\nEnvironment=\"OLLAMA_KEEP_ALIVE=7h\"\n");
  SystemdRig::write(machine.system_file, text);
  REQUIRE(machine.applying()->apply(kBoth, false));
  CHECK_FALSE(has(*base::read_file(machine.system_file), "7h"));
}

TEST_CASE("in a file without a record the recommended variables are ours") {
  SystemdRig machine;
  machine.system_unit();
  SystemdRig::write(machine.system_file,
               "# Written by m1optctl ollama env --apply; m1optctl ollama env --remove deletes it.\n[Service]\n"
               "Environment=\"OLLAMA_KEEP_ALIVE=30m\"\nEnvironment=\"OLLAMA_HOST=0.0.0.0\"\n");
  CHECK(*machine.removing()->remove(false) == std::vector<Change>{{"OLLAMA_KEEP_ALIVE", "30m", {}}});
  CHECK(*base::read_file(machine.system_file) == "[Service]\nEnvironment=\"OLLAMA_HOST=0.0.0.0\"\n");
}
