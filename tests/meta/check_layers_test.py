"""The tree keeps its layers, and the checker would see it if it did not."""

import tempfile
import unittest
from pathlib import Path

from project import ROOT, load_script

checker = load_script("check_layers")


class Layers(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = Path(self.directory.name)

    def violations(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        found = [(line, what) for _, line, what in checker.check(self.root)]
        path.unlink()
        return found

    def assert_forbidden(self, name, text, why):
        found = self.violations(name, text)
        self.assertEqual(len(found), 1, f"{name}: {text!r} gave {found}")
        self.assertIn(why, found[0][1])

    def assert_allowed(self, name, text):
        self.assertEqual(self.violations(name, text), [])

    def test_this_tree_keeps_its_layers(self):
        found = [f"{path}:{line}: {what}" for path, line, what in checker.check(ROOT)]
        self.assertEqual(found, [])

    def test_a_folder_that_may_not_know_another_is_caught(self):
        for name, header in (("base/a.h", "model/event.h"), ("model/a.h", "platform/platform.h"),
                             ("decide/a.cpp", "act/undo.h"), ("wire/a.cpp", "serve/backend.h"),
                             ("platform/a.cpp", "wire/decode.h"), ("journal/a.cpp", "platform/platform.h"),
                             ("act/a.cpp", "decide/policy.h"), ("serve/a.cpp", "act/undo.h"),
                             ("serve/routes/a.cpp", "journal/undo_journal.h"),
                             ("sense/a.cpp", "journal/undo_journal.h"), ("ollama/a.cpp", "wire/decode.h"),
                             ("act/a.cpp", "app/app.h")):
            self.assert_forbidden(f"daemon/{name}", f'#include "{header}"\n', "may not include")

    def test_the_client_reaches_nothing_that_changes_a_process(self):
        for header in ("act/undo.h", "journal/undo_journal.h", "serve/backend.h", "app/app.h"):
            self.assert_forbidden("client/commands/a.cpp", f'#include "{header}"\n', "may not include")
        self.assert_forbidden("client/a.cpp", "auto c = make_process_control();\n", "change no process")
        self.assert_allowed("client/commands/a.cpp", '#include "decide/policy.h"\n#include <unistd.h>\n')

    def test_libraries_stay_where_they_belong(self):
        for name, header in (("wire/a.cpp", "boost/asio/post.hpp"), ("decide/a.cpp", "boost/json.hpp"),
                             ("ollama/a.cpp", "boost/beast/http.hpp"), ("platform/a.cpp", "boost/json/value.hpp"),
                             ("act/a.cpp", "sqlite3.h"), ("base/file.cpp", "spdlog/spdlog.h"),
                             ("serve/a.cpp", "CLI/CLI.hpp")):
            self.assert_forbidden(f"daemon/{name}", f"#include <{header}>\n", "may not use")
        self.assert_allowed("daemon/base/log.cpp", "#include <spdlog/spdlog.h>\n")
        self.assert_allowed("daemon/journal/a.cpp", "#include <sqlite3.h>\n")
        self.assert_allowed("daemon/model/a.h", "#include <boost/describe.hpp>\n#include <vector>\n")

    def test_system_headers_stay_in_their_folder(self):
        for name in ("decide/a.cpp", "model/a.h", "wire/a.cpp", "sense/a.cpp", "ollama/a.cpp",
                     "platform/memory_text.cpp", "act/undo.cpp", "serve/backend.h"):
            self.assert_forbidden(f"daemon/{name}", "#include <sys/stat.h>\n", "system header")
        for name in ("platform/linux/a.cpp", "base/file.cpp", "act/guardian.cpp", "app/loop.cpp", "main.cpp"):
            self.assert_allowed(f"daemon/{name}", "#include <unistd.h>\n")

    def test_another_systems_private_header_is_caught(self):
        self.assert_forbidden("daemon/act/a.cpp", '#include "platform/linux/groups.h"\n', "private")
        self.assert_forbidden("daemon/platform/darwin/a.cpp", '#include "platform/linux/groups.h"\n', "private")
        self.assert_allowed("daemon/platform/linux/a.cpp", '#include "platform/linux/groups.h"\n')

    def test_an_ifdef_for_macos_is_caught(self):
        for line in ("#ifdef __APPLE__", "#  if defined(__APPLE__)", "#elif TARGET_OS_MAC"):
            self.assert_forbidden("daemon/base/clock.cpp", line + "\n", "#ifdef")
        self.assert_allowed("daemon/platform/darwin/a.cpp", "#ifdef __APPLE__\n")

    def test_a_bare_pid_is_caught(self):
        self.assert_forbidden("daemon/sense/a.cpp", "pid_t pid = 1;\n", "ProcessId")
        self.assert_allowed("daemon/sense/a.cpp", "// a pid_t may be reused\nint pid_total = 1;\n")
        self.assert_allowed("daemon/platform/linux/a.cpp", "pid_t pid = 1;\n")

    def test_decide_sees_no_clock_file_or_log(self):
        for line in ("auto t = std::chrono::steady_clock::now();", 'log_info("x");', "#include <fstream>",
                     '#include "base/log.h"', "SystemClock clock;"):
            self.assert_forbidden("daemon/decide/a.cpp", line + "\n", "decide sees time")

    def test_an_include_by_a_bare_name_is_caught(self):
        self.assert_forbidden("daemon/wire/a.cpp", '#include "decode.h"\n', "from daemon/ or client/ on")

    def test_a_forbidden_link_is_caught(self):
        name = "daemon/CMakeLists.txt"
        self.assert_forbidden(name, "m1opt_library(m1opt_serve serve m1opt_wire m1opt_act)\n", "may not link m1opt_act")
        self.assert_forbidden(name, "target_link_libraries(m1opt_decide\n  PUBLIC m1opt_asio)\n", "m1opt_asio")
        self.assert_forbidden("client/CMakeLists.txt", "m1opt_library(m1opt_client x m1opt_journal)\n", "m1opt_journal")
        self.assert_allowed(name, "m1opt_library(m1opt_journal journal m1opt_base m1opt_sqlite) # m1opt_act\n")


if __name__ == "__main__":
    unittest.main()
