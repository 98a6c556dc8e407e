#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/bench/conditions.h"
#include "client/bench/statistics.h"
#include "client/context.h"
#include "client/llm/server.h"

/// One bench from the first request to the last.
namespace m1opt::client::bench {

struct Plan {
  bool compare{false};  ///< the daemon paused and active by turns
  int runs{5};          ///< of each
  int tokens{128};      ///< a run
  std::uint64_t seed{1};
};

struct Run {
  Arm arm{Arm::active};
  ollama::Generation generation;
  Conditions conditions{};  ///< at its end
  bool hot{false};          ///< it did not cool down in time
  bool settled{true};       ///< the daemon held again all that it held at first
};

struct Outcome {
  Conditions before;
  Conditions after;
  std::vector<Run> runs;
  bool watched{false};  ///< a daemon told the conditions
};

/// Sends the requests; with `compare` pauses and unpauses the daemon, and leaves it as it was, on a
/// failure and when interrupted too. `say` is told how it goes on.
class Session {
 public:
  Session(const Context& context, const llm::Server& server, const llm::Model& model, Plan plan,
          std::function<void(const std::string&)> say);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  Expected<Outcome> run();

 private:
  Expected<void> check_daemon();
  Expected<void> warm_up();
  Expected<void> switch_to(Arm arm);
  Expected<void> measure(Arm arm, std::size_t number, std::size_t count);
  /// False: it is still hot.
  Expected<bool> cool_down();
  Expected<void> pause();
  Expected<void> unpause();
  [[nodiscard]] Conditions look() const;
  /// Requests that nobody measures, for at least `least` seconds, until `done` or `most` seconds.
  /// False: the time was up.
  Expected<bool> load_until(double least, double most, const std::function<bool()>& done);
  [[nodiscard]] Expected<ollama::Generation> request(int tokens);

  Context context_;
  const llm::Server& server_;
  const llm::Model& model_;
  Plan plan_;
  std::function<void(const std::string&)> say_;
  Outcome outcome_;
  Conditions reference_;
  double longest_settling_{30};
  bool paused_{false};
  bool settled_{true};
  int requests_{0};
};

}  // namespace m1opt::client::bench
