"""The check of macOS programs fails on programs that are bad on purpose; `make macos` runs this with
the tools that it needs, `make test` only where they are there already."""

import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from project import ROOT, load_script

try:
    check_macho = load_script("check_macho")
except ImportError:
    check_macho = None
BIN = ROOT / "build" / "tools" / "bin"
FOREIGN = """--- !tapi-tbd
tbd-version: 4
targets: [ arm64-macos ]
install-name: '/opt/homebrew/lib/libforeign.dylib'
exports:
  - targets: [ arm64-macos ]
    symbols: [ _foreign ]
...
"""


@unittest.skipUnless(check_macho and (BIN / "aarch64-macos-clang").exists(), "make macos has not made its tools")
class CheckMacho(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.root = Path(directory.name)
        (cls.root / "good.c").write_text("int main(void) { return 0; }\n")
        cls.good = cls.link("good", "good.c")

    @classmethod
    def link(cls, name, source, *options, compiler="aarch64-macos-clang"):
        subprocess.run([BIN / compiler, "-O1", "-o", name, source, *options], cwd=cls.root, check=True)
        return cls.root / name

    def faults(self, path, arch="arm64"):
        return "; ".join(check_macho.check(path, arch))

    def changed(self, change):
        """A copy of the good program with something of it changed."""
        image = bytearray(self.good.read_bytes())
        change(image)
        path = self.root / "changed"
        path.write_bytes(image)
        return path

    @staticmethod
    def command_at(image, wanted):
        """Where the load command is in a 64-bit Mach-O file."""
        at = 32
        for _ in range(struct.unpack_from("<I", image, 16)[0]):
            command, size = struct.unpack_from("<2I", image, at)
            if command == wanted:
                return at
            at += size
        raise AssertionError(f"no load command {wanted:#x}")

    def test_a_good_program_passes(self):
        self.assertEqual(self.faults(self.good), "")

    def test_an_rpath_is_found(self):
        self.assertIn("LC_RPATH", self.faults(self.link("rpath", "good.c", "-Wl,-rpath,/opt/homebrew/lib")))

    def test_a_library_from_elsewhere_is_found(self):
        (self.root / "libforeign.tbd").write_text(FOREIGN)
        (self.root / "foreign.c").write_text("int foreign(void); int main(void) { return foreign(); }\n")
        path = self.link("foreign", "foreign.c", "-L.", "-lforeign")
        self.assertIn("/opt/homebrew/lib/libforeign.dylib", self.faults(path))

    def test_another_oldest_system_is_found(self):
        path = self.link("old", "good.c", "-target", "aarch64-macos.12.0")
        self.assertIn("macOS 12.0", self.faults(path))

    def test_a_fixed_address_is_found(self):
        def change(image):
            flags = struct.unpack_from("<I", image, 24)[0]
            struct.pack_into("<I", image, 24, flags & ~0x200000)
        self.assertIn("MH_PIE", self.faults(self.changed(change)))

    def test_a_missing_signature_is_found(self):
        def change(image):  # into a command of the same form that means something else
            struct.pack_into("<I", image, self.command_at(image, 0x1D), 0x1E)
        self.assertIn("is not signed", self.faults(self.changed(change)))

    def test_a_signature_that_is_not_ad_hoc_is_found(self):
        def change(image):
            signature = struct.unpack_from("<I", image, self.command_at(image, 0x1D) + 8)[0]
            directory = image.index(b"\xfa\xde\x0c\x02", signature)
            struct.pack_into(">I", image, directory + 12, 0)
        self.assertIn("not ad-hoc", self.faults(self.changed(change)))

    def test_a_change_after_signing_is_found(self):
        def change(image):
            image[self.command_at(image, 0x1B) + 8] ^= 1  # LC_UUID: means nothing, but is signed
        self.assertIn("changed after it was signed", self.faults(self.changed(change)))

    def test_another_processor_is_found(self):
        path = self.link("intel", "good.c", compiler="x86_64-macos-clang")
        self.assertEqual(self.faults(path, "x86_64"), "")
        self.assertIn("not a program for arm64", self.faults(path))

    def test_what_is_no_program_is_found(self):
        self.assertIn("is not a Mach-O file", self.faults(self.root / "good.c"))


if __name__ == "__main__":
    unittest.main()
