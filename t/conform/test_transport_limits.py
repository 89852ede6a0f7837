# SPDX-License-Identifier: MIT
"""Connections to servers: the limits of http-services.md section 6 and its last part."""
import threading

import pytest

from lib.daemon import balancer, site
from lib.either import ask, connect, over_both
from lib.server import RawServer, reply
from lib.wait import Stopwatch, wait_until

pytestmark = over_both


def via(server, name, **transport):
    """A site that reaches this server through a transport with these options; None: the default one."""
    service = {"loadBalancer": {"servers": [{"url": server.url}]}}
    http = {}
    if name:
        service["loadBalancer"]["serversTransport"] = name
        http = {"serversTransports": {name: transport or {"disableHTTP2": False}}}
    return site({"app": service}, http=http)


def together(daemon, server, count, targets=None):
    """So many requests at once: none is answered before all of them have arrived. Their statuses."""
    gate = threading.Event()
    server.default = lambda c, r: (gate.wait(10), reply(200, b""))[1]
    statuses = []
    before = len(server.requests)

    def one(i):
        statuses.append(ask(daemon.port, target=targets[i % len(targets)] if targets else "/").status)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    arrived = wait_until(lambda: len(server.requests) == before + count, 5)
    gate.set()
    for t in threads:
        t.join()
    assert arrived
    return statuses


def settle(server, count):
    """The number of connections left open, once it is this one or time is up."""
    wait_until(lambda: len(server.open_connections()) == count, 2)
    wait_until(lambda: len(server.open_connections()) != count, 0.2)
    return len(server.open_connections())


@pytest.mark.parametrize(
    "name, limit, kept",
    [(None, None, 5), ("named", None, 2), ("named", 3, 3), ("named", 1, 1), ("named", -1, 0), ("named", 0, 2), ("named", 100, 5)],
    ids=["http-services-6-default-transport", "named-default-2", "3", "1", "minus-1-no-reuse", "0-means-2", "100"],
)
def test_max_idle_conns_per_host(server, name, limit, kept):
    options = {} if limit is None else {"maxIdleConnsPerHost": limit}
    with via(server, name, **options) as daemon:
        assert together(daemon, server, 5) == [200] * 5
        assert len(server.connections) == 5
        assert settle(server, kept) == kept


def test_static_config_7_1_the_default_transport_is_configured_by_servers_transport(server):
    with site({"app": server}, static={"serversTransport": {"maxIdleConnsPerHost": 1}}) as daemon:
        together(daemon, server, 4)
        assert settle(server, 1) == 1


def test_http_services_6_requests_one_after_the_other_share_a_connection(server):
    with via(server, None) as daemon:
        for _ in range(5):
            assert ask(daemon.port).status == 200
        assert len(server.connections) == 1


def test_http_services_6_no_reuse_with_a_negative_limit(server):
    with via(server, "named", maxIdleConnsPerHost=-1) as daemon:
        for _ in range(3):
            assert ask(daemon.port).status == 200
        assert len(server.connections) == 3


def test_http_services_6_idle_conn_timeout(server):
    with via(server, "named", forwardingTimeouts={"idleConnTimeout": "400ms"}) as daemon:
        assert ask(daemon.port).status == 200
        watch = Stopwatch()
        assert wait_until(lambda: not server.open_connections(), 4)
        assert 0.25 < watch.seconds < 3
        assert ask(daemon.port).status == 200
        assert len(server.connections) == 2


def test_beyond_traefik_max_idle_conns_in_all_is_least_recently_used(server):
    """One transport, two hosts, one idle connection in all: the older one goes."""
    with RawServer() as other:
        services = {n: {"loadBalancer": {"serversTransport": "t", "servers": [{"url": s.url}]}} for n, s in (("one", server), ("two", other))}
        routers = {n: {"rule": "PathPrefix(`/%s`)" % n, "service": n} for n in services}
        with site(services, routers, http={"serversTransports": {"t": {"maxIdleConns": 1}}}) as daemon:
            assert ask(daemon.port, target="/one").status == 200
            assert ask(daemon.port, target="/two").status == 200
            assert settle(server, 0) == 0
            assert settle(other, 1) == 1


def test_beyond_traefik_max_conns_per_host(server):
    """The third waits for one of the two; nobody fails."""
    busy, most = [], []
    lock = threading.Lock()

    def answer(*_):
        with lock:
            busy.append(1)
            most.append(len(busy))
        wait_until(lambda: False, 0.1)
        with lock:
            busy.pop()
        return reply(200, b"")

    server.default = answer
    with via(server, "named", maxConnsPerHost=2, maxIdleConnsPerHost=2) as daemon:
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.append(ask(daemon.port).status)) for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert statuses == [200] * 6
        assert max(most) == 2 and len(server.connections) == 2


def test_beyond_traefik_max_conn_lifetime(server):
    with via(server, "named", maxConnLifetime="300ms") as daemon, connect(daemon.port) as client:
        assert client.ask().status == 200
        wait_until(lambda: False, 0.5)
        assert client.ask().status == 200
        assert len(server.connections) == 2


def test_http_services_6_pools_belong_to_the_transport_and_are_shared_by_services(server):
    services = {"one": balancer(server), "two": balancer(server)}
    routers = {n: {"rule": "PathPrefix(`/%s`)" % n, "service": n} for n in services}
    with site(services, routers) as daemon:
        assert [ask(daemon.port, target=t).status for t in ("/one", "/two", "/one")] == [200] * 3
        assert len(server.connections) == 1


def test_http_services_6_different_transports_do_not_share(server):
    services = {n: {"loadBalancer": {"serversTransport": n, "servers": [{"url": server.url}]}} for n in ("one", "two")}
    routers = {n: {"rule": "PathPrefix(`/%s`)" % n, "service": n} for n in services}
    transports = {"one": {"maxIdleConnsPerHost": 5}, "two": {"maxIdleConnsPerHost": 6}}
    with site(services, routers, http={"serversTransports": transports}) as daemon:
        assert [ask(daemon.port, target=t).status for t in ("/one", "/two", "/one")] == [200] * 3
        assert len(server.connections) == 2


def test_own_max_response_header_bytes(server):
    server.answers["/small"] = reply(200, b"", [("X-A", "v" * 1000)])
    server.answers["/large"] = reply(200, b"", [("X-A", "v" * 3000)])
    with via(server, "named", maxResponseHeaderBytes=2000) as daemon:
        assert ask(daemon.port, target="/small").status == 200
        assert ask(daemon.port, target="/large").status == 502
