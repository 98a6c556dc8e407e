#include "client/commands/explain_reference.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "client/advise/reference.h"
#include "client/api.h"
#include "client/render/text.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

render::Tone tone_of(advise::Verdict verdict) {
  switch (verdict) {
    case advise::Verdict::holds: return render::Tone::good;
    case advise::Verdict::partly: return render::Tone::warning;
    case advise::Verdict::wrong: return render::Tone::bad;
    case advise::Verdict::unproven: return render::Tone::faint;
  }
  return render::Tone::faint;
}

std::string as_text(const Context& context) {
  constexpr std::size_t kLabel = 10;
  const auto width = static_cast<std::size_t>(context.style.width);
  std::string text = render::labelled(
      "", 0,
      "What is widely recommended for LLMs on Apple Silicon, whether it is true, and what m1opt "
      "does. m1opt measured none of it on a Mac: it is what the sources say.",
      width);
  std::string topic;
  for (const advise::Claim& claim : advise::reference()) {
    if (topic != claim.topic) {
      topic = claim.topic;
      text += '\n' + render::paint(context.style, render::Tone::strong, topic) + '\n';
    }
    const std::string verdict =
        render::paint(context.style, tone_of(claim.verdict), advise::word_of(claim.verdict));
    text += render::labelled(verdict, kLabel, claim.claim, width);
    text += render::labelled("", kLabel, claim.truth, width);
    if (*claim.source != '\0') text += render::labelled("", kLabel, fmt::format("Source: {}", claim.source), width);
    text += render::labelled("", kLabel, fmt::format("m1opt: {}", claim.m1opt), width);
  }
  return text;
}

Document as_document() {
  boost::json::array claims;
  for (const advise::Claim& claim : advise::reference()) {
    claims.push_back({{"id", claim.id},
                      {"topic", claim.topic},
                      {"claim", claim.claim},
                      {"verdict", advise::word_of(claim.verdict)},
                      {"truth", claim.truth},
                      {"m1opt", claim.m1opt},
                      {"source", *claim.source == '\0' ? boost::json::value(nullptr) : boost::json::value(claim.source)}});
  }
  return {wire::to_text(boost::json::object{{"schema", "m1opt.reference/1"},
                                            {"version", M1OPT_VERSION},
                                            {"claims", std::move(claims)}}),
          {}};
}

}  // namespace

int explain_reference(const Context& context, bool json) {
  if (json) {
    print_document(as_document());
  } else {
    print(context, as_text(context));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
