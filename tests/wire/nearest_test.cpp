#include "wire/nearest.h"

#include <vector>

#include "support/catch.h"

using namespace m1opt::wire;

TEST_CASE("edits are counted, a swap of neighbours as one") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("metrc", "metric") == 1);
  CHECK(edit_distance("ab", "ba") == 1);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest candidate is offered, and none when all are far") {
  const std::vector<std::string> known{"enter", "exit", "hold_s"};
  CHECK(nearest("exti", known) == "exit");
  CHECK(nearest("something_else", known).empty());
  CHECK(nearest("zz", known).empty());
  CHECK(nearest(std::string(100'000, 'a'), known).empty());
  CHECK(did_you_mean("exi", known) == "; did you mean \"exit\"?");
  CHECK(did_you_mean("qqqqqq", known).empty());
}
