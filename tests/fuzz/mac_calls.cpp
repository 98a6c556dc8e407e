// The readers of platform/darwin/ on a kernel that answers each raw call with the next bytes of the
// input: any error, any length up to the room it was given, any content.
#include <algorithm>

#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "platform/darwin/darwin.h"
#include "platform/darwin/vm_statistics.h"

namespace m1opt::fuzz {

namespace {

namespace mac = platform::darwin;
using base::Duration;
using base::Errc;
using base::Error;
using base::Result;

class AnyKernel final : public mac::RawCalls {
 public:
  explicit AnyKernel(std::string_view input) : pieces_(input) {}

  mac::Answer sysctl(const char*, std::span<std::byte> out) override { return fill(out); }
  mac::Answer process_arguments(std::int32_t, std::span<std::byte> out) override { return fill(out); }
  int vm_statistics(std::span<std::uint32_t> out, std::uint32_t& count) override {
    const auto filled = fill(std::as_writable_bytes(out));
    if (filled.ok()) count = static_cast<std::uint32_t>(filled.value / 4);
    return filled.error;
  }
  int cpu_ticks(std::array<std::uint32_t, 4>& out) override {
    out = pieces_.take<std::array<std::uint32_t, 4>>();
    return code();
  }
  std::uint64_t page_size() override { return pieces_.take<std::uint64_t>(); }
  mac::Timebase timebase() override { return pieces_.take<mac::Timebase>(); }
  std::int64_t wall_microseconds() override { return pieces_.take<std::int64_t>(); }
  mac::Answer list_all_pids(std::span<std::int32_t> out) override {
    if (out.empty()) return {pieces_.take<std::int16_t>(), code()};
    auto filled = fill(std::as_writable_bytes(out));
    filled.value /= 4;
    return filled;
  }
  mac::Answer process_info(std::int32_t, int, std::span<std::byte> out) override { return fill(out); }
  mac::Answer process_usage(std::int32_t, int, std::span<std::byte> out) override { return fill(out); }
  mac::Answer process_path(std::int32_t, std::span<char> out) override {
    return fill(std::as_writable_bytes(out));
  }
  mac::Answer session_of(std::int32_t) override { return {pieces_.take<std::int32_t>(), code()}; }
  mac::Answer set_priority(int, std::int32_t, int) override { return {0, code()}; }
  mac::Answer send_signal(std::int32_t, mac::Signal) override { return {0, code()}; }
  std::uint32_t effective_user() override { return pieces_.take<std::uint8_t>(); }
  std::uint32_t notify_register_check(const char*, int& token) override {
    token = pieces_.take<int>();
    return static_cast<std::uint32_t>(code());
  }
  std::uint32_t notify_get_state(int, std::uint64_t& state) override {
    state = pieces_.take<std::uint64_t>();
    return static_cast<std::uint32_t>(code());
  }
  void notify_cancel(int) override {}
  std::uint32_t notify_register_descriptor(const char*, int&) override { return 1; }
  Result<std::vector<mac::AccessEntry>> access_list(const char*) override {
    if (code() != 0) return refused();
    std::vector<mac::AccessEntry> list(pieces_.take<std::uint8_t>() % 4);
    for (auto& entry : list) {
      entry = {pieces_.take<std::uint8_t>() != 0, pieces_.take<std::uint32_t>(),
               pieces_.take<std::array<std::uint8_t, 16>>()};
    }
    return list;
  }
  Result<platform::posix::ToolExit> run_tool(const platform::posix::Tool&) override {
    return refused();
  }
  mac::Answer open_exit_events(std::int32_t) override { return {0, 1}; }
  mac::Answer open_pressure_events() override { return {0, 1}; }
  mac::Answer open_file_events(const std::vector<std::string>&, std::vector<int>&) override { return {0, 1}; }
  Result<int> open_power_messages() override { return refused(); }
  void allow_power_change(std::int64_t) override {}
  Result<void> smc_open() override {
    if (code() != 0) return refused();
    return {};
  }
  int smc_call(std::span<const std::byte, mac::kSmcBytes>,
               std::span<std::byte, mac::kSmcBytes> out) override {
    // Without bytes left a controller of 4 billion keys of zeros would never end.
    if (pieces_.empty()) return mac::kKernFailure;
    return fill(out).error;
  }
  Result<mac::PowerSources> power_sources() override {
    if (code() != 0) return refused();
    mac::PowerSources power{std::string(pieces_.take_text(12)), {}};
    for (int i = pieces_.take<std::uint8_t>() % 4; i > 0; --i) {
      power.sources.push_back({std::string(pieces_.take_text(15)), number(), number()});
    }
    return power;
  }
  Result<std::uint32_t> create_assertion(const std::string&, Duration) override { return refused(); }
  Result<void> release_assertion(std::uint32_t) override { return refused(); }
  Result<bool> has_assertion(std::uint32_t) override { return refused(); }
  mac::Answer peer_credentials(int, std::span<std::byte> out) override { return fill(out); }
  mac::Answer peer_pid(int) override { return {pieces_.take<std::int32_t>(), code()}; }
  mac::Answer owner_of(const char*) override { return {pieces_.take<std::int64_t>(), code()}; }
  Result<std::uint32_t> find_group(const std::string&) override { return pieces_.take<std::uint32_t>(); }
  std::vector<std::uint32_t> groups_of(std::uint32_t) override {
    return std::vector<std::uint32_t>(pieces_.take<std::uint8_t>() % 20, pieces_.take<std::uint32_t>());
  }
  mac::Answer start_child() override { return {0, 1}; }
  void end_child(std::int32_t) override {}

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  std::int32_t next_pid() { return pieces_.take<std::int16_t>(); }

 private:
  static Error refused() { return {Errc::unsupported, 0, "refused"}; }
  /// 0 in most cases, and once the input is used up.
  int code() {
    const auto byte = pieces_.take<std::uint8_t>();
    return byte < 0xe0 ? 0 : byte - 0xdf;
  }
  std::optional<std::int64_t> number() {
    if (code() != 0) return std::nullopt;
    return pieces_.take<std::int64_t>();
  }
  mac::Answer fill(std::span<std::byte> out) {
    if (const int error = code(); error != 0) return {0, error};
    const auto wanted = pieces_.take<std::uint16_t>();
    const auto size = wanted == 0xffff ? out.size() : std::min<std::size_t>(wanted, out.size());
    const std::string_view bytes = pieces_.take_text(size);
    std::fill_n(out.begin(), size, std::byte{0});
    std::copy_n(std::as_bytes(std::span(bytes)).begin(), bytes.size(), out.begin());
    return {static_cast<std::int64_t>(size), 0};
  }

  Pieces pieces_;
};

void check_sample(const model::Sample& sample) {
  if (sample.memory) {
    require(sample.memory->used.value() >= 0 && sample.memory->used <= sample.memory->total,
            "0 <= used <= total");
  }
  if (sample.thermal && sample.thermal->level) {
    require(*sample.thermal->level >= 0 && *sample.thermal->level <= 4, "a level is 0 to 4");
  }
  if (sample.power && sample.power->charge) {
    const double charge = sample.power->charge->value();
    require(charge >= 0 && charge <= 100, "a charge is a share");
  }
}

void read_process(platform::ProcessTable& table, std::int32_t pid) {
  if (const auto info = table.stat(pid)) {
    require(info->id.pid == pid, "it is the process that was asked for");
    require(info->cpu_time >= Duration::zero(), "no CPU time is negative");
    (void)table.waited(info->id);
  }
  (void)table.owner(pid);
  if (const auto words = table.arguments(pid)) require(words->size() <= 64, "at most 64 words");
  if (const auto path = table.executable(pid)) {
    require(path->find('\0') == std::string::npos, "a path ends at its zero");
  }
}

}  // namespace

void mac_calls(std::string_view input) {
  AnyKernel kernel(input);
  std::vector<model::Problem> problems;
  (void)mac::read_machine(kernel, problems);
  (void)mac::read_boot_id(kernel);
  (void)mac::is_translated(kernel);
  const auto sensors = mac::make_sensors(kernel);
  const auto read_hardware = mac::make_hardware_reader(kernel);
  const auto table = mac::make_process_table(kernel);
  for (int round = 0; round < 3 && !kernel.empty(); ++round) {
    model::Sample sample;
    for (const auto& sensor : sensors) {
      for (const auto& problem : sensor.read(sample)) {
        require(!problem.text.empty(), "a problem says what it is");
      }
    }
    check_sample(sample);
    (void)read_hardware();
    (void)mac::find_foreign_writer(kernel, "/etc/m1opt");
    (void)table->list();
    read_process(*table, kernel.next_pid());
    if (const auto peer = mac::peer_identity(kernel, 0)) {
      require(peer->groups.size() <= 32, "a peer has so many groups");
    }
    (void)mac::read_cost(kernel, 1);
  }
}

}  // namespace m1opt::fuzz
