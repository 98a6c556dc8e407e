#include "client/advise/reference.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <sstream>

#include "client/render/text.h"
#include "client/run_client.h"
#include "support/catch.h"

using namespace m1opt;
using test::Ran;
using test::run_client;

TEST_CASE("every claim has an id of its own, a truth and what m1opt does") {
  std::set<std::string> ids;
  for (const client::advise::Claim& claim : client::advise::reference()) {
    INFO(claim.id);
    CHECK(ids.insert(claim.id).second);
    for (const std::string text : {claim.topic, claim.claim, claim.truth, claim.m1opt}) {
      CHECK_FALSE(text.empty());
      CHECK(text.find('|') == std::string::npos);  // it stands in a table of the README too
      CHECK(client::render::to_ascii(text) == text);
    }
    CHECK(std::string(claim.truth).back() == '.');
    CHECK(std::string(claim.m1opt).back() == '.');
  }
  CHECK(ids.size() > 40);
}

TEST_CASE("explain reference needs no daemon and fits 80 columns") {
  const Ran ran =
      run_client({"explain", "reference", "--socket", "/nonexistent/m1optd.sock"}, {"COLUMNS=80"});
  CHECK(ran.status == 0);
  CHECK(ran.err.empty());
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(client::render::text_width(line) <= 80);
  }
  CHECK(ran.out.find("taskpolicy -t 5") != std::string::npos);
}

TEST_CASE("explain reference as json has every claim of the table") {
  const auto document = boost::json::parse(
      run_client({"explain", "reference", "--json", "--socket", "/nonexistent/m1optd.sock"}).out);
  CHECK(document.at("schema") == "m1opt.reference/1");
  const auto& claims = document.at("claims").as_array();
  REQUIRE(claims.size() == client::advise::reference().size());
  CHECK(std::any_of(claims.begin(), claims.end(), [](const boost::json::value& claim) {
    return claim.at("id") == "taskpolicy-tier" && claim.at("verdict") == "false" &&
           !claim.at("truth").as_string().empty() && !claim.at("m1opt").as_string().empty();
  }));
}
