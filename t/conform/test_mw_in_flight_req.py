# SPDX-License-Identifier: MIT
"""inFlightReq: middlewares-2.md section 5.4, row by row."""
import os
import signal
import threading
from contextlib import ExitStack

import pytest

from lib.client import RawClient, head
from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.middleware_site import assert_disabled, assert_refused_whole, site_with
from lib.server import RawServer, reply
from lib.wait import wait_until

pytestmark = over_both

MIDDLEWARES = {
    "two": {"amount": 2},
    "unset": {"sourceCriterion": {"requestHost": True}},
    "negative": {"amount": -1},
    "byaddress": {"amount": 1, "sourceCriterion": {"ipStrategy": {"depth": 1}}},
    "bykey": {"amount": 1, "sourceCriterion": {"requestHeaderName": "X-Key"}},
}
WEBSOCKET = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")]
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"


class Slow:
    """Answers when it is told to; counts who waits."""

    def __init__(self):
        self.free = threading.Event()
        self.waiting = 0
        self.lock = threading.Lock()

    def __call__(self, connection, request):
        with self.lock:
            self.waiting += 1
        self.free.wait(60)
        return reply(200, b"slow")


@pytest.fixture
def server():
    with RawServer(default=reply(200, b"quick")) as instance:
        yield instance


@pytest.fixture
def slow(server):
    script = Slow()
    server.answers["/slow"] = script
    yield script
    script.free.set()


def in_flight_site(server, workers=1):
    routers = {name: {"rule": "HeaderRegexp(`X-Use`, `^%s$`)" % name, "service": "app", "middlewares": [name]} for name in MIDDLEWARES}
    return site({"app": server}, routers, {"web": {"forwardedHeaders": {"insecure": True}}}, {"middlewares": {k: {"inFlightReq": v} for k, v in MIDDLEWARES.items()}}, workers=workers)


@pytest.fixture
def daemon(server):
    with in_flight_site(server) as instance:
        yield instance


def use(name, *more):
    return [("X-Use", name), *more]


def begin(daemon, slow, name, *more, host="app.test"):
    """A request that the server has, and does not answer."""
    before = slow.waiting
    client = connect(daemon.port)
    client.request(target="/slow", fields=use(name, *more), host=host)
    assert wait_until(lambda: slow.waiting > before)
    return client


def quick(daemon, name, *more, host="app.test"):
    return ask(daemon.port, target="/quick", fields=use(name, *more), host=host)


def passes(daemon, name, *more):
    return wait_until(lambda: quick(daemon, name, *more).status == 200)


def test_IF_1_2_the_third_is_refused_until_one_has_finished(daemon, slow):
    with begin(daemon, slow, "two") as first, begin(daemon, slow, "two") as second:
        refused = quick(daemon, "two")
        assert (refused.status, refused.body) == (429, b"max connections reached: 2")
        assert refused.get("content-type") is None and refused.get("retry-after") is None
        slow.free.set()
        assert first.response().status == 200 and second.response().status == 200
    assert passes(daemon, "two")
    assert [quick(daemon, "two").status for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("name,amount", [("unset", 0), ("negative", -1)])
def test_IF_3_without_an_amount_nobody_passes(daemon, server, name, amount):
    answer = quick(daemon, name)
    assert (answer.status, answer.body) == (429, b"max connections reached: %d" % amount)
    assert server.requests == []


def test_IF_4_hosts_are_counted_apart(daemon, slow):
    with begin(daemon, slow, "two", host="a.test"), begin(daemon, slow, "two", host="a.test"):
        assert quick(daemon, "two", host="a.test").status == 429
        assert quick(daemon, "two", host="b.test").status == 200


def test_other_criteria(daemon, slow):
    with begin(daemon, slow, "bykey", ("X-Key", "k")), begin(daemon, slow, "byaddress", ("X-Forwarded-For", "203.0.113.9")):
        assert quick(daemon, "bykey", ("X-Key", "k")).status == 429
        assert quick(daemon, "bykey", ("X-Key", "l")).status == 200
        assert quick(daemon, "byaddress", ("X-Forwarded-For", "203.0.113.9")).status == 429
        assert quick(daemon, "byaddress", ("X-Forwarded-For", "203.0.113.8")).status == 200


def test_IF_5_a_client_that_goes_frees_its_slot(daemon, slow, server):
    server.answers["/part"] = lambda c, r: (c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"), c.wait_end()) and None
    first, second = begin(daemon, slow, "two"), connect(daemon.port)
    second.request(target="/part", fields=use("two"))
    second.wait_for(b"some")
    assert quick(daemon, "two").status == 429
    first.leave()
    assert passes(daemon, "two")
    second.leave()
    with ExitStack() as open_ones:
        assert wait_until(lambda: quick(daemon, "two").status == 200)
        open_ones.enter_context(begin(daemon, slow, "two"))
        open_ones.enter_context(begin(daemon, slow, "two"))
        assert quick(daemon, "two").status == 429


def test_a_server_that_fails_frees_the_slot(daemon, server):
    server.answers["/quick"] = lambda c, r: c.close()
    assert [quick(daemon, "two").status for _ in range(4)] == [502] * 4


@h1_only("Upgrade")
def test_IF_6_a_websocket_holds_its_slot(daemon, server):
    server.answers["/chat"] = lambda c, r: (c.send(SWITCH), c.wait_end()) and None
    clients = [RawClient(daemon.port) for _ in range(2)]
    for client in clients:
        client.send(head(target="/chat", fields=use("two", *WEBSOCKET)))
        client.until(b"\r\n\r\n")
    assert quick(daemon, "two").status == 429
    clients[0].close()
    assert passes(daemon, "two")
    clients[1].close()


def test_workers_count_together(server, slow):
    with in_flight_site(server, workers=4) as daemon, ExitStack() as open_ones:
        for _ in range(2):
            open_ones.enter_context(begin(daemon, slow, "two"))
        assert [quick(daemon, "two").status for _ in range(24)] == [429] * 24


def test_IF_7_what_a_killed_worker_held_is_given_back(server, slow):
    with in_flight_site(server, workers=2) as daemon:
        clients = [begin(daemon, slow, "two") for _ in range(2)]
        assert quick(daemon, "two").status == 429
        killed = daemon.workers()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: len(set(daemon.workers()) - set(killed)) == 2)
        assert passes(daemon, "two")
        slow.free.set()
        for client in clients:
            client.close()


def test_one_killed_worker_gives_back_its_own_share_only(server, slow):
    with in_flight_site(server, workers=2) as daemon:
        clients = []
        for pid in daemon.workers()[:1]:
            clients = [begin(daemon, slow, "two") for _ in range(2)]
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: daemon.log.count("starting it again") == 1)
        left = sum(not client.is_closed(0.5) for client in clients)
        # As many as are still with the other worker hold their places.
        refusals = []
        with ExitStack() as open_ones:
            assert left == 2 or passes(daemon, "two")
            for _ in range(2 - left):
                open_ones.enter_context(begin(daemon, slow, "two"))
            refusals.append(quick(daemon, "two").status)
        assert refusals == [429]
        slow.free.set()
        for client in clients:
            client.close()


WRONG = {
    "both": ({"amount": 1, "sourceCriterion": {"requestHost": True, "requestHeaderName": "x"}}, "more than one criterion", "true"),
    "subnet": ({"amount": 1, "sourceCriterion": {"ipStrategy": {"ipv6Subnet": 0}}}, "0 is no length", "0"),
}


@h1_only("the configuration alone")
def test_what_is_wrong_disables_its_router(server):
    with site_with(server, {name: {"inFlightReq": row[0]} for name, row in WRONG.items()}) as daemon:
        for name, (_, message, where) in WRONG.items():
            assert_disabled(daemon, name, message, where)


@h1_only("the configuration alone")
def test_what_cannot_be_decoded_refuses_the_document(tmp_path):
    assert_refused_whole(tmp_path, {"inFlightReq": {"amount": "few"}}, "few", "few")
    assert_refused_whole(tmp_path, {"inFlightReq": {"ammount": 1}}, 'did you mean "amount"', "ammount")
