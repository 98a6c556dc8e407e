#include "client/planning/calibration.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "client/json_view.h"
#include "client/planning/subject.h"
#include "client/user_files.h"
#include "ollama/json.h"

namespace m1opt::client::planning {
namespace {

constexpr std::size_t kLargestBench = 1U << 20U;
/// A bench is of one day and one heat: another differs by about that.
constexpr double kSpread = 0.1;

/// Bytes a second that the model of a bench was fed with; nothing when the bench is of another chip
/// or its model not here any more.
std::optional<double> rate_of(const boost::json::value& bench, const std::string& chip) {
  if (text_at(bench, "schema") != "m1opt.bench/1" || text_at(bench, "machine.chip") != chip) return std::nullopt;
  const auto tokens = number_at(bench, "generation.active_tokens_per_s.value");
  if (!tokens || *tokens <= 0) return std::nullopt;
  const auto subject = find_subject(text_at(bench, "model.name"), "");
  if (!subject || subject->source != Subject::Source::store) return std::nullopt;
  return *tokens * static_cast<double>(subject->weights.bytes_per_token);
}

}  // namespace

std::optional<advise::Bandwidth> measured_bandwidth(const std::string& chip) {
  const auto files = base::list_directory(data_directory() + "/benches", ".json");
  if (!files) return std::nullopt;
  std::vector<double> rates;
  for (const std::string& file : *files) {
    const auto text = base::read_file(file, kLargestBench);
    const auto bench = text ? ollama::parse_value(*text) : base::Result<boost::json::value>(base::Error{});
    if (!bench) continue;
    if (const auto rate = rate_of(*bench, chip)) rates.push_back(*rate);
  }
  if (rates.empty()) return std::nullopt;
  const auto [low, high] = std::minmax_element(rates.begin(), rates.end());
  advise::Bandwidth measured;
  measured.bytes_per_s = *high * (1 + kSpread);
  measured.reached_low = *low * (1 - kSpread) / measured.bytes_per_s;
  measured.reached_high = 1;
  measured.source = fmt::format("{} {} kept of this machine, give or take a tenth", rates.size(), rates.size() == 1 ? "bench" : "benches");
  return measured;
}

std::optional<advise::Bandwidth> bandwidth_for(const std::string& chip, bool this_machine) {
  if (this_machine) {
    if (auto measured = measured_bandwidth(chip)) return measured;
  }
  return advise::bandwidth_of(chip);
}

}  // namespace m1opt::client::planning
