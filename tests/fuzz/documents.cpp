// The API's documents as a reader decodes them; the first byte says which.
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "wire/decode.h"
#include "wire/documents.h"
#include "wire/encode.h"
#include "wire/problem.h"
#include "wire/text.h"

namespace m1opt::fuzz {

namespace {

template <class Document>
void read_document(const boost::json::value& value) {
  Document document;
  const auto faults = wire::decode(value, document, wire::UnknownKeys::ignore);
  for (const auto& fault : faults) {
    require(fault.path.starts_with('$') && !fault.text.empty(), "a fault has a place and a text");
  }
  const auto written = wire::encode(document);
  Document again;
  const auto none = wire::decode(written, again, wire::UnknownKeys::ignore);
  for (const auto& fault : none) {
    // A process whose id was left out has none that could be read.
    require(fault.path.find(".id.pid") != std::string::npos ||
                fault.path.find(".process.pid") != std::string::npos,
            "what is written can be read: " + fault.path + ": " + fault.text);
  }
  if (!none.empty()) return;
  require(wire::to_text(wire::encode(again)) == wire::to_text(written),
          "what is written reads back as the same");
}

constexpr void (*kReaders[])(const boost::json::value&) = {
    read_document<model::StatusDocument>,   read_document<wire::HealthDocument>,
    read_document<wire::WorkloadsDocument>, read_document<wire::TargetsDocument>,
    read_document<wire::RulesDocument>,     read_document<wire::EventsDocument>,
    read_document<wire::ExplainDocument>,   read_document<wire::ConfigDocument>,
    read_document<wire::CommandDocument>,   read_document<wire::SelfTestDocument>,
    read_document<wire::ProblemDocument>,
};

}  // namespace

void documents(std::string_view input) {
  if (input.empty()) return;
  const auto which = static_cast<unsigned char>(input[0] - 'a') % std::size(kReaders);
  const auto value = wire::parse_json(input.substr(1));
  if (!value) {
    require(!value.error().what.empty(), "a refusal says what is wrong");
    return;
  }
  kReaders[which](*value);
}

}  // namespace m1opt::fuzz
