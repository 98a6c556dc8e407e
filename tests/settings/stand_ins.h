#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "settings/access.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// The programs of tests/standins/ in place of the system's, with a state of their own.
class StandIns {
 public:
  StandIns() {
    namespace fs = std::filesystem;
    fs::copy(M1OPT_SOURCE_DIR "/tests/standins", directory_.path(), fs::copy_options::recursive);
    fs::create_directory(directory_ / "state");
    ::setenv("M1OPT_TOOLS_DIR", directory_.path().c_str(), 1);
  }
  StandIns(const StandIns&) = delete;
  StandIns& operator=(const StandIns&) = delete;
  ~StandIns() { ::unsetenv("M1OPT_TOOLS_DIR"); }

  /// A file of theirs.
  void say(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(directory_ / "state" + "/" + name).parent_path());
    std::ofstream(directory_ / "state" + "/" + name) << text;
  }
  void forget(const std::string& name) { std::filesystem::remove(directory_ / "state" + "/" + name); }
  /// "" when it is not there.
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto read = base::read_file(directory_ / "state" + "/" + name);
    return read ? *read : std::string();
  }
  [[nodiscard]] std::string path() const { return directory_.path(); }

 private:
  TempDir directory_;
};

}  // namespace m1opt::test
