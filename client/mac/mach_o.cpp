#include "client/mac/mach_o.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/bytes.h"

namespace m1opt::client::mac {
namespace {

constexpr std::uint32_t kMagic64 = 0xFEEDFACF;
constexpr std::uint32_t kFatMagic = 0xCAFEBABE;
constexpr std::size_t kFatHeader = 8;
constexpr std::size_t kFatEntry = 20;
/// A Java class has the same magic, and its version where a fat file has the count.
constexpr std::uint32_t kMostProcessors = 16;

std::uint64_t little(std::string_view bytes, std::size_t at) {
  return base::little_endian(bytes.substr(at, 4));
}
std::uint64_t big(std::string_view bytes, std::size_t at) {
  return base::big_endian(bytes.substr(at, 4));
}

std::string name_of(std::uint64_t processor) {
  switch (processor) {
    case 0x0100000C: return "arm64";
    case 0x01000007: return "x86_64";
    default: return fmt::format("processor {:#x}", processor);
  }
}

}  // namespace

std::vector<std::string> processors_of(std::string_view head) {
  if (head.size() < kFatHeader) return {};
  if (little(head, 0) == kMagic64) return {name_of(little(head, 4))};
  if (big(head, 0) != kFatMagic || big(head, 4) > kMostProcessors) return {};
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < big(head, 4); ++i) {
    const std::size_t at = kFatHeader + i * kFatEntry;
    if (at + 4 > head.size()) return {};
    names.push_back(name_of(big(head, at)));
  }
  return names;
}

}  // namespace m1opt::client::mac
