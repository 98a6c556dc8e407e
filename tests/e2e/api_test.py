"""Bad requests and floods: clear refusals, and a control loop that never notices."""

import json
import os
import resource
import socket
import time
import unittest

import rig
from rig import E2eTest, on_linux, within


def file_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    for line in (rig.demo_proof.read(f"/proc/{pid}/status") or "").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def request(method, path, body=b"", headers=""):
    return (f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


class ApiTest(E2eTest):
    def raw(self, data, read=True, timeout=8):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(timeout)
            peer.connect(str(self.daemon.places["--socket"]))
            peer.sendall(data)
            answer = b""
            while read:
                try:
                    piece = peer.recv(65536)
                except (TimeoutError, ConnectionResetError):
                    break
                if not piece:
                    break
                answer += piece
            return answer

    def problem(self, data):
        answer = self.raw(data)
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), head, json.loads(body)

    def test_bad_requests_get_clear_problem_documents(self):
        self.start()
        cases = [
            (request("POST", "/v1/pause", b"{nonsense", "Content-Type: application/json\r\n"), 400),
            (request("POST", "/v1/pause", b'{"for_ms": 3}', "Content-Type: application/json\r\n"), 400),
            (request("DELETE", "/v1/status"), 405),
            (request("GET", "/v1/statsu"), 404),
            (request("POST", "/v1/pause", b"x" * (1 << 20)), 413),
            (request("POST", "/v1/targets/suspend", b'{"name":"photoanalysisd","for_s":100000}'), 422),
        ]
        for data, status in cases:
            got, head, document = self.problem(data)
            self.assertEqual(got, status, document)
            self.assertIn(b"application/problem+json", head)
            for key in ("type", "title", "status", "code", "detail"):
                self.assertIn(key, document)

    def test_the_client_speaks_of_a_daemon_that_is_not_there(self):
        done = self.ctl("status")
        self.assertEqual(done.returncode, 3)
        self.assertIn("not running", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_the_clients_json_is_the_documents_own_bytes(self):
        self.start()
        done = self.ctl("status", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["schema"], "m1opt.status/1")

    def test_a_leased_command_makes_its_tree_a_busy_workload_and_keeps_its_exit_status(self):
        self.start()
        import subprocess
        process = subprocess.Popen([str(rig.M1OPTCTL), "--socket", str(self.daemon.places["--socket"]), "run",
                                    "--", "sh", "-c", "sleep 4; exit 7"], stdin=subprocess.DEVNULL)
        self.assertTrue(within(3, lambda: any(
            workload["leased"] and workload["state"] == "busy"
            for workload in self.daemon.get("/v1/workloads")["workloads"])))
        self.assertEqual(process.wait(15), 7)
        self.assertTrue(within(3, lambda: not any(
            workload["leased"] for workload in self.daemon.get("/v1/workloads")["workloads"])))


@on_linux
class FloodTest(E2eTest):
    alone = True  # the loop's lateness is measured

    def test_a_flood_neither_delays_the_loop_nor_leaves_anything_behind(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        self.start()
        pid = self.daemon.process.pid
        path = str(self.daemon.places["--socket"])
        for _ in range(300):  # warm: caches and pools have their size
            rig.demo_daemon.ask(path, "GET", "/v1/status")
        fds, memory = file_descriptors(pid), resident_kib(pid)
        # Where others wait for a core all the time, a late tick says nothing about the flood.
        quiet = self.status()["cpu"]["some_avg10_percent"] < 20
        before = self.status()["self"]["worst_lateness_s"]
        peers = []
        for _ in range(300):
            peer = socket.socket(socket.AF_UNIX)
            peer.settimeout(5)
            peer.connect(path)
            peers.append(peer)
        for number, peer in enumerate(peers):
            try:
                if number % 3 == 0:
                    peer.sendall(b"G")  # a byte a second, for as long as it is let
                elif number % 3 == 1:
                    peer.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
                else:
                    peer.sendall(request("GET", "/v1/events"))
            except (BrokenPipeError, ConnectionResetError):
                pass
        for peer in peers[1::3]:
            peer.close()  # leaves in mid-answer
        refused = 0
        for peer in peers[2::3]:
            try:
                refused += b" 503 " in peer.recv(64)
            except OSError:
                pass
        self.assertTrue(within(1, lambda: "version" in rig.demo_daemon.ask(path, "GET", "/v1/version")))
        for _ in range(7):
            for peer in peers[0::3]:
                try:
                    peer.send(b"E")
                except OSError:
                    pass
            time.sleep(1)
        late = self.status()["self"]["worst_lateness_s"]
        for peer in peers:
            peer.close()
        if quiet:
            self.assertLess(late - min(before, late), 0.05)
        self.assertTrue(within(5, lambda: file_descriptors(pid) <= fds + 2))
        if not rig.WATCHED_BY_TSAN:  # what it remembers of each address counts as the daemon's memory
            self.assertLess(resident_kib(pid), memory + 4096)


if __name__ == "__main__":
    unittest.main()
