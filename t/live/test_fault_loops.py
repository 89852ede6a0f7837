# SPDX-License-Identifier: MIT
"""Fault loops in SQLite's manner (security.md section 11): the n-th call of a kind fails in one kind of process, for each n.

A loop counts the calls of its scenario, then plays it once for each call, n and errno. After each, section 9 must hold: who was hit may
refuse, cut or end; the master lives, nobody hangs, nothing is left behind, and the same scenario then runs without a fault. `make check`
plays a sample, others each time; with POINTSMAN_TEST_LONG the loops are whole (allocations: 300 of each scenario).
"""
import contextlib
import os
import random
import re
import signal
import ssl
from errno import EPIPE, errorcode

import pytest

from lib import proc
from lib.client import RawClient, ask, chunked, head
from lib.daemon import Daemon, balancer, configuration, is_sanitized, reload, to_yaml
from lib.faults import CALLS, Faults
from lib.server import RawServer, describe, reply
from lib.wait import SLOW, wait_until
from lib.wire import Cut

pytestmark = pytest.mark.skipif(is_sanitized(), reason="a sanitizer has its own malloc, and its own use for the others")

LONG = bool(os.environ.get("POINTSMAN_TEST_LONG"))
DEATHS = 4  # of one child: the fifth in ten seconds makes it wait (section 9), so that a loop takes another daemon before it
ROLES = ["master", "newborn", "worker", "agent"]


def some(items, count):
    items = list(items)
    return items if len(items) <= count else [items[i] for i in sorted(random.sample(range(len(items)), count))]


def faults_of(counts, role, sample):
    """(call, n, errno): what can fail where these calls are made so often; each kind of call in turn, so that none is forgotten."""
    found = []
    for call, errors in CALLS.items():
        numbers = range(1, counts.get((role, call), 0) + 1)
        each = [(call, nth, error) for nth in (some(numbers, 300) if call == "malloc" else numbers) for error in errors]
        found.append(each if LONG else some(each, sample))
    return [fault for each in found for fault in each]


def since(faults, before):
    return {key: count - before.get(key, 0) for key, count in faults.counts().items()}


@contextlib.contextmanager
def told(role, fault, daemon):
    """A failure says which fault it was."""
    try:
        yield
    except AssertionError as failure:
        daemon.stop(judge=False)
        raise AssertionError("%s: %s number %d fails with %s: %s\n%s" % (role, fault[0], fault[1], errorcode[fault[2]], failure, daemon.kept_log))


def can_ask(port):
    try:
        return ask(port).status == 200
    except (OSError, Cut, AssertionError):
        return False


# ---- starts -------------------------------------------------------------------------------------------------------------
def start(server, faults, folder):
    service = balancer(server, healthCheck={"path": "/health", "interval": "1s"})
    config = configuration({"app": service}, api={}, accessLog={"filePath": str(folder / "access.log")}, pid=str(folder / "pid"))
    (folder / "pid").unlink(missing_ok=True)  # one that was aborted has left it
    daemon = Daemon(config, wait=False, env=faults.environment)
    daemon.ports = {"web": int(config["entryPoints"]["web"]["address"].rsplit(":")[1])}
    return daemon


def has_begun(daemon, says_so=True):
    """It serves, or it has ended. A worker serves while the agent still fails; a master whose writes fail says nothing."""
    serves = lambda: daemon.agents() and can_ask(daemon.port) and ('"started"' in daemon.log or not says_so)
    return wait_until(lambda: daemon.process.poll() is not None or serves(), 20 * SLOW)


@pytest.mark.parametrize("role", ROLES)
def test_a_start_succeeds_or_says_why_not(server, tmp_path, role):
    with Faults() as faults:
        with start(server, faults, tmp_path) as daemon:
            assert has_begun(daemon)
        for fault in faults_of(faults.counts(), role, 2):
            faults.arm(role, *fault)
            daemon = start(server, faults, tmp_path)
            with told(role, fault, daemon):
                assert has_begun(daemon, role != "master"), "it neither serves nor ends"
                faults.disarm()
                status = daemon.process.poll()
                assert status is None or (status != 0 and daemon.log), "it ends without a word"
                daemon.exits = status or 0
                daemon.stop()
                assert status == -signal.SIGABRT or not os.path.exists(tmp_path / "pid"), "the pid file is left"


# ---- requests -----------------------------------------------------------------------------------------------------------
class Requests:
    """A daemon with one worker, and all that a client asks of it in a round: kept, chunked, fresh, TLS, another server each time."""

    def __init__(self, faults, folder):
        self.server = RawServer()
        self.server.answers["/end"] = lambda c, r: (c.send(reply(200, b"ends", [("Connection", "close")])), c.close())[0]
        points = {"web": {}, "secure": {"http": {"tls": {}}}}
        self.daemon = Daemon(configuration({"app": self.server}, entry_points=points, accessLog={"filePath": str(folder / "access.log")}), env=faults.environment)
        self.pid = self.daemon.worker()
        self.round()
        self.round()
        assert wait_until(lambda: self.note_descriptors() == self.note_descriptors())
        self.descriptors = self.note_descriptors()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.daemon.stop(judge=kind is None)
        self.server.stop()

    def note_descriptors(self):
        """Of the worker, but for what it keeps open to the server."""
        return proc.descriptors(self.daemon.worker()) - len(self.server.open_connections())

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

    def has_recovered(self):
        assert set(self.round()) == {200}, "the next requests suffer"
        if self.daemon.worker() != self.pid:
            return False
        assert wait_until(lambda: self.note_descriptors() == self.descriptors), "descriptors: %d, not %d" % (self.note_descriptors(), self.descriptors)
        return True


def test_requests_get_an_answer_or_a_cut_and_the_next_ones_do_not_suffer(tmp_path):
    with Faults() as faults, contextlib.ExitStack() as stack:
        place = stack.enter_context(Requests(faults, tmp_path))
        before = faults.counts()
        place.round()
        deaths = 0
        for fault in faults_of(since(faults, before), "worker", 12):
            faults.arm("worker", *fault)
            with told("worker", fault, place.daemon):
                came = place.round()
                faults.disarm()
                assert set(came) <= {200, 500, 502, 503, 504, "cut"}, came
                if place.has_recovered():
                    continue
                deaths += 1
                place.pid = place.daemon.worker()
            if deaths % DEATHS == 0:
                stack.close()
                place = stack.enter_context(Requests(faults, tmp_path))


# ---- reloads ------------------------------------------------------------------------------------------------------------
def outcomes(daemon):
    return len(re.findall(r"reload \d+(:| applied| failed)", daemon.log))


def reload_with_a_fault(daemon, config, is_silent):
    """Whatever comes of it, something does, and is told; unless it is the telling that failed."""
    before = outcomes(daemon)
    with open(daemon.path, "w") as f:
        f.write(to_yaml(config))
    daemon.signal(signal.SIGHUP)
    return wait_until(lambda: outcomes(daemon) > before or daemon.process.poll() is not None or is_silent(), 25 * SLOW)


class Reloads:
    def __init__(self, server, faults, kind):
        self.kind, self.turn = kind, 0
        self.config = configuration({"app": balancer(server, healthCheck={"path": "/health", "interval": "1s"})}, api={})
        self.daemon = Daemon(self.config, env=faults.environment)
        for _ in range(2):
            reload(self.daemon, self.next())
        self.settle()
        self.descriptors = proc.descriptors(self.daemon.pid)
        self.children = set(self.daemon.processes())

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.daemon.stop(judge=kind is None)

    def next(self):
        self.turn += 1
        if self.kind == "static":
            self.config["workerConnections"] = 1000 + self.turn
        self.config["http"]["routers"]["turn"] = {"rule": "Path(`/turn-%d`)" % self.turn, "service": "app"}
        return self.config

    def settle(self):
        """Replaced children are gone, and the master knows it."""
        assert wait_until(lambda: len(self.daemon.workers()) == len(self.daemon.agents()) == 1, 15 * SLOW), [proc.title(p) for p in self.daemon.processes()]
        assert wait_until(lambda: len(proc.session(self.daemon.pid, "")) == 3, 15 * SLOW), [proc.title(p) for p in self.daemon.processes()]

    def judge(self):
        """The master lives, traffic flows, the next reload is as ever, and nothing is left of the one before."""
        daemon = self.daemon
        assert daemon.process.poll() is None, "the master is gone"
        assert wait_until(lambda: can_ask(daemon.port)), "no traffic"
        reload(daemon, self.next())
        self.settle()
        assert can_ask(daemon.port)
        left = lambda: proc.descriptors(daemon.pid) - self.descriptors
        assert wait_until(lambda: left() == 0), "%d descriptors are left in the master" % left()

    def deaths(self):
        return len(re.findall(r"(?:worker 0|the agent) \(pid \d+\) (?!ended|left).*starting it again", self.daemon.log))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["dynamic", "static"])
def test_a_reload_is_applied_or_refused_and_the_next_one_works(server, kind, role):
    with Faults() as faults, contextlib.ExitStack() as stack:
        place = stack.enter_context(Reloads(server, faults, kind))
        before = faults.counts()
        reload(place.daemon, place.next())
        place.settle()
        for fault in faults_of(since(faults, before), role, 1 if kind == "static" else 2):
            faults.arm(role, *fault)
            with told(role, fault, place.daemon):
                is_silent = lambda: fault[0] == "write" and faults.refused > 0
                assert reload_with_a_fault(place.daemon, place.next(), is_silent), "nothing came of the reload"
                faults.disarm()
                place.judge()
            if place.deaths() >= DEATHS:
                stack.close()
                place = stack.enter_context(Reloads(server, faults, kind))


# ---- what lasts ---------------------------------------------------------------------------------------------------------
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


def test_children_that_cannot_be_told_are_told_by_signals(server):
    with Faults() as faults, Reloads(server, faults, "static") as place:
        before = set(place.daemon.processes())
        faults.arm("master", "sendmsg", error=EPIPE, times=0)
        reload(place.daemon, place.next())
        place.settle()
        assert faults.refused >= 2 and set(place.daemon.processes()) & before == {place.daemon.pid}
        faults.disarm()
        place.judge()


def test_the_master_waits_for_memory(server):
    """Whom it lacks dies and is replaced (section 9), but nobody replaces the master."""
    config = configuration({"app": server})
    with Faults() as faults, Daemon(config, env=faults.environment) as daemon:
        faults.arm("master", "malloc", times=3)
        config["http"]["routers"]["more"] = {"rule": "Path(`/more`)", "service": "app"}
        reload(daemon, config)
        assert faults.refused == 3 and can_ask(daemon.port)


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
        # The last line may be cut: an end waits for its log a while, not for ever.
        lines = (tmp_path / "access.log").read_text().split("\n")[:-1]
        assert len(lines) > 10 and [line for line in lines if not re.search(r'" \d\d\d \d+ "', line)] == []
