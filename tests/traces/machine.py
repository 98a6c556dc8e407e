"""A Mac whose readings a scenario sets, written down as a trace: what changed, and what went on as it was."""

import copy
import json

GIB = 2**30
MB = 10**6


def process(pid, name, uid=501, parent=1, threads=4, footprint=120 * MB):
    return {"id": {"pid": pid, "start": pid * 1000}, "parent": parent, "session": 0, "uid": uid, "executable": name,
            "name": name, "state": "running", "nice": 0, "threads": threads, "background": False,
            "cpu_time_s": 0.0, "footprint_bytes": footprint, "performance_cpu_time_s": None, "app_nap": None}


def difference(before, after):
    """As wire/patch.h has it; None when they are equal."""
    if before == after:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: value if before.get(key) is None or value is None else difference(before[key], value)
                for key, value in after.items() if key not in before or before[key] != value}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after) and after and \
            isinstance(after[0], dict):
        return {str(i): difference(old, new) for i, (old, new) in enumerate(zip(before, after)) if old != new}
    return after


def scaled(rates, period):
    if isinstance(rates, dict):
        return {key: scaled(value, period) for key, value in rates.items()}
    return round(rates * period, 6)


class Mac:
    """Numbers that grow by themselves are whole microseconds and bytes, so that nothing depends on rounding."""

    def __init__(self, gib=8, cores=8, model="Apple MacBook Air (M1, 2020)", os="macOS 15.4"):
        self.total = gib * GIB
        self.cores = cores
        self.machine = {"os": os, "chip": "Apple M1", "model": model, "cores": cores, "performance_cores": cores // 2,
                        "efficiency_cores": cores // 2}
        self.sample = {
            "memory": None,
            "pressure": {"level": "normal", "level_source": "the kernel's level", "some_avg10_percent": None,
                         "full_avg10_percent": None, "some_total_s": None},
            "swap": {"total_bytes": 2 * GIB, "used_bytes": 0, "swapped_in_bytes": 0, "swapped_out_bytes": 0},
            "thermal": {"level": 0, "level_source": "thermal pressure", "hottest_celsius": 45.0, "temperatures": [],
                        "fans": [], "cpu_frequency_cap_percent": None, "sensors_age_s": 0},
            "power": {"on_battery": False, "charge_percent": 80},
            "cpu": {"busy_s": 0.0, "idle_s": 0.0, "some_avg10_percent": None},
            "gpu": {"wired_limit_bytes": None},
            "process_count": 420, "workloads": [], "targets": [], "refused": [], "problems": []}
        self.used(50)
        self.cpu = {}          # pid -> thousandths of a core
        self.others = 300      # thousandths of a core that nobody asks about
        self.swap_out = 0      # bytes a second
        self.swap_in = 0
        self.used_grows = 0.0  # percent a second
        self.heats = 0.0       # degrees a second
        self.at = None
        self.period = 1
        self.written = {}
        self.lines = []

    # What a scenario sets.

    def used(self, percent):
        used = int(self.total * percent / 100)
        self.sample["memory"] = {
            "total_bytes": self.total, "available_bytes": self.total - used, "used_bytes": used,
            "used_share_percent": float(percent), "available_share_percent": 100.0 - percent, "wired_bytes": 1 * GIB,
            "compressed_bytes": 0, "cached_bytes": 1 * GIB}

    def level(self, word):
        self.sample["pressure"]["level"] = word

    def heat(self, level, celsius):
        self.sample["thermal"]["level"] = level
        self.sample["thermal"]["hottest_celsius"] = float(celsius)

    def target(self, pid, name, cores, mode="suspend", **more):
        self.sample["targets"].append({"target": name, "mode": mode, "process": process(pid, name, **more),
                                       "waited_s": None})
        self.cpu[pid] = round(cores * 1000)

    def end(self, pid):
        self.sample["targets"] = [row for row in self.sample["targets"] if row["process"]["id"]["pid"] != pid]
        self.cpu.pop(pid)

    def workload(self, name="ollama", server=700, runner=701, runner_name="llama-server", models=None):
        rows = [(server, name, False)] + ([(runner, runner_name, True)] if runner else [])
        self.sample["workloads"] = [row for row in self.sample["workloads"] if row["name"] != name] + [
            {"name": name, "processes": [
                {"process": process(pid, program, parent=1 if not is_runner else server, footprint=3 * GIB),
                 "runner": is_runner, "may_raise": True, "why_not": ""} for pid, program, is_runner in rows],
             "leased": False, "models": models, "request_running": None}]
        for pid, _, _ in rows:
            self.cpu.setdefault(pid, 0)

    def absent(self, reader, text):
        """The reading is lost, with its reason."""
        self.sample[reader] = None
        self.sample["problems"] = self.sample["problems"] + [{"reader": reader, "code": "io", "text": text}]

    # Time.

    def processes(self):
        for row in self.sample["targets"]:
            yield row["process"]
        for workload in self.sample["workloads"]:
            for row in workload["processes"]:
                yield row["process"]

    def rates(self):
        """What a second adds, in the form of a sample."""
        busy = min(sum(self.cpu.values()) + self.others, self.cores * 1000)
        added = {"cpu": {"busy_s": busy / 1000, "idle_s": (self.cores * 1000 - busy) / 1000}}
        for i, row in enumerate(self.sample["targets"]):
            share = self.cpu[row["process"]["id"]["pid"]]
            if share:
                added.setdefault("targets", {})[str(i)] = {"process": {"cpu_time_s": share / 1000}}
        for w, workload in enumerate(self.sample["workloads"]):
            for i, row in enumerate(workload["processes"]):
                share = self.cpu[row["process"]["id"]["pid"]]
                if share:
                    added.setdefault("workloads", {}).setdefault(str(w), {"processes": {}})["processes"][str(i)] = \
                        {"process": {"cpu_time_s": share / 1000}}
        if self.sample["swap"] and (self.swap_out or self.swap_in):
            added["swap"] = {"swapped_out_bytes": self.swap_out, "swapped_in_bytes": self.swap_in,
                             "used_bytes": self.swap_out - self.swap_in}
        if self.used_grows:
            added["memory"] = {"used_share_percent": self.used_grows, "available_share_percent": -self.used_grows}
        if self.heats:
            added["thermal"] = {"hottest_celsius": self.heats}
        return added

    def add(self, into, added, times):
        for key, value in added.items():
            at = int(key) if isinstance(into, list) else key
            if isinstance(value, dict):
                self.add(into[at], value, times)
            else:
                into[at] = type(into[at])(round(into[at] + value * times, 6))

    def run(self, seconds):
        """Ticks for so long, everything as it is set now."""
        ticks = round(seconds / self.period)
        if ticks < 1:
            return
        if self.at is None:
            self.at = 0
        else:
            self.at += self.period
        for program in self.processes():
            program["state"] = "running" if self.cpu[program["id"]["pid"]] else "sleeping"
        line = {"at_s": self.at}
        if self.period != self.written.get("period", 1):
            line["period_s"] = self.period
        changed = difference(self.grown(self.written.get("sample", {}), 1), self.sample)
        if changed:
            line["sample"] = changed
        added = scaled(self.rates(), self.period)
        if added != self.written.get("add", {}):
            line["add"] = added
        if ticks > 1:
            line["repeat"] = ticks - 1
        self.at += self.period * (ticks - 1)
        self.written = {"period": self.period, "add": added}
        self.sample = self.grown(self.sample, ticks - 1)
        self.written["sample"] = copy.deepcopy(self.sample)
        # The next tick is a tick further.
        self.sample = self.grown(self.sample, 1)
        self.lines.append(line)

    def grown(self, sample, ticks):
        """After so many ticks more, with what the last line adds."""
        grown = copy.deepcopy(sample)
        if ticks:
            self.add(grown, self.written.get("add", {}), ticks)
        return grown

    def sleep(self, seconds):
        """Nobody looks; nothing grows."""
        self.at += seconds

    def every(self, period):
        self.period = period

    def text(self, name):
        header = {"schema": "m1opt.trace/1", "version": "", "machine": self.machine, "run": name,
                  "started": "2026-08-01T00:00:00Z"}
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [header] + self.lines)
