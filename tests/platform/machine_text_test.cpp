#include "platform/machine_text.h"

#include "support/catch.h"

namespace m1opt::platform {

TEST_CASE("cpuinfo names the processor and counts") {
  const auto info = parse_cpuinfo(
      "processor\t: 0\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n");
  CHECK(info.processors == 2);
  CHECK(info.model == "AMD EPYC");
  CHECK(parse_cpuinfo("processor : 0\nBogoMIPS : 48\nCPU part : 0x022\n").model.empty());
  CHECK(parse_cpuinfo("").processors == 0);
  CHECK(parse_cpuinfo("model name : " + std::string(5000, 'x')).model.size() == 128);
}

TEST_CASE("os-release gives the pretty name without quotes") {
  CHECK(parse_os_name("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n") ==
        "Debian GNU/Linux 12 (bookworm)");
  CHECK(parse_os_name("PRETTY_NAME=Plain\n") == "Plain");
  CHECK(parse_os_name("PRETTY_NAME=\"\n") == "\"");
  CHECK(parse_os_name("").empty());
}

TEST_CASE("Apple chips are named from the device tree") {
  CHECK(apple_chip(std::string_view("apple,j313\0apple,t8103\0apple,arm-platform\0", 42)) ==
        "Apple M1");
  CHECK(apple_chip("apple,t6041") == "Apple M4 Max");
  CHECK(apple_chip("apple,t9999") == "Apple t9999");
  CHECK(apple_chip("raspberrypi,4-model-b").empty());
  CHECK(apple_chip("apple,tx").empty());
  CHECK(apple_chip("").empty());
}

TEST_CASE("what board makers leave in DMI is no model") {
  CHECK(dmi_text("ThinkPad T14\n") == "ThinkPad T14");
  CHECK(dmi_text("To Be Filled By O.E.M.\n").empty());
  CHECK(dmi_text("a\tb") == "a b");
}

}  // namespace m1opt::platform
