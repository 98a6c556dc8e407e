#include "client/event_stream.h"

#include <vector>

#include "support/catch.h"

using m1opt::client::EventStream;

namespace {

const std::string kText =
    ": beat\nid: 1.1\ndata: {\"a\":1}\n\nid: 1.2\r\ndata: x\r\ndata: y\r\n\r\n";

}  // namespace

TEST_CASE("events are the same however the stream is cut") {
  for (std::size_t cut = 0; cut <= kText.size(); ++cut) {
    INFO(cut);
    std::vector<std::string> events;
    EventStream stream;
    const auto take = [&events](std::string_view data) { events.emplace_back(data); };
    stream.feed(std::string_view(kText).substr(0, cut), take);
    stream.feed(std::string_view(kText).substr(cut), take);
    CHECK(events == std::vector<std::string>{"{\"a\":1}", "x\ny"});
    CHECK(stream.last_id() == "1.2");
  }
}

TEST_CASE("an event that was cut off is not counted as seen") {
  EventStream stream;
  int events = 0;
  stream.feed("id: 1.1\ndata: a\n\nid: 1.2\ndata: b\n", [&events](std::string_view) { ++events; });
  CHECK(events == 1);
  CHECK(stream.last_id() == "1.1");
}
