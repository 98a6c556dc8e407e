#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "app/app.h"
#include "app/exit_code.h"
#include "app/instance_lock.h"
#include "support/catch.h"
#include "support/executor_rig.h"
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

TEST_CASE("while a daemon has the lock, the resumer ends what is past its deadline and nothing else") {
  test::ExecutorRig rig;
  const test::TempDir directory;
  const test::ChildProcess overdue;
  const test::ChildProcess in_time;
  auto journal = journal::UndoJournal::open(directory / "undo.db").value();
  for (const auto* child : {&overdue, &in_time}) {
    auto record = rig.executor_.open_records().at(rig.hold(model::ActionKind::suspend, *child).record);
    record.deadline = base::SystemClock().now() + std::chrono::seconds(child == &overdue ? -2 : 60);
    (void)journal.add(record).value();
  }
  app::Options options;
  options.state_directory = directory.path();
  options.if_daemon_dead = true;
  const auto daemon = app::acquire_instance_lock(directory.path()).value();
  CHECK(app::run_recovery(options) == 0);
  CHECK(test::eventually([&] { return overdue.state() == 'S'; }));
  CHECK(in_time.state() == 'T');
  CHECK(journal.open_records().value().size() == 1);
  rig.executor_.release_all("the test ends");
}
