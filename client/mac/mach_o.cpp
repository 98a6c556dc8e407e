#include "client/mac/mach_o.h"

#include <fmt/format.h>

#include <cstdint>

namespace m1opt::client::mac {
namespace {

constexpr std::uint32_t kMagic64 = 0xFEEDFACF;
constexpr std::uint32_t kFatMagic = 0xCAFEBABE;
constexpr std::size_t kFatHeader = 8;
constexpr std::size_t kFatEntry = 20;
/// A Java class has the same magic, and its version where a fat file has the count.
constexpr std::uint32_t kMostProcessors = 16;

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}
std::uint32_t little(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2) << 16U |
         byte_at(bytes, at + 3) << 24U;
}
std::uint32_t big(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at + 3) | byte_at(bytes, at + 2) << 8U | byte_at(bytes, at + 1) << 16U |
         byte_at(bytes, at) << 24U;
}

std::string name_of(std::uint32_t processor) {
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
