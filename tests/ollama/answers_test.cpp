#include "ollama/answers.h"

#include "support/catch.h"

namespace m1opt::ollama {

namespace {

constexpr const char* kPs =
    R"({"models":[{"name":"llama3.2:3b","model":"llama3.2:3b","size":3155624000,"digest":"ab",)"
    R"("details":{"parent_model":"","family":"llama"},"expires_at":"2026-08-01T10:20:00.5+02:00",)"
    R"("size_vram":3155624000,"context_length":4096,"something_new":[1,{"a":null}]}],"more":1})";

}  // namespace

TEST_CASE("the models of /api/ps are read and unknown keys accepted") {
  const auto models = parse_ps(kPs);
  REQUIRE(models);
  REQUIRE(models->size() == 1);
  const auto& model = models->front();
  CHECK(model.name == "llama3.2:3b");
  CHECK(model.size == Bytes{3155624000});
  CHECK(model.context_length == 4096);
  CHECK(model.expires_at == "2026-08-01T10:20:00.5+02:00");
}

TEST_CASE("no model loaded is an empty list, written as a list or as null") {
  CHECK(parse_ps(R"({"models":[]})")->empty());
  CHECK(parse_ps(R"({"models":null})")->empty());
}

TEST_CASE("servers before 0.10 tell no context, and some tell only model") {
  const auto models = parse_ps(R"({"models":[{"model":"m:1","size":1e9}]})");
  REQUIRE(models);
  CHECK(models->front().name == "m:1");
  CHECK(models->front().size == Bytes{1000000000});
  CHECK_FALSE(models->front().context_length.has_value());
  CHECK_FALSE(models->front().expires_at.has_value());
}

TEST_CASE("a bad answer to /api/ps names what is wrong") {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"models":{}})", R"({"models":[1]})", R"({"models":[{}]})",
        R"({"models":[{"name":1}]})", R"({"models":[{"name":"a","size":"big"}]})",
        R"({"models":[{"name":"a","size":-1}]})", R"({"models":[{"name":"a","size":1.5}]})",
        R"({"models":[{"name":"a")"}) {
    INFO(text);
    const auto models = parse_ps(text);
    REQUIRE_FALSE(models);
    CHECK(models.error().code == Errc::parse);
  }
  CHECK(parse_ps(R"({"models":[{"name":"a","size":"big"}]})").error().what ==
        "$.models[0].size: not a whole number from 0");
}

TEST_CASE("an answer that is too large or too deep is refused") {
  CHECK_FALSE(parse_ps(std::string(5U << 20U, ' ')));
  CHECK_FALSE(parse_ps(std::string(100, '[')));
}

TEST_CASE("a version decides how models run") {
  const auto version = parse_version(R"({"version":"0.32.15"})");
  REQUIRE(version);
  CHECK(version->minor == 32);
  CHECK(version->patch == 15);
  CHECK(version->uses_llama_server() == true);
  CHECK(parse_version(R"({"version":"0.24.0"})")->uses_llama_server() == false);
  CHECK(parse_version(R"({"version":"0.33.0-rc1"})")->text == "0.33.0-rc1");
  CHECK_FALSE(parse_version(R"({"version":"0.0.0"})")->uses_llama_server().has_value());
}

TEST_CASE("a version that is none is an error") {
  for (const char* text :
       {R"({})", R"({"version":""})", R"({"version":"1.2"})", R"({"version":"a.b.c"})",
        R"({"version":7})", R"({"version":"-1.2.3"})"}) {
    INFO(text);
    CHECK_FALSE(parse_version(text));
  }
}

TEST_CASE("slots of newer and older llama-servers tell whether a request runs") {
  const auto newer =
      parse_slots(R"([{"id":0,"is_processing":false},{"id":1,"is_processing":true}])");
  REQUIRE(newer);
  REQUIRE(newer->size() == 2);
  CHECK_FALSE(newer->at(0).processing);
  CHECK(newer->at(1).processing);
  CHECK(newer->at(1).slot == 1);
  const auto older = parse_slots(R"([{"id":0,"state":0},{"id":1,"state":1}])");
  REQUIRE(older);
  CHECK(older->at(1).processing);
  CHECK(parse_slots("[]")->empty());
}

TEST_CASE("slots tell how many tokens were generated for which request, in either spelling") {
  const auto list = parse_slots(
      R"([{"id":0,"id_task":17,"is_processing":true,"next_token":[{"n_remain":-1,"n_decoded":91}]}])");
  REQUIRE(list);
  CHECK(list->front().task == 17);
  CHECK(list->front().decoded == 91);
  const auto object =
      parse_slots(R"([{"id_task":3,"is_processing":true,"next_token":{"n_decoded":5}}])");
  REQUIRE(object);
  CHECK(object->front().decoded == 5);
  CHECK_FALSE(parse_slots(R"([{"is_processing":true}])")->front().decoded);
  CHECK_FALSE(parse_slots(R"([{"is_processing":true,"next_token":[]}])")->front().decoded);
  CHECK(parse_slots(R"([{"id_task":-1,"is_processing":false}])")->front().task == -1);
  CHECK_FALSE(parse_slots(R"([{"is_processing":true,"next_token":{"n_decoded":-4}}])"));
  CHECK_FALSE(parse_slots(R"([{"is_processing":true,"next_token":{"n_decoded":"many"}}])"));
}

TEST_CASE("slots that say nothing of themselves are an error, not idle") {
  CHECK_FALSE(parse_slots(R"([{"id":0}])"));
  CHECK_FALSE(parse_slots(R"([1])"));
  const auto disabled = parse_slots(
      R"({"error":{"code":501,"message":"This server does not support slots endpoint."}})");
  REQUIRE_FALSE(disabled);
  CHECK(disabled.error().what == "This server does not support slots endpoint.");
}

TEST_CASE("health distinguishes ready, loading and failed") {
  CHECK(*parse_health(R"({"status":"ok"})") == Health::ok);
  CHECK(*parse_health(R"({"error":{"code":503,"message":"Loading model"}})") == Health::loading);
  CHECK(*parse_health(R"({"status":"loading model"})") == Health::loading);
  CHECK(*parse_health(R"({"status":"error"})") == Health::failed);
  CHECK_FALSE(parse_health("{}"));
  CHECK_FALSE(parse_health("<html>"));
}

TEST_CASE("the text of an error answer is found in both shapes") {
  CHECK(parse_error_text(R"({"error":"model 'x' not found"})") == "model 'x' not found");
  CHECK(parse_error_text(R"({"error":{"message":"no"}})") == "no");
  CHECK(parse_error_text("{}").empty());
  CHECK(parse_error_text("nonsense").empty());
}

}  // namespace m1opt::ollama
