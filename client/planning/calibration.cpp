#include "client/planning/calibration.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "client/bench/conditions.h"
#include "client/json_view.h"
#include "client/planning/subject.h"
#include "client/user_files.h"
#include "ollama/json.h"

namespace m1opt::client::planning {
namespace {

using boost::json::value;

constexpr std::size_t kLargestBench = 1U << 20U;

/// What the models of Ollama's store read for a token; each is looked up once.
class Readers {
 public:
  std::optional<double> bytes_per_token(const std::string& name) {
    const auto [row, unknown] = known_.try_emplace(name);
    if (!unknown) return row->second;
    if (const auto subject = find_stored(name); subject && *subject) row->second = static_cast<double>((**subject).weights.bytes_per_token);
    return row->second;
  }

 private:
  std::map<std::string, std::optional<double>> known_;
};

bool was_hot(const value& bench) {
  const auto& runs = list_at(bench, "runs");
  return std::any_of(runs.begin(), runs.end(), [](const value& run) {
    return flag_at(run, "hot") || bench::is_slowed(number_at(run, "conditions.thermal_level"));
  });
}

std::optional<advise::Measured> measured_by(const value& bench, const std::string& chip, Readers& readers) {
  if (text_at(bench, "schema") != "m1opt.bench/1" || text_at(bench, "machine.chip") != chip || was_hot(bench)) return std::nullopt;
  const auto tokens = number_at(bench, "generation.active_tokens_per_s.value");
  if (!tokens || *tokens <= 0) return std::nullopt;
  const auto bytes = readers.bytes_per_token(text_at(bench, "model.name"));
  if (!bytes) return std::nullopt;
  return advise::Measured{*bytes, *tokens};
}

}  // namespace

Calibration::Calibration(const advise::Machine& machine) : of_chip_(advise::bandwidth_of(machine.chip)) {
  const auto files = base::list_directory(data_directory() + "/benches", ".json");
  if (!machine.this_one || !files) return;
  Readers readers;
  for (const std::string& file : *files) {
    const auto text = base::read_file(file, kLargestBench);
    const auto bench = text ? ollama::parse_value(*text) : base::Result<value>(base::Error{});
    if (!bench) continue;
    if (const auto measured = measured_by(*bench, machine.chip, readers)) benches_.push_back(*measured);
  }
}

}  // namespace m1opt::client::planning
