"""A state directory on a small disk of its own, which can be filled and made read-only."""

import ctypes
import os

MS_NODEV_NOSUID, MS_RDONLY, MS_REMOUNT, MNT_DETACH = 2 | 4, 1, 32, 2
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, place, kind, flags, options=None):
    if libc.mount(source, str(place).encode(), kind, flags, options) != 0:
        raise OSError(ctypes.get_errno(), f"mount {place}")


class SmallDisk:
    """For an E2eTest, before it in the list of bases."""

    mounted = False

    def tearDown(self):
        super().tearDown()
        if self.mounted:
            libc.umount2(str(self.state).encode(), MNT_DETACH)
            self.state.rmdir()
            self.directory.rmdir()

    @property
    def state(self):
        return self.daemon.places["--state-dir"]

    def small_disk(self):
        self.state.mkdir(mode=0o700)
        mount(b"tmpfs", self.state, b"tmpfs", MS_NODEV_NOSUID, b"size=2m,mode=0700")
        self.mounted = True

    def fill(self):
        with open(self.state / "filler", "ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def make_room(self):
        (self.state / "filler").unlink()

    def set_writable(self, writable):
        mount(b"tmpfs", self.state, b"tmpfs", MS_REMOUNT | MS_NODEV_NOSUID | (0 if writable else MS_RDONLY),
              b"size=2m")

    def faults(self):
        """What the daemon says of its journal."""
        return [finding for finding in self.status()["health"] if "journal" in finding["text"]]
