# SPDX-License-Identifier: MIT
"""Calls that fail for a while, and reads and writes of one byte everywhere (security.md section 11): what lasts is got over."""
import contextlib
import os
import re
import signal
import ssl

import pytest

from lib.client import RawClient, ask, chunked, head
from lib.daemon import Daemon, configuration, is_sanitized, reload
from lib.faults import ROLES, Faults
from lib.server import RawServer, reply
from lib.wait import SLOW, wait_until
from lib.wire import Cut

pytestmark = pytest.mark.skipif(is_sanitized(), reason="a sanitizer must be loaded first")


def test_children_come_back_when_forks_succeed_again(server):
    with Faults() as faults, Daemon(configuration({"app": server}), env=faults.environment) as daemon:
        faults.arm("master", "fork", times=0)
        gone = daemon.workers() + daemon.agents()
        for pid in gone:
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: faults.refused >= 3, 10 * SLOW), daemon.log
        with RawClient(daemon.port, timeout=20 * SLOW) as client:  # waits in the kernel meanwhile
            client.request()
            faults.disarm()
            assert client.response().status == 200
        assert wait_until(lambda: daemon.agents(), 10 * SLOW), daemon.log
        assert "cannot fork" in daemon.log and not set(gone) & set(daemon.processes())


class Requests:
    """A daemon with one worker, and all that a client asks of it in a round: kept, chunked, fresh, TLS, another server each time."""

    def __init__(self, faults, folder):
        self.server = RawServer()
        self.server.answers["/end"] = lambda c, r: (c.send(reply(200, b"ends", [("Connection", "close")])), c.close())[0]
        points = {"web": {}, "secure": {"http": {"tls": {}}}}
        self.daemon = Daemon(configuration({"app": self.server}, entry_points=points, accessLog={"filePath": str(folder / "access.log")}), env=faults.environment)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.daemon.stop(judge=kind is None)
        self.server.stop()

    def round(self):
        """What came of each: a status, or "cut"."""
        port, came = self.daemon.port, []
        with contextlib.ExitStack() as clients:
            kept = self.tried(came, lambda: clients.enter_context(RawClient(port)))
            came.clear()
            if isinstance(kept, RawClient):
                self.tried(came, lambda: kept.ask(target="/1").status)
                self.tried(came, lambda: kept.ask(target="/end").status)
                kept.send_quietly(head("POST", "/2", [("Transfer-Encoding", "chunked")]) + chunked(b"x" * 3000, b"y" * 2000))
                self.tried(came, lambda: kept.response().status)
            self.tried(came, lambda: ask(port, fields=[("Connection", "close")]).status)
            self.tried(came, self.ask_securely)
        return came

    @staticmethod
    def tried(came, act):
        """A time-out of the client is none of the outcomes: nobody hangs."""
        try:
            result = act()
        except TimeoutError:
            raise AssertionError("no answer and no end")
        except (OSError, Cut, AssertionError):
            result = "cut"
        came.append(result)
        return result

    def ask_securely(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with RawClient(self.daemon.ports["secure"]) as client:
            client.socket = context.wrap_socket(client.socket)
            return client.ask().status


def test_one_byte_at_a_time(tmp_path):
    """Every read and write of a stream, a file or a pipe, in every process, from the start on."""
    with Faults() as faults:
        faults.shorten(*ROLES)
        with Requests(faults, tmp_path) as place:
            assert set(place.round()) == {200}
            long = head("POST", "/body", [("Content-Length", "3000")]) + bytes(range(97, 117)) * 150
            with RawClient(place.daemon.port) as client:
                client.send(long + head(target="/next"))
                assert client.response().status == 200 and client.response().status == 200
            assert place.server.requests[-2].body == bytes(range(97, 117)) * 150
            config = place.daemon.config
            config["http"]["routers"]["more"] = {"rule": "Path(`/more`)", "service": "app"}
            reload(place.daemon, config)
            assert set(place.round()) == {200}
        lines = (tmp_path / "access.log").read_text().splitlines()
        assert len(lines) > 10 and [line for line in lines if not re.search(r'" \d\d\d \d+ "', line)] == []
