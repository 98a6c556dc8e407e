"""Other users of the machine: work that is done as one of them."""

import json
import os
import socket
import unittest

STRANGER = 65534
NO_ACCOUNT = 54321  # nobody has this number, and no file knows it

as_root = unittest.skipIf(os.geteuid() != 0, "needs root to become other users")


def as_user(uid, work, gid=None, groups=()):
    """What work() gives (anything that JSON has), done in a process of that user; OSErrors come as their errno."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(list(groups))
            os.setgid(uid if gid is None else gid)
            os.setuid(uid)
            try:
                said = work()
            except OSError as fault:
                said = fault.errno or type(fault).__name__
            os.write(writer, json.dumps(said).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def attempt(work):
    """None when it went well, else the errno."""
    try:
        work()
        return None
    except OSError as fault:
        return fault.errno


def ask(path, method, route, body=b"", timeout=10):
    """Status and code of the problem, "" if there is none. The body of an answer that lasts is not waited for."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(timeout)
        peer.connect(str(path))
        peer.sendall(f"{method} {route} HTTP/1.1\r\nHost: m1opt\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += peer.recv(65536) or b"\r\n\r\n"
        head, _, rest = answer.partition(b"\r\n\r\n")
        if b"problem+json" not in head:
            return int(head.split()[1]), ""
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        while len(rest) < length:
            rest += peer.recv(65536)
        return int(head.split()[1]), json.loads(rest)["code"]
