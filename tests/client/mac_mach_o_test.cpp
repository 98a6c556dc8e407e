#include "client/mac/mach_o.h"
#include "support/catch.h"

using m1opt::client::mac::processors_of;
using Names = std::vector<std::string>;

namespace {

std::string bytes(std::initializer_list<unsigned char> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size()};
}

/// A fat header with that many entries of these processors.
std::string fat(unsigned char count, std::initializer_list<unsigned> processors) {
  std::string head = bytes({0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, count});
  for (const unsigned processor : processors) {
    for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(processor >> shift);
    head.append(16, '\0');
  }
  return head;
}

}  // namespace

TEST_CASE("a program for one processor says which") {
  CHECK(processors_of(bytes({0xCF, 0xFA, 0xED, 0xFE, 0x0C, 0, 0, 1})) == Names{"arm64"});
  CHECK(processors_of(bytes({0xCF, 0xFA, 0xED, 0xFE, 0x07, 0, 0, 1})) == Names{"x86_64"});
}

TEST_CASE("a universal program says all of its processors") {
  CHECK(processors_of(fat(2, {0x01000007, 0x0100000C})) == Names{"x86_64", "arm64"});
}

TEST_CASE("what is no program, or is cut off, has no processors") {
  CHECK(processors_of("").empty());
  CHECK(processors_of("#!/bin/sh\n").empty());
  CHECK(processors_of(fat(2, {0x01000007})).empty());
  CHECK(processors_of(fat(61, {})).empty());  // a Java class
  CHECK(processors_of(bytes({0xCF, 0xFA, 0xED, 0xFE})).empty());
}
