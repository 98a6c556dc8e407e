// A damaged journal gives way to a new one: killed at any step of it, or with a disk that is full at any
// write of it, nothing that could still be read is lost.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>

#include "base/fault.h"
#include "journal/undo_journal.h"
#include "support/catch.h"
#include "support/content_of.h"
#include "support/recording_vfs.h"
#include "support/undo_record.h"

using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::journal::UndoJournal;
using m1opt::test::content_of;
using m1opt::test::DiskImage;
using m1opt::test::QuickPlace;
using m1opt::test::RecordingVfs;
namespace fs = std::filesystem;

namespace {

const std::set<RecordId> kWhole{101, 103, 104};

/// A connection of another process, as the guardian's: the log stays where it is as long as it is there.
class Reader {
 public:
  explicit Reader(const std::string& path) {
    REQUIRE(::sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { ::sqlite3_close_v2(db_); }
  void run(const char* sql) { REQUIRE(::sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }

 private:
  sqlite3* db_{nullptr};
};

/// Four open records, of which one is damaged. All of them are in the log, and only there, as long as
/// the reader has it.
struct InLog {
  explicit InLog(const QuickPlace& place) : path(place.put({})), reader(made(path)) {
    reader.run("BEGIN; SELECT * FROM undo");
    auto journal = UndoJournal::open(path).value();
    REQUIRE(journal.skip_ids());
    for (std::int32_t pid = 1; pid <= 4; ++pid) {
      REQUIRE(journal.add(m1opt::test::niced_record(ActionKind::suspend, pid, 2)));
    }
    Reader(path).run("UPDATE undo SET record = replace(record, 'suspend', 'raise') WHERE id = 102");
  }
  static std::string made(const std::string& path) {
    REQUIRE(UndoJournal::open(path));
    return path;
  }
  std::string path;
  Reader reader;
};

/// The same in the file, without a log.
std::string damaged(const QuickPlace& place) { return InLog(place).path; }

std::set<RecordId> ids(UndoJournal& journal) {
  std::set<RecordId> found;
  for (const UndoRecord& record : journal.open_records().value()) found.insert(record.id);
  return found;
}

/// What a recovery with the daemon dead finds.
std::set<RecordId> read(const std::string& path) {
  auto journal = UndoJournal::open_to_read(path);
  INFO((journal ? "" : journal.error().what));
  REQUIRE(journal);
  return ids(*journal);
}

void check_replaced(const std::string& path) {
  UndoJournal::Damage damage;
  auto journal = UndoJournal::open_or_set_aside(path, damage);
  INFO((journal ? "" : journal.error().what));
  REQUIRE(journal);
  CHECK(ids(*journal) == kWhole);
  CHECK(journal->last_id() > 104);
  CHECK(journal->add(m1opt::test::niced_record(ActionKind::suspend, 9, 1)).value() > 104);
  CHECK(fs::exists(path + ".damaged-1"));
  CHECK_FALSE(fs::exists(path + ".damaged-2"));
  CHECK_FALSE(fs::exists(path + ".new"));
  CHECK_FALSE(fs::exists(path + ".part"));
}

}  // namespace

TEST_CASE("the log of a damaged journal goes aside with it, and nothing of it comes into the new one") {
  const QuickPlace place;
  const InLog in_log(place);
  check_replaced(in_log.path);
  CHECK(fs::file_size(in_log.path + ".damaged-1-wal") > 0);
}

TEST_CASE("out of a damaged journal is read what is whole, and no byte of it changes") {
  DiskImage image;
  {
    const QuickPlace running;
    const InLog in_log(running);
    for (const char* suffix : {"", "-wal"}) image[suffix] = content_of(in_log.path + suffix);
  }
  const QuickPlace place;
  const std::string path = place.put(image);
  {
    std::string damage;
    auto journal = UndoJournal::open_to_read(path, &damage).value();
    CHECK(damage == "record 102 is damaged");
    CHECK(ids(journal) == kWhole);
    REQUIRE(journal.close(101, OutcomeCode::undone, ""));
  }
  for (const auto& [suffix, before] : image) CHECK((content_of(path + suffix) == before));
  CHECK(read(path) == kWhole);
}

TEST_CASE("what opening stumbles over takes no record with it") {
  const QuickPlace place;
  const std::string path = damaged(place);
  // The page of sqlite_sequence, behind that of the schema and of the records.
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).seekp(2 * 4096) << std::string(4096, 'x');
  REQUIRE_FALSE(UndoJournal::open(path));
  CHECK(read(path) == kWhole);
  check_replaced(path);
}

TEST_CASE("the disk is full at any write of the new journal: the damaged one stays, and nothing in it is lost") {
  std::size_t refused = 0;
  for (std::size_t writes = 0;; ++writes) {
    const QuickPlace place;
    const std::string path = damaged(place);
    RecordingVfs disk(path);
    disk.fill_after(writes);
    UndoJournal::Damage damage;
    const bool done = static_cast<bool>([&]() -> Result<void> {
      auto journal = UndoJournal::open_or_set_aside(path, damage);
      if (journal) return {};
      CHECK(journal.error().os_errno == ENOSPC);
      return journal.error();
    }());
    INFO("room for " << writes << " writes");
    if (done) break;
    ++refused;
    CHECK((damage.kept_as.empty() || damage.salvaged == kWhole.size()));
    CHECK_FALSE(fs::exists(path + ".part"));
    CHECK(read(path) == kWhole);
    disk.make_room();
    check_replaced(path);
  }
  CHECK(refused > 10);
}

TEST_CASE("a leftover in the new journal's place is replaced, a link in it is not followed") {
  const QuickPlace place;
  const std::string path = damaged(place);
  std::ofstream(path + ".part-wal") << "left by a crash";
  fs::create_symlink(path + ".elsewhere", path + ".part");
  check_replaced(path);
  CHECK_FALSE(fs::exists(path + ".elsewhere"));
}

#ifdef M1OPT_FAULT_POINTS
namespace {

using ReplacementStep = std::pair<std::string, int>;

/// Replaces it in a process that dies at this step; without one it says which there are.
std::vector<ReplacementStep> replace(const QuickPlace& place, const ReplacementStep* dies) {
  std::vector<ReplacementStep> seen;
  const auto at = [&](const char* name) {
    int count = 1;
    for (const ReplacementStep& step : seen) count += step.first == name;
    seen.emplace_back(name, count);
    if (dies != nullptr && seen.back() == *dies) ::kill(::getpid(), SIGKILL);
  };
  const auto work = [&] {
    const InLog in_log(place);
    fault_hook(at);
    UndoJournal::Damage damage;
    (void)UndoJournal::open_or_set_aside(in_log.path, damage);
    fault_hook({});
  };
  if (dies == nullptr) {
    work();
    return seen;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  return seen;
}

}  // namespace

TEST_CASE("killed at any step of replacing a damaged journal, what could be read of it is all there") {
  const QuickPlace first;
  const auto steps = replace(first, nullptr);
  CHECK(steps.size() >= 8);
  for (const ReplacementStep& step : steps) {
    INFO(step.first << " #" << step.second);
    const QuickPlace place;
    const std::string path = place.path();
    replace(place, &step);
    REQUIRE(fs::exists(path));
    CHECK(read(path) == kWhole);
    check_replaced(path);
  }
}
#endif
