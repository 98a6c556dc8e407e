#pragma once

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/command.h"
#include "wire/decode.h"
#include "wire/problem.h"

/// Bodies of requests and the commands they stand for. An empty body is {}.
namespace m1opt::wire {

template <class T>
using RequestResult = boost::system::result<T, ProblemDocument>;

/// {for_s} or {until_unpause: true}; {} is half an hour.
struct PauseRequest {
  std::optional<base::Duration> for_;
  bool until_unpause{false};
};
BOOST_DESCRIBE_STRUCT(PauseRequest, (), (for_, until_unpause))

/// {name} of the targets table or {pid, start}; for_s 1 to 600, 60 when absent.
struct SuspendRequest {
  std::optional<std::string> name;
  std::optional<std::int32_t> pid;
  std::optional<std::uint64_t> start;
  std::optional<base::Duration> for_;
};
BOOST_DESCRIBE_STRUCT(SuspendRequest, (), (name, pid, start, for_))

/// {all: true}, {name} or {pid, start}.
struct ResumeRequest {
  bool all{false};
  std::optional<std::string> name;
  std::optional<std::int32_t> pid;
  std::optional<std::uint64_t> start;
};
BOOST_DESCRIBE_STRUCT(ResumeRequest, (), (all, name, pid, start))

struct LeaseRequest {
  std::optional<std::int32_t> pid;
  std::optional<std::uint64_t> start;
};
BOOST_DESCRIBE_STRUCT(LeaseRequest, (), (pid, start))

struct ProfileRequest {
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(ProfileRequest, (), (name))

/// For routes that take nothing.
struct EmptyRequest {};
BOOST_DESCRIBE_STRUCT(EmptyRequest, (), ())

RequestResult<boost::json::value> parse_body(std::string_view body);
ProblemDocument problem_of(const std::vector<Fault>& faults);

template <class T>
RequestResult<T> parse_request(std::string_view body) {
  auto value = parse_body(body);
  if (!value) return value.error();
  T request;
  const auto faults = decode(*value, request);
  if (!faults.empty()) return problem_of(faults);
  return request;
}

RequestResult<model::PauseCommand> pause_command(std::string_view body);
RequestResult<model::SuspendCommand> suspend_command(std::string_view body);
RequestResult<model::ResumeCommand> resume_command(std::string_view body);
RequestResult<model::LeaseBeginCommand> lease_command(std::string_view body);

/// With the names that are in use here; "config" is what the configuration says.
RequestResult<model::ProfileCommand> profile_command(std::string_view body);

}  // namespace m1opt::wire
