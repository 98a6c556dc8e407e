#include "serve/socket_file.h"

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "serve/fixture.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;
using serve::SocketFile;
namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kOtherGroup = 54321;

struct stat stat_of(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) throw std::runtime_error("lstat " + path);
  return info;
}
unsigned mode_of(const std::string& path) { return stat_of(path).st_mode & 07777U; }

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}
/// A socket of somebody else at that path; it answers connects once it listens.
base::Fd bind_at(const std::string& path) {
  base::Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  const sockaddr_un address = address_of(path);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("bind " + path);
  }
  return fd;
}

base::Result<void> anywhere(const std::string&) { return {}; }

std::string fault_of(const std::string& path) {
  const auto opened = SocketFile::open(path, anywhere);
  return opened ? "" : opened.error().what;
}

class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

/// As root: somebody else, to whom root's directory is given. Whoever is not root is nobody special already.
class Unprivileged {
 public:
  explicit Unprivileged(const std::string& directory) {
    if (!root_) return;
    REQUIRE(::chown(directory.c_str(), kStranger, kStranger) == 0);
    REQUIRE(::seteuid(kStranger) == 0);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() {
    if (root_ && ::seteuid(0) != 0) ::_exit(1);
  }

 private:
  static constexpr uid_t kStranger = 65534;
  bool root_{::geteuid() == 0};
};

/// A server that looks after its file often.
struct Watched : ServerFixture {
  Watched() { options.file_check = 10ms; }
  bool answers() {
    try {
      return status_of(ask("GET", "/v1/version")) == 200;
    } catch (const std::exception&) {
      return false;
    }
  }
};

}  // namespace

TEST_CASE("the modes of socket and directory do not depend on the umask") {
  for (const mode_t mask : {0000, 0022, 0027, 0077, 0777}) {
    const TempDir dir;
    const Umask umask(mask);
    auto file = SocketFile::open(dir / "run/m1optd.sock", anywhere);
    REQUIRE(file);
    CHECK(mode_of(dir / "run") == 0755);
    CHECK(mode_of(dir / "run/m1optd.sock") == 0600);
    CHECK(file->set_mode(0666, std::nullopt));
    CHECK(mode_of(dir / "run/m1optd.sock") == 0666);
  }
}

TEST_CASE("a socket for a group belongs to it and is closed to others") {
  const TempDir dir;
  const std::uint32_t group = ::geteuid() == 0 ? kOtherGroup : ::getegid();
  auto file = SocketFile::open(dir / "m1optd.sock", anywhere);
  REQUIRE(file);
  CHECK(file->set_mode(0660, group));
  CHECK(mode_of(dir / "m1optd.sock") == 0660);
  CHECK(stat_of(dir / "m1optd.sock").st_gid == group);
}

TEST_CASE("a socket that cannot be given to its group is closed to all but its owner, however open it was") {
  const TempDir dir;
  const Unprivileged user(dir.path());
  auto file = SocketFile::open(dir / "m1optd.sock", anywhere);
  REQUIRE(file);
  REQUIRE(file->set_mode(0666, std::nullopt));
  const auto set = file->set_mode(0660, kOtherGroup);
  REQUIRE_FALSE(set);
  CHECK(has(set.error().what, "cannot be given to group 54321"));
  CHECK(has(set.error().what, "SupplementaryGroups=54321"));
  CHECK(mode_of(dir / "m1optd.sock") == 0600);
  CHECK(file->set_mode(0666, std::nullopt));
  CHECK(mode_of(dir / "m1optd.sock") == 0666);
}

TEST_CASE("a server whose socket cannot be given to the group starts, for its owner alone, and obeys the next config") {
  ServerFixture fixture;
  const Unprivileged user(fixture.directory.path());
  fixture.options.find_group = [](const std::string&) -> base::Result<std::uint32_t> { return kOtherGroup; };
  const auto set_read = [&](ReadAccess read) {
    fixture.backend.change_config([&](Config& config) { config.api.read = read; });
    fixture.backend.add_event("1.1", EventKind::config_reloaded);
  };
  const auto becomes = [&](unsigned mode) {
    return eventually([&] { return mode_of(fixture.options.socket_path) == mode; });
  };
  set_read(ReadAccess::group);
  fixture.start();
  CHECK(mode_of(fixture.options.socket_path) == 0600);
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
  set_read(ReadAccess::everyone);
  CHECK(becomes(0666));
  set_read(ReadAccess::group);
  CHECK(becomes(0600));
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
}

TEST_CASE("nothing is made in a directory that is not trusted") {
  const TempDir dir;
  const auto opened = SocketFile::open(dir / "run/m1optd.sock", [](const std::string& directory) -> base::Result<void> {
    return base::Error{base::Errc::not_permitted, 0, directory + " belongs to a stranger"};
  });
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what == dir / "run belongs to a stranger");
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("a directory that became a stranger's while the socket was made in it is noticed, and left as it is") {
  const TempDir dir;
  const std::string path = dir / "run/m1optd.sock";
  int looks = 0;
  const auto opened = SocketFile::open(path, [&](const std::string&) -> base::Result<void> {
    if (++looks == 1) return {};
    fs::remove(path);
    bind_at(path).reset();  // his own
    return base::Error{base::Errc::not_permitted, 0, "it belongs to a stranger"};
  });
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what == "it belongs to a stranger");
  CHECK(looks == 2);
  CHECK(fs::exists(path));
}

TEST_CASE("a symlink that was put in the place of the new socket leads to no change of mode") {
  const TempDir dir;
  const std::string path = dir / "m1optd.sock";
  const std::string file = dir / "file";
  std::ofstream(file) << "precious";
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  const auto opened = SocketFile::open(path, [&](const std::string&) -> base::Result<void> {
    if (!fs::exists(path)) return {};
    fs::remove(path);
    fs::create_symlink(file, path);
    return {};
  });
  CHECK(fs::is_symlink(path));
  CHECK(mode_of(file) == 0640);
}

TEST_CASE("a dead server's socket is replaced") {
  const TempDir dir;
  bind_at(dir / "m1optd.sock").reset();
  CHECK(fault_of(dir / "m1optd.sock").empty());
}

TEST_CASE("a socket that somebody listens on is left alone") {
  const TempDir dir;
  const auto other = bind_at(dir / "m1optd.sock");
  REQUIRE(::listen(other.get(), 1) == 0);
  CHECK(has(fault_of(dir / "m1optd.sock"), "another server answers at"));
  CHECK(fs::exists(dir / "m1optd.sock"));
}

TEST_CASE("a server that accepts nobody is alive, and its socket is left alone") {
  const TempDir dir;
  const auto other = bind_at(dir / "m1optd.sock");
  REQUIRE(::listen(other.get(), 0) == 0);
  std::vector<base::Fd> queue;
  for (int i = 0; i < 4; ++i) {  // until connect() says EAGAIN
    queue.emplace_back(::socket(AF_UNIX, SOCK_STREAM, 0));
    ::fcntl(queue.back().get(), F_SETFL, O_NONBLOCK);
    const sockaddr_un address = address_of(dir / "m1optd.sock");
    (void)::connect(queue.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  CHECK(has(fault_of(dir / "m1optd.sock"), "another server answers at"));
  CHECK(fs::exists(dir / "m1optd.sock"));
}

TEST_CASE("a file, a directory or a pipe at the socket's place is left alone") {
  const TempDir dir;
  const std::string path = dir / "m1optd.sock";
  SECTION("file") { std::ofstream(path) << "precious"; }
  SECTION("directory") { fs::create_directory(path); }
  SECTION("pipe") { REQUIRE(::mkfifo(path.c_str(), 0666) == 0); }
  const auto before = stat_of(path);
  CHECK(has(fault_of(path), "is there and is no socket"));
  CHECK(stat_of(path).st_ino == before.st_ino);
  CHECK(stat_of(path).st_mode == before.st_mode);
}

TEST_CASE("a symlink at the socket's place is not followed, wherever it leads") {
  const TempDir dir;
  const std::string path = dir / "m1optd.sock";
  SECTION("to nothing") { fs::create_symlink(dir / "nothing", path); }
  SECTION("to a file") {
    std::ofstream(dir / "file") << "precious";
    fs::create_symlink(dir / "file", path);
  }
  SECTION("to a dead socket") {
    bind_at(dir / "dead").reset();
    fs::create_symlink(dir / "dead", path);
  }
  CHECK(has(fault_of(path), "is there and is no socket"));
  CHECK(fs::is_symlink(path));
  CHECK_FALSE(fs::exists(dir / "nothing"));
}

TEST_CASE("a directory that is a symlink of ours is used, one that is a file is an error") {
  const TempDir dir;
  fs::create_directory(dir / "real");
  fs::create_directory_symlink(dir / "real", dir / "run");
  CHECK(fault_of(dir / "run/m1optd.sock").empty());
  std::ofstream(dir / "file") << "";
  CHECK_FALSE(fault_of(dir / "file/m1optd.sock").empty());
}

TEST_CASE("a directory whose parent is missing is an error and makes nothing") {
  const TempDir dir;
  CHECK(has(fault_of(dir / "a/b/m1optd.sock"), "make the socket's directory"));
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("a path of 103 bytes is the longest that every system takes") {
  const TempDir dir;
  const std::size_t room = 103 - dir.path().size() - 1;
  CHECK(fault_of(dir / std::string(room, 'x')).empty());
  CHECK(has(fault_of(dir / std::string(room + 1, 'x')), "1 to 103 are possible"));
  CHECK(has(fault_of(""), "1 to 103 are possible"));
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("a socket file that was removed while the server runs is made again, with its mode") {
  Watched fixture;
  fixture.start();
  fs::remove(fixture.options.socket_path);
  CHECK(eventually([&] { return fixture.answers(); }));
  CHECK(mode_of(fixture.options.socket_path) == 0666);
  fixture.server->stop();
  CHECK_FALSE(fs::exists(fixture.options.socket_path));
}

TEST_CASE("a directory that was removed while the server runs is made again") {
  Watched fixture;
  fixture.options.socket_path = fixture.directory / "run/m1optd.sock";
  fixture.start();
  fs::remove_all(fixture.directory / "run");
  CHECK(eventually([&] { return fixture.answers(); }));
  CHECK(mode_of(fixture.directory / "run") == 0755);
}

TEST_CASE("a socket is not made again in a directory that is not trusted any more, until it is again") {
  Watched fixture;
  std::atomic<bool> trusted{true};
  std::atomic<int> refusals{0};
  fixture.options.check_directory = [&](const std::string& directory) -> base::Result<void> {
    if (trusted) return {};
    ++refusals;
    return base::Error{base::Errc::not_permitted, 0, directory + " belongs to a stranger"};
  };
  fixture.start();
  trusted = false;
  fs::remove(fixture.options.socket_path);
  CHECK(eventually([&] { return refusals > 2; }));
  CHECK_FALSE(fs::exists(fixture.options.socket_path));
  trusted = true;
  CHECK(eventually([&] { return fixture.answers(); }));
  CHECK(mode_of(fixture.options.socket_path) == 0666);
}

TEST_CASE("connections that are open when the file goes are still served") {
  Watched fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  fs::remove(fixture.options.socket_path);
  CHECK(eventually([&] { return fixture.answers(); }));
  client.send(ServerFixture::request("GET", "/v1/version"));
  CHECK(status_of(client.read_answer()) == 200);
}

TEST_CASE("a dead socket that was put in the place of ours while we run is replaced") {
  Watched fixture;
  fixture.start();
  fs::remove(fixture.options.socket_path);
  bind_at(fixture.options.socket_path).reset();
  CHECK(eventually([&] { return fixture.answers(); }));
}

TEST_CASE("what somebody put in the place of our socket is neither removed nor given another mode") {
  Watched fixture;
  fixture.start();
  const std::string path = fixture.options.socket_path;
  SocketClient client = fixture.connect();
  fs::remove(path);
  base::Fd other;
  SECTION("another server") {
    other = bind_at(path);
    REQUIRE(::listen(other.get(), 100) == 0);
  }
  SECTION("a file") { std::ofstream(path) << "precious"; }
  SECTION("a symlink") { fs::create_symlink("/etc/hostname", path); }
  const auto before = stat_of(path);
  const auto target = fs::exists(path) ? fs::status(path).permissions() : fs::perms::none;
  fixture.backend.change_config([](Config& config) { config.api.read = ReadAccess::group; });
  fixture.backend.add_event("1.1", EventKind::config_reloaded);
  for (int i = 0; i < 500; ++i) {  // long enough for some checks
    client.send(ServerFixture::request("GET", "/v1/openapi.json"));
    client.read_answer();
  }
  fixture.server->stop();
  CHECK(stat_of(path).st_ino == before.st_ino);
  CHECK(stat_of(path).st_mode == before.st_mode);
  if (fs::exists(path)) CHECK(fs::status(path).permissions() == target);
}

TEST_CASE("a reload changes the socket's mode and group in place") {
  ServerFixture fixture;
  const std::uint32_t group = ::geteuid() == 0 ? kOtherGroup : ::getegid();
  fixture.options.find_group = [&](const std::string& name) -> base::Result<std::uint32_t> {
    if (name == "nobodys") return base::Error{base::Errc::gone, 0, "there is no group nobodys"};
    return group;
  };
  fixture.start();
  const auto becomes = [&](ReadAccess read, const std::string& name, unsigned mode) {
    fixture.backend.change_config([&](Config& config) {
      config.api.read = read;
      config.api.group = name;
    });
    fixture.backend.add_event("1.1", EventKind::config_reloaded);
    return eventually([&] { return mode_of(fixture.options.socket_path) == mode; });
  };
  CHECK(mode_of(fixture.options.socket_path) == 0666);
  CHECK(becomes(ReadAccess::group, "", 0660));
  CHECK(stat_of(fixture.options.socket_path).st_gid == group);
  CHECK(becomes(ReadAccess::group, "nobodys", 0600));
  CHECK(becomes(ReadAccess::everyone, "", 0666));
}
