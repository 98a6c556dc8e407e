#include "decide/metrics.h"
#include "support.h"

#include "wire/config_text.h"
#include "wire/default_config.h"

using namespace m1opt::test;

TEST_CASE("the rules that these tests run with are those that are on as shipped") {
  const auto shipped =
      m1opt::wire::parse_config(m1opt::wire::kDefaultConfig, "shipped", known_metrics());
  REQUIRE(shipped);
  std::vector<RuleConfig> enabled;
  for (RuleConfig rule : shipped->rules) {
    if (!rule.enabled) continue;
    rule.why = "because";
    enabled.push_back(std::move(rule));
  }
  const auto copied = default_rules();
  REQUIRE(copied.size() == enabled.size());
  for (std::size_t i = 0; i < copied.size(); ++i) {
    INFO(enabled[i].name);
    CHECK(copied[i] == enabled[i]);
  }
}
