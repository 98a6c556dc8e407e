#include <fmt/format.h>

#include <cctype>

#include "client/advise/text.h"
#include "client/planning/plan.h"
#include "client/render/format.h"
#include "client/render/text.h"

namespace m1opt::client::planning {
namespace {

using advise::Certainty;
using advise::gib_text;
using render::labelled;
using render::Tone;

constexpr std::size_t kLabel = 20;
constexpr std::size_t kAmount = 18;

class Lines {
 public:
  explicit Lines(const render::Style& style) : style_(style) {}

  void line(std::string_view label, const std::string& text) {
    text_ += labelled(label, kLabel, render::printable(text), static_cast<std::size_t>(style_.width));
  }
  void amount(std::string_view label, const std::string& amount, const std::string& text) {
    text_ += labelled(fmt::format("{:<{}}{:>{}}  ", label, kLabel, amount, kAmount), kLabel + kAmount + 2,
                      render::printable(text), static_cast<std::size_t>(style_.width));
  }
  void blank() { text_ += '\n'; }
  void add(const std::string& text) { text_ += text; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  const render::Style& style_;
  std::string text_;
};

std::string source_text(const Subject& subject) {
  switch (subject.source) {
    case Subject::Source::file: return "read from its file";
    case Subject::Source::store: return "read from Ollama's store";
    case Subject::Source::server: return "as the running Ollama tells";
    case Subject::Source::shape: break;
  }
  return subject.unverified.empty() ? "not here: by its shape" : fmt::format("not here: by its shape, of which the {} is not verified", subject.unverified);
}

/// "~" before what nobody but memory vouches for.
const char* doubt_sign(const Subject& subject) { return subject.unverified == "shape" ? "~" : ""; }

void add_model(const Plan& plan, const render::Style& style, Lines& lines) {
  const Subject& subject = plan.subject;
  lines.add(render::paint(style, Tone::strong, render::printable(subject.name)) + "\n");
  lines.line("Model", fmt::format("{}, {}{:.2f} B parameters, {}{}{:.2f} bits a weight, {}", subject.shape.architecture, doubt_sign(subject),
                                  static_cast<double>(subject.weights.parameters) / 1e9, subject.quantisation, subject.quantisation.empty() ? "" : ", ",
                                  subject.weights.bits_per_weight(), source_text(subject)));
  lines.line("To be run with", fmt::format("context {}{}, {} slot{}, KV cache {}, batch {}{}", plan.use.context,
                                           subject.shape.context_length == 0 ? "" : fmt::format(" (trained with {})", subject.shape.context_length),
                                           plan.use.parallel, plan.use.parallel == 1 ? "" : "s", plan.use.cache_type->name,
                                           advise::batch_of(plan.use), plan.use.flash_attention ? "" : ", no flash attention"));
  for (const std::string& doubt : subject.shape.doubts) lines.line("", doubt);
  if (plan.use.context > subject.shape.context_length && subject.shape.context_length != 0) {
    lines.line("", "this context is longer than what it was trained with: answers get worse");
  }
}

void add_memory(const Plan& plan, Lines& lines) {
  for (const auto& term : plan.footprint.terms) {
    if (term.certainty == Certainty::limit) continue;
    lines.amount(term.name, (term.certainty == Certainty::estimate ? "~ " : "") + gib_text(term.bytes), term.formula);
  }
  lines.amount("Once loaded", gib_text(plan.footprint.loaded()), "");
  for (const auto& term : plan.footprint.terms) {
    if (term.certainty == Certainty::limit) lines.amount(term.name, "up to " + gib_text(term.bytes), term.formula);
  }
}

void add_holders(std::string_view label, const std::vector<advise::Holder>& holders, const std::string& what, Lines& lines) {
  for (const auto& holder : holders) lines.amount(label, gib_text(holder.bytes), fmt::format("{}: {}", what, holder.name));
}

std::string freed_text(const advise::Machine& machine) {
  if (machine.system == advise::System::macos) return "of that becomes free then: half of it at best, as far as macOS compresses it";
  return machine.swap_free.value_or(0) == 0 ? "of that becomes free then: there is no swap or zram to put it into"
                                            : "of that becomes free then: half of it at best, and what there is swap or zram for";
}

void add_machine(const Plan& plan, Lines& lines) {
  const advise::Machine& machine = plan.machine;
  lines.line("Machine", fmt::format("{}{}{}, {}", machine.this_one ? "this one, " : "", machine.chip.empty() ? "chip not known" : machine.chip,
                                    machine.ram ? fmt::format(", {} of RAM", render::format_bytes(static_cast<double>(*machine.ram))) : "",
                                    machine.system == advise::System::macos ? "macOS" : "Linux, on the CPU"));
  const advise::Room room = advise::room_in(machine);
  if (machine.metal) {
    lines.amount("Metal's limit", gib_text(machine.metal->bytes), machine.metal->source);
    if (machine.own) lines.amount("Loaded now", gib_text(machine.own->bytes), fmt::format("not taken off: {} itself", machine.own->name));
    add_holders("Loaded now", machine.models, "taken off the limit", lines);
    lines.amount("Fit margin", gib_text(advise::kFitMargin), "taken off the limit: llama-server --fit leaves it free");
    lines.amount("Room for Metal", gib_text(*room.metal), "");
  }
  if (machine.available) lines.amount("Available now", gib_text(*machine.available), "of RAM");
  if (machine.own_returns > 0) lines.amount("", gib_text(machine.own_returns), fmt::format("besides, which {} itself holds now", machine.own->name));
  if (const auto reserve = advise::reserve_in(machine)) {
    lines.amount("System and programs", "~ " + gib_text(*reserve), "a reserve and no reading: 15 % of RAM, at least 2 GiB");
    lines.amount("Room in RAM", "~ " + gib_text(*room.memory), "");
  }
  if (!machine.metal) add_holders("Loaded now", machine.models, "in it already", lines);
  add_holders("Could be suspended", machine.targets, "holds", lines);
  if (!machine.targets.empty()) lines.amount("", "up to " + gib_text(advise::freed_by_suspending(machine)), freed_text(machine));
  for (const std::string& unknown : machine.unknown) lines.line("Not known", unknown);
}

/// What the prompt cache leaves of RAM, where that is little.
std::string later_text(const Plan& plan) {
  const auto memory = advise::room_in(plan.machine).memory;
  const auto fitting = advise::footprint_of(plan.subject.shape, plan.subject.weights, plan.verdict.use, plan.machine.system);
  if (!memory || !fitting || *memory < fitting->loaded() || *memory - fitting->loaded() > advise::kPromptCache) return {};
  return fmt::format("the prompt cache may grow beyond the {} that are then left: bound it with LLAMA_ARG_CACHE_RAM, in MiB",
                     gib_text(*memory - fitting->loaded()));
}

/// What the settings are under which it fits.
std::string settings_text(const advise::Use& use) {
  std::string text = fmt::format("num_ctx {}", use.context);
  if (use.cache_type->block > 1) {
    std::string type = use.cache_type->name;
    for (char& letter : type) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    text += ", OLLAMA_KV_CACHE_TYPE=" + type;
  }
  if (use.parallel > 1) text += fmt::format(", OLLAMA_NUM_PARALLEL={}", use.parallel);
  return text;
}

Tone tone_of(const advise::Judgement& verdict) {
  if (verdict.fit == advise::Fit::fits) return verdict.certain ? Tone::good : Tone::warning;
  return verdict.fit == advise::Fit::fits_not ? Tone::bad : Tone::warning;
}

std::string reach_text(const Plan& plan) {
  std::string text;
  for (const Reach& row : plan.reach) {
    text += fmt::format("{}{} with {}", text.empty() ? "" : ", ", row.context == 0 ? "none" : std::to_string(row.context), row.cache_type);
  }
  return text;
}

/// A digit after the point where it makes a difference.
std::string rate(double tokens_per_s) { return fmt::format("{:.{}f}", tokens_per_s, tokens_per_s < 10 ? 1 : 0); }

std::string speed_text(const Plan& plan) {
  if (!plan.bandwidth) return "not known: this chip's memory bandwidth is not (--chip names one), and no bench of a comparable model was kept";
  const std::string bound = plan.fresh.bound ? fmt::format("; {} at the very most, by the memory's bandwidth", rate(*plan.fresh.bound)) : "";
  return fmt::format("~ {} to {} tokens/s with an empty context, {} to {} with a full one{}",
                     rate(plan.fresh.low), rate(plan.fresh.high), rate(plan.full.low), rate(plan.full.high), bound);
}

}  // namespace

std::string to_text(const Plan& plan, const render::Style& style) {
  Lines lines(style);
  add_model(plan, style, lines);
  lines.blank();
  add_memory(plan, lines);
  lines.blank();
  add_machine(plan, lines);
  lines.blank();
  const std::string verdict = plan.verdict.sentence + (plan.verdict.certain ? "" : ", " + plan.verdict.doubt);
  lines.add(labelled("Verdict", kLabel, render::paint(style, tone_of(plan.verdict), verdict), static_cast<std::size_t>(style.width)));
  if (plan.verdict.fit != advise::Fit::fits_not && plan.verdict.fit != advise::Fit::unknown) {
    lines.line("To be set", settings_text(plan.verdict.use));
    if (const std::string later = later_text(plan); !later.empty()) lines.line("Careful", later);
  }
  lines.line("Largest context", reach_text(plan));
  lines.line("Speed", speed_text(plan));
  if (plan.bandwidth) lines.line("", "from " + plan.bandwidth->source);
  return lines.take();
}

}  // namespace m1opt::client::planning
