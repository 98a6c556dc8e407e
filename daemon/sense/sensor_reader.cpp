#include "sense/sensor_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace m1opt::sense {

namespace {

constexpr Duration kSlow = std::chrono::seconds(1);
constexpr Duration kHeartbeat = std::chrono::seconds(1);
constexpr Duration kShortestRest = std::chrono::minutes(1);
constexpr Duration kLongestRest = std::chrono::minutes(16);

}  // namespace

void SensorReader::read(Sample& sample) {
  Instant beaten = clock_.now();
  for (const auto& sensor : sensors_) {
    if (sensor.asks_others) {
      ask_unless_it_hangs(sensor, sample);
    } else if (const Duration took = ask(sensor, sample); took > kSlow) {
      sample.problems.push_back(
          {sensor.name, "slow", fmt::format("reading it took {:.1f} s", seconds_of(took))});
    }
    if (!heartbeat_ || clock_.now() - beaten < kHeartbeat) continue;
    heartbeat_();
    beaten = clock_.now();
  }
}

Duration SensorReader::ask(const platform::Sensor& sensor, Sample& sample) {
  const Instant begin = clock_.now();
  try {
    auto problems = sensor.read(sample);
    std::move(problems.begin(), problems.end(), std::back_inserter(sample.problems));
  } catch (const std::exception& e) {
    sample.problems.push_back({sensor.name, to_string(Errc::io), e.what()});
  }
  return clock_.now() - begin;
}

/// One that took too long rests for a minute, then twice as long each further time. What it said
/// so late is not believed either: nothing may begin because of it.
void SensorReader::ask_unless_it_hangs(const platform::Sensor& sensor, Sample& sample) {
  const Instant begin = clock_.now();
  Rest& rest = rests_[sensor.name];
  if (begin < rest.until) {
    sample.problems.push_back(problem_of(sensor.name, rest, begin));
    return;
  }
  Sample before = sample;
  rest.took = ask(sensor, sample);
  if (rest.took <= kSlow) {
    rest.length = {};
    return;
  }
  sample = std::move(before);
  rest.length = std::clamp(rest.length * 2, kShortestRest, kLongestRest);
  rest.until = begin + rest.took + rest.length;
  sample.problems.push_back(problem_of(sensor.name, rest, begin + rest.took));
}

Problem SensorReader::problem_of(const std::string& sensor, const Rest& rest, Instant now) {
  return {sensor, "slow", fmt::format("reading it took {:.1f} s; it is asked again in {:.0f} s",
                                      seconds_of(rest.took), seconds_of(rest.until - now))};
}

}  // namespace m1opt::sense
