#include "journal/record_text.h"

#include "support/catch.h"

using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::journal::record_from_text;
using m1opt::journal::record_to_text;

namespace {

UndoRecord sample_record() {
  UndoRecord record;
  record.id = 42;
  record.boot = {"2f6421e7-03e0"};
  record.process = {812, 99123};
  record.executable = "/usr/libexec/odd\tname %41\n(deleted)";
  record.target = "photoanalysisd";
  record.kind = ActionKind::background;
  record.opened = {std::chrono::seconds(100)};
  record.deadline = {std::chrono::seconds(700)};
  record.reason = "swap-out 38 MB/s";
  record.opened_token = 99999;
  record.session = 812;
  record.changes = {
      {Attribute::policy, {SubjectKind::thread, {812, 99123}, {813, 99125}, 0, {}}, 0, 5},
      {Attribute::autogroup_nice, {SubjectKind::autogroup, {812, 99123}, {}, 17, {}}, -3, 19},
      {Attribute::cgroup_weight, {SubjectKind::cgroup, {812, 99123}, {}, 0, "/a b\t%c"}, 100, 1}};
  record.family = {{900, 99200}, {901, 99300}};
  return record;
}

}  // namespace

TEST_CASE("a record reads back as it was written, whatever is in its names") {
  const UndoRecord record = sample_record();
  const auto read = record_from_text(record_to_text(record));
  REQUIRE(read);
  CHECK(*read == record);
}

TEST_CASE("a record torn at any byte is refused, never half read") {
  const std::string text = record_to_text(sample_record());
  for (std::size_t length = 0; length < text.size(); ++length) {
    INFO("cut after " << length << " bytes");
    CHECK_FALSE(record_from_text(text.substr(0, length)));
  }
}

TEST_CASE("a record with any bit of it flipped is refused") {
  const std::string text = record_to_text(sample_record());
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] ^= static_cast<char>(1U << (bit % 8));
    INFO("bit " << bit);
    CHECK_FALSE(record_from_text(flipped));
  }
}

TEST_CASE("a record with anything after its end is refused") {
  const std::string text = record_to_text(sample_record());
  CHECK_FALSE(record_from_text(text + text));
  CHECK_FALSE(record_from_text(text + "x\n"));
}

TEST_CASE("the error names the line that does not fit") {
  std::string text = record_to_text(sample_record());
  text.replace(text.find("\tpolicy\t"), 8, "\tnonsens\t");
  const auto read = record_from_text(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().what == "undo record, line 3");
}
