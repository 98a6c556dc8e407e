#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

/// What a job of launchd does to the LLM server that it starts. Pure: takes a decoded property
/// list.
namespace m1opt::client::mac {

struct Handicap {
  std::string key;     ///< of the property list: "ProcessType"
  std::string value;   ///< as it stands there: "Background"
  std::string effect;  ///< "it stays in the background for good, on efficiency cores"
};

/// Does any word of the job's command line name an LLM server?
bool starts_llm(const boost::json::value& job);

/// The keys that slow down what the job starts, the worst first.
std::vector<Handicap> handicaps_of(const boost::json::value& job);

/// Label, and the program with its words, as they stand in the job; "" when absent.
std::string label_of(const boost::json::value& job);
std::string program_of(const boost::json::value& job);

}  // namespace m1opt::client::mac
