# SPDX-License-Identifier: MIT
"""Where the daemon listens and whom it asks: IPv4, IPv6, wildcards, names."""
import socket

import pytest

from lib.client import RawClient, ask
from lib.daemon import balancer, configuration, Daemon, site
from lib.ports import free_port
from lib.server import RawServer
from lib.wait import Stopwatch, wait_until


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")


@pytest.mark.parametrize("form, hosts", [(":%d", ["127.0.0.1", "127.0.0.2"]), ("0.0.0.0:%d", ["127.0.0.1", "127.0.0.9"]), ("127.0.0.5:%d", ["127.0.0.5"]), ("127.0.0.1:%d/TCP", ["127.0.0.1"])])
def test_listen_on_ipv4(server, form, hosts):
    port = free_port()
    with Daemon(configuration({"app": server}, entry_points={"web": {"address": form % port}}), wait=False) as daemon:
        for host in hosts:
            assert wait_until(lambda: _status(port, host) == 200), (host, daemon.log)


def _status(port, host):
    try:
        with RawClient(port, host) as client:
            return client.ask().status
    except OSError:
        return None


@needs_ipv6
@pytest.mark.parametrize("form", ["[::1]:%d", "[::]:%d", ":%d"])
def test_listen_on_ipv6(server, form):
    port = free_port()
    with Daemon(configuration({"app": server}, entry_points={"web": {"address": form % port}}), wait=False):
        assert wait_until(lambda: _status(port, "::1") == 200)
        assert server.last.all("x-forwarded-for") == ["::1"]


@needs_ipv6
def test_dual_stack_wildcard_sees_ipv4_as_ipv4(server):
    port = free_port()
    routers = {"v4": {"rule": "ClientIP(`127.0.0.0/8`)", "service": "app"}}
    with Daemon(configuration({"app": server}, routers, {"web": {"address": ":%d" % port}}), wait=False):
        assert wait_until(lambda: _status(port, "127.0.0.1") == 200)
        assert server.last.all("x-real-ip") == ["127.0.0.1"]
        assert _status(port, "::1") == 404


@needs_ipv6
def test_server_on_ipv6():
    with RawServer(host="::1") as server, site({"app": server}) as daemon:
        assert ask(daemon.port).status == 200
        assert server.last.get("host") == "app.test"


def test_server_by_a_name_of_the_hosts_file(server):
    """A worker that finds no address yet waits within the connect time-out: the very first request is answered."""
    with site({"app": balancer("http://localhost:%d" % server.port)}) as daemon:
        watch = Stopwatch()
        assert ask(daemon.port).status == 200
        assert watch.seconds < 5


def test_an_unknown_name_does_not_disturb_the_rest(server):
    services = {"app": server, "lost": balancer("http://no-such-name.invalid")}
    routers = {"lost": {"rule": "Path(`/lost`)", "service": "lost", "priority": 50}, "all": {"rule": "PathPrefix(`/`)", "service": "app"}}
    transport = {"serversTransport": {"forwardingTimeouts": {"dialTimeout": "2s"}}}
    with site(services, routers, static=transport) as daemon, RawClient(daemon.port) as waiting:
        waiting.send(b"GET /lost HTTP/1.1\r\nHost: app.test\r\n\r\n")
        watch = Stopwatch()
        assert ask(daemon.port).status == 200
        assert watch.seconds < 1
        assert waiting.response().status in (502, 504)
