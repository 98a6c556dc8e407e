// The control loop and the server over a Mac in memory that has nothing of what is optional.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <future>

#include "app/control_loop.h"
#include "app/instance_lock.h"
#include "darwin/mac_rig.h"
#include "serve/server.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::base;
using namespace m1opt::model;
namespace darwin = platform::darwin;

namespace {

std::string ask(const std::string& socket_path, const std::string& target) {
  const Fd peer(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  REQUIRE(::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  const std::string request = "GET " + target + " HTTP/1.0\r\n\r\n";
  REQUIRE(::send(peer.get(), request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 4096> part{};
  for (ssize_t n = 0; (n = ::recv(peer.get(), part.data(), part.size(), 0)) > 0;) {
    answer.append(part.data(), static_cast<std::size_t>(n));
  }
  return answer;
}

bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("on a Mac without every optional thing the daemon starts, serves, says why, and does nothing") {
  test::MacRig rig;
  rig.mac_.start(500, 1, "/System/Library/PrivateFrameworks/PhotoAnalysis.framework/Versions/A/Support/photoanalysisd");
  rig.mac_.lose_everything();
  app::Options options;
  options.config = rig.directory_ / "absent.json";
  options.state_directory = rig.directory_.path();
  options.socket = rig.directory_ / "sock";

  app::JournalKeeper keeper({options, darwin::read_boot_id(rig.mac_), *rig.control_, *rig.table_, rig.clock_,
                             app::acquire_instance_lock(options.state_directory).value()});
  act::Executor executor({*rig.control_, *rig.table_, keeper.journal(), rig.guardian_, {},
                          options.state_directory, false});
  app::EventLog events("epoch");
  app::Board board(rig.clock_, events);
  app::SlowJobs jobs;
  jobs.read_hardware = [read = darwin::make_hardware_reader(rig.mac_), &rig] {
    return sense::HardwareReport{read(), rig.clock_.now()};
  };
  std::promise<void> hardware_read;  // the first reading wakes, and no other
  app::SlowWorker slow(std::move(jobs), [&] { hardware_read.set_value(); });
  app::ConfigStore config(options);
  config.load({}).value();
  sense::SamplerOptions sensing;
  sensing.hardware_apart = slow.has_hardware();
  sensing.sensors = darwin::make_sensors(rig.mac_);
  sensing.is_administrator = [](std::uint32_t, const std::string&) { return false; };
  sensing.find_account = [](const std::string&) { return std::nullopt; };
  sense::Sampler sampler(std::move(sensing), *rig.table_, rig.clock_);
  std::vector<Problem> problems;
  const auto machine = darwin::read_machine(rig.mac_, problems);
  const auto blocker = darwin::make_sleep_blocker(rig.mac_);
  auto capabilities = darwin::probe_capabilities(rig.mac_);
  capabilities.push_back(blocker->probe());
  auto sleep = darwin::open_sleep_watch(rig.mac_);
  capabilities.push_back(platform::capability_of(sleep));
  app::ControlLoop loop({rig.clock_, sampler, *rig.table_, executor, rig.guardian_, keeper, config, board, events,
                         slow, *blocker, sleep ? std::move(*sleep) : nullptr, {}, machine, problems, capabilities, {}, Mode::active, {}});
  serve::ServerOptions serving;
  serving.socket_path = options.socket;
  serve::Server server(board, std::move(serving));
  loop.tick();
  server.start().value();
  slow.start();
  REQUIRE(hardware_read.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  for (int i = 0; i < 3; ++i) loop.tick();

  const std::string status = ask(options.socket, "/v1/status");
  INFO(status);
  CHECK(says(status, "200 OK"));
  for (const char* reading : {"memory", "pressure", "swap", "thermal", "power", "cpu", "gpu"}) {
    INFO(reading);
    CHECK(says(status, "\"" + std::string(reading) + "\":null"));
    CHECK(says(status, "\"reader\":\"" + std::string(reading)));
  }
  CHECK(says(status, "\"code\":\"unsupported\""));
  for (const char* reader : {"thermal.temperatures", "thermal.fans"}) {
    INFO(reader);
    CHECK(says(status, "{\"reader\":\"" + std::string(reader) +
                           "\",\"code\":\"unsupported\",\"text\":\"IOKit cannot be opened\"}"));
  }
  for (const char* capability : {"sleep_notice", "keep_awake", "smc", "background", "raise"}) {
    INFO(capability);
    CHECK(says(status, "\"name\":\"" + std::string(capability) + "\",\"available\":false"));
  }
  CHECK(says(status, "this boot of the machine cannot be told from others"));
  CHECK(says(ask(options.socket, "/v1/health"), "503"));
  CHECK(executor.open_records().empty());
  CHECK(rig.mac_.at(500).status == test::kRuns);
  CHECK(rig.mac_.at(500).flags == 0);
  server.stop();
  slow.stop();
}
