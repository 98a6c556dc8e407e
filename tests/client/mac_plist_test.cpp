#include <string>

#include "client/mac/core_foundation.h"
#include "support/catch.h"
#include "support/content_of.h"

using namespace m1opt;
using client::mac::DecodePlist;
using client::mac::open_core_foundation;

namespace {

#ifdef M1OPT_CORE_FOUNDATION
const std::string kLibrary = M1OPT_CORE_FOUNDATION;  // made from libplist
#else
const std::string kLibrary = client::mac::kCoreFoundation;
#endif

std::string plist_file(const std::string& name) {
  return test::content_of(M1OPT_SOURCE_DIR "/tests/client/plists/" + name + ".plist");
}

}  // namespace

TEST_CASE("an XML property list is decoded with the types it has") {
  const auto decode = open_core_foundation(kLibrary);
  REQUIRE(decode.has_value());
  const auto job = (*decode)(plist_file("com.example.ollama"));
  REQUIRE(job.has_value());
  CHECK(job->at("Label") == "com.example.ollama");
  CHECK(job->at("ProgramArguments").as_array().at(1) == "serve");
  CHECK(job->at("RunAtLoad") == true);
  CHECK(job->at("Nice") == 5);
  CHECK(job->at("EnvironmentVariables").at("OLLAMA_HOST") == "127.0.0.1:11434");
}

TEST_CASE("a binary property list is decoded; dates and data become null") {
  const auto decode = open_core_foundation(kLibrary);
  const auto job = (*decode)(plist_file("com.example.llama-server"));
  REQUIRE(job.has_value());
  CHECK(job->at("ProcessType") == "Adaptive");
  CHECK(job->at("Nice") == -5);
  CHECK(job->at("Interval") == 1.5);
  CHECK(job->at("Name") == "d\u00e9j\u00e0 vu");
  CHECK(job->at("Since").is_null());
  CHECK(job->at("Blob").is_null());
}

TEST_CASE("what is no property list is said to be none") {
  const auto decode = open_core_foundation(kLibrary);
  for (const std::string& bytes : {std::string(), std::string("bplist00"), std::string("{}"),
                                   std::string("<plist><dict><key>a</key>")}) {
    INFO(bytes);
    const auto job = (*decode)(bytes);
    // libplist takes an unfinished document for an empty one, CoreFoundation refuses it
    CHECK((!job || job->is_null() || job->is_object()));
  }
  const auto job = (*decode)("bplist00");
  REQUIRE_FALSE(job.has_value());
  CHECK(job.error().text == "it is no property list");
}

TEST_CASE("a library that is not there, or lacks a function, is named") {
  const auto absent = open_core_foundation("/nonexistent/CoreFoundation");
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().text == "/nonexistent/CoreFoundation cannot be opened");
#ifdef M1OPT_CORE_FOUNDATION
  const auto other = open_core_foundation("libm.so.6");
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().text == "libm.so.6 has no CFDataCreate");
#endif
}
