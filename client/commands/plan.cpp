#include "client/advise/budget.h"
#include "client/api.h"
#include "client/commands/all.h"
#include "client/planning/across.h"
#include "client/planning/machines.h"
#include "client/planning/plan.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

struct PlanWords {
  std::string model;
  std::string context;
  std::string parallel{"1"};
  std::string cache_type{"f16"};
  std::string batch;
  std::string mix;
  std::string ram;
  std::string system;
  std::string chip;
  std::string across;
  std::string link;
  bool plain_attention{false};
  bool json{false};
};

/// What Ollama takes where nobody asks for a context: its own, or that of the smallest tier.
constexpr std::uint64_t kContextUnasked = 4096;

Expected<advise::Use> use_asked(const PlanWords& words, const planning::Subject& subject) {
  advise::Use use;
  use.context = subject.own_context.value_or(kContextUnasked);
  if (!words.context.empty()) {
    const auto context = planning::count_of("--ctx", words.context, advise::kLongestUse);
    if (!context) return context.error();
    use.context = *context;
  }
  const auto parallel = planning::count_of("--parallel", words.parallel, advise::kMostSlots);
  if (!parallel) return parallel.error();
  use.parallel = *parallel;
  if (!words.batch.empty()) {
    const auto batch = planning::count_of("--batch", words.batch, advise::kLongestBatch);
    if (!batch) return batch.error();
    use.batch = *batch;
  }
  use.cache_type = advise::find_cache_type(words.cache_type);
  if (use.cache_type == nullptr) {
    return Failure{exit_code::kUsage, "--kv \"" + words.cache_type + "\" is no type of a KV cache", "Like: f16, q8_0, q4_0"};
  }
  use.flash_attention = !words.plain_attention;
  return use;
}

int show_across(const Context& context, const PlanWords& words, const planning::Subject& subject, const advise::Use& use) {
  const auto plan = planning::plan_across(subject, use, words.across, words.system, words.link);
  if (!plan) return report(context, plan.error());
  if (words.json) {
    print_document({wire::to_text(planning::to_json(*plan)), {}});
  } else {
    print(context, planning::to_text(*plan, context.style));
  }
  return exit_code::kOk;
}

int show_plan(const Context& context, const PlanWords& words) {
  const auto subject = planning::find_subject(words.model, words.mix);
  if (!subject) return report(context, subject.error());
  const auto use = use_asked(words, *subject);
  if (!use) return report(context, use.error());
  if (!words.across.empty()) return show_across(context, words, *subject, *use);
  const auto machine = planning::machine_for(words.ram, words.system, words.chip);
  if (!machine) return report(context, machine.error());
  const auto plan = planning::make_plan(*subject, *machine, *use);
  if (!plan) return report(context, plan.error());
  if (words.json) {
    print_document({wire::to_text(planning::to_json(*plan)), {}});
  } else {
    print(context, planning::to_text(*plan, context.style));
  }
  return exit_code::kOk;
}

}  // namespace

int run_plan(Context& context, Arguments& arguments) {
  PlanWords words;
  arguments
      .positional("MODEL", words.model, "A GGUF file, a model of Ollama's, or one whose shape is known (m1optctl recommend)")
      .option("--ctx", words.context, "N", "Tokens of context; else the model's own num_ctx, else 4096")
      .option("--parallel", words.parallel, "N", "Requests at once, each with a context of its own; 1 when not given")
      .option("--kv", words.cache_type, "TYPE", "Of the KV cache: f16 when not given, q8_0, q4_0 ...")
      .option("--batch", words.batch, "N", "Tokens worked on at once; as Ollama chooses when not given")
      .option("--quant", words.mix, "MIX", "Of a model that is not here; Q4_K_M when not given")
      .option("--ram", words.ram, "16G", "For another machine with so much")
      .option("--os", words.system, "macos|linux", "Of that machine; macos when not given")
      .option("--chip", words.chip, "\"M1 Pro\"", "Its chip, for the speed")
      .option("--across", words.across, "A,B,...", "Over several machines: a name that ends in GiB of RAM, :CHIP, @ADDRESS; llama-server on the first")
      .option("--link", words.link, "GBIT", "Gigabits a second of the slowest link between them; 1 when not given")
      .flag("--no-flash-attention", words.plain_attention, "As with OLLAMA_FLASH_ATTENTION=0")
      .flag("--json", words.json, "One document {schema, model, use, memory, machine, verdict, speed}");
  if (const auto status = arguments.parse(context)) return *status;
  if (words.model.empty()) return report(context, {exit_code::kUsage, "plan: which model?", "See: m1optctl models"});
  return show_plan(context, words);
}

}  // namespace m1opt::client
