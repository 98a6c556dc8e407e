#include "settings/journal.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "settings/record_text.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using base::Errc;
using settings::Reading;
using settings::Record;
using settings::SettingsJournal;
using settings::Value;
using Use = settings::SettingsJournal::Use;

namespace {

Record record_of(const std::string& name) {
  Record record;
  record.setting = name;
  record.target = {settings::Means::defaults, {"com.apple.dock", "autohide"}};
  record.before = Value{"string", "a \"quoted\" \xC3\xA4\n"};
  record.set = Value{"boolean", "true"};
  record.boot = "boot";
  return record;
}

std::string file_of(const test::TempDir& directory) { return directory / "settings.json"; }

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("a record reads back as it was written, by another process too") {
  test::TempDir directory;
  Record record = record_of("a");
  {
    auto journal = SettingsJournal::open(directory.path(), Use::write).value();
    record.id = journal.add(record).value();
  }
  const auto again = SettingsJournal::open(directory.path(), Use::read).value();
  CHECK(again.records() == std::vector<Record>{record});
  struct stat info {};
  REQUIRE(::stat(file_of(directory).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
}

TEST_CASE("absence, an empty text and every field survive being written") {
  Record record = record_of("b");
  record.id = 9;
  record.before = {};
  record.set = Value{"string", ""};
  record.scope = settings::Scope::system;
  record.lifetime = settings::Lifetime::while_active;
  record.wall_ms = 1785578400123;
  record.ended_ms = 1785578400999;
  record.fate = settings::Fate::changed;
  record.open = false;
  record.text = "somebody changed it";
  CHECK(settings::records_from_text(settings::to_text({record})).value() == std::vector<Record>{record});
}

TEST_CASE("looking at a journal makes no file, and cannot write") {
  test::TempDir directory;
  auto journal = SettingsJournal::open(directory.path(), Use::read).value();
  CHECK(journal.records().empty());
  CHECK(journal.add(record_of("a")).error().code == Errc::not_permitted);
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("two cannot change settings at once") {
  test::TempDir directory;
  const auto first = SettingsJournal::open(directory.path(), Use::write);
  REQUIRE(first);
  const auto second = SettingsJournal::open(directory.path(), Use::write);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::busy);
  CHECK(SettingsJournal::open(directory.path(), Use::read));
}

TEST_CASE("a damaged journal is kept, told once, and not taken for an empty one") {
  test::TempDir directory;
  const std::string good = settings::to_text({record_of("a")});
  const std::vector<std::string> texts{"", "{", "[]", good.substr(0, good.size() / 2), R"({"schema":"other/1"})",
                                       R"({"schema":"m1opt.settings_journal/1","records":[{}]})",
                                       R"({"schema":"m1opt.settings_journal/1","records":[1]})"};
  int n = 0;
  for (const std::string& text : texts) {
    INFO(text);
    write(file_of(directory), text);
    ::chmod(file_of(directory).c_str(), 0600);
    const auto looked = SettingsJournal::open(directory.path(), Use::read);
    CHECK_FALSE(looked);
    const auto first = SettingsJournal::open(directory.path(), Use::write);
    REQUIRE_FALSE(first);
    const std::string kept = file_of(directory) + ".damaged-" + std::to_string(++n);
    CHECK(first.error().what.find(kept) != std::string::npos);
    CHECK(base::read_file(kept).value() == text);
    CHECK(SettingsJournal::open(directory.path(), Use::write)->records().empty());
  }
}

TEST_CASE("a journal of a newer m1opt is left where it is") {
  test::TempDir directory;
  write(file_of(directory), R"({"schema":"m1opt.settings_journal/2","records":[]})");
  ::chmod(file_of(directory).c_str(), 0600);
  const auto opened = SettingsJournal::open(directory.path(), Use::write);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::unsupported);
  CHECK(opened.error().what.find("newer") != std::string::npos);
  CHECK(std::filesystem::exists(file_of(directory)));
}

TEST_CASE("what others could have written is not believed") {
  test::TempDir directory;
  write(file_of(directory), settings::to_text({record_of("a")}));
  ::chmod(file_of(directory).c_str(), 0666);
  CHECK(SettingsJournal::open(directory.path(), Use::write).error().code == Errc::not_permitted);
  std::filesystem::remove(file_of(directory));
  write(directory / "elsewhere", settings::to_text({record_of("a")}));
  std::filesystem::create_symlink(directory / "elsewhere", file_of(directory));
  CHECK(SettingsJournal::open(directory.path(), Use::write).error().code == Errc::not_permitted);
}

TEST_CASE("a value that could not be read again is not written down, so that it is not changed either") {
  test::TempDir directory;
  auto journal = SettingsJournal::open(directory.path(), Use::write).value();
  Record record = record_of("a");
  record.before = Value{"string", "\xFF\xFE"};
  CHECK(journal.add(record).error().code == Errc::unsupported);
  record.before = Value{"string", std::string(5U << 20U, 'x')};
  CHECK(journal.add(record).error().code == Errc::unsupported);
  CHECK(journal.records().empty());
  CHECK(SettingsJournal::open(directory.path(), Use::read)->records().empty());
}

TEST_CASE("open records stay for good, of the closed ones the last 200") {
  test::TempDir directory;
  auto journal = SettingsJournal::open(directory.path(), Use::write).value();
  REQUIRE(journal.add(record_of("open")));
  for (int i = 0; i < 205; ++i) {
    Record record = record_of("closed");
    record.open = false;
    REQUIRE(journal.add(record));
  }
  CHECK(journal.records().size() == 201);
  CHECK(journal.records().front().setting == "open");
  CHECK(journal.records().back().id == 206);
  CHECK(journal.open_records().size() == 1);
}

TEST_CASE("a journal that cannot be written leaves what it says as it was") {
  test::TempDir directory;
  auto journal = SettingsJournal::open(directory.path(), Use::write).value();
  REQUIRE(journal.add(record_of("a")));
  std::filesystem::remove(file_of(directory));
  std::filesystem::create_directory(file_of(directory));
  CHECK_FALSE(journal.add(record_of("b")));
  CHECK(journal.records().size() == 1);
}
