#include "client/bench/session.h"

#include <fmt/format.h>

#include "client/api.h"
#include "client/interrupt.h"
#include "client/json_view.h"
#include "client/render/status.h"
#include "wire/text.h"

namespace m1opt::client::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr llm::Server::Timeout kLoading{600'000};
constexpr llm::Server::Timeout kAnswering{300'000};
/// The rule `contention` wants 5 s of a busy workload, and a look a second.
constexpr double kFirstLookS = 12;
constexpr double kSettleS = 3;
constexpr double kHeatWaitS = 120;
/// A bench that is killed leaves a pause that ends by itself.
constexpr int kPauseS = 900;
constexpr int kUnmeasuredTokens = 16;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Another beginning each time: what was evaluated before is not to be found in a cache.
std::string prompt_of(int number, std::uint64_t seed) {
  std::string text = fmt::format("Request {} of series {:x}. ", number, seed);
  for (int year = 1; year <= 12; ++year) {
    text += fmt::format(
        "In year {} the keeper of the lighthouse wrote down the wind, the tide and each ship. ", year);
  }
  return text + "Tell the whole story of the lighthouse.";
}

Failure unfit(const std::string& why, const std::string& fix) {
  return {exit_code::kFailure, "nothing to compare: " + why, fix};
}

}  // namespace

Session::Session(const Context& context, const llm::Server& server, const llm::Model& model,
                 Plan plan, std::function<void(const std::string&)> say)
    : context_(context), server_(server), model_(model), plan_(plan), say_(std::move(say)) {}

Session::~Session() {
  if (!paused_) return;
  if (const auto ended = unpause(); !ended) {
    report(context_, {ended.error().exit_status,
                      fmt::format("the daemon is still paused, for {} s at most: {}", kPauseS,
                                  ended.error().text),
                      "sudo m1optctl unpause"});
  }
}

Expected<Outcome> Session::run() {
  const auto status = ask(context_, {"GET", "/v1/status"});
  outcome_.watched = status.has_value();
  if (plan_.compare) {
    if (!status) return status.error();
    if (const auto fit = check_daemon(); !fit) return fit.error();
  }
  outcome_.before = look();
  if (const auto warm = warm_up(); !warm) return warm.error();
  const std::vector<Arm> order =
      plan_.compare ? random_order(plan_.runs, plan_.seed)
                    : std::vector<Arm>(static_cast<std::size_t>(plan_.runs), Arm::active);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (plan_.compare) {
      if (const auto done = switch_to(order[i]); !done) return done.error();
    }
    if (const auto done = measure(order[i], i + 1, order.size()); !done) return done.error();
  }
  outcome_.after = look();
  if (paused_) {
    if (const auto ended = unpause(); !ended) return ended.error();
  }
  return outcome_;
}

Expected<void> Session::check_daemon() {
  const auto status = ask(context_, {"GET", "/v1/status"});
  if (!status) return status.error();
  if (flag_at(status->value, "pause.active")) {
    return unfit("the daemon is paused already", "sudo m1optctl unpause");
  }
  if (flag_at(status->value, "safe_mode.active")) {
    return unfit("the daemon is in safe mode", "sudo m1optctl restart");
  }
  if (render::only_looks(status->value) || text_at(status->value, "mode") == "observing") {
    return unfit("this daemon changes nothing", "m1optctl profile list");
  }
  // Held again is a target only this long after it was let go.
  const auto config = ask(context_, {"GET", "/v1/config"});
  if (!config) return config.error();
  longest_settling_ += number_at(config->value, "config.limits.cooldown_s").value_or(60);
  return {};
}

Expected<void> Session::warm_up() {
  say_(fmt::format("loads and warms up {}", model_.name));
  const auto first = server_.generate(model_, prompt_of(++requests_, plan_.seed), plan_.tokens, kLoading);
  if (!first) return first.error();
  if (!plan_.compare) return {};
  const auto loaded = load_until(kFirstLookS, kFirstLookS, [] { return true; });
  if (!loaded) return loaded.error();
  reference_ = look();
  say_(fmt::format("the daemon holds: {}",
                   reference_.holds.empty() ? "nothing"
                                            : fmt::format("{}", fmt::join(reference_.holds, ", "))));
  return {};
}

Expected<void> Session::switch_to(Arm arm) {
  if (arm == Arm::paused) {
    const bool was_paused = paused_;
    if (const auto done = pause(); !done) return done.error();
    if (was_paused) return {};
    const auto settled = load_until(kSettleS, longest_settling_, [&] { return look().holds.empty(); });
    if (!settled) return settled.error();
    settled_ = *settled;
    return {};
  }
  if (!paused_) return {};
  if (const auto done = unpause(); !done) return done.error();
  say_("waits until the daemon holds again what it held");
  const auto settled =
      load_until(kSettleS, longest_settling_, [&] { return is_settled(look(), reference_); });
  if (!settled) return settled.error();
  settled_ = *settled;
  return {};
}

Expected<void> Session::measure(Arm arm, std::size_t number, std::size_t count) {
  const auto cool = cool_down();
  if (!cool) return cool.error();
  const auto generation = request(plan_.tokens);
  if (!generation) return generation.error();
  outcome_.runs.push_back({arm, *generation, look(), !*cool, settled_});
  const char* which = arm == Arm::paused ? ", paused" : ", active";
  say_(fmt::format("run {} of {}{}: {:.1f} tok/s{}", number, count, plan_.compare ? which : "",
                   generation->rate.value_or(0), *cool ? "" : ", hot"));
  return {};
}

Expected<bool> Session::cool_down() {
  if (!outcome_.watched) return true;
  const auto begin = Clock::now();
  while (is_hot(look())) {
    if (seconds_since(begin) > kHeatWaitS) return false;
    if (!wait_uninterrupted(std::chrono::seconds(1))) return interruption();
  }
  return true;
}

Expected<void> Session::pause() {
  // First: it may be carried out though the answer does not come.
  paused_ = true;
  const auto done =
      ask(context_, {"POST", "/v1/pause", wire::to_text(boost::json::object{{"for_s", kPauseS}})});
  if (!done) return done.error();
  return {};
}

Expected<void> Session::unpause() {
  const auto done = ask(context_, {"POST", "/v1/unpause", "{}"});
  if (!done) return done.error();
  paused_ = false;
  return {};
}

Conditions Session::look() const {
  if (!outcome_.watched) return {};
  const auto status = ask(context_, {"GET", "/v1/status"});
  return status ? conditions_of(status->value) : Conditions{};
}

Expected<bool> Session::load_until(double least, double most, const std::function<bool()>& done) {
  const auto begin = Clock::now();
  while (true) {
    const auto generation = request(kUnmeasuredTokens);
    if (!generation) return generation.error();
    const double gone = seconds_since(begin);
    if (gone >= least && done()) return true;
    if (gone >= most) return false;
  }
}

Expected<ollama::Generation> Session::request(int tokens) {
  if (interrupted()) return interruption();
  return server_.generate(model_, prompt_of(++requests_, plan_.seed), tokens, kAnswering);
}

}  // namespace m1opt::client::bench
