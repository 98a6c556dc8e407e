#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "app/app.h"
#include "app/exit_code.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;

namespace {

/// As somebody who may not look into a directory of mode 0700; root again afterwards.
class Stranger {
 public:
  Stranger() { ok_ = ::seteuid(65534) == 0; }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() {
    if (ok_ && ::seteuid(0) != 0) ::_exit(1);
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool ok_{false};
};

}  // namespace

TEST_CASE("who may not look at the journal is not told that there is nothing to recover") {
  if (::geteuid() != 0) {
    WARN("left out: only root can become another user");
    return;
  }
  const test::TempDir directory;
  REQUIRE(::chmod(directory.path().c_str(), 0700) == 0);
  app::Options options;
  options.state_directory = directory.path();
  CHECK(app::run_recovery(options) == 0);  // there is no journal
  std::ofstream(directory / "undo.db") << "held";
  const Stranger stranger;
  REQUIRE(stranger.ok());
  CHECK(app::run_recovery(options) == app::kNotPermitted);
}
