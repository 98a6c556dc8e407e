#include "serve/router.h"

#include "serve/routes.h"
#include "support/catch.h"

using namespace m1opt::serve;

namespace {

auto find(const std::string& method, const std::string& target) {
  return find_route(routes(), method, target);
}

std::string refused(const std::string& method, const std::string& target) {
  const auto found = find(method, target);
  return found ? "found"
               : std::to_string(found.error().problem.status) + " " + found.error().problem.code +
                     " " + found.error().allow;
}

}  // namespace

TEST_CASE("a path's parameters and query are taken apart and unescaped") {
  const auto found = find("GET", "/v1/explain/rule/a%20b%2Fc");
  REQUIRE(found.has_value());
  CHECK(found->route->path == "/v1/explain/rule/{name}");
  CHECK(found->parameters.at("name") == "a b/c");
  const auto events = find("GET", "/v1/events?after=1.2&limit=5&kind=");
  REQUIRE(events.has_value());
  CHECK(events->query.at("after") == "1.2");
  CHECK(events->query.at("kind").empty());
}

TEST_CASE("a route that is not there is a 404, a wrong method a 405 that says which are right") {
  CHECK(refused("GET", "/v1/statu") == "404 unknown_route ");
  CHECK(find("GET", "/v1/statu").error().problem.detail ==
        "There is no /v1/statu; did you mean \"/v1/status\"?");
  CHECK(refused("GET", "/v1/status/") == "404 unknown_route ");
  CHECK(refused("GET", "/v1/explain/rule/") == "404 unknown_route ");
  CHECK(refused("GET", "/v1/explain/rule/a/b") == "404 unknown_route ");
  CHECK(refused("GET", "") == "404 unknown_route ");
  CHECK(refused("POST", "/v1/status") == "405 method_not_allowed GET");
  CHECK(refused("DELETE", "/v1/pause") == "405 method_not_allowed POST");
  CHECK(refused("get", "/v1/status") == "405 method_not_allowed GET");
}

TEST_CASE("a query that is not understood is refused") {
  CHECK(refused("GET", "/v1/status?x=1") == "400 unknown_query ");
  CHECK(refused("GET", "/v1/events?limit=1&limit=2") == "400 unknown_query ");
  CHECK(refused("GET", "/v1/events?limit=%4") == "400 unknown_query ");
  CHECK(refused("GET", "/v1/explain/rule/%00") == "404 unknown_route ");
  CHECK(refused("GET", "/v1/explain/rule/%zz") == "404 unknown_route ");
  CHECK(refused("GET", "/v1/events?") == "found");
}
