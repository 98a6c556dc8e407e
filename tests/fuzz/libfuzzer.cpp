// What libFuzzer calls; compiled once for each target, whose name is M1OPT_FUZZ_ONE.
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  m1opt::fuzz::M1OPT_FUZZ_ONE({reinterpret_cast<const char*>(data), size});
  return 0;
}
