#include "platform/thermal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "platform/text.h"

namespace m1opt::platform {

namespace {

constexpr MilliCelsius kLowest{-20'000};
constexpr MilliCelsius kHighest{150'000};
constexpr MilliCelsius kLeastTrip{40'000};
constexpr MilliCelsius kMargin{5'000};
/// No CPU runs faster; more is garbage (kHz).
constexpr std::int64_t kMostFrequency = 20'000'000;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains_folded(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

double celsius(MilliCelsius t) { return static_cast<double>(t.value()) / 1000.0; }

const char* to_word(TripKind kind) {
  switch (kind) {
    case TripKind::passive: return "passive";
    case TripKind::hot: return "hot";
    case TripKind::critical: return "critical";
    case TripKind::other: return "other";
  }
  return "other";
}

int level_of(MilliCelsius value, const TripPoint& trip) {
  const bool reached = value >= trip.at;
  const bool near = value >= trip.at - kMargin;
  switch (trip.kind) {
    case TripKind::critical: return reached ? 4 : near ? 3 : 0;
    case TripKind::hot: return reached ? 3 : 0;
    case TripKind::passive: return reached ? 2 : near ? 1 : 0;
    case TripKind::other: return 0;
  }
  return 0;
}

}  // namespace

std::optional<MilliCelsius> parse_temperature(std::string_view text) {
  const auto number = parse_number<std::int64_t>(trim(text));
  if (!number) return std::nullopt;
  return MilliCelsius{*number};
}

bool is_plausible(MilliCelsius value) { return value >= kLowest && value <= kHighest; }

bool is_processor_sensor(std::string_view name) {
  constexpr std::array<std::string_view, 9> kParts{"x86_pkg_temp", "coretemp",   "k10temp",
                                                   "zenpower",     "package id", "tctl",
                                                   "tdie",         "cpu",        "soc"};
  // The "CPUTIN" pin of board controllers is often not connected and reads high.
  if (contains_folded(name, "cputin")) return false;
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return contains_folded(name, part); });
}

TripKind parse_trip_kind(std::string_view text) {
  text = trim(text);
  if (text == "passive") return TripKind::passive;
  if (text == "hot") return TripKind::hot;
  if (text == "critical") return TripKind::critical;
  return TripKind::other;
}

std::optional<ThermalLevel> compute_thermal_level(const std::vector<ThermalZone>& zones) {
  const ThermalZone* worst_zone = nullptr;
  const TripPoint* worst_trip = nullptr;
  int worst = -1;
  for (const auto& zone : zones) {
    if (!zone.value || !is_plausible(*zone.value)) continue;
    for (const auto& trip : zone.trips) {
      if (trip.kind == TripKind::other || trip.at < kLeastTrip || trip.at > kHighest) continue;
      const int level = level_of(*zone.value, trip);
      if (level > worst ||
          (level == worst && trip.at - *zone.value < worst_trip->at - *worst_zone->value)) {
        worst = level;
        worst_zone = &zone;
        worst_trip = &trip;
      }
    }
  }
  if (worst_zone == nullptr) return std::nullopt;
  return ThermalLevel{worst, fmt::format("{} {:.1f} C, {} trip at {:.1f} C", worst_zone->name,
                                         celsius(*worst_zone->value), to_word(worst_trip->kind),
                                         celsius(worst_trip->at))};
}

std::optional<std::int64_t> parse_frequency(std::string_view text) {
  const auto khz = parse_number<std::int64_t>(trim(text));
  if (!khz || *khz <= 0 || *khz > kMostFrequency) return std::nullopt;
  return khz;
}

std::optional<FrequencyCap> compute_frequency_cap(const std::vector<FrequencyPolicy>& policies) {
  std::optional<FrequencyCap> cap;
  for (const auto& policy : policies) {
    if (!policy.hardware_max || (!policy.allowed_max && !policy.firmware_limit)) continue;
    const auto hardware = *policy.hardware_max;
    const auto set = policy.allowed_max.value_or(hardware);
    const auto firmware = policy.firmware_limit.value_or(hardware);
    const auto allowed = std::min({set, firmware, hardware});
    const FrequencyCap own{percent_of(static_cast<double>(allowed), static_cast<double>(hardware)),
                           firmware <= allowed && firmware < hardware};
    if (!cap || own.share < cap->share || (own.share == cap->share && own.by_firmware)) cap = own;
  }
  return cap;
}

}  // namespace m1opt::platform
