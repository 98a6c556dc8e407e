// Every kept input through its target, without libFuzzer: on every system, in every build.
#include <filesystem>
#include <set>

#include "fuzz/targets.h"
#include "support/catch.h"
#include "support/content_of.h"

namespace fs = std::filesystem;

namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view);
};

constexpr Target kTargets[] = {
#define M1OPT_FUZZ_TARGET(name) {#name, m1opt::fuzz::name},
#include "fuzz_targets.inc"
#undef M1OPT_FUZZ_TARGET
};

const fs::path kCorpus = M1OPT_SOURCE_DIR "/tests/fuzz/corpus";

}  // namespace

TEST_CASE("no kept input breaks the target it is kept for") {
  for (const Target& target : kTargets) {
    std::set<fs::path> inputs;
    for (const auto& entry : fs::directory_iterator(kCorpus / target.name)) {
      inputs.insert(entry.path());
    }
    CHECK_FALSE(inputs.empty());
    for (const fs::path& path : inputs) {
      INFO(path.string());
      CHECK_NOTHROW(target.run(m1opt::test::content_of(path)));
    }
  }
}

TEST_CASE("an input cut off anywhere breaks no target") {
  for (const Target& target : kTargets) {
    // The journal's is a database, which is read from a file: too slow for this.
    if (std::string_view(target.name) == "undo_db") continue;
    for (const auto& entry : fs::directory_iterator(kCorpus / target.name)) {
      const std::string whole = m1opt::test::content_of(entry.path());
      const std::size_t step = whole.size() / 64 + 1;
      for (std::size_t size = 0; size < whole.size(); size += step) {
        INFO(entry.path().string() << ", " << size << " bytes");
        CHECK_NOTHROW(target.run(std::string_view(whole).substr(0, size)));
      }
    }
  }
}
