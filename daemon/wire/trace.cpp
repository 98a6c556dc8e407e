#include "wire/trace.h"

#include <fmt/format.h>

#include <boost/mp11/algorithm.hpp>
#include <boost/json/parse.hpp>
#include <array>

#include "base/path.h"
#include "wire/json_source.h"
#include "wire/patch.h"
#include "wire/text.h"

namespace m1opt::wire {

namespace json = boost::json;
using namespace m1opt::model;

namespace {

/// In the order of CommandBody.
constexpr auto kCommandWords = std::to_array<std::string_view>(
    {"pause", "unpause", "suspend", "resume", "lease_begin", "lease_end", "reload", "profile"});
static_assert(kCommandWords.size() == std::variant_size_v<CommandBody>);

constexpr std::string_view kTypeKey = "do";
/// As far as a number of seconds may go.
constexpr Duration kLongestRun = std::chrono::seconds(1'000'000'000);

const std::vector<KnownKey>& tick_keys() {
  static const std::vector<KnownKey> keys = [] {
    std::vector<KnownKey> known{{"at_s", "at", Unit<Duration>::kWord},
                                {"period_s", "period", Unit<Duration>::kWord}};
    for (const char* name : {"sample", "own", "commands", "outcomes", "actions", "reasons", "repeat", "add"}) {
      known.push_back({name, name, ""});
    }
    return known;
  }();
  return keys;
}

json::value encode_command(const Command& command) {
  json::object object = {{"id", command.id},
                         {"uid", command.uid},
                         {"administrator", command.administrator},
                         {kTypeKey, kCommandWords[command.body.index()]}};
  std::visit(
      [&object](const auto& body) {
        const json::value members = encode(body);
        for (const auto& [key, value] : members.get_object()) object.emplace(key, value);
      },
      command.body);
  return object;
}

template <class T>
void read_member(DecodeState& state, const json::object& object, std::string_view key, T& into) {
  if (const json::value* found = object.if_contains(key)) {
    state.in_key(key, [&] { detail::read_value(state, *found, into); });
  }
}

void read_body(DecodeState& state, const json::object& rest, const std::string& word, Command& into) {
  bool found = false;
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::variant_size_v<CommandBody>>>([&](auto index) {
    if (kCommandWords[index] != word) return;
    found = true;
    std::variant_alternative_t<decltype(index)::value, CommandBody> body{};
    detail::read_value(state, rest, body);
    into.body = std::move(body);
  });
  if (found) return;
  const std::vector<std::string> known(kCommandWords.begin(), kCommandWords.end());
  state.in_key(kTypeKey, [&] { state.unknown_word(word, known); });
}

void read_command(DecodeState& state, const json::value& value, Command& into) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    state.wrong_type("an object", value);
    return;
  }
  std::string word;
  read_member(state, *object, "id", into.id);
  read_member(state, *object, "uid", into.uid);
  read_member(state, *object, "administrator", into.administrator);
  read_member(state, *object, kTypeKey, word);
  json::object rest = *object;
  for (const std::string_view key : {std::string_view("id"), std::string_view("uid"),
                                     std::string_view("administrator"), kTypeKey}) {
    rest.erase(key);
  }
  read_body(state, rest, word, into);
}

void read_commands(DecodeState& state, const json::object& object, std::vector<Command>& into) {
  into.clear();
  const json::value* found = object.if_contains("commands");
  if (found == nullptr) return;
  state.in_key("commands", [&] {
    const json::array* array = found->if_array();
    if (array == nullptr) {
      state.wrong_type("an array", *found);
      return;
    }
    for (std::size_t i = 0; i < array->size(); ++i) {
      state.in_index(i, [&] { read_command(state, (*array)[i], into.emplace_back()); });
    }
  });
}

template <class T>
void read_list_of(DecodeState& state, const json::object& object, std::string_view key, std::vector<T>& into) {
  into.clear();
  read_member(state, object, key, into);
}

/// Only the name of a program: its path may lead through somebody's home.
void hide_path(ProcessInfo& process) {
  process.executable = std::string(base_name(process.executable));
}

Sample without_paths(const Sample& sample) {
  Sample copy = sample;
  for (TargetSample& target : copy.targets) hide_path(target.process);
  for (WorkloadSample& workload : copy.workloads) {
    for (WorkloadProcess& member : workload.processes) hide_path(member.process);
  }
  return copy;
}

template <class T>
void add_list(json::object& line, std::string_view key, const std::vector<T>& list) {
  if (!list.empty()) line.emplace(key, encode(list));
}

}  // namespace

std::string to_string(const TraceFault& fault) {
  return fmt::format("line {}: {}: {}", fault.line, fault.fault.path, fault.fault.text);
}

std::string TraceWriter::header(const TraceHeader& header) {
  before_ = TraceTick{};
  return to_text(encode(header)) + '\n';
}

std::string TraceWriter::tick(Duration at, Duration period, const Sample& sample,
                              const TraceNotes& notes) {
  Sample now = without_paths(sample);
  json::object line;
  line.emplace("at_s", encode(at));
  if (period != before_.period) line.emplace("period_s", encode(period));
  if (auto changed = diff(before_.sample, now)) line.emplace("sample", *std::move(changed));
  if (now.own) line.emplace("own", encode(*now.own));
  if (!now.commands.empty()) {
    json::array commands;
    for (const Command& command : now.commands) commands.push_back(encode_command(command));
    line.emplace("commands", std::move(commands));
  }
  add_list(line, "outcomes", notes.outcomes);
  add_list(line, "actions", notes.actions);
  add_list(line, "reasons", notes.reasons);
  before_.sample = std::move(now);
  before_.period = period;
  return to_text(line) + '\n';
}

std::optional<TraceFault> TraceReader::take(std::string_view line) {
  ++line_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return std::nullopt;
  auto parsed = parse_source(line, {});
  if (!parsed) {
    return TraceFault{line_, {fmt::format("column {}", parsed.error().at.column), parsed.error().text}};
  }
  DecodeState state(UnknownKeys::reject, "$");
  if (const json::object* object = parsed->if_object(); object == nullptr) {
    state.wrong_type("an object", *parsed);
  } else if (object->contains("schema")) {
    take_header(state, *object);
  } else {
    take_tick(state, *object);
  }
  auto faults = state.take_faults();
  if (faults.empty()) return std::nullopt;
  return TraceFault{line_, std::move(faults.front())};
}

void TraceReader::take_header(DecodeState& state, const json::object& object) {
  TraceHeader header;
  const std::string known = header.schema;
  detail::read_value(state, object, header);
  if (header.schema != known) {
    state.in_key("schema", [&] { state.fault(fmt::format("is not \"{}\"", known)); });
    return;
  }
  if (!headed_ || header.run != run_) last_.reset();
  headed_ = true;
  run_ = header.run;
  tick_ = TraceTick{};
  add_ = nullptr;
  sink_.on_header(header);
}

void TraceReader::take_tick(DecodeState& state, const json::object& object) {
  if (!headed_) {
    state.fault("a trace begins with its header, {\"schema\": \"m1opt.trace/1\", ...}");
    return;
  }
  state.check_keys(object, tick_keys());
  const json::value* at = object.if_contains("at_s");
  if (at == nullptr) {
    state.fault("a tick needs \"at_s\"");
    return;
  }
  read_member(state, object, "at_s", tick_.at);
  read_member(state, object, "period_s", tick_.period);
  if (last_ && tick_.at < *last_) state.in_key("at_s", [&] { state.fault("is before the line above"); });
  take_sample(state, object);
  tick_.sample.own.reset();
  read_member(state, object, "own", tick_.sample.own);
  read_commands(state, object, tick_.sample.commands);
  read_list_of(state, object, "outcomes", tick_.notes.outcomes);
  read_list_of(state, object, "actions", tick_.notes.actions);
  read_list_of(state, object, "reasons", tick_.notes.reasons);
  if (state.failed()) return;
  give();
  repeat(state, object);
}

void TraceReader::take_sample(DecodeState& state, const json::object& object) {
  grow(state);
  if (const json::value* sample = object.if_contains("sample")) {
    state.in_key("sample", [&] { apply_diff(state, *sample, tick_.sample); });
  }
  if (const json::value* added = object.if_contains("add")) add_ = *added;
}

void TraceReader::grow(DecodeState& state) {
  if (add_.is_null()) return;
  state.in_key("add", [&] { apply_sum(state, add_, tick_.sample); });
}

void TraceReader::give() {
  last_ = tick_.at;
  sink_.on_tick(tick_);
}

void TraceReader::repeat(DecodeState& state, const json::object& object) {
  std::optional<std::int64_t> count = 0;
  if (const json::value* found = object.if_contains("repeat")) {
    state.in_key("repeat", [&] { count = state.whole(*found, 0, kMostRepeats); });
  }
  tick_.sample.own.reset();
  tick_.sample.commands.clear();
  tick_.notes = TraceNotes{};
  for (std::int64_t i = 0; i < count.value_or(0) && !state.failed(); ++i) {
    tick_.at += tick_.period;
    if (tick_.at > kLongestRun) state.in_key("repeat", [&] { state.fault("lasts too long"); });
    grow(state);
    if (!state.failed()) give();
  }
}

}  // namespace m1opt::wire
