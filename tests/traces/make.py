#!/usr/bin/env python3
"""Writes the traces of this folder, and what the policy makes of them.

make.py             the *.jsonl, each from its scenario below
make.py M1OPTCTL    and every *.expected, from what this program's `simulate` prints: read the diff
"""

import inspect
import os
import random
import subprocess
import sys
from pathlib import Path

from machine import MB, Mac

HERE = Path(__file__).resolve().parent
MINUTE = 60
HOUR = 3600


def calm_day():
    """16 GB, three sessions with a model, photo analysis only while nobody works."""
    mac = Mac(gib=16)
    mac.used(55)
    mac.target(611, "photoanalysisd", 0)
    mac.target(612, "mds", 0.01, mode="background", uid=0)
    mac.workload(runner=None)
    mac.every(10)
    for session in range(3):
        mac.cpu[611] = 600
        mac.run(1 * HOUR)
        mac.cpu[611] = 0
        mac.run(5 * HOUR + 20 * MINUTE)
        mac.workload(runner=701 + session)
        mac.cpu[701 + session] = 1500
        mac.used(68)
        mac.every(1)
        mac.run(20 * MINUTE)
        mac.cpu[701 + session] = 0
        mac.run(5 * MINUTE)
        mac.workload(runner=None)
        mac.used(55)
        mac.every(10)
        mac.run(1 * HOUR + 15 * MINUTE)
    return mac


def model_load_8gb():
    """A model of 5 GB is loaded into 8 GB beside photo analysis: warning, critical, and it fits."""
    mac = Mac(gib=8)
    mac.used(62)
    mac.target(611, "photoanalysisd", 0.08, footprint=700 * MB)
    mac.target(612, "mediaanalysisd", 0.05, footprint=500 * MB)
    mac.target(613, "mds_stores", 0.05, mode="background", uid=0)
    mac.workload(runner=None)
    mac.run(60)
    mac.workload(runner=701)
    mac.cpu[701] = 1000
    mac.used_grows = 1.0
    mac.run(12)
    mac.level("warning")
    mac.swap_out = 8 * MB
    mac.run(12)
    mac.level("critical")
    mac.swap_out = 35 * MB
    mac.used_grows = 0.2
    mac.run(25)
    mac.level("warning")
    mac.swap_out = 1 * MB
    mac.used_grows = -0.1
    mac.run(30)
    mac.level("normal")
    mac.swap_out = 0
    mac.used_grows = 0
    mac.cpu[701] = 3000
    mac.run(10 * MINUTE)
    mac.cpu[701] = 0
    mac.run(5 * MINUTE)
    return mac


def swap_storm():
    """Three minutes of swapping, level up and down, and a quarter of an hour of calm."""
    mac = Mac(gib=8)
    mac.used(78)
    mac.target(611, "photoanalysisd", 0.3, footprint=900 * MB)
    mac.target(612, "mediaanalysisd", 0.2, footprint=300 * MB)
    mac.workload()
    mac.cpu[701] = 800
    mac.run(60)
    for level, rate, seconds in (("warning", 40, 25), ("critical", 120, 40), ("warning", 60, 20),
                                 ("critical", 90, 50), ("warning", 15, 45)):
        mac.level(level)
        mac.swap_out, mac.swap_in = rate * MB, rate * MB // 3
        mac.run(seconds)
    mac.level("normal")
    mac.swap_out, mac.swap_in = 0, 10 * MB
    mac.run(30)
    mac.swap_in = 0
    mac.run(15 * MINUTE)
    return mac


def thermal_ramp_fanless():
    """A fanless Air under a long run: it warms up to trapping in 20 minutes and cools down again."""
    mac = Mac(gib=16)
    mac.target(611, "photoanalysisd", 0.1)
    mac.target(612, "backupd", 0.05, mode="background", uid=0)
    mac.workload()
    mac.cpu[701] = 3500
    mac.heats = 0.05
    for level, minutes in ((0, 5), (1, 5), (2, 6), (3, 4), (2, 4), (1, 3), (0, 8)):
        mac.sample["thermal"]["level"] = level
        if mac.sample["thermal"]["hottest_celsius"] > 99:
            mac.heats = -0.05
        mac.run(minutes * MINUTE)
    return mac


def sleep_wake():
    """The lid is closed for two hours in the middle of a run with everything contended."""
    mac = Mac(gib=16)
    mac.target(611, "photoanalysisd", 2.0)
    mac.target(612, "mds", 0.5, mode="background", uid=0)
    mac.workload()
    mac.cpu[701] = 7500
    mac.run(2 * MINUTE)
    mac.level("critical")
    mac.run(1 * MINUTE)
    mac.sleep(2 * HOUR)
    mac.run(30)
    mac.level("normal")
    mac.run(5 * MINUTE)
    mac.cpu[701] = 0
    mac.run(3 * MINUTE)
    return mac


def at_the_limit():
    """An hour in which every reading wavers about its limit, a model at work all the time."""
    chance = random.Random(3)
    mac = Mac(gib=8)
    mac.target(611, "photoanalysisd", 0.1, footprint=700 * MB)
    mac.target(612, "mediaanalysisd", 0.1, footprint=500 * MB)
    mac.target(613, "mds", 0.05, mode="background", uid=0)
    mac.workload()
    mac.cpu[701] = 2000
    mac.used(79)
    mac.run(30)
    left = HOUR
    while left > 0:
        seconds = min(left, chance.choice((1, 2, 3, 5, 6, 8, 13, 21, 40)))
        mac.used(chance.choice((74.8, 79.6, 80.2, 80.4)))
        mac.level(chance.choice(("normal", "warning", "warning", "critical")))
        mac.swap_out = chance.choice((0, 19 * MB, 21 * MB))
        mac.heat(chance.choice((1, 2)), chance.choice((84, 91)))
        mac.cpu[611] = chance.choice((50, 240, 260))
        mac.run(seconds)
        left -= seconds
    mac.used(60)
    mac.level("normal")
    mac.swap_out = 0
    mac.heat(0, 50)
    mac.cpu[611] = 0
    mac.run(15 * MINUTE)
    return mac


def respawning_targets():
    """mds replaces its workers all the time, and those that do not answer; pressure comes twice."""
    mac = Mac(gib=8)
    mac.target(612, "mds", 0.2, mode="background", uid=0)
    mac.workload()
    mac.cpu[701] = 2000
    for i in range(60):
        level = "critical" if 10 <= i < 16 or 30 <= i < 36 else "normal"
        mac.level(level)
        mac.target(1000 + i, "mdworker_shared", 0.4)
        mac.run(20)
        mac.end(1000 + i)
    mac.level("normal")
    mac.run(3 * MINUTE)
    return mac


def sensor_loss():
    """Pressure is critical when its reading is lost for a minute; later the temperature goes too."""
    mac = Mac(gib=8)
    mac.target(611, "photoanalysisd", 0.2)
    mac.workload()
    mac.cpu[701] = 2000
    mac.run(30)
    mac.level("critical")
    mac.run(60)
    pressure = mac.sample["pressure"]
    mac.absent("pressure", "the kernel did not answer")
    mac.run(60)
    mac.sample["pressure"], mac.sample["problems"] = pressure, []
    mac.run(60)
    mac.level("normal")
    mac.run(2 * MINUTE)
    mac.heat(3, 101)
    mac.run(30)
    mac.absent("thermal", "the SMC does not answer")
    mac.run(5 * MINUTE)
    return mac


def two_models():
    """Two servers take turns, a minute each, beside a busy indexer; then both rest."""
    mac = Mac(gib=32)
    mac.target(611, "photoanalysisd", 1.0)
    mac.workload("ollama", 700, 701)
    mac.workload("llama-server", 800, 801)
    for turn in range(20):
        busy, idle = (701, 801) if turn % 2 == 0 else (801, 701)
        mac.cpu[busy], mac.cpu[idle] = 4000, 0
        mac.run(1 * MINUTE)
    mac.cpu[701] = mac.cpu[801] = 0
    mac.run(5 * MINUTE)
    return mac


def flapping():
    """A level that goes up and down every second or two for 20 minutes, as in omlx#2059."""
    chance = random.Random(2059)
    mac = Mac(gib=8)
    mac.used(76)
    mac.target(611, "photoanalysisd", 0.2)
    mac.workload()
    mac.cpu[701] = 2000
    mac.run(30)
    left = 20 * MINUTE
    level = False
    while left > 0:
        level = not level
        seconds = min(left, chance.choice((1, 2)))
        mac.level("critical" if level else "normal")
        mac.run(seconds)
        left -= seconds
    mac.level("normal")
    mac.run(3 * MINUTE)
    return mac


def target_goes_idle():
    """An indexer takes a core beside a model that runs on the GPU, and has finished after ten minutes."""
    mac = Mac(gib=16)
    mac.target(611, "mediaanalysisd", 1.0)
    mac.workload()
    mac.cpu[701] = 600
    mac.run(10 * MINUTE)
    mac.cpu[611] = 0
    mac.run(20 * MINUTE)
    return mac


def latch():
    """It was critical once; for three hours after it every reading stays just above where it would
    clear, as in omlx#3363, while the model works."""
    mac = Mac(gib=8)
    mac.used(70)
    mac.target(611, "photoanalysisd", 0.1)
    mac.target(612, "mds", 0.02, mode="background", uid=0)
    mac.workload()
    mac.cpu[701] = 2000
    mac.run(60)
    mac.used(88)
    mac.level("critical")
    mac.heat(3, 101)
    mac.swap_out = 30 * MB
    mac.run(60)
    mac.used(77)
    mac.level("normal")
    mac.heat(1, 87)
    mac.swap_out = 0
    mac.run(3 * HOUR)
    return mac


def resident_24h():
    """8 GB, 82 % used, level normal, a model resident day and night, asked for ten minutes in all."""
    mac = Mac(gib=8)
    mac.used(82)
    mac.target(611, "photoanalysisd", 0.6, footprint=400 * MB)
    mac.target(612, "mds", 0.05, mode="background", uid=0)
    models = [{"name": "llama3.2:3b", "size_bytes": 3 * 2**30, "context_length": 8192, "expires_at": None}]
    mac.workload(models=models)
    for _ in range(5):
        mac.every(10)
        mac.run(4 * HOUR + 40 * MINUTE)
        mac.every(1)
        mac.cpu[701] = 3000
        mac.run(2 * MINUTE)
        mac.cpu[701] = 0
        mac.run(3 * MINUTE)
    mac.every(10)
    mac.run(15 * MINUTE)
    return mac


SCENARIOS = (calm_day, model_load_8gb, swap_storm, thermal_ramp_fanless, sleep_wake, at_the_limit,
             respawning_targets, sensor_loss, two_models, flapping, target_goes_idle, latch, resident_24h)


FANLESS = (thermal_ramp_fanless,)


def profile_of(scenario, mac):
    """What m1optd chooses for such a Mac by itself, of whose battery and display a trace knows nothing."""
    by_memory = {8: "8gb", 16: "16gb"}.get(mac.total // 2**30, "32gb_plus")
    return by_memory + ("+fanless" if scenario in FANLESS else "")


def simulated(program, name, *options):
    """As the test runs it: from this folder, for a pipe, in ASCII."""
    return subprocess.run([os.path.abspath(program), "simulate", f"{name}.jsonl", *options], cwd=HERE, check=True,
                          capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout


def main():
    for scenario in SCENARIOS:
        name = scenario.__name__
        mac = scenario()
        (HERE / f"{name}.jsonl").write_text(mac.text(name), encoding="utf-8")
        if len(sys.argv) > 1:
            profile = profile_of(scenario, mac)
            (HERE / f"{name}.expected").write_text("\n\n".join((
                inspect.cleandoc(scenario.__doc__), simulated(sys.argv[1], name), f"With --profile {profile}",
                simulated(sys.argv[1], name, "--profile", profile))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
