#include "wire/profiles.h"

#include "support/catch.h"

using namespace m1opt;
using wire::find_choice_fault;

TEST_CASE("there are seven profiles, each with a sentence that says what it is for") {
  std::vector<std::string> names;
  for (const wire::Profile& profile : wire::profiles()) {
    INFO(profile.name);
    names.emplace_back(profile.name);
    CHECK(wire::summary_of(profile).size() > 20);
    CHECK_FALSE(wire::summary_of(profile).starts_with('/'));
  }
  CHECK(names == std::vector<std::string>{"16gb", "32gb_plus", "8gb", "fanless", "headless_server",
                                          "laptop_battery", "observe_only"});
}

TEST_CASE("a choice is auto, none, a name, or names joined by a plus") {
  for (const char* good : {"auto", "none", "8gb", "8gb+fanless", "16gb+laptop_battery+fanless"}) {
    INFO(good);
    CHECK_FALSE(find_choice_fault(good));
  }
}

TEST_CASE("what is no choice is refused with the nearest name") {
  struct Row {
    const char* choice;
    const char* fault;
  };
  const Row rows[] = {
      {"8bg", "there is no profile \"8bg\"; did you mean \"8gb\"?"},
      {"fanles", "there is no profile \"fanles\"; did you mean \"fanless\"?"},
      {"8gb+headles_server", "there is no profile \"headles_server\"; did you mean \"headless_server\"?"},
      {"8gb_survivl", "there is no profile \"8gb_survivl\"; did you mean \"8gb\"?"},
      {"quantum", "there is no profile \"quantum\"; known are auto, none, 16gb, 32gb_plus, 8gb, fanless, "
                  "headless_server, laptop_battery, observe_only"},
      {"", "there is no profile \"\"; known are auto, none, 16gb, 32gb_plus, 8gb, fanless, "
           "headless_server, laptop_battery, observe_only"},
      {"8gb+", "there is no profile \"\"; known are auto, none, 16gb, 32gb_plus, 8gb, fanless, "
               "headless_server, laptop_battery, observe_only"},
      {"auto+8gb", "\"auto\" stands alone, without a +"},
      {"8gb+8gb", "\"8gb\" is named twice"},
      {"8gb+8gb_survival", "\"8gb\" is named twice"},
  };
  for (const Row& row : rows) CHECK(find_choice_fault(row.choice).value_or("") == row.fault);
}

TEST_CASE("each name of the tools before stands for one of ours") {
  struct Row {
    const char* older;
    const char* ours;
  };
  const Row rows[] = {{"daily_driver", "auto"},        {"power_user", "auto"},
                      {"dedicated_inference", "headless_server"}, {"development", "auto"},
                      {"8gb_survival", "8gb"},         {"16gb_performance", "16gb"},
                      {"headless_server", "headless_server"}, {"conservative_8gb", "8gb"},
                      {"balanced_16gb", "16gb"},       {"performance_32gb", "32gb_plus"}};
  for (const Row& row : rows) {
    INFO(row.older);
    CHECK_FALSE(find_choice_fault(row.older));
    CHECK(wire::translate_choice(row.older) == row.ours);
  }
  CHECK(wire::older_names_of("8gb") == std::vector<std::string>{"8gb_survival", "conservative_8gb"});
  CHECK(wire::translate_choice("8gb_survival+fanless") == "8gb+fanless");
}

TEST_CASE("a choice's overlays come in its order; auto, none and what is unknown have none") {
  const auto overlays = wire::profile_overlays("fanless+8gb");
  REQUIRE(overlays.size() == 2);
  CHECK(overlays[0].name == "profile fanless");
  CHECK(overlays[1].name == "profile 8gb");
  CHECK(overlays[1].text.find("\"max_suspended\": 2") != std::string::npos);
  CHECK(wire::profile_overlays("none").empty());
  CHECK(wire::profile_overlays("auto").empty());
  CHECK(wire::profile_overlays("quantum").empty());
  CHECK(wire::has_profile("8gb+fanless", "fanless"));
  CHECK_FALSE(wire::has_profile("8gb+fanless", "8"));
}
