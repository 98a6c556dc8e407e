#include <fstream>
#include <set>
#include <sstream>

#include "settings/machine.h"
#include "support/catch.h"

using namespace m1opt;
using settings::Level;
using settings::Means;
using settings::Setting;
using settings::System;

namespace {

std::vector<Setting> all_rows() {
  std::vector<Setting> rows = settings::table(System::macos);
  const auto& others = settings::table(System::linux);
  rows.insert(rows.end(), others.begin(), others.end());
  return rows;
}

bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

struct Advice {
  std::string row;
  std::vector<std::string> words;  ///< of the command
};

std::vector<Advice> commands_of_the_reference() {
  std::ifstream file(M1OPT_SOURCE_DIR "/tests/settings/reference_commands.txt");
  std::vector<Advice> advice;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(": ");
    REQUIRE(colon != std::string::npos);
    std::istringstream words(line.substr(colon + 2));
    Advice each{line.substr(0, colon), {}};
    for (std::string word; words >> word;) each.words.push_back(word);
    advice.push_back(std::move(each));
  }
  return advice;
}

/// What `defaults write` of the reference would set.
settings::Value value_of(const std::string& option, const std::string& text) {
  if (option == "-float") return {"float", text};
  return {"boolean", text == "true" || text == "YES" ? "true" : "false"};
}

}  // namespace

TEST_CASE("every row has a name of its own and says what it does in plain words") {
  for (const System system : {System::macos, System::linux}) {
    std::set<std::string> names;
    for (const Setting& row : settings::table(system)) {
      INFO(row.name);
      CHECK(names.insert(row.name).second);
      CHECK(row.system == system);
      CHECK_FALSE(row.group.empty());
      CHECK_FALSE(row.does.empty());
      for (const std::string& text : {row.does, row.needs, row.cost, row.gain, row.source, row.why_not, row.after}) {
        CHECK(is_plain(text));
        CHECK_FALSE(text.ends_with('.'));
      }
    }
  }
}

TEST_CASE("a row is changed, or says why not; one that is changed says what it gains") {
  for (const Setting& row : all_rows()) {
    INFO(row.name);
    if (row.changes()) {
      CHECK_FALSE(row.gain.empty());
      CHECK(settings::find(row.system, row.name) != nullptr);
    } else {
      CHECK_FALSE(row.why_not.empty());
      CHECK_FALSE(row.level);
    }
  }
}

TEST_CASE("the groups stand together, and each profile contains those before it") {
  for (const System system : {System::macos, System::linux}) {
    std::set<std::string> groups;
    std::string last;
    for (const Setting& row : settings::table(system)) {
      if (row.group != last) CHECK(groups.insert(row.group).second);
      last = row.group;
    }
    std::set<std::string> before;
    for (const Level level : {Level::conservative, Level::moderate, Level::aggressive}) {
      std::set<std::string> names;
      for (const Setting& row : settings::rows_of(system, level)) names.insert(row.name);
      for (const std::string& name : before) CHECK(names.count(name) == 1);
      before = names;
    }
    CHECK_FALSE(before.empty());
  }
}

TEST_CASE("nothing that costs the user anything is in the conservative profile") {
  for (const Setting& row : all_rows()) {
    if (row.level != Level::conservative) continue;
    INFO(row.name);
    CHECK(row.cost.empty());
    CHECK(row.needs.empty());
  }
}

TEST_CASE("each command of the reference has a row that does it, or says why not") {
  const auto advice = commands_of_the_reference();
  CHECK(advice.size() == 26);
  for (const Advice& each : advice) {
    INFO(each.row);
    const Setting* row = settings::find(System::macos, each.row);
    REQUIRE(row != nullptr);
    CHECK((row->changes() || !row->why_not.empty()));
    if (each.words.front() != "defaults") continue;
    REQUIRE(each.words.size() == 6);
    if (!row->changes()) {
      CHECK(row->does.find(each.words[2]) != std::string::npos);
      continue;
    }
    CHECK(row->target.means == Means::defaults);
    CHECK(row->target.arguments == std::vector<std::string>{each.words[2], each.words[3]});
    CHECK(row->wanted == value_of(each.words[4], each.words[5]));
  }
}

TEST_CASE("the words of each enum read back") {
  for (const Setting& row : all_rows()) {
    CHECK(settings::scope_of(to_string(row.scope)) == row.scope);
    CHECK(settings::system_of(to_string(row.system)) == row.system);
    CHECK(settings::lifetime_of(to_string(row.lifetime)) == row.lifetime);
    CHECK(settings::means_of(to_string(row.target.means)) == row.target.means);
    if (row.level) CHECK(settings::level_of(to_string(*row.level)) == row.level);
  }
  CHECK_FALSE(settings::level_of("brave"));
}

TEST_CASE("two floats that are written differently are the same, two other things are not") {
  using settings::Value;
  CHECK(settings::same(Value{"float", "0"}, Value{"float", "0.0"}));
  CHECK_FALSE(settings::same(Value{"float", "0.001"}, Value{"float", "0.002"}));
  CHECK_FALSE(settings::same(Value{"integer", "1"}, Value{"boolean", "true"}));
  CHECK_FALSE(settings::same(Value{"string", "0"}, Value{"string", "0.0"}));
  CHECK_FALSE(settings::same({}, Value{"string", ""}));
}
