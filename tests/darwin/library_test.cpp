#include "platform/darwin/library.h"

#include "support/catch.h"

using m1opt::base::Errc;
using m1opt::platform::darwin::Library;
using m1opt::platform::darwin::Loaded;

namespace {

#ifdef __APPLE__
constexpr const char* kThere = "/usr/lib/libSystem.B.dylib";
#else
constexpr const char* kThere = "libm.so.6";
#endif

/// Two readings of one library.
struct Numbers {
  double (*square)(double){};
  double (*below)(double){};
  m1opt::base::Result<void> load() {
    Library library(kThere);
    library.find(square, "sqrt");
    library.find(below, "floor");
    return library.complete();
  }
};
struct NewerThanThis {
  double (*square)(double){};
  double (*newer)(double){};
  double (*newest)(double){};
  m1opt::base::Result<void> load() {
    Library library(kThere);
    library.find(newer, "m1opt_newer");
    library.find(square, "sqrt");
    library.find(newest, "m1opt_newest");
    return library.complete();
  }
};

}  // namespace

TEST_CASE("a function that a library lacks makes unsupported what needs it, and nothing else") {
  const auto& lacking = Loaded<NewerThanThis>::get();
  REQUIRE_FALSE(lacking.loaded);
  CHECK(lacking.loaded.error().code == Errc::unsupported);
  CHECK(lacking.loaded.error().what == std::string(kThere) + " has no m1opt_newer");
  const auto& numbers = Loaded<Numbers>::get();
  REQUIRE(numbers.loaded);
  CHECK(numbers.functions.square(49) == 7);
  CHECK(numbers.functions.below(27.5) == 27);
}

TEST_CASE("a library that is not there is named once, not each of its functions") {
  Library library("/nowhere/IOKit");
  int (*function)() = nullptr;
  library.find(function, "IOServiceMatching");
  library.find(function, "IOServiceOpen");
  CHECK(function == nullptr);
  REQUIRE_FALSE(library.complete());
  CHECK(library.complete().error().code == Errc::unsupported);
  CHECK(library.complete().error().what == "this system has no /nowhere/IOKit");
}
