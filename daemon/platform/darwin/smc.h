#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/reading.h"
#include "platform/darwin/layouts.h"
#include "platform/darwin/raw_calls.h"

/// The system management controller, read only. Fan control is never touched:
/// a daemon that dies would leave a fixed speed behind.
namespace m1opt::platform::darwin {

using namespace m1opt::base;
using namespace m1opt::model;

/// "F0Ac" as the number that the controller takes.
std::uint32_t smc_key(std::string_view name);
std::string smc_name(std::uint32_t key);

/// `flt ` little-endian, `ui8 `, `ui16`, `ui32` big-endian, `fpe2` big-endian
/// with two bits behind the point; nothing for other types, for a size that does
/// not fit the type and for what is no number.
std::optional<double> decode_smc(std::uint32_t type, std::uint32_t size,
                                 const std::array<std::uint8_t, 32>& bytes);

struct SmcKeyInfo {
  std::uint32_t size{0};
  std::uint32_t type{0};
};

/// One controller. Both the return value of a call and the result inside the
/// answer are looked at. The first reading of temperatures goes through all
/// keys, two calls for each of some two thousand: a fraction of a second.
class Smc {
 public:
  explicit Smc(RawCalls& calls) : calls_(calls) {}

  /// Opens it at the first call; an error is kept and given again.
  Result<void> open();
  /// `unsupported` when there is no such key, `parse` when it has no number.
  Result<double> read(std::string_view key);

  /// Temperatures of processor and graphics; implausible ones are left out.
  std::vector<Temperature> read_temperatures();
  /// 0 on a machine without fans; absent when the controller does not tell.
  std::optional<int> count_fans();
  /// Empty on a machine without fans.
  std::vector<Fan> read_fans();
  /// Mode key F0Md, on newer machines F0md; absent for a mode that is not known.
  std::optional<FanMode> read_fan_mode(int fan);

 private:
  Result<SmcMessage> call(SmcMessage message);
  Result<SmcKeyInfo> key_info(std::uint32_t key);
  void find_temperature_keys();

  RawCalls& calls_;
  std::optional<Result<void>> opened_;
  std::map<std::uint32_t, Result<SmcKeyInfo>> infos_;
  std::vector<std::uint32_t> temperature_keys_;
  bool searched_{false};
};

}  // namespace m1opt::platform::darwin
