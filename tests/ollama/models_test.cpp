#include "ollama/models.h"

#include "support/catch.h"

namespace m1opt::ollama {

TEST_CASE("models that run elsewhere are no local ones") {
  const auto models = parse_tags(
      R"({"models":[{"name":"llama3.2:3b","model":"llama3.2:3b","size":2019393189,)"
      R"("details":{"families":null,"quantization_level":"Q4_K_M"},"capabilities":["tools"]},)"
      R"({"name":"big:cloud","remote_host":"https://ollama.com","size":384}]})");
  REQUIRE(models);
  REQUIRE(models->size() == 1);
  CHECK(models->front() == LocalModel{"llama3.2:3b", Bytes{2019393189}, "Q4_K_M"});
  CHECK(parse_tags(R"({"models":null})")->empty());
  for (const char* bad : {"", "{}", R"({"models":[1]})", R"({"models":[{"size":1}]})",
                          R"({"models":[{"name":"a","size":-1}]})"}) {
    INFO(bad);
    CHECK_FALSE(parse_tags(bad));
  }
}

TEST_CASE("the shape of a model is read from show, whose lists are null") {
  const auto model = parse_show(
      R"({"parameters":"num_ctx                        4096\nstop   \"</s> x\"\n bad\n",)"
      R"("details":{"quantization_level":"Q4_K_M"},)"
      R"("model_info":{"general.architecture":"llama","general.parameter_count":3212749888,)"
      R"("llama.block_count":28,"llama.context_length":131072,"llama.embedding_length":3072,)"
      R"("llama.attention.head_count":24,"llama.attention.head_count_kv":null,)"
      R"("llama.attention.key_length":128,"tokenizer.ggml.tokens":null}})");
  REQUIRE(model);
  CHECK(model->architecture == "llama");
  CHECK(model->quantization == "Q4_K_M");
  CHECK(model->parameter_count == 3212749888);
  CHECK(model->context_length == 131072);
  CHECK(model->block_count == 28);
  CHECK(model->head_count == 24);
  CHECK_FALSE(model->head_count_kv.has_value());
  CHECK(model->key_length == 128);
  CHECK_FALSE(model->value_length.has_value());
  REQUIRE(model->parameters.size() == 2);
  CHECK(model->parameters[0] == std::pair<std::string, std::string>{"num_ctx", "4096"});
  CHECK(model->parameters[1].second == "\"</s> x\"");
}

TEST_CASE("a bad answer to show names what is wrong") {
  CHECK_FALSE(parse_show("{}"));
  CHECK(parse_show(R"({"model_info":{"general.architecture":"llama","llama.block_count":"28"}})")
            .error()
            .what == "$.model_info.llama.block_count: not a whole number from 0");
}

TEST_CASE("llama-server is called by its alias or the name of its file") {
  const auto named = parse_props(
      R"({"default_generation_settings":{"n_ctx":1024},"total_slots":2,"model_alias":"small",)"
      R"("model_ftype":"Q4_K - Medium","model_path":"/models/x.gguf"})");
  REQUIRE(named);
  CHECK(*named == ServerProperties{"small", "Q4_K - Medium", 1024, 2});
  const auto unnamed =
      parse_props(R"({"default_generation_settings":{},"model_path":"/models/x.gguf"})");
  REQUIRE(unnamed);
  CHECK(unnamed->model == "x.gguf");
  CHECK_FALSE(unnamed->context.has_value());
  CHECK_FALSE(parse_props("{}"));
}

}  // namespace m1opt::ollama
