#pragma once

#include <boost/describe.hpp>
#include <string>

namespace m1opt::model {

/// Things that somebody else is asked to do, that no undo record is needed for:
/// an unloaded model is loaded again by the next request, a stopped backup is
/// begun again by the system within the hour.
enum class ErrandKind { unload_model, stop_backup };
BOOST_DESCRIBE_ENUM(ErrandKind, unload_model, stop_backup)

struct ErrandRequest {
  ErrandKind kind{};
  std::string subject;  ///< the model's name; empty for a backup
  std::string rule;
  std::string reason;   ///< one sentence with numbers

  bool operator==(const ErrandRequest&) const = default;
};
BOOST_DESCRIBE_STRUCT(ErrandRequest, (), (kind, subject, rule, reason))

enum class ErrandResult {
  done,         ///< who was asked said so
  unsupported,  ///< this system has no such thing: nobody asks again
  failed
};
BOOST_DESCRIBE_ENUM(ErrandResult, done, unsupported, failed)

struct ErrandOutcome {
  ErrandRequest request;
  ErrandResult result{};
  std::string text;

  bool operator==(const ErrandOutcome&) const = default;
};
BOOST_DESCRIBE_STRUCT(ErrandOutcome, (), (request, result, text))

}  // namespace m1opt::model
