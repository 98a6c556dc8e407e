"""What systemd does for m1optd.service besides starting it: it hears the daemon's beats (WatchdogSec=)."""

import socket
import threading
import time


class Watchdog:
    """Of a daemon that is started now with `environment`."""

    def __init__(self, path, patience_s):
        self.patience_s = patience_s
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(patience_s * 1_000_000)}
        self.beats = 0
        self.last = time.monotonic()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path.unlink(missing_ok=True)
        self.socket.bind(str(path))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while self.socket.recv(64) == b"WATCHDOG=1":
            self.beats += 1
            self.last = time.monotonic()

    def is_over(self):
        """It has not beaten in time: systemd sends WatchdogSignal=, and when it has ended ExecStopPost= runs."""
        return time.monotonic() - self.last > self.patience_s
