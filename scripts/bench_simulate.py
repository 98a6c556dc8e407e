"""How long `m1optctl simulate` takes over a day of one tick a second, as the daemon records it."""

import json
import subprocess
import time

DAY = 86400
TOTAL = 8 * 2**30


def write_day(directory, traces):
    """From the first tick of a trace that has targets and a model, on the readings of every tick differ."""
    header, first = (json.loads(line) for line in (traces / "at_the_limit.jsonl").read_text().splitlines()[:2])
    for key in ("add", "repeat"):
        first.pop(key, None)
    path = directory / "day.jsonl"
    with open(path, "w", encoding="utf-8") as out:
        for line in (header, first):
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
        for at in range(1, DAY):
            used = 74 + at // 97 % 9 + at % 10 / 10
            line = {"at_s": at + at % 7 / 1000, "sample": {
                "memory": {"used_bytes": int(TOTAL * used / 100), "available_bytes": TOTAL - int(TOTAL * used / 100),
                           "used_share_percent": used, "available_share_percent": round(100 - used, 1),
                           "cached_bytes": 2**30 + at},
                "pressure": {"level": ("normal", "warning", "critical")[at // 300 % 3]},
                "cpu": {"busy_s": 4 * at, "idle_s": 4 * at},
                "targets": {str(i): {"process": {"cpu_time_s": at / (10 + i)}} for i in range(3)},
                "workloads": {"0": {"processes": {"1": {"process": {"cpu_time_s": at // 3600 % 2 * 2 * at}}}}}}}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
    return path


def measure(client, directory, traces):
    """Seconds for the program as a whole, and the trace's size."""
    trace = write_day(directory, traces)
    started = time.monotonic()
    subprocess.run([str(client), "simulate", str(trace)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started, trace.stat().st_size
