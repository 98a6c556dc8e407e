#include <fmt/format.h>

#include <algorithm>

#include "client/advise/text.h"
#include "client/planning/across.h"
#include "client/planning/table_text.h"
#include "client/render/text.h"

namespace m1opt::client::planning {
namespace {

using advise::gib_text;
using boost::json::array;
using boost::json::object;
using boost::json::value;

std::string verdict_text(const AcrossPlan& plan) {
  const bool sure = std::all_of(plan.nodes.begin(), plan.nodes.end(), [](const advise::Node& node) { return node.machine.metal.has_value(); });
  if (plan.split.fits && !sure) return "fits, by these layers, if Linux and other programs take no more than their reserve: 15 % of RAM, at least 2 GiB";
  if (plan.split.fits) return "fits for sure, by these layers";
  return fmt::format("does not fit: there is no room for {} of it", gib_text(plan.split.missing));
}

std::string bound_text(const AcrossPlan& plan) {
  if (!plan.bound) return "not known: name each chip, as in studio64:m1-max";
  return fmt::format("at most {:.1f} tokens/s with an empty context, and less in practice: the machines work one after the other, and each token waits "
                     "for {} round trips over the slowest link ({} Gbit/s; {} bytes a token)",
                     *plan.bound, plan.nodes.size() - 1, plan.link_gbit, plan.split.bytes_between);
}

}  // namespace

object to_json(const AcrossPlan& plan) {
  array shares;
  for (const auto& share : plan.split.shares) {
    shares.push_back({{"machine", plan.nodes[share.node].name},
                      {"layers", share.layers},
                      {"weights_bytes", share.weights},
                      {"cache_bytes", share.cache},
                      {"besides_bytes", share.besides},
                      {"room_bytes", share.room}});
  }
  array steps;
  for (const Step& step : steps_of(plan)) steps.push_back({{"machine", step.where}, {"command", step.command}});
  return {{"schema", "m1opt.across/1"},
          {"version", M1OPT_VERSION},
          {"model", plan.subject.name},
          {"fits", plan.split.fits},
          {"missing_bytes", plan.split.missing},
          {"shares", std::move(shares)},
          {"bytes_between_per_token", plan.split.bytes_between},
          {"link_gbit_per_s", plan.link_gbit},
          {"bound_tokens_per_s", plan.bound ? value(*plan.bound) : value(nullptr)},
          {"steps", std::move(steps)}};
}

std::string to_text(const AcrossPlan& plan, const render::Style& style) {
  const auto width = static_cast<std::size_t>(style.width);
  std::string text = render::paint(style, render::Tone::strong, render::printable(plan.subject.name)) +
                     fmt::format(", context {}, KV cache {}\n", plan.use.context, plan.use.cache_type->name);
  std::vector<std::vector<std::string>> rows{{"MACHINE", "LAYERS", "WEIGHTS", "KV CACHE", "BESIDES", "ROOM"}};
  for (const auto& share : plan.split.shares) {
    const bool last = &share == &plan.split.shares.back();
    rows.push_back({plan.nodes[share.node].name, last && share.layers > 0 ? fmt::format("{} + output", share.layers - 1) : std::to_string(share.layers),
                    gib_text(share.weights), gib_text(share.cache), gib_text(share.besides), gib_text(share.room)});
  }
  text += table_text(rows, style) + "\n";
  text += render::labelled("Verdict", 10, render::paint(style, plan.split.fits ? render::Tone::good : render::Tone::bad, verdict_text(plan)), width);
  text += render::labelled("Speed", 10, bound_text(plan), width);
  text += "\nllama.cpp, with the names replaced by addresses; nobody is asked for a password, so only in a network of your own:\n";
  for (const Step& step : steps_of(plan)) text += fmt::format("  on {}: {}\n", step.where, render::printable(step.command));
  text += render::labelled("exo", 10, "uv run exo on each machine, in a checkout of exo: it finds the others and splits by memory itself. It "
                                      "takes MLX models, not GGUF. Never tried by m1opt.", width);
  return text;
}

}  // namespace m1opt::client::planning
