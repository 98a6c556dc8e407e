#include <algorithm>
#include <map>

#include "client/mac/core_foundation.h"
#include "client/json_view.h"
#include "client/settings/drop_in.h"
#include "client/settings/launch_agent.h"
#include "client/settings/modelfile.h"
#include "client/settings/ollama_variables.h"
#include "client/settings/running_ollama.h"
#include "base/file.h"
#include "support/catch.h"
#include "support/temp_dir.h"

#include <filesystem>

using namespace m1opt;
using namespace m1opt::client::settings;
using Words = std::vector<std::string>;

namespace {

base::Bytes gigabytes(double number) {
  return base::Bytes{static_cast<std::int64_t>(number * 1024 * 1024 * 1024)};
}

std::map<std::string, std::optional<std::string>> values(base::Bytes ram, Era era) {
  std::map<std::string, std::optional<std::string>> found;
  for (const auto& row : recommend(ram, era)) {
    CHECK(row.why.size() > 10);
    found[row.name] = row.value;
  }
  return found;
}

const std::vector<Variable> kTwo{{"OLLAMA_KEEP_ALIVE", "30m"}, {"LLAMA_ARG_CACHE_RAM", "512"}};

/// launchctl's environment of a session.
struct Session {
  std::map<std::string, std::string> variables;
  std::vector<std::string> jobs;
  bool deaf{false};  ///< says yes and sets nothing

  ToolAnswer run(const Words& words) {
    REQUIRE(words.front() == "/bin/launchctl");
    if (words[1] == "getenv") {
      const auto found = variables.find(words[2]);
      return found == variables.end() ? ToolAnswer{1, ""} : ToolAnswer{0, found->second + "\n"};
    }
    if (words[1] == "setenv" && !deaf) variables[words[2]] = words[3];
    if (words[1] == "unsetenv") variables.erase(words[2]);
    if (words[1] == "bootstrap" || words[1] == "bootout") jobs.push_back(words[1] + " " + words[2]);
    return {0, ""};
  }
};

struct Mac {
  test::TempDir home;
  Session session;
  LaunchAgentPlace place{home.path(), home / "data", 501};

  std::unique_ptr<Keeping> keeping() {
    return make_launch_agent(place, [this](const Words& words) { return session.run(words); });
  }
  bool has_job() { return std::filesystem::exists(launch_agent_path(place)); }
};

}  // namespace

TEST_CASE("what is recommended grows with the RAM, and a little less than was sold counts") {
  CHECK(values(gigabytes(8), Era::llama_server)["OLLAMA_CONTEXT_LENGTH"] == "4096");
  CHECK(values(gigabytes(15.4), Era::llama_server)["OLLAMA_CONTEXT_LENGTH"] == "8192");
  CHECK(values(gigabytes(18), Era::llama_server)["LLAMA_ARG_CACHE_RAM"] == "512");
  CHECK(values(gigabytes(32), Era::llama_server)["OLLAMA_KV_CACHE_TYPE"] == "q8_0");
  const auto large = values(gigabytes(128), Era::llama_server);
  CHECK(large.at("OLLAMA_CONTEXT_LENGTH") == "32768");
  CHECK(large.at("OLLAMA_KEEP_ALIVE") == "-1");
  CHECK_FALSE(large.at("OLLAMA_KV_CACHE_TYPE").has_value());
  CHECK(recommended_context(gigabytes(4)) == 4096);
}

TEST_CASE("each kind of Ollama gets its own variables, and none gets one that it does not know") {
  for (const double ram : {8.0, 16.0, 24.0, 32.0, 64.0, 512.0}) {
    const auto before = values(gigabytes(ram), Era::native);
    const auto after = values(gigabytes(ram), Era::llama_server);
    CHECK(before.count("LLAMA_ARG_CACHE_RAM") == 0);
    CHECK(after.at("LLAMA_ARG_CACHE_RAM").has_value());
    // A quantised cache is ignored before 0.30 unless flash attention is set.
    CHECK(before.at("OLLAMA_FLASH_ATTENTION").has_value() == before.at("OLLAMA_KV_CACHE_TYPE").has_value());
    CHECK_FALSE(after.at("OLLAMA_FLASH_ATTENTION").has_value());
    for (const auto& set : {before, after}) {
      CHECK_FALSE(set.at("OLLAMA_MAX_QUEUE").has_value());
      CHECK_FALSE(set.at("OLLAMA_GPU_OVERHEAD").has_value());
      for (const char* never : {"OLLAMA_NUM_CTX", "OLLAMA_NEW_ENGINE", "OLLAMA_MULTIUSER_CACHE"}) {
        CHECK(set.count(never) == 0);
      }
    }
  }
}

TEST_CASE("values need no quotes anywhere") {
  for (const Era era : {Era::native, Era::llama_server}) {
    for (const double ram : {8.0, 64.0}) {
      for (const auto& [name, value] : values(gigabytes(ram), era)) {
        const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
        CHECK(std::all_of(name.begin(), name.end(), plain));
        if (value) CHECK(std::all_of(value->begin(), value->end(), plain));
      }
    }
  }
}

TEST_CASE("removed variables are strays only where they were removed") {
  const auto has = [](Era era, const std::string& name) {
    const auto strays = stray_variables(era);
    return std::any_of(strays.begin(), strays.end(), [&](const auto& stray) { return name == stray.name; });
  };
  CHECK(has(Era::llama_server, "OLLAMA_NEW_ENGINE"));
  CHECK_FALSE(has(Era::native, "OLLAMA_NEW_ENGINE"));
  CHECK(has(Era::native, "OLLAMA_NUM_CTX"));
}

TEST_CASE("the version tells the kind of Ollama, else its children do") {
  RunningOllama running;
  running.engine = Era::native;
  CHECK(era_of("0.24.0", std::nullopt) == Era::native);
  CHECK(era_of("0.30.0", running) == Era::llama_server);
  CHECK(era_of("0.33.0-rc1", running) == Era::llama_server);
  CHECK(era_of("0.0.0", running) == Era::native);
  CHECK(era_of("", running) == Era::native);
  CHECK(era_of("", std::nullopt) == Era::llama_server);
}

TEST_CASE("a drop-in is written, replaced and deleted, and nothing else is touched") {
  const test::TempDir root;
  std::filesystem::create_directories(root / "usr/lib/systemd/system");
  CHECK_FALSE(find_drop_in_place(root.path(), root / "home").has_value());
  REQUIRE(base::write_file_atomic(root / "usr/lib/systemd/system/ollama.service", "[Unit]\n", 0644));
  const auto place = find_drop_in_place(root.path(), root / "home");
  REQUIRE(place.has_value());
  CHECK_FALSE(place->of_user);
  const auto keeping = make_drop_in(*place, [](const Words&) { return ToolAnswer{0, ""}; });
  const std::string file = root / "etc/systemd/system/ollama.service.d/m1opt.conf";

  CHECK(keeping->remove(false)->empty());
  CHECK(keeping->apply(kTwo, true)->size() == 2);
  CHECK_FALSE(std::filesystem::exists(file));
  REQUIRE(keeping->apply(kTwo, false).has_value());
  CHECK(*base::read_file(file) ==
        "# Written by m1optctl ollama env --apply; m1optctl ollama env --remove deletes it.\n[Service]\n"
        "Environment=\"OLLAMA_KEEP_ALIVE=30m\"\nEnvironment=\"LLAMA_ARG_CACHE_RAM=512\"\n");
  CHECK(keeping->apply(kTwo, false)->empty());
  const auto changed = keeping->apply({{"OLLAMA_KEEP_ALIVE", "1h"}}, false);
  REQUIRE(changed.has_value());
  CHECK(*changed == std::vector<Change>{{"OLLAMA_KEEP_ALIVE", "30m", "1h"}, {"LLAMA_ARG_CACHE_RAM", "512", {}}});
  CHECK(keeping->remove(true)->size() == 1);
  CHECK(std::filesystem::exists(file));
  CHECK(*keeping->remove(false) == std::vector<Change>{{"OLLAMA_KEEP_ALIVE", "1h", {}}});
  CHECK_FALSE(std::filesystem::exists(root / "etc/systemd/system/ollama.service.d"));
}

TEST_CASE("a drop-in of that name by somebody else is left alone, and so are his others") {
  const test::TempDir root;
  const auto keeping = make_drop_in({root / "ollama.service.d", false}, [](const Words&) { return ToolAnswer{0, ""}; });
  std::filesystem::create_directories(root / "ollama.service.d");
  REQUIRE(base::write_file_atomic(root / "ollama.service.d/m1opt.conf", "[Service]\n", 0644));
  CHECK_FALSE(keeping->apply(kTwo, false).has_value());
  CHECK_FALSE(keeping->remove(false).has_value());
  CHECK(*base::read_file(root / "ollama.service.d/m1opt.conf") == "[Service]\n");
  std::filesystem::rename(root / "ollama.service.d/m1opt.conf", root / "ollama.service.d/other.conf");
  REQUIRE(keeping->apply(kTwo, false).has_value());
  REQUIRE(keeping->remove(false).has_value());
  CHECK(std::filesystem::exists(root / "ollama.service.d/other.conf"));
}

TEST_CASE("the user's own unit goes before the system's") {
  const test::TempDir root;
  std::filesystem::create_directories(root / "home/.config/systemd/user");
  REQUIRE(base::write_file_atomic(root / "home/.config/systemd/user/ollama.service", "", 0644));
  const auto place = find_drop_in_place(root.path(), root / "home");
  REQUIRE(place.has_value());
  CHECK(place->of_user);
  CHECK(place->directory == root / "home/.config/systemd/user/ollama.service.d");
}

TEST_CASE("on a Mac the session gets the variables now and at each login, and gets its own back") {
  Mac mac;
  mac.session.variables = {{"OLLAMA_KEEP_ALIVE", "2h"}, {"HOME", "/Users/a"}};
  const auto before = mac.session.variables;
  CHECK(mac.keeping()->apply(kTwo, true)->size() == 3);
  CHECK(mac.session.variables == before);
  CHECK_FALSE(mac.has_job());

  REQUIRE(mac.keeping()->apply(kTwo, false).has_value());
  CHECK(mac.session.variables["OLLAMA_KEEP_ALIVE"] == "30m");
  CHECK(mac.session.variables["LLAMA_ARG_CACHE_RAM"] == "512");
  CHECK(mac.has_job());
  CHECK(mac.session.jobs.back() == "bootstrap gui/501");
  CHECK(mac.keeping()->apply(kTwo, false)->empty());

  // Another recommendation: what is not in it any more is given back, what was there first stays known.
  REQUIRE(mac.keeping()->apply({{"OLLAMA_KEEP_ALIVE", "1h"}}, false).has_value());
  CHECK(mac.session.variables.count("LLAMA_ARG_CACHE_RAM") == 0);

  CHECK(mac.keeping()->remove(true)->size() == 2);
  REQUIRE(mac.keeping()->remove(false).has_value());
  CHECK(mac.session.variables == before);
  CHECK_FALSE(mac.has_job());
  CHECK(mac.session.jobs.back() == "bootout gui/501/com.level33.m1opt.ollama-env");
  CHECK_FALSE(std::filesystem::exists(mac.home / "data/ollama-env.json"));
  CHECK(mac.keeping()->remove(false)->empty());
}

TEST_CASE("on a Mac what somebody else has set since is his") {
  Mac mac;
  REQUIRE(mac.keeping()->apply(kTwo, false).has_value());
  mac.session.variables["OLLAMA_KEEP_ALIVE"] = "7h";
  REQUIRE(mac.keeping()->remove(false).has_value());
  CHECK(mac.session.variables == std::map<std::string, std::string>{{"OLLAMA_KEEP_ALIVE", "7h"}});
}

TEST_CASE("after a restart of a Mac the job's values are taken back to what was there before them") {
  Mac mac;
  mac.session.variables = {{"OLLAMA_KEEP_ALIVE", "2h"}};
  REQUIRE(mac.keeping()->apply(kTwo, false).has_value());
  mac.session.variables = {};  // lost at the restart; the job has not run yet
  REQUIRE(mac.keeping()->remove(false).has_value());
  CHECK(mac.session.variables.empty());
}

TEST_CASE("a launchctl that only says yes is not believed") {
  Mac mac;
  mac.session.deaf = true;
  const auto done = mac.keeping()->apply(kTwo, false);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().text.find("OLLAMA_KEEP_ALIVE") != std::string::npos);
  // Nothing of it is lost: it can be taken back.
  CHECK(mac.keeping()->remove(false).has_value());
  CHECK_FALSE(mac.has_job());
}

#ifdef M1OPT_CORE_FOUNDATION
TEST_CASE("the job for a Mac is a property list that launchd can read") {
  const auto decode = client::mac::open_core_foundation(M1OPT_CORE_FOUNDATION);
  REQUIRE(decode.has_value());
  const auto job = (*decode)(launch_agent_text(kTwo));
  REQUIRE(job.has_value());
  CHECK(client::text_at(*job, "Label") == "com.level33.m1opt.ollama-env");
  CHECK(client::flag_at(*job, "RunAtLoad"));
  const auto& words = client::list_at(*job, "ProgramArguments");
  REQUIRE(words.size() == 3);
  CHECK(words[2] == "/bin/launchctl setenv OLLAMA_KEEP_ALIVE 30m; /bin/launchctl setenv LLAMA_ARG_CACHE_RAM 512");
}
#endif

TEST_CASE("a Modelfile has the context of the machine, its performance cores, and no layers by hand") {
  ollama::ShownModel model;
  model.context_length = 131072;
  const auto choice = choose_context(model, gigabytes(16), std::nullopt, std::nullopt);
  CHECK(choice.tokens == 8192);
  CHECK(choice.why == "Recommended for 16.0 GiB of RAM");
  const std::string text = modelfile_text("llama3.2:3b", model, choice, 4);
  CHECK(text.find("\nFROM llama3.2:3b\n") != std::string::npos);
  CHECK(text.find("\nPARAMETER num_ctx 8192\n") != std::string::npos);
  CHECK(text.find("\nPARAMETER num_thread 4\n") != std::string::npos);
  CHECK(text.find("PARAMETER num_gpu") == std::string::npos);
  CHECK(modelfile_text("a", model, choice, std::nullopt).find("PARAMETER num_thread") == std::string::npos);
}

TEST_CASE("num_gpu 1 of the model below is taken back") {
  ollama::ShownModel model;
  model.parameters = {{"num_gpu", "1"}, {"stop", "x"}};
  CHECK(modelfile_text("a", model, {4096, "As asked for"}, 4).find("\nPARAMETER num_gpu -1\n") != std::string::npos);
  model.parameters = {{"num_gpu", "-1"}};
  CHECK(modelfile_text("a", model, {4096, "As asked for"}, 4).find("PARAMETER num_gpu") == std::string::npos);
}

TEST_CASE("no context is longer than the model was trained for, nor shorter than Ollama takes") {
  ollama::ShownModel model;
  model.context_length = 2048;
  CHECK(choose_context(model, gigabytes(64), std::nullopt, std::nullopt).tokens == 2048);
  CHECK(choose_context(model, gigabytes(64), 999999, std::nullopt).tokens == 2048);
  CHECK(choose_context(model, gigabytes(64), 1, std::nullopt).tokens == 4);
  CHECK(choose_context(model, gigabytes(64), 1024, std::nullopt).why == "As asked for");
}

TEST_CASE("a context that does not fit is not chosen, and one that was asked for is warned of") {
  ollama::ShownModel model;
  const auto chosen = choose_context(model, gigabytes(16), std::nullopt, 5120);
  CHECK(chosen.tokens == 5120);
  CHECK(chosen.why == "No more is sure to fit: m1optctl plan");
  CHECK(choose_context(model, gigabytes(16), std::nullopt, 100000).tokens == 8192);
  const auto asked = choose_context(model, gigabytes(16), 8000, 5120);
  CHECK(asked.tokens == 8000);
  CHECK(asked.why == "As asked for; but no more than 5120 fits: m1optctl plan");
  CHECK(choose_context(model, gigabytes(16), std::nullopt, 0).why ==
        "Recommended for 16.0 GiB of RAM; but the model does not fit at all: m1optctl plan");
}
