// Bodies of POST requests, each as what every route would take it for.
#include "wire/requests.h"

#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

namespace m1opt::fuzz {

namespace {

using namespace std::chrono_literals;

template <class T>
bool is_good(const wire::RequestResult<T>& result) {
  if (result) return true;
  const wire::ProblemDocument& problem = result.error();
  require(problem.status >= 400 && problem.status < 500, "a bad request is the caller's fault");
  require(!problem.detail.empty(), "a refusal says what is wrong");
  return false;
}

}  // namespace

void requests(std::string_view input) {
  if (const auto pause = wire::pause_command(input); is_good(pause)) {
    require(!pause->duration || (*pause->duration > 0s && *pause->duration <= 7 * 24h),
            "a pause lasts up to 7 days");
  }
  if (const auto suspend = wire::suspend_command(input); is_good(suspend)) {
    require(suspend->duration >= 1s && suspend->duration <= 600s, "1 to 600 s");
    require(!suspend->process || suspend->process->pid > 0, "a pid is above zero");
    require(suspend->process.has_value() == suspend->target.empty(), "a name or a process");
  }
  if (const auto resume = wire::resume_command(input); is_good(resume)) {
    require(!resume->process || resume->process->pid > 0, "a pid is above zero");
  }
  if (const auto lease = wire::lease_command(input); is_good(lease)) {
    require(lease->process.pid > 0, "a pid is above zero");
  }
  (void)is_good(wire::parse_request<wire::EmptyRequest>(input));
}

}  // namespace m1opt::fuzz
