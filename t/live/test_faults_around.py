# SPDX-License-Identifier: MIT
"""Faults of what is around the daemon: name servers, clocks, memory, files, signals, and kills at random under load (security.md section 9)."""
import os
import random
import resource
import signal
import socket
import struct
import threading
import time

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import Daemon, balancer, configuration, is_sanitized, reload, site, to_yaml
from lib.faults import Faults
from lib.load import Running
from lib.origin import Origin
from lib.server import RawServer, reply
from lib.wait import SLOW, wait_until
from lib.wire import Cut

LONG = bool(os.environ.get("POINTSMAN_TEST_LONG"))
preloads = pytest.mark.skipif(is_sanitized(), reason="a sanitizer must be loaded first")
YEARS = 10 * 365 * 86400


# ---- name servers -------------------------------------------------------------------------------------------------------
class NameServer:
    """Answers every question with 127.0.0.1, or with a fault: "servfail", "nxdomain", "silent", "garbage"."""

    def __init__(self, fault=None):
        self.fault, self.asked = fault, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(512)
            except OSError:
                return
            self.asked += 1
            if self.fault != "silent":
                self.socket.sendto(self.answer(question), peer)

    def answer(self, question):
        """RFC 1035: the question again, and one A record that lives for a second (an AAAA question gets none)."""
        end = question.index(b"\0", 12) + 5
        code = {"servfail": 2, "nxdomain": 3}.get(self.fault, 0)
        if self.fault == "garbage":
            return question[:2] + os.urandom(100)
        has_address = code == 0 and question[end - 4 : end - 2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 1, 4) + bytes([127, 0, 0, 1]) if has_address else b""
        return question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, has_address, 0, 0) + question[12:end] + record


def named_site(faults, names, server, **static):
    """`app` is asked by a name that only this name server knows, `plain` by its address."""
    faults.set_name_server(names.port)
    services = {"app": balancer("http://app.test:%d" % server.port), "plain": balancer(server)}
    services["app"]["loadBalancer"]["serversTransport"] = "short"
    routers = {"app": {"rule": "PathPrefix(`/`)", "service": "app"}, "plain": {"rule": "PathPrefix(`/plain`)", "service": "plain"}}
    transports = {"short": {"forwardingTimeouts": {"dialTimeout": "1s"}}}
    return site(services, routers, http={"serversTransports": transports}, static=static, env=faults.environment)


FAULTS = ["servfail", "nxdomain", "silent", "garbage"]


@preloads
@pytest.mark.parametrize("fault", FAULTS)
def test_last_good_addresses_are_kept_when_the_name_server_fails(server, fault):
    with Faults() as faults, NameServer() as names, named_site(faults, names, server) as daemon:
        assert wait_until(lambda: ask(daemon.port).status == 200), daemon.log
        names.fault, asked = fault, names.asked
        assert wait_until(lambda: names.asked > asked + 2, 30 * SLOW), "the name is not looked up again"
        assert {ask(daemon.port).status for _ in range(5)} == {200}, daemon.log


@preloads
def test_last_good_addresses_go_when_stale_dns_for_is_over(server):
    """A connection that is there needs no address, so the server ends each."""
    server.default = lambda c, _: (c.send(reply(200, b"once", [("Connection", "close")])), c.close()) and None
    with Faults() as faults, NameServer() as names, named_site(faults, names, server, staleDnsFor="1s") as daemon:
        assert wait_until(lambda: ask(daemon.port).status == 200), daemon.log
        names.fault = "servfail"
        assert wait_until(lambda: ask(daemon.port).status == 502, 30 * SLOW), "the addresses stay"
        names.fault = None
        assert wait_until(lambda: ask(daemon.port).status == 200, 40 * SLOW), "it does not recover"


@preloads
def test_a_name_that_leads_where_restrict_upstreams_does_not_is_not_followed(server):
    """Whoever answers for the name cannot turn the proxy on what listens on the loopback."""
    with Faults() as faults, NameServer() as names, named_site(faults, names, server, restrictUpstreams=["192.0.2.0/24"]) as daemon:
        assert wait_until(lambda: names.asked), "the name is not looked up"
        assert wait_until(lambda: "app.test:%d: 127.0.0.1 is not in restrictUpstreams" % server.port in daemon.log or ask(daemon.port).status != 502), daemon.log
        assert ask(daemon.port).status == 502 and not server.connections


@preloads
@pytest.mark.parametrize("fault", FAULTS)
def test_a_start_with_a_name_server_that_fails_serves_the_rest(server, fault):
    with Faults() as faults, NameServer(fault) as names, named_site(faults, names, server) as daemon:
        assert ask(daemon.port, target="/plain").status == 200
        assert ask(daemon.port).status in (502, 504)
        names.fault = None
        assert wait_until(lambda: ask(daemon.port).status == 200, 40 * SLOW), "it does not recover"


# ---- clocks -------------------------------------------------------------------------------------------------------------
@preloads
@pytest.mark.parametrize("years", [-YEARS, YEARS], ids=["back", "forth"])
def test_a_jump_of_the_wall_clock_neither_fires_nor_freezes_a_time_out(years):
    """Two requests wait as the clock jumps: one for an answer that comes, one for the time-out; an idle connection stays."""
    go_on = threading.Event()

    def answer(connection, request):
        if request.path == "/late":
            go_on.wait()
            return reply(200, b"late")
        if request.path == "/never":
            connection.wait_end()
            return None
        return reply(200)

    transport = {"forwardingTimeouts": {"responseHeaderTimeout": "%ds" % (3 * SLOW)}}
    service = {"loadBalancer": {"serversTransport": "short", "healthCheck": {"path": "/health", "interval": "300ms"}}}
    with Faults() as faults, RawServer(default=answer) as server:
        service["loadBalancer"]["servers"] = [{"url": server.url}]
        with site({"app": service}, http={"serversTransports": {"short": transport}}, env=faults.environment) as daemon:
            with RawClient(daemon.port) as idle, RawClient(daemon.port) as late, RawClient(daemon.port) as never:
                assert idle.ask().status == 200
                late.request(target="/late")
                never.request(target="/never")
                assert wait_until(lambda: len([c for c in server.targets() if c in ("/late", "/never")]) == 2)
                faults.set_wall_clock(years)
                checks = server.targets().count("/health")
                assert wait_until(lambda: server.targets().count("/health") >= checks + 3), "health checks stand still"
                go_on.set()
                assert late.response().body == b"late"
                assert never.response().status == 504
                assert idle.ask().status == 200
            worker = daemon.worker()
            os.kill(worker, signal.SIGKILL)
            assert ask(daemon.port).status == 200 and daemon.worker() != worker
            reload(daemon, dict(daemon.config, http=dict(daemon.config["http"], middlewares={"m": {"compress": {}}})))


# ---- memory -------------------------------------------------------------------------------------------------------------
def address_space(pid):
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def flood(port, count):
    """Many that hold what a worker buffers: answers of 1 MiB that nobody reads, heads of 60 KiB that do not end."""
    clients = []
    for number in range(count):
        try:
            client = RawClient(port, receive_buffer=4096)
            client.send_quietly(head(target="/large") if number % 2 else head(fields=[("X-A", "v" * 60000)])[:-2])
            clients.append(client)
        except OSError:
            pass
    return clients


@preloads
def test_a_worker_without_address_space_refuses_or_is_replaced():
    """RLIMIT_AS, a little above what a worker has when it starts."""
    with RawServer(answers={"/large": reply(200, b"x" * (1 << 20))}) as server:
        with site({"app": server}) as daemon:
            limit = address_space(daemon.worker()) + (4 << 20)
        with site({"app": server}, under=("prlimit", "--as=%d" % limit)) as daemon:
            assert {ask(daemon.port).status for _ in range(5)} == {200}
            clients = flood(daemon.port, 200)
            for client in clients:
                client.close()
            assert wait_until(lambda: ask_quietly(daemon.port) == 200, 10 * SLOW), daemon.log
            assert daemon.process.poll() is None


def ask_quietly(port, target="/"):
    try:
        return ask(port, target=target).status
    except (OSError, Cut, AssertionError):
        return "cut"


def memory_group():
    """A cgroup of version 1 or 2 that we may make; None where we may not."""
    for place, name in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        path = "%s/pointsman-test-%d" % (place, os.getpid())
        try:
            os.mkdir(path)
        except OSError:
            continue
        if os.path.exists("%s/%s" % (path, name)):
            return path, "%s/%s" % (path, name)
        os.rmdir(path)
    return None


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


@preloads
def test_a_worker_that_the_kernel_kills_for_its_memory_is_replaced():
    made = memory_group()
    if made is None:
        pytest.skip("no cgroup may be made here")
    group, limit = made
    try:
        with RawServer(answers={"/large": reply(200, b"x" * (1 << 20))}) as server, site({"app": server}, workers=2) as daemon:
            assert wait_until(lambda: len(daemon.workers()) == 2)
            worker, other = daemon.workers()
            write("%s/cgroup.procs" % group, str(worker))
            write(limit, str(1 << 20))
            clients = flood(daemon.port, 300)
            # It takes from its own pages what it may have; whoever lacks more is killed.
            gone = wait_until(lambda: worker not in daemon.workers(), 5 * SLOW)
            for client in clients:
                client.close()
            assert wait_until(lambda: len(daemon.workers()) == 2), daemon.log
            assert other in daemon.workers() and {ask(daemon.port).status for _ in range(10)} == {200}
            assert gone, "the limit was never met: the flood is too small for this test"
    finally:
        wait_until(lambda: not open("%s/cgroup.procs" % group).read())
        os.rmdir(group)


# ---- files --------------------------------------------------------------------------------------------------------------
def nearly_full(path):
    """A file that takes 4 KiB more before it meets the limit of FULL."""
    path.touch()
    os.chmod(path, 0o666)
    os.truncate(path, FULL - 4096)
    return path


FULL = 1 << 30
LIMITED = ("prlimit", "--fsize=%d" % FULL)


def test_a_log_that_may_not_grow_loses_lines_and_nothing_else(server, tmp_path):
    """A write past RLIMIT_FSIZE raises SIGXFSZ, which ends whoever does not ignore it."""
    path = nearly_full(tmp_path / "access.log")
    with site({"app": server}, static={"accessLog": {"filePath": str(path)}}, under=LIMITED) as daemon:
        worker = daemon.worker()
        assert {ask(daemon.port).status for _ in range(100)} == {200}
        assert wait_until(lambda: "the access log does not take what is written" in daemon.log), daemon.log
        assert daemon.worker() == worker and path.stat().st_size <= FULL


def test_a_master_whose_log_may_not_grow_goes_on(server, tmp_path):
    path = nearly_full(tmp_path / "error.log")
    config = configuration({"app": server}, log={"level": "DEBUG", "filePath": str(path)})
    with Daemon(config, under=LIMITED) as daemon:
        assert wait_until(lambda: daemon.signal(signal.SIGUSR1) or path.stat().st_size == FULL), path.stat().st_size - FULL
        daemon.signal(signal.SIGUSR1)
        worker = daemon.worker()
        os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: worker not in daemon.workers() and ask_quietly(daemon.port) == 200)
        assert daemon.process.poll() is None


# ---- signals and kills --------------------------------------------------------------------------------------------------
def loaders(daemon):
    """Children of the master that are neither worker nor agent."""
    return [pid for pid in daemon.processes() if pid != daemon.pid and not proc.title(pid).startswith(("pointsman: worker", "pointsman: agent"))]


def test_a_storm_of_signals_is_coalesced():
    with Origin() as origin, site({"app": origin.url}) as daemon, Running(daemon.port, kept=4, fresh=2) as load:
        most = 0
        for number in range(400):
            daemon.signal((signal.SIGHUP, signal.SIGUSR1)[number % 2])
            if number % 8 == 0:
                most = max(most, len(loaders(daemon)))
        assert wait_until(lambda: not loaders(daemon), 20 * SLOW)
        assert most <= 2, "%d loads at once" % most  # one that has said what it found may still be ending
        assert 1 <= daemon.log.count("nothing has changed") < 200
        result = load.stop()
        assert result["failures"] == 0, result


def test_kills_at_random_under_load_cost_what_was_on_that_worker():
    """Worker, agent and loader, over reloads. A killed worker costs each client at most the request that it waits for."""
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    seconds, clients = (120 if LONG else 8), 12
    with Origin() as origin:
        config = configuration({"app": balancer(origin.url)}, workers=2)
        with Daemon(config, workers=None) as daemon, Running(daemon.port, kept=8, fresh=4) as load:
            descriptors = proc.descriptors(daemon.pid)
            costs, end, next_worker = 0, time.monotonic() + seconds, 0
            while time.monotonic() < end:
                config["http"]["routers"]["turn"] = {"rule": "Path(`/%d`)" % dice.randrange(1 << 30), "service": "app"}
                write(daemon.path, to_yaml(config))
                daemon.signal(signal.SIGHUP)
                time.sleep(dice.uniform(0, 0.1))
                victims = daemon.agents() + loaders(daemon)
                if time.monotonic() > next_worker:  # five in ten seconds, and its return would be put off
                    next_worker = time.monotonic() + 2.5
                    victims = daemon.workers()
                if victims:
                    victim = dice.choice(victims)
                    costs += "worker" in proc.title(victim)
                    kill(victim)
                time.sleep(dice.uniform(0, 0.3))
            result = load.stop()
            assert result["failures"] <= costs * clients, (seed, costs, result)
            assert result["requests"] > 100
            assert wait_until(lambda: len(daemon.workers()) == 2 and len(daemon.agents()) == 1, 15 * SLOW), (seed, daemon.log)
            assert {ask(daemon.port).status for _ in range(10)} == {200}, seed
            left = lambda: proc.descriptors(daemon.pid) - descriptors
            assert wait_until(lambda: left() == 0, 5 * SLOW), (seed, left())


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
