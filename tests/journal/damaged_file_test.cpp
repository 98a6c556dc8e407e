// What a broken disk or a careless person may leave in the journal's place: it opens, or it is kept
// aside and reported, or it is refused; never a crash, never a record that was not written.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <random>
#include <set>

#include "journal/undo_journal.h"
#include "support/catch.h"
#include "support/content_of.h"
#include "support/recording_vfs.h"
#include "support/temp_dir.h"

using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::journal::record_to_text;
using m1opt::journal::UndoJournal;
using m1opt::test::content_of;
using m1opt::test::DiskImage;
using m1opt::test::QuickPlace;
using m1opt::test::TempDir;

namespace {

constexpr std::size_t kPage = 4096;

UndoRecord photo_record(ActionKind kind, std::int32_t pid, std::size_t threads) {
  UndoRecord record;
  record.boot = {"2f6421e7-03e0-4e5f-9c1d-1f0f6b8f1c11"};
  record.kind = kind;
  record.process = {pid, 70000};
  record.target = "photoanalysisd";
  record.executable = "/System/Library/PrivateFrameworks/PhotoAnalysis.framework/photoanalysisd";
  record.reason = "swap-out 38 MB/s";
  for (std::size_t i = 0; i < threads; ++i) {
    record.changes.push_back({Attribute::nice,
                              {SubjectKind::thread, record.process, {pid + static_cast<std::int32_t>(i), 70001}, 0, {}},
                              0, 19});
  }
  return record;
}

std::string without_id(UndoRecord record) {
  record.id = 0;
  return record_to_text(record);
}

/// A small journal, as it lies on the disk while a daemon has it open, and after one has ended.
struct Sample {
  DiskImage running;
  DiskImage ended;
  std::set<std::string> written;  ///< every open record that ever was, but for its id

  Sample() {
    const TempDir directory;
    const std::string path = directory / "undo.db";
    auto journal = UndoJournal::open(path).value();
    REQUIRE(journal.skip_ids());
    std::vector<RecordId> ids;
    const auto add = [&](const UndoRecord& record) {
      written.insert(without_id(record));
      ids.push_back(journal.add(record).value());
    };
    for (std::int32_t pid = 100; pid < 105; ++pid) add(photo_record(ActionKind::suspend, pid, 1));
    add(photo_record(ActionKind::background, 900, 30));
    REQUIRE(journal.tidy());
    for (std::size_t i = 0; i < 2; ++i) REQUIRE(journal.close(ids[i], OutcomeCode::undone, "1 of 1 values put back"));
    add(photo_record(ActionKind::suspend, 130, 1));
    for (const char* suffix : {"", "-wal"}) running[suffix] = content_of(path + suffix);
    REQUIRE(journal.tidy());
    ended[""] = content_of(path);
  }
};

const Sample& sample() {
  static const Sample one;
  return one;
}

struct Tally {
  std::size_t opened{0};
  std::size_t set_aside{0};
  std::size_t refused{0};
  std::size_t saved{0};  ///< records out of those set aside
};

/// Opens the image as a daemon does; false and why when anything came out of it that must not.
std::string open_image(const DiskImage& image, Tally& tally) {
  static const QuickPlace place;
  const std::string path = place.put(image);
  UndoJournal::Damage damage;
  auto journal = UndoJournal::open_or_set_aside(path, damage);
  if (!journal) {
    ++tally.refused;
    // A version that is a newer one's, or what the system refuses: nothing is acted on then.
    return journal.error().code == Errc::parse ? "damage was not set aside: " + journal.error().what : "";
  }
  ++(damage.kept_as.empty() ? tally.opened : tally.set_aside);
  tally.saved += damage.salvaged;
  auto records = journal->open_records();
  if (!records) return "opened, but cannot be read: " + records.error().what;
  for (const UndoRecord& record : *records) {
    if (!sample().written.contains(without_id(record))) return "a false record: " + record_to_text(record);
  }
  auto next = journal->add(photo_record(ActionKind::suspend, 1, 1));
  return next ? "" : "cannot be written: " + next.error().what;
}

std::string say(const Tally& tally) {
  return std::to_string(tally.opened) + " opened, " + std::to_string(tally.set_aside) + " set aside (" +
         std::to_string(tally.saved) + " records saved), " + std::to_string(tally.refused) + " refused\n";
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(::sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  CHECK(::sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  ::sqlite3_close_v2(db);
}

}  // namespace

TEST_CASE("a journal torn at any byte opens or is set aside, and no record is false") {
  Tally tally;
  // SQLite reads whole pages and frames, so the bytes around their ends decide; of the others some
  // are tried, more in the deep stage, and every one with M1OPT_DEEP=every (minutes).
  const char* set = std::getenv("M1OPT_DEEP");
  const std::string deep = set == nullptr ? "" : set;
  const std::size_t step = deep == "every" ? 1 : deep == "1" ? 7 : 61;
  const auto tear = [&](DiskImage image, const char* file) {
    const std::string whole = image[file];
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const bool boundary = length % kPage < 2 || (length + kPage - 24) % (kPage + 24) < 26 || length % 512 == 511;
      if (length % step != 0 && !boundary) continue;
      image[file] = whole.substr(0, length);
      INFO("undo.db" << file << " cut after " << length << " of " << whole.size() << " bytes");
      REQUIRE(open_image(image, tally) == "");
    }
  };
  tear(sample().running, "-wal");
  tear(sample().running, "");
  tear(sample().ended, "");
  std::cout << "torn: " << say(tally);
}

TEST_CASE("any flipped bits of a journal are found or harmless, and no record is false") {
  std::mt19937 random(20240229);
  Tally tally;
  for (int round = 0; round < 3000; ++round) {
    DiskImage image = round % 2 == 0 ? sample().ended : sample().running;
    const int flips = round % 3 == 0 ? 1 : 1 + static_cast<int>(random() % 8);
    for (int i = 0; i < flips; ++i) {
      auto& [name, content] = *std::next(image.begin(), static_cast<std::ptrdiff_t>(random() % image.size()));
      content[random() % content.size()] ^= static_cast<char>(1U << (random() % 8));
    }
    INFO("round " << round);
    REQUIRE(open_image(image, tally) == "");
  }
  std::cout << "flipped: " << say(tally);
}

TEST_CASE("a zeroed page, a zeroed file, an empty file, a file twice over: none gives a false record") {
  Tally tally;
  for (const DiskImage* source : {&sample().running, &sample().ended}) {
    for (const auto& [name, content] : *source) {
      for (std::size_t at = 0; at < content.size(); at += kPage) {
        DiskImage image = *source;
        const std::size_t length = std::min(kPage, content.size() - at);
        image[name].replace(at, length, std::string(length, '\0'));
        INFO("undo.db" << name << " zero from " << at);
        REQUIRE(open_image(image, tally) == "");
      }
      DiskImage image = *source;
      image[name].assign(content.size(), '\0');
      REQUIRE(open_image(image, tally) == "");
      image[name].clear();
      REQUIRE(open_image(image, tally) == "");
      image[name] = content + content;
      REQUIRE(open_image(image, tally) == "");
    }
  }
  std::cout << "zeroed and doubled: " << say(tally);
}

TEST_CASE("of a damaged journal every record that is still whole is open again, under its own id") {
  const QuickPlace place;
  const std::string path = place.put(sample().ended);
  // One row whose sum does not fit, as after a flipped bit: the others are true.
  run_sql(path, "UPDATE undo SET record = replace(record, 'suspend', 'raise') WHERE id = 104");
  UndoJournal::Damage damage;
  auto journal = UndoJournal::open_or_set_aside(path, damage).value();
  CHECK(damage.kept_as == path + ".damaged-1");
  CHECK(damage.text == "record 104 is damaged");
  CHECK(damage.salvaged == 4);
  std::set<RecordId> ids;
  for (const auto& record : journal.open_records().value()) ids.insert(record.id);
  CHECK(ids == std::set<RecordId>{103, 105, 106, 107});
  CHECK(journal.add(photo_record(ActionKind::suspend, 1, 1)).value() > 107);
}

TEST_CASE("a record that is there twice is damage, not two records") {
  const QuickPlace place;
  const std::string path = place.put(sample().ended);
  run_sql(path, "INSERT INTO undo SELECT 400, kind, lasting, record, outcome, text, sum FROM undo WHERE id = 105");
  UndoJournal::Damage damage;
  auto journal = UndoJournal::open_or_set_aside(path, damage).value();
  CHECK(damage.text == "record 400 is damaged");
  CHECK(journal.open_records().value().size() == 5);
}

TEST_CASE("another program's tables under our version number are set aside") {
  const QuickPlace place;
  const std::string path = place.put({});
  { auto made = UndoJournal::open(path).value(); }
  run_sql(path, "DROP TABLE undo; CREATE TABLE undo(id INTEGER)");
  UndoJournal::Damage damage;
  REQUIRE(UndoJournal::open_or_set_aside(path, damage));
  CHECK(damage.kept_as == path + ".damaged-1");
}
