#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "client/run_client.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// "" when it is not there.
inline std::string content_of(const std::string& path) {
  const auto read = base::read_file(path);
  return read ? *read : std::string();
}

/// A Mac of stand-ins with a user of its own, on which nobody has set anything.
class TunedMac {
 public:
  TunedMac() {
    std::filesystem::copy(M1OPT_SOURCE_DIR "/tests/standins", tools(), std::filesystem::copy_options::recursive);
    std::filesystem::create_directories(directory_ / "home");
  }

  [[nodiscard]] std::string tools() const { return directory_ / "tools"; }
  [[nodiscard]] std::string file(const std::string& domain) const {
    return content_of(tools() + "/state/defaults/" + domain + ".plist");
  }
  void say(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(tools() + "/state");
    std::ofstream(tools() + "/state/" + name) << text;
  }
  Ran run(std::vector<std::string> words, std::vector<std::string> more = {}) const {
    words.insert(words.begin(), "tune");
    words.insert(words.end(), {"--socket", "/nonexistent/m1optd.sock"});
    return with(std::move(words), std::move(more));
  }
  Ran with(const std::vector<std::string>& words, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"HOME=" + (directory_ / "home"), "M1OPT_TOOLS_DIR=" + tools(),
                             "M1OPT_SETTINGS_SYSTEM=macos"});
    return run_client(words, more);
  }

 private:
  TempDir directory_;
};

}  // namespace m1opt::test
