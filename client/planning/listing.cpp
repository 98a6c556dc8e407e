#include "client/planning/listing.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "client/planning/calibration.h"

namespace m1opt::client::planning {
namespace {

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// Of a model in several files the first stands for all.
bool is_further_part(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name.find("-of-") != std::string::npos && name.find("-00001-of-") == std::string::npos;
}

Listed listed(Subject subject, const advise::Machine& machine, const Calibration& calibration) {
  Listed row;
  const advise::Machine least = advise::at_least(advise::asked_about(machine, subject.name, subject.weights.bytes));
  advise::Use use;
  row.context_f16 = advise::largest_context(subject.shape, subject.weights, use, least);
  use.cache_type = advise::find_cache_type("Q8_0");
  row.context_q8_0 = advise::largest_context(subject.shape, subject.weights, use, least);
  if (const auto bandwidth = calibration.bandwidth_for(subject.weights.bytes_per_token)) {
    row.speed = advise::speed_of(*bandwidth, subject.weights.bytes_per_token, 0);
  }
  row.subject = std::move(subject);
  return row;
}

void take(base::Result<Subject> subject, const std::string& name, const Calibration& calibration, Listing& listing) {
  if (subject) {
    listing.models.push_back(listed(std::move(*subject), listing.machine, calibration));
  } else {
    listing.problems.push_back({name, subject.error().what});
  }
}

void take_store(const models::Store& store, const Calibration& calibration, Listing& listing) {
  auto list = models::list_models(store);
  listing.problems = std::move(list.problems);
  for (const auto& stored : list.models) take(read_subject(store, stored), stored.name.text(), calibration, listing);
}

}  // namespace

Expected<Listing> list_local(const std::string& directory, const advise::Machine& machine) {
  Listing listing;
  listing.machine = machine;
  const Calibration calibration(machine);
  const auto usual = directory.empty() ? models::find_store() : std::nullopt;
  listing.place = directory.empty() ? (usual ? usual->directory : "") : directory;
  if (listing.place.empty()) return listing;
  if (!is_directory(listing.place)) return Failure{exit_code::kFailure, fmt::format("{}: no directory", directory), ""};
  if (is_directory(listing.place + "/manifests")) {
    take_store({listing.place}, calibration, listing);
    return listing;
  }
  const auto files = base::list_directory(directory, ".gguf");
  if (!files) return Failure{exit_code::kFailure, files.error().what, ""};
  for (const std::string& file : *files) {
    if (!is_further_part(file)) take(read_subject(file), file, calibration, listing);
  }
  return listing;
}

}  // namespace m1opt::client::planning
