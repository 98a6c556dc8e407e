#include "sense/matching.h"

#include "support/catch.h"

namespace m1opt::sense {

TEST_CASE("globs behave like fnmatch") {
  CHECK(matches_glob("/System/*/mds", "/System/Library/Frameworks/x/mds"));
  CHECK(matches_glob("*", ""));
  CHECK(matches_glob("a?c", "abc"));
  CHECK(matches_glob("[a-c]x", "bx"));
  CHECK(matches_glob("[!a-c]x", "dx"));
  CHECK(matches_glob("[]]", "]"));
  CHECK(matches_glob("\\*", "*"));
  CHECK(matches_glob("a*b*c", "a__b__b__c"));
  CHECK(matches_glob("[", "["));
  CHECK_FALSE(matches_glob("\\*", "x"));
  CHECK_FALSE(matches_glob("[!a-c]x", "ax"));
  CHECK_FALSE(matches_glob("a?c", "ac"));
  CHECK_FALSE(matches_glob("abc", "abcd"));
  CHECK_FALSE(matches_glob("/usr/*/updatedb", "/usr/bin/updatedb.plocate"));
  CHECK_FALSE(matches_glob("", "x"));
}

TEST_CASE("a glob with many stars does not take for ever") {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "a*";
  CHECK_FALSE(matches_glob(pattern + "b", std::string(4000, 'a')));
}

TEST_CASE("only the exact name of the executable matches a bare name") {
  CHECK(matches_executable("photoanalysisd", "/opt/x/photoanalysisd"));
  for (const char* path :
       {"/x/photoanalysisd-helper", "/x/Photoanalysisd", "/x/photoanalysisd ", "/x/ photoanalysisd",
        "/x/photoanalysisd\n", "/x/photo\xd0\xb0nalysisd", "/photoanalysisd/x", "/x/photoanalysis",
        "/x/photoanalysisd (deleted)", ""}) {
    INFO(path);
    CHECK_FALSE(matches_executable("photoanalysisd", path));
  }
  CHECK_FALSE(matches_executable("", "/x/"));
  CHECK_FALSE(matches_executable("/x/*", "/x/y (deleted)"));
}

TEST_CASE("arguments count only where nothing but options stands before them") {
  const std::vector<std::string> serve{"serve", "start", "runner"};
  CHECK(matches_arguments(serve, {"ollama", "serve"}));
  CHECK(matches_arguments(serve, {"ollama", "runner", "--model", "x"}));
  CHECK_FALSE(matches_arguments(serve, {"ollama", "run", "serve"}));
  CHECK_FALSE(matches_arguments(serve, {"serve"}));
  CHECK_FALSE(matches_arguments(serve, {}));
  const std::vector<std::string> mlx{"mlx_lm.server", "-m mlx_lm server"};
  CHECK(matches_arguments(mlx, {"python3", "/home/u/.venv/bin/mlx_lm.server", "--port", "1"}));
  CHECK(matches_arguments(mlx, {"python3", "-u", "-m", "mlx_lm", "server"}));
  CHECK(matches_arguments(mlx, {"python3", "-X", "dev", "-m", "mlx_lm", "server"}));
  CHECK(matches_arguments(mlx, {"python3", "-m", "mlx_lm.server"}));
  CHECK_FALSE(matches_arguments(mlx, {"python3", "-m", "mlx_lm", "generate"}));
  CHECK_FALSE(matches_arguments(mlx, {"python3", "-m", "mlx_lm"}));
  CHECK_FALSE(matches_arguments(mlx, {"python3", "editor.py", "mlx_lm.server"}));
  CHECK_FALSE(matches_arguments(mlx, {"python3", "-c", "code", "mlx_lm.server"}));
  CHECK_FALSE(matches_arguments(mlx, {"python3", "--", "mlx_lm.server"}));
  CHECK_FALSE(matches_arguments({""}, {"ollama", ""}));
}

TEST_CASE("a bare target name needs the own user or a system path") {
  TargetConfig row;
  row.executables = {"updatedb", "/opt/x/*/updatedb"};
  constexpr std::uint32_t kOwn = 1000;
  CHECK(match_target(row, "/home/me/updatedb", kOwn, kOwn) == TargetMatch::matched);
  CHECK(match_target(row, "/usr/bin/updatedb", 0, kOwn) == TargetMatch::matched);
  CHECK(match_target(row, "/System/Library/updatedb", 1001, kOwn) == TargetMatch::matched);
  CHECK(match_target(row, "/opt/x/y/updatedb", 1001, kOwn) == TargetMatch::matched);
  CHECK(match_target(row, "/home/you/updatedb", 1001, kOwn) == TargetMatch::foreign);
  CHECK(match_target(row, "/usr/local/bin/updatedb", 1001, kOwn) == TargetMatch::foreign);
  CHECK(match_target(row, "/home/usr/bin/updatedb", 1001, kOwn) == TargetMatch::foreign);
  CHECK(match_target(row, "/usr/bin/updatedb (deleted)", 0, kOwn) == TargetMatch::deleted);
  CHECK(match_target(row, "/home/me/updatedb (deleted)", kOwn, kOwn) == TargetMatch::deleted);
  CHECK(match_target(row, "/usr/bin/updatedb2", 0, kOwn) == TargetMatch::none);
}

TEST_CASE("where a server listens is what stands behind --port, the last time it does") {
  using Words = std::vector<std::string>;
  CHECK(port_of(Words{"llama-server", "--port", "8080"}) == 8080);
  CHECK(port_of(Words{"llama-server", "--port=41873", "-ngl", "99"}) == 41873);
  CHECK(port_of(Words{"ollama", "runner", "--port", "1", "--port", "2"}) == 2);
  CHECK_FALSE(port_of(Words{"llama-server"}));
  CHECK_FALSE(port_of(Words{"llama-server", "--port"}));
  for (const char* bad : {"0", "65536", "-1", "80x", "", "99999999999999999999"}) {
    INFO(bad);
    CHECK_FALSE(port_of(Words{"llama-server", "--port", bad}));
  }
  CHECK_FALSE(port_of(Words{"llama-server", "--portable", "8080"}));
}

}  // namespace m1opt::sense
