#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/config_store.h"
#include "app/poller.h"
#include "platform/platform.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// Notices that the files of the configuration change, and waits until they are at rest: an editor
/// writes in several steps, and what lies between two of them is nobody's wish. The system only
/// wakes it; whether something changed is told by the files' own states. Where the system tells of
/// nothing, they are looked at in each tick.
class ConfigWatch {
 public:
  using Open = std::function<Result<platform::EventWatch>(const std::vector<std::string>&)>;

  ConfigWatch(ConfigStore& store, Poller& poller, Open open = platform::open_file_watch)
      : store_(store), poller_(poller), open_(std::move(open)) {}
  ~ConfigWatch() { disarm(); }
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;

  /// Once a tick, and at due(). Absent: nothing changed, or not yet at rest. Otherwise the files
  /// were read: well, and are in force, or with the fault, told once for one state of the files.
  std::optional<Result<void>> check(Instant now, WallTime wall);

  /// When to look again, at the latest; absent: nothing is pending.
  [[nodiscard]] std::optional<Instant> due() const { return due_; }

 private:
  void arm();
  void disarm();
  void await(std::string state, Instant until);
  void rest();

  ConfigStore& store_;
  Poller& poller_;
  Open open_;
  std::optional<platform::EventWatch> watch_;
  bool woken_{false};
  std::string seen_;            ///< the state of the files that must last until due_
  std::optional<Instant> due_;
  bool doubted_{false};         ///< that state was read once and is faulty
};

}  // namespace m1opt::app
