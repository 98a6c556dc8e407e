#include "client/settings/ollama_variables.h"

#include <fmt/format.h>

#include <array>

namespace m1opt::client::settings {
namespace {

/// From this RAM on. Judged so that weights, KV cache, buffers and llama-server's margin of 1 GiB
/// stay below what Metal gives, and that and the system below the RAM.
struct Tier {
  int gigabytes;
  int context;
  int parallel;
  int loaded;
  const char* kv_type;  ///< "": f16, the default
  int prompt_cache_mib;
  const char* keep_alive;
};
constexpr std::array kTiers{
    Tier{8, 4096, 1, 1, "q8_0", 0, "5m"},
    Tier{16, 8192, 1, 1, "q8_0", 512, "30m"},
    Tier{24, 16384, 1, 1, "q8_0", 1024, "30m"},
    Tier{32, 16384, 1, 1, "q8_0", 2048, "1h"},
    Tier{64, 32768, 2, 2, "", 4096, "-1"},
};

const Tier& tier_of(base::Bytes ram) {
  const Tier* found = kTiers.data();
  for (const Tier& tier : kTiers) {
    // A machine sold with 16 GB shows a little less on some systems.
    if (static_cast<double>(ram.value()) >= 0.9 * tier.gigabytes * 1024 * 1024 * 1024) found = &tier;
  }
  return *found;
}

Recommendation context_row(const Tier& tier) {
  return {"OLLAMA_CONTEXT_LENGTH", std::to_string(tier.context),
          "Without it Ollama goes by what Metal gives: 4096 below 23 GiB, 32768 below 47 GiB, else 262144, "
          "before 0.15.5 always 4096. A request with another num_ctx loads the model anew: use this one "
          "everywhere. The app's own setting wins over it."};
}

Recommendation kv_row(const Tier& tier, Era era) {
  if (*tier.kv_type == '\0') {
    return {"OLLAMA_KV_CACHE_TYPE", std::nullopt, "f16, the default, is exact and fits here."};
  }
  return {"OLLAMA_KV_CACHE_TYPE", tier.kv_type,
          era == Era::native
              ? "Half the memory of f16 for hardly any loss. Only with flash attention; f16, q8_0 and q4_0 are known."
              : "Half the memory of f16 for hardly any loss. It needs flash attention, which is on by itself on Metal."};
}

Recommendation attention_row(const Tier& tier, Era era) {
  if (era == Era::native && *tier.kv_type != '\0') {
    return {"OLLAMA_FLASH_ATTENTION", "1",
            "Before 0.30 a quantised KV cache is ignored unless this is set."};
  }
  return {"OLLAMA_FLASH_ATTENTION", std::nullopt,
          "Unset means automatic, by model and GPU; any text that is no number or word of yes or no means yes."};
}

Recommendation cache_row(const Tier& tier) {
  return {"LLAMA_ARG_CACHE_RAM", std::to_string(tier.prompt_cache_mib),
          "MiB of old prompts that each llama-server keeps beside the model: 8192 when it is not set, and no "
          "figure of Ollama's counts it. 0 switches it off."};
}

}  // namespace

const char* text_of(Era era) {
  return era == Era::native ? "the engine is in Ollama itself" : "a llama-server for each model";
}

std::vector<Recommendation> recommend(base::Bytes ram, Era era) {
  const Tier& tier = tier_of(ram);
  std::vector<Recommendation> rows;
  if (era == Era::llama_server) rows.push_back(cache_row(tier));
  rows.push_back(context_row(tier));
  rows.push_back(kv_row(tier, era));
  rows.push_back(attention_row(tier, era));
  rows.push_back({"OLLAMA_NUM_PARALLEL", std::to_string(tier.parallel),
                  "Each more is another whole context in memory; 1 is the default, before 0.11 it was automatic."});
  rows.push_back({"OLLAMA_MAX_LOADED_MODELS", std::to_string(tier.loaded),
                  "3 on a Mac when it is not set. One keeps two models from evicting each other by turns."});
  rows.push_back({"OLLAMA_KEEP_ALIVE", tier.keep_alive,
                  "How long an idle model stays: a time, or seconds; -1 for ever. 5m is the default. In a "
                  "request the number -1 is right, the text \"-1\" an error."});
  rows.push_back({"OLLAMA_MAX_QUEUE", std::nullopt,
                  "512, the default, is right: requests for a loaded model never enter this queue, so it bounds no "
                  "memory, and with 1 the third that waits for a model to load fails with 503."});
  rows.push_back({"OLLAMA_GPU_OVERHEAD", std::nullopt,
                  era == Era::native
                      ? "Bytes that are kept free besides 512 MiB; nothing here needs more."
                      : "llama-server does not see it. LLAMA_ARG_FIT_TARGET is what it became."});
  if (era == Era::llama_server) {
    rows.push_back({"LLAMA_ARG_FIT_TARGET", std::nullopt, "1024 MiB kept free, the default, is enough."});
  }
  return rows;
}

int recommended_context(base::Bytes ram) { return tier_of(ram).context; }

int recommended_slots(base::Bytes ram) { return tier_of(ram).parallel; }

std::vector<StrayVariable> stray_variables(Era era) {
  std::vector<StrayVariable> strays{
      {"OLLAMA_NUM_CTX", "No Ollama reads it: OLLAMA_CONTEXT_LENGTH is meant."},
      {"OLLAMA_NUM_GPU", "No Ollama reads it: num_gpu is an option of a model, and right when it is not set."},
      {"OLLAMA_NUM_THREAD", "No Ollama reads it: num_thread is an option of a model."},
  };
  if (era == Era::llama_server) {
    strays.push_back({"OLLAMA_NEW_ENGINE", "Removed in 0.30."});
    strays.push_back({"OLLAMA_MULTIUSER_CACHE", "Removed in 0.30."});
  }
  return strays;
}

std::vector<std::string> variable_names() {
  std::vector<std::string> names;
  for (const Recommendation& row : recommend(base::Bytes{0}, Era::llama_server)) names.emplace_back(row.name);
  for (const StrayVariable& stray : stray_variables(Era::llama_server)) names.emplace_back(stray.name);
  return names;
}

}  // namespace m1opt::client::settings
