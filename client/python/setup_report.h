#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <string>

#include "client/python/setup.h"
#include "client/render/style.h"

namespace m1opt::client::python {

/// The commands as they could be typed, what is kept, how much room there is.
std::string plan_text(const SetupPlan& plan, const render::Style& style);
boost::json::object plan_json(const SetupPlan& plan);

/// What the packages computed, what it takes and took.
std::string outcome_text(const SetupPlan& plan, const SetupOutcome& outcome, const render::Style& style);
boost::json::object outcome_json(const SetupPlan& plan, const SetupOutcome& outcome);

/// How far a step is, on standard error: on a terminal one line that changes, else a line for each
/// thing that the step says.
class ProgressLine {
 public:
  ProgressLine();
  void show(const Step& step, const std::string& output);
  /// Off the screen again.
  void clear();

 private:
  void show_on_terminal(const Step& step, const std::string& output);

  bool terminal_;
  std::size_t width_;
  std::string step_;
  std::size_t told_{0};  ///< of the step's output
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
};

}  // namespace m1opt::client::python
