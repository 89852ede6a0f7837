# SPDX-License-Identifier: MIT
"""contrib/logrotate/pointsman with the real logrotate while requests come in: each has its line, once, in one of the files."""
import glob
import gzip
import os
import re
import shutil
import subprocess
import threading

import pytest

from lib.client import RawClient, head
from lib.daemon import BINARY, TOP, environment, site
from lib.wait import SLOW, wait_until

LOGROTATE = shutil.which("logrotate", path=os.environ.get("PATH", "") + ":/usr/sbin")
CLIENTS, ROTATIONS = 4, 6

pytestmark = [
    pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the configuration gives files to another user, and is believed when root owns it"),
]


def rotation(folder):
    """Our file, with the folder in place of Debian's and a user that every system has."""
    with open(os.path.join(TOP, "contrib/logrotate/pointsman")) as f:
        text = f.read()
    text = text.replace("/var/log/pointsman/", folder + "/").replace("/run/pointsman.pid", folder + "/run.pid").replace("/usr/sbin/pointsman", BINARY)
    path = os.path.join(folder, "rotation")
    with open(path, "w") as f:
        f.write(text.replace("create 0640 pointsman adm", "create 0640 nobody adm"))
    os.chmod(path, 0o644)
    return path


def rotate(daemon):
    command = [LOGROTATE, "-f", "-s", os.path.join(daemon.folder, "state"), rotation(daemon.folder)]
    # Elsewhere than the daemon: nobody rotates from its folder.
    done = subprocess.run(command, env=environment(), cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * SLOW)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class Visitors:
    """Each asks for pages of its own, one after the other, until it is told to stop."""

    def __init__(self, port):
        self.port, self.done, self.errors = port, threading.Event(), []
        self.served = [0] * CLIENTS
        self.threads = [threading.Thread(target=self.visit, args=(n,)) for n in range(CLIENTS)]
        [t.start() for t in self.threads]

    def visit(self, number):
        try:
            with RawClient(self.port, timeout=30 * SLOW) as client:
                while not self.done.is_set():
                    client.send(head("GET", "/visit/%d/%d" % (number, self.served[number])))
                    assert client.response().status == 200
                    self.served[number] += 1
        except Exception as error:
            self.errors.append(repr(error))

    def stop(self):
        self.done.set()
        [t.join(60 * SLOW) for t in self.threads]


def lines(folder):
    for path in glob.glob(folder + "/access.log*"):
        with (gzip.open if path.endswith(".gz") else open)(path, "rt") as f:
            yield from f


def test_no_line_is_lost_and_none_is_written_twice(server):
    with site({"app": server}, static={"accessLog": {"filePath": "access.log"}, "pid": "run.pid"}, workers=2) as daemon:
        visitors = Visitors(daemon.port)
        for turn in range(ROTATIONS):
            before = sum(visitors.served)
            assert wait_until(lambda: sum(visitors.served) > before + 50 or visitors.errors)
            rotate(daemon)
        visitors.stop()
        wanted = sorted("/visit/%d/%d" % (n, i) for n in range(CLIENTS) for i in range(visitors.served[n]))
        found = lambda: sorted(re.findall(r"/visit/\d+/\d+", "".join(lines(daemon.folder))))
        wait_until(lambda: found() == wanted)

        assert visitors.errors == []
        assert found() == wanted
        kept = sorted(os.path.basename(p) for p in glob.glob(daemon.folder + "/access.log*"))
        assert kept == ["access.log", "access.log.1"] + ["access.log.%d.gz" % n for n in range(2, ROTATIONS + 1)]
        assert os.stat(daemon.folder + "/access.log").st_mode & 0o777 == 0o640


def test_a_daemon_that_does_not_run_is_no_error(server):
    with site({"app": server}, static={"accessLog": {"filePath": "access.log"}}) as daemon:
        with open(os.path.join(daemon.folder, "run.pid"), "w") as f:
            f.write("999999999\n")
        with RawClient(daemon.port) as client:
            client.send(head("GET", "/"))
            client.response()
        assert wait_until(lambda: os.path.getsize(daemon.folder + "/access.log") > 0)
        rotate(daemon)
