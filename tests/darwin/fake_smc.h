#pragma once

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "platform/darwin/smc.h"

namespace m1opt::test {

/// The system management controller of a Mac in memory: 80 bytes in, 80 bytes out.
class FakeSmc {
 public:
  struct Key {
    std::string type;
    std::vector<std::uint8_t> bytes;
  };

  void set(const std::string& name, const std::string& type, std::vector<std::uint8_t> bytes) {
    keys_[name] = {type, std::move(bytes)};
    const auto count = static_cast<std::uint8_t>(keys_.size() + (keys_.contains("#KEY") ? 0U : 1U));
    keys_["#KEY"] = {"ui32", {0, 0, 0, count}};
  }
  void set_float(const std::string& name, float value) {
    std::vector<std::uint8_t> bytes(4);
    std::memcpy(bytes.data(), &value, 4);  // little-endian, as on Apple Silicon
    set(name, "flt ", std::move(bytes));
  }

  int call(std::span<const std::byte, platform::darwin::kSmcBytes> in,
           std::span<std::byte, platform::darwin::kSmcBytes> out) {
    using namespace platform::darwin;
    ++calls;
    if (kern_return != 0) return kern_return;
    SmcMessage message = *read_layout<SmcMessage>(in);
    answer(message);
    std::memcpy(out.data(), &message, sizeof(message));
    return 0;
  }

  int calls{0};
  int kern_return{0};

 private:
  void answer(platform::darwin::SmcMessage& message) {
    using namespace platform::darwin;
    constexpr std::uint8_t kNotFound = 0x84;
    message.result = 0;
    if (message.command == 8) {
      if (message.index >= keys_.size()) {
        message.result = kNotFound;
        return;
      }
      message.key = smc_key(std::next(keys_.begin(), message.index)->first);
      return;
    }
    const auto found = keys_.find(smc_name(message.key));
    if (found == keys_.end()) {
      message.result = kNotFound;
    } else if (message.command == 9) {
      message.data_size = static_cast<std::uint32_t>(found->second.bytes.size());
      message.data_type = smc_key(found->second.type);
    } else if (message.command == 5 && message.data_size == found->second.bytes.size()) {
      std::copy(found->second.bytes.begin(), found->second.bytes.end(), message.bytes.begin());
    } else {
      message.result = 0x82;
    }
  }

  std::map<std::string, Key> keys_;
};

}  // namespace m1opt::test
