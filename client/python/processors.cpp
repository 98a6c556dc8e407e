#include <array>
#include <fstream>

#include "base/bytes.h"
#include "client/mac/mach_o.h"
#include "client/python/elf.h"
#include "client/python/surroundings.h"

namespace m1opt::client::python {

std::string usual_name(const std::string& machine) {
  if (machine == "aarch64") return "arm64";
  return machine == "amd64" ? "x86_64" : machine;
}

std::string processor_of_elf(std::string_view head) {
  constexpr std::size_t kMachine = 18;  // e_machine
  if (head.size() < kMachine + 2 || !head.starts_with("\x7f" "ELF")) return {};
  const bool big = head[5] == 2;  // EI_DATA
  const auto field = head.substr(kMachine, 2);
  switch (big ? base::big_endian(field) : base::little_endian(field)) {
    case 183: return "arm64";
    case 62: return "x86_64";
    case 3: return "i386";
    case 40: return "arm";
    case 243: return "riscv64";
    default: return "another processor";
  }
}

std::vector<std::string> processors_of_program(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(512, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  if (const std::string one = processor_of_elf(head); !one.empty()) return {one};
  return mac::processors_of(head);
}

}  // namespace m1opt::client::python
