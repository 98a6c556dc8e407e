#include "ollama/generation.h"

#include "ollama/requests.h"
#include "support/catch.h"

namespace m1opt::ollama {

namespace {

constexpr const char* kLast =
    R"({"model":"llama3.2","created_at":"2026-08-01T08:11:12.345678Z","response":"","done":true,)"
    R"("done_reason":"stop","context":[1,2],"total_duration":4935886791,"load_duration":534986708,)"
    R"("prompt_eval_count":26,"prompt_eval_duration":130000000,"eval_count":237,)"
    R"("eval_duration":4740000000})";

}  // namespace

TEST_CASE("the rates of Ollama are its counts over its own times") {
  const auto generation = parse_generation(kLast);
  REQUIRE(generation);
  CHECK(generation->prompt_tokens == 26);
  CHECK(generation->tokens == 237);
  CHECK(generation->prompt_rate == 200.0);
  CHECK(generation->rate == 50.0);
  CHECK(generation->load == Duration{534986708});
}

TEST_CASE("of an answer in lines the last one counts") {
  const std::string lines =
      R"({"model":"a","response":"Hi","done":false})" "\n\n" + std::string(kLast) + "\n";
  const auto generation = parse_generation(lines);
  REQUIRE(generation);
  CHECK(generation->tokens == 237);
}

TEST_CASE("counters that are 0 are left out, and have no rate") {
  const auto generation =
      parse_generation(R"({"model":"a","response":"","done":true,"done_reason":"stop"})");
  REQUIRE(generation);
  CHECK(generation->tokens == 0);
  CHECK_FALSE(generation->rate.has_value());
  CHECK_FALSE(generation->prompt_rate.has_value());
}

TEST_CASE("an error comes under status 200 too, in the middle of the lines") {
  const auto generation = parse_generation(
      "{\"model\":\"a\",\"response\":\"Hi\",\"done\":false}\n{\"error\":\"out of memory\"}\n");
  REQUIRE_FALSE(generation);
  CHECK(generation.error().code == Errc::io);
  CHECK(generation.error().what == "out of memory");
}

TEST_CASE("an answer that is cut off is no answer") {
  for (const char* text : {"", "\n", "{\"done\":false}\n", "{\"done\":tr", "{\"done\":1}", "[]"}) {
    INFO(text);
    CHECK_FALSE(parse_generation(text));
  }
  CHECK_FALSE(parse_generation(R"({"done":true,"eval_count":-1})"));
}

TEST_CASE("the rates of llama-server are those that it tells") {
  const auto generation = parse_completion(
      R"({"content":"x","timings":{"cache_n":0,"prompt_n":10,"prompt_ms":123.978,)"
      R"("prompt_per_second":80.5,"predicted_n":24,"predicted_ms":1744.237,"predicted_per_second":13.25}})");
  REQUIRE(generation);
  CHECK(generation->prompt_tokens == 10);
  CHECK(generation->tokens == 24);
  CHECK(generation->prompt_rate == 80.5);
  CHECK(generation->rate == 13.25);
  CHECK_FALSE(generation->load.has_value());
}

TEST_CASE("a llama-server that generated nothing has no rate") {
  const auto generation = parse_completion(
      R"({"timings":{"prompt_n":1,"prompt_per_second":1e400,"predicted_n":0,"predicted_per_second":0.0}})");
  REQUIRE(generation);
  CHECK(generation->tokens == 0);
  CHECK_FALSE(generation->rate.has_value());
  CHECK_FALSE(generation->prompt_rate.has_value());
  CHECK_FALSE(parse_completion(R"({"content":"x"})"));
  CHECK(parse_completion(R"({"error":{"message":"Loading model","code":503}})").error().what ==
        "Loading model");
}

TEST_CASE("a prompt to a loaded model names its context and keep-alive, so that nothing changes for it") {
  CHECK(generate_request("a:1", {"Hi", 8, 4096, -1}).body ==
        R"({"model":"a:1","prompt":"Hi","stream":false,"keep_alive":-1,)"
        R"("options":{"num_predict":8,"temperature":0,"seed":1,"num_ctx":4096}})");
  CHECK(generate_request("a:1", {"Hi", 8}).body ==
        R"({"model":"a:1","prompt":"Hi","stream":false,"options":{"num_predict":8,"temperature":0,"seed":1}})");
  CHECK(completion_request({"Hi", 8}).body ==
        R"({"prompt":"Hi","n_predict":8,"temperature":0,"seed":1,"ignore_eos":true,"cache_prompt":false})");
}

}  // namespace m1opt::ollama
