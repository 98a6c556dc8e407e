#include "serve/access.h"

#include "serve/fixture.h"
#include "serve/routes.h"
#include "support/catch.h"
#include "wire/encode.h"

using namespace m1opt;
using namespace m1opt::serve;
using namespace m1opt::test;

namespace {

serve::AccessPolicy policy(model::ReadAccess read, const std::string& group) {
  serve::AccessPolicy made(900, [](const std::string& name) -> base::Result<std::uint32_t> {
    if (name == "missing") return base::Error{base::Errc::gone, 0, "no such group"};
    return 50;
  });
  model::ApiConfig api;
  api.read = read;
  api.group = group;
  made.configure(api);
  return made;
}

std::string words(const Rights& rights) {
  return std::string(rights.read ? "read " : "") + (rights.admin ? "admin " : "") +
         (rights.root ? "root" : "");
}

}  // namespace

TEST_CASE("rights follow from uid, group and the config") {
  const platform::PeerIdentity root{0, 1, {}};
  const platform::PeerIdentity own{900, 1, {}};
  const platform::PeerIdentity member{1000, 1, {7, 50}};
  const platform::PeerIdentity stranger{1001, 1, {7}};
  const auto open = policy(model::ReadAccess::everyone, "");
  CHECK(words(open.rights_of(root)) == "read admin root");
  CHECK(words(open.rights_of(own)) == "read admin root");
  CHECK(words(open.rights_of(member)) == "read admin ");
  CHECK(words(open.rights_of(stranger)) == "read ");
  CHECK(open.socket_mode() == 0666);
  const auto closed = policy(model::ReadAccess::group, "staff");
  CHECK(words(closed.rights_of(member)) == "read admin ");
  CHECK(words(closed.rights_of(stranger)).empty());
  CHECK(closed.socket_mode() == 0660);
  // A missing group leaves root alone, and never everybody.
  const auto missing = policy(model::ReadAccess::group, "missing");
  CHECK(words(missing.rights_of(member)).empty());
  CHECK(words(missing.rights_of(root)) == "read admin root");
  CHECK(missing.socket_mode() == 0600);
}

TEST_CASE("each access asks for its right") {
  const Rights none;
  const Rights read{true, false, false};
  const Rights admin{true, true, false};
  const Rights root{true, true, true};
  const auto row = [&](Access access) {
    std::string allowed;
    for (const Rights* rights : {&none, &read, &admin, &root}) {
      allowed += refuse(access, *rights, "g") ? '-' : '+';
    }
    return allowed;
  };
  CHECK(row(Access::read) == "-+++");
  CHECK(row(Access::admin) == "--++");
  CHECK(row(Access::root) == "---+");
}

TEST_CASE("every route refuses whoever has not its right, before any handler runs") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.start();
  for (const Route& route : routes()) {
    if (std::holds_alternative<Special>(route.handler)) continue;
    std::string path = route.path;
    if (const auto open = path.find('{'); open != std::string::npos)
      path.replace(open, path.find('}') + 1 - open, "x");
    const std::string body = route.method == Method::GET ? "" : route.example;
    INFO(path);
    fixture.become(1001);
    const int stranger = status_of(fixture.ask(wire::enum_word(route.method), path, body));
    CHECK((stranger == 403) == (route.access != Access::read));
    fixture.become(1000, {ServerFixture::kGroup});
    const int member = status_of(fixture.ask(wire::enum_word(route.method), path, body));
    CHECK((member == 403) == (route.access == Access::root));
    fixture.become(0);
    CHECK(status_of(fixture.ask(wire::enum_word(route.method), path, body)) != 403);
  }
  for (const auto& command : fixture.backend.posted()) CHECK((command.uid == 1000 || command.uid == 0));
}

TEST_CASE("with api.read group a stranger reads nothing, and a reload opens it again") {
  ServerFixture fixture;
  fixture.backend.change_config([](Config& config) { config.api.read = ReadAccess::group; });
  // A test cannot give its socket to a group it is not in.
  fixture.options.find_group = [](const std::string&) -> base::Result<std::uint32_t> {
    return static_cast<std::uint32_t>(::getegid());
  };
  fixture.start();
  const auto mode = [&] {
    return static_cast<unsigned>(
        std::filesystem::status(fixture.options.socket_path).permissions());
  };
  CHECK(mode() == 0660);
  fixture.become(1001);
  const std::string answer = fixture.ask("GET", "/v1/status");
  CHECK(status_of(answer) == 403);
  CHECK(has(answer, "\"code\":\"forbidden\""));
  fixture.become(1001, {static_cast<std::uint32_t>(::getegid())});
  CHECK(status_of(fixture.ask("GET", "/v1/status")) == 200);
  fixture.backend.change_config([](Config& config) { config.api.read = ReadAccess::everyone; });
  fixture.backend.add_event("1.1", EventKind::config_reloaded);
  CHECK(eventually([&] { return mode() == 0666; }));
  fixture.become(1001);
  CHECK(status_of(fixture.ask("GET", "/v1/status")) == 200);
}
