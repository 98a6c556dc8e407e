"""Who may do what: every route of the running daemon, asked by real users over its socket."""

import grp
import json
import os
import shutil
import unittest

import people
import rig
from people import NO_ACCOUNT, STRANGER, as_root, as_user
from rig import E2eTest, on_linux, within

GROUP = "games"  # every Linux has it, and nobody is in it
MEMBER = 54001
OWNER = 54002
DAEMON_ALONE = "cannot connect"


def routes_of(document):
    """Method, path, access and body of every row; a new one is here by itself."""
    rows = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            place = path.replace("{name}", "contention").replace("{id}", "1.1")
            if method == "get" and "{" not in path:
                place = operation["x-example"]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            rows.append((method.upper(), place, operation["x-access"], json.dumps(body or {}).encode()))
    return rows


@on_linux
@as_root
class RightsTest(E2eTest):
    """`--dry-run`: rights are looked at in the same way, and nothing on the machine is changed."""

    def setUp(self):
        super().setUp()
        self.gid = grp.getgrnam(GROUP).gr_gid
        self.people = {
            "root": (0, 0, ()),
            "a member by its first group": (MEMBER, self.gid, ()),
            "a member by another group": (MEMBER, MEMBER, (7, self.gid)),
            "a member who has no account": (NO_ACCOUNT, NO_ACCOUNT, (self.gid,)),
            "a stranger": (STRANGER, STRANGER, ()),
            "a stranger in other groups": (STRANGER, STRANGER, (1, 4, 7)),
            "a stranger who has no account": (NO_ACCOUNT, NO_ACCOUNT, ()),
        }

    def configure(self, read, group=GROUP):
        self.write_overlay({**rig.QUICK, "api": {"read": read, "group": group, "max_connections_per_user": 256}})

    def start_as(self, uid):
        """The daemon of an ordinary user, who owns all of its places."""
        program = self.directory / "m1optd"
        shutil.copy2(rig.M1OPTD, program)
        for place in [self.directory, *self.directory.rglob("*")]:
            os.chown(place, uid, uid)
        self.daemon.program = program
        self.start(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"])

    def verdicts(self, rows, uid, gid, groups):
        def ask_all():
            said = []
            for method, place, _, body in rows:
                try:
                    status, code = people.ask(self.daemon.places["--socket"], method, place, body)
                    said.append("refused" if (status, code) == (403, "forbidden") else "allowed")
                except PermissionError:
                    said.append(DAEMON_ALONE)
            return said
        return as_user(uid, ask_all, gid, groups)

    def check(self, read, extra=None, group=True):
        rows = routes_of(self.daemon.get("/v1/openapi.json"))
        self.assertGreater(len(rows), 15)
        for name, (uid, gid, groups) in {**self.people, **(extra or {})}.items():
            root = uid == 0 or name.startswith("the owner")
            admin = root or (group and (gid == self.gid or self.gid in groups))
            got = self.verdicts(rows, uid, gid, groups)
            for (method, place, access, _), verdict in zip(rows, got):
                if read == "group" and not admin:
                    expected = DAEMON_ALONE
                else:
                    expected = "allowed" if {"read": True, "admin": admin, "root": root}[access] else "refused"
                self.assertEqual(verdict, expected, f"{name}: {method} {place} ({access}), api.read {read}")
        people_asked = len(self.people) + len(extra or {})
        print(f"figure: rights: {len(rows)} routes x {people_asked} people, api.read {read}"
              f"{'' if group else ', the group missing'}: all as the table says", flush=True)
        # No hold or pause was left by those who may, so the next check begins as this one did.
        self.daemon.post("/v1/unpause", {})

    def test_everyone_may_read_and_the_group_may_act(self):
        self.configure("everyone")
        self.daemon.flags = ["--dry-run"]
        self.start()
        self.check("everyone")

    def test_only_the_group_may_read(self):
        self.configure("group")
        self.daemon.flags = ["--dry-run"]
        self.start()
        self.check("group")

    def test_a_group_that_is_missing_leaves_root_alone(self):
        self.configure("everyone", "no-such-group")
        self.daemon.flags = ["--dry-run"]
        self.start()
        self.check("everyone", group=False)
        self.assertTrue(any("no-such-group" in event["text"] for event in self.events()))
        self.configure("group", "no-such-group")
        self.daemon.post("/v1/config/reload", {})
        self.assertTrue(within(3, lambda: self.daemon.places["--socket"].stat().st_mode & 0o777 == 0o600))
        self.check("group", group=False)

    def test_a_daemon_of_an_ordinary_user_obeys_its_owner(self):
        self.configure("everyone")
        self.daemon.flags = ["--dry-run"]
        self.start_as(OWNER)
        self.check("everyone", {"the owner": (OWNER, OWNER, ())})

    def test_rights_are_those_of_the_moment_also_on_a_connection_that_is_open(self):
        self.configure("everyone")
        self.daemon.flags = ["--dry-run"]
        self.start()
        path = str(self.daemon.places["--socket"])
        reader, writer = os.pipe()

        def keep_asking():
            api = rig.demo_daemon.Api(path)
            before = api.ask("GET", "/v1/version").get("schema")
            os.write(writer, b"x")
            within(10, lambda: api.ask("GET", "/v1/version").get("status") == 403)
            after = api.ask("GET", "/v1/version").get("code")
            api.close()
            return [before, after]

        pid = os.fork()
        if pid == 0:
            os.read(reader, 1)
            self.configure("group")
            self.daemon.post("/v1/config/reload", {})
            os._exit(0)
        said = as_user(STRANGER, keep_asking)
        os.waitpid(pid, 0)
        self.assertEqual(said, ["m1opt.version/1", "forbidden"])


if __name__ == "__main__":
    unittest.main()
