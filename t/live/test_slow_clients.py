# SPDX-License-Identifier: MIT
"""Many slow or silent clients: bounded memory, no CPU, others served (security.md section 5, last paragraph)."""
import resource
import time

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import site
from lib.server import RawServer, reply
from lib.wait import SLOW, wait_until

MIB = 1 << 20


@pytest.fixture(scope="module", autouse=True)
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384) if hard > 0 else 16384, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def daemon():
    with RawServer(answers={"/big": reply(200, b"x" * 4_000_000)}) as server, site({"app": server}) as instance:
        yield instance


def crowd(port, count, data, receive_buffer=None):
    clients = []
    for _ in range(count):
        client = RawClient(port, receive_buffer=receive_buffer)
        client.send(data)
        clients.append(client)
    return clients


CROWDS = {
    "slow-heads": (400, head(fields=[("X-A", "v" * 3000)])[:-2], None, 64 * MIB),
    "stalled-uploads": (100, head("POST", "/", [("Content-Length", "10000000")]) + b"x" * 20000, None, 64 * MIB),
    "unread-answers": (100, head(target="/big"), 4096, 64 * MIB),
    "idle": (2000, b"", None, 160 * MIB),
    "idle-after-a-request": (2000, head(), None, 160 * MIB),
}


def rests(pid):
    """Whether it uses no more than one hundredth of a core for a while (the clock of processes ticks every 10 ms)."""
    before = proc.cpu(pid)
    time.sleep(0.5)
    return proc.cpu(pid) - before <= 0.011


@pytest.mark.parametrize("row", CROWDS)
def test_crowd(daemon, row):
    count, data, receive_buffer, limit = CROWDS[row]
    assert ask(daemon.port).status == 200
    worker = daemon.worker()
    before = proc.rss(worker)
    clients = crowd(daemon.port, count, data, receive_buffer)
    try:
        time.sleep(0.5)
        assert wait_until(lambda: rests(worker)), "the crowd keeps the worker busy"
        assert proc.rss(worker) - before < limit, "%d MiB" % ((proc.rss(worker) - before) // MIB)
        times = []
        for _ in range(40):
            start = time.monotonic()
            assert ask(daemon.port).status == 200
            times.append(time.monotonic() - start)
        assert sorted(times)[-1] < 1.5 * SLOW
        assert wait_until(lambda: rests(worker)), "the crowd keeps the worker busy"
    finally:
        for client in clients:
            client.close()
    assert ask(daemon.port).status == 200


def test_a_head_that_trickles_costs_its_length_once(daemon):
    """A slow trickler must not make parsing quadratic: 60 KB of head in small pieces."""
    worker = daemon.worker()
    before = proc.cpu(worker)
    with RawClient(daemon.port) as client:
        client.send_slowly(head(fields=[("X-%d" % i, "v" * 90) for i in range(600)]), 20, 0)
        assert client.response().status == 200
    assert proc.cpu(worker) - before < 0.5 * SLOW
