#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/sample.h"
#include "platform/platform.h"

namespace m1opt::sense {

using namespace m1opt::base;
using namespace m1opt::model;

/// Reads the sensors one after the other, and leaves those alone for a while that hang.
class SensorReader {
 public:
  /// `clock` must outlive the reader.
  SensorReader(std::vector<platform::Sensor> sensors, const Clock& clock)
      : sensors_(std::move(sensors)), clock_(clock) {}

  /// Called between two sensors, about once a second of a read() that takes long.
  void set_heartbeat(std::function<void()> heartbeat) { heartbeat_ = std::move(heartbeat); }
  /// Never throws for a sensor: what could not be read, or took too long, is a Problem.
  void read(Sample& sample);

 private:
  /// Of a sensor that took too long the last time.
  struct Rest {
    Duration took{};
    Duration length{};
    Instant until;
  };

  Duration ask(const platform::Sensor& sensor, Sample& sample);
  void ask_unless_it_hangs(const platform::Sensor& sensor, Sample& sample);
  static Problem problem_of(const std::string& sensor, const Rest& rest, Instant now);

  std::vector<platform::Sensor> sensors_;
  const Clock& clock_;
  std::function<void()> heartbeat_;
  std::map<std::string, Rest> rests_;  ///< by the sensor's name
};

}  // namespace m1opt::sense
