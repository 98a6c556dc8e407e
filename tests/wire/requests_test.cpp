#include "wire/requests.h"

#include "support/catch.h"

using namespace m1opt;
using namespace std::chrono_literals;

namespace {

template <class Result>
std::string problem_of(const Result& result) {
  if (result) return "ok";
  return std::to_string(result.error().status) + " " + result.error().code + ": " +
         result.error().detail;
}

}  // namespace

TEST_CASE("pause takes a time, or until unpause, or nothing") {
  CHECK_FALSE(wire::pause_command("")->duration);
  CHECK_FALSE(wire::pause_command("{}")->duration);
  CHECK(wire::pause_command(R"({"for_s": 90.5})")->duration == base::Duration(90'500ms));
  CHECK(wire::pause_command(R"({"until_unpause": true})")->until_unpause);
  CHECK(problem_of(wire::pause_command(R"({"for_s": 1, "until_unpause": true})")) ==
        "422 unprocessable: for_s and until_unpause exclude each other");
  CHECK(problem_of(wire::pause_command(R"({"for_s": 0})")) ==
        "422 unprocessable: $.for_s: 0 is out of range");
  CHECK(problem_of(wire::pause_command(R"({"for_s": 604801})")).starts_with("422"));
}

TEST_CASE("an unknown key in a request is a 400 that names it") {
  CHECK(problem_of(wire::pause_command(R"({"for": 3})")) ==
        "400 unknown_key: $.for: unknown key \"for\"; did you mean \"for_s\" (seconds)?");
  CHECK(problem_of(wire::pause_command(R"({"for_min": 3})")) ==
        "400 unknown_key: $.for_min: unknown key \"for_min\"; did you mean \"for_s\" (seconds)?");
  CHECK(problem_of(wire::parse_request<wire::EmptyRequest>(R"({"x": 3})")) ==
        "400 unknown_key: $.x: unknown key \"x\"; known here: none");
}

TEST_CASE("a body that is no JSON says where it goes wrong") {
  CHECK(problem_of(wire::pause_command("{\"for_s\":\n x}")) ==
        "400 bad_json: line 2, column 2: syntax error at: x}");
  CHECK(problem_of(wire::pause_command("{\"for_s\": 1, }")).starts_with("400 bad_json"));
  CHECK(problem_of(wire::pause_command("[1]")) ==
        "400 bad_request: $: expected an object, found an array");
}

TEST_CASE("suspend takes a name or a whole process, for 1 to 600 s") {
  const auto by_name = wire::suspend_command(R"({"name": "indexer"})");
  REQUIRE(by_name.has_value());
  CHECK(by_name->target == "indexer");
  CHECK(by_name->duration == 60s);
  CHECK_FALSE(by_name->process);
  const auto by_process = wire::suspend_command(R"({"pid": 7, "start": 99, "for_s": 600})");
  REQUIRE(by_process.has_value());
  CHECK(by_process->process == base::ProcessId{7, 99});
  CHECK(by_process->duration == 600s);
  for (const char* body :
       {R"({"name":"a","for_s":0.5})", R"({"name":"a","for_s":600.1})", R"({"pid":0,"start":1})"}) {
    INFO(body);
    CHECK(problem_of(wire::suspend_command(body)).starts_with("422 unprocessable"));
  }
  for (const char* body : {"{}", R"({"pid":7})", R"({"start":7})", R"({"name":""})",
                           R"({"name":"a","pid":7,"start":1})", R"({"name":"a","for_s":"60"})"}) {
    INFO(body);
    CHECK(problem_of(wire::suspend_command(body)).starts_with("400 bad_request"));
  }
}

TEST_CASE("resume takes exactly one of all, name, process") {
  CHECK(wire::resume_command(R"({"all":true})")->all);
  CHECK(wire::resume_command(R"({"name":"x"})")->target == "x");
  CHECK(wire::resume_command(R"({"pid":7,"start":1})")->process == base::ProcessId{7, 1});
  for (const char* body : {"{}", R"({"all":false})", R"({"all":true,"name":"x"})"}) {
    INFO(body);
    CHECK(problem_of(wire::resume_command(body)).starts_with("400 bad_request"));
  }
}

TEST_CASE("a lease needs a process and is named after it") {
  CHECK(wire::lease_command(R"({"pid":7,"start":1})")->name == "run:7");
  CHECK(problem_of(wire::lease_command("{}")) == "400 bad_request: pid and start must be given");
}

TEST_CASE("every problem code has its own type and an error status") {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<wire::ProblemCode>>([](auto row) {
    const auto problem = wire::make_problem(row.value, "d", "h");
    CHECK(problem.type == std::string("urn:m1opt:problem:") + row.name);
    CHECK(problem.status == wire::status_of(row.value));
    CHECK(problem.status >= 400);
    CHECK_FALSE(problem.title.empty());
  });
}

TEST_CASE("a key that is given twice is refused with the place of the second one") {
  const auto twice = wire::pause_command("{\"for_s\": 1,\n \"for_s\": 600}");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().detail == "line 2, column 2: $.for_s is given twice");
}
