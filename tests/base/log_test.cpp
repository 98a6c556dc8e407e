#include "base/log.h"

#include <filesystem>
#include <string>

#include "base/file.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;

TEST_CASE("the log of months is four files of 5 MiB, and the newest line is in the first") {
  const test::TempDir directory;
  const std::string path = directory / "m1optd.log";
  REQUIRE(base::start_log(path, base::LogLevel::info));
  constexpr std::uintmax_t kMost = 5U * 1024 * 1024;
  const std::string text(16'000, 'x');
  for (std::uintmax_t written = 0; written < 6 * kMost; written += text.size()) {
    base::log_line(base::LogLevel::info, text);
  }
  base::log_line(base::LogLevel::info, "the newest");
  base::flush_log();
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    INFO(file.path().string());
    CHECK(file.file_size() <= kMost);
    ++files;
  }
  CHECK(files == 4);
  const std::string newest = base::read_file(path, kMost).value();
  CHECK(newest.ends_with(" info the newest\n"));
}
