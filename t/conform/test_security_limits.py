# SPDX-License-Identifier: MIT
"""Limits of security.md section 5 that are off by default, the time of a handshake, and descriptors that run out (section 9)."""
import os
import time

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import is_sanitized, site
from lib.either import connect, over_both
from lib.h2wire import H2Client
from lib.server import RawServer, reply
from lib.tls_world import TlsClient, V12, V13, client_context, hello, outcome, record, tls_site
from lib.wait import SLOW, Stopwatch, wait_until
from lib.wire import Cut, ProtocolError

MIB = 1 << 20
LEAST = 500  # bytes a second
GRACE = 10.0
GONE = (OSError, Cut, ProtocolError)  # how a connection ends that is not served


@pytest.fixture(scope="module")
def server():
    with RawServer(answers={"/ok": reply(200, b"hello")}) as instance:
        yield instance


# -- minBodyRate -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def rated(server):
    points = {"web": {"transport": {"minBodyRate": LEAST}}, "off": {}}
    with site({"app": server}, entry_points=points) as instance:
        yield instance


@over_both
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_security_5_a_body_below_the_least_rate_is_ended(rated, server, framing, spoken):
    """A byte each second is progress, and too little of it: the request ends at ten seconds, not at the sixty of readTimeout."""
    before = len(server.requests)
    watch = Stopwatch()
    with connect(rated.port) as client:
        client.begin(length=100_000 if framing == "length" else None)
        while watch.seconds < GRACE + 3 * SLOW and not client.has_begun(0.01):
            client.piece(b"x")
            client.has_begun(1)
        assert client.response().status in (408, 504)
    assert GRACE * 0.9 < watch.seconds < GRACE + 2 * SLOW + 1
    assert len(server.requests) == before


@over_both
def test_security_5_a_body_above_the_least_rate_goes_on(rated, server):
    watch = Stopwatch()
    with connect(rated.port) as client:
        client.begin(length=12 * 2 * LEAST)
        for _ in range(12):
            client.piece(b"x" * 2 * LEAST)
            time.sleep(1)
        client.finish()
        assert client.response().status == 200
    assert watch.seconds > GRACE and len(server.last.body) == 12 * 2 * LEAST


def test_security_5_a_server_that_does_not_read_is_not_the_clients_fault(rated, server):
    """The body stands still because of the server; once that reads, the rest comes and the request succeeds."""
    def slow(connection, request):
        if request.path == "/slow":
            time.sleep(GRACE + 1.5)

    server.on_head = slow
    try:
        with RawClient(rated.port) as client:
            client.socket.settimeout(GRACE + 10 * SLOW)
            client.request("POST", "/slow", body=b"x" * 20 * MIB)
            assert client.response("POST").status == 200
    finally:
        server.on_head = None


# -- maxConnectionsPerIP ---------------------------------------------------------------------------------------------------
MOST = 5


def served(port, count, source=None, make=RawClient):
    """So many connections at once, and those of them that are served."""
    clients = []
    for _ in range(count):
        try:
            clients.append(make(port, source=source))
        except OSError:
            pass
    good = []
    for client in clients:
        try:
            client.send(head())
            if client.response().status == 200:
                good.append(client)
        except GONE:
            pass
    return clients, good


def leave(clients):
    for client in clients:
        client.close()


@pytest.fixture(scope="module", params=[1, 3], ids=["one-worker", "three-workers"])
def counted(server, request):
    points = {"web": {"transport": {"maxConnectionsPerIP": MOST}}, "proxied": {"proxyProtocol": {"insecure": True}, "transport": {"maxConnectionsPerIP": 2}}}
    with site({"app": server}, entry_points=points, workers=request.param) as instance:
        yield instance


def test_security_5_one_address_has_so_many_connections(counted):
    assert wait_until(lambda: ask(counted.port).status == 200)
    clients, good = served(counted.port, 4 * MOST)
    others, theirs = served(counted.port, 2, source="127.0.0.2")
    assert (len(good), len(theirs)) == (MOST, 2)
    leave(clients + others)


def test_security_5_a_connection_that_ends_makes_room(counted):
    for _ in range(3):
        def all_of_them():
            clients, good = served(counted.port, MOST)
            leave(clients)
            return len(good) == MOST
        assert wait_until(all_of_them)


def test_security_5_connections_of_http_2_count(counted):
    def one(client):
        try:
            return client.ask().status == 200
        except (AssertionError, *GONE):
            return False

    def all_of_them():
        clients = [H2Client(counted.port) for _ in range(MOST + 2)]
        good = sum(one(client) for client in clients)
        leave(client.transport for client in clients)
        return good == MOST
    assert wait_until(all_of_them)


def test_security_5_behind_the_proxy_protocol_its_address_counts(counted):
    def say(address):
        client = RawClient(counted.ports["proxied"])
        try:
            client.send(b"PROXY TCP4 %s 192.0.2.9 5 6\r\n" % address + head())
            return client, client.response().status == 200
        except GONE:
            return client, False

    def two_of_one_and_all_of_others():
        made = [say(b"198.51.100.7") for _ in range(4)] + [say(b"198.51.100.%d" % i) for i in range(20, 24)]
        leave(client for client, _ in made)
        return [good for _, good in made] == [True] * 2 + [False] * 2 + [True] * 4
    assert wait_until(two_of_one_and_all_of_others)


def test_security_5_handshakes_that_stand_still_count(server):
    points = {"web": {"http": {"tls": {}}, "transport": {"maxConnectionsPerIP": 3}}}
    with tls_site(server, points=points) as daemon:
        stalled = [RawClient(daemon.port) for _ in range(3)]
        for client in stalled:
            client.send(record(hello())[:20])
        assert wait_until(lambda: outcome(daemon.port) in ("closed", "reset"))
        leave(stalled)
        assert wait_until(lambda: outcome(daemon.port) == 200)


def test_security_5_connections_over_workerConnections_wait_for_room(server):
    with site({"app": server}, static={"workerConnections": 10}) as daemon:
        assert wait_until(lambda: _serves(daemon.port))
        clients = []
        assert wait_until(lambda: _all_served(clients, daemon.port, 10))
        waiting = RawClient(daemon.port)
        waiting.send(head())
        assert waiting.stays_open(0.5)
        clients.pop().close()
        assert waiting.response().status == 200
        leave([*clients, waiting])


def _all_served(clients, port, count):
    leave(clients)
    clients[:] = [RawClient(port, timeout=1) for _ in range(count)]
    try:
        return all(client.ask().status == 200 for client in clients)
    except GONE:
        return False


# -- workerMemoryLimit -----------------------------------------------------------------------------------------------------
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory would be measured")
def test_security_5_short_of_memory_no_connection_is_taken_and_idle_ones_go(server):
    with site({"app": server}) as daemon:
        assert ask(daemon.port).status == 200
        base = proc.rss(daemon.worker())
    with site({"app": server}, static={"workerMemoryLimit": str(base + 24 * MIB)}) as daemon:
        idle = RawClient(daemon.port)
        assert idle.ask().status == 200
        pigs = [RawClient(daemon.port) for _ in range(60)]
        for pig in pigs:
            pig.send_quietly(b"GET / HTTP/1.1\r\nHost: app.test\r\nX-A: " + b"v" * 1_000_000)
            if idle.is_closed(0.05):
                break
        assert idle.is_closed(4 * SLOW), "the idle one is kept at %d MiB" % (proc.rss(daemon.worker()) // MIB)
        assert daemon.log.count("memory is short"), daemon.log
        leave(pigs)
        assert wait_until(lambda: _serves(daemon.port))


def _serves(port):
    try:
        with RawClient(port, timeout=1) as client:
            return client.ask().status == 200
    except GONE:
        return False


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory would be measured")
def test_security_5_a_worker_that_was_always_short_still_serves(server):
    """A limit below what it needs for itself is a mistake, and no reason to refuse everybody."""
    with site({"app": server}, static={"workerMemoryLimit": "1MiB"}) as daemon:
        for _ in range(5):
            assert wait_until(lambda: _serves(daemon.port))
            time.sleep(0.3)


# -- the time of a handshake -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def hasty(server):
    points = {"web": {"http": {"tls": {}}, "transport": {"handshakeTimeout": "1s"}}}
    with tls_site(server, points=points) as instance:
        yield instance


def ends_within(client, least, most):
    watch = Stopwatch()
    client.rest(most + 5 * SLOW)
    assert client.ended is not None and least <= watch.seconds <= most, watch.seconds


@pytest.mark.parametrize("sent", [1, 4, 5, 6, 40, -1], ids=str)
def test_security_5_a_hello_has_the_time_of_a_handshake(hasty, sent):
    """From its first byte: readTimeout would let the name be awaited for a minute."""
    with RawClient(hasty.port) as client:
        client.send(record(hello())[:sent])
        ends_within(client, 0.8, 1 + 2 * SLOW)


def test_security_5_a_hello_that_trickles_has_no_more_time(hasty):
    with RawClient(hasty.port) as client:
        watch = Stopwatch()
        try:
            for byte in record(hello()):
                client.send(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass
        client.rest(2 * SLOW)
        assert client.ended is not None and 0.8 <= watch.seconds <= 1 + 2 * SLOW


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_security_5_a_handshake_within_its_time_is_served(hasty, version):
    assert outcome(hasty.port, context=client_context(version, version)) == 200
    with TlsClient(hasty.port, context=client_context(version, version)) as client:
        time.sleep(1.5)
        assert client.ask().status == 200, "the time of the handshake went on behind it"


# -- descriptors -----------------------------------------------------------------------------------------------------------
def test_security_9_descriptors_run_out_without_a_spin_and_come_back(server):
    with site({"app": server}, static={"rlimitNofile": 128}) as daemon:
        assert ask(daemon.port).status == 200
        worker = daemon.worker()
        crowd = [RawClient(daemon.port) for _ in range(200)]
        time.sleep(0.3)
        before = proc.cpu(worker)
        time.sleep(1)
        assert proc.cpu(worker) - before <= 0.1, "accepting spins"
        leave(crowd)
        assert wait_until(lambda: _serves(daemon.port))
        assert os.path.exists("/proc/%d" % worker), "the worker was lost"
