# SPDX-License-Identifier: MIT
"""`ping`: static-config.md sections 4 and 7.5."""
import signal
import time

import pytest

from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.server import RawServer
from lib.wait import wait_until

pytestmark = over_both

POINTS = {"web": {}, "traefik": {}}


@pytest.fixture(scope="module")
def daemon():
    with RawServer() as server, site({"app": server}, entry_points=POINTS, static={"ping": {}}) as instance:
        yield instance


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_static_config_7_5_any_method(daemon, method):
    answer = ask(daemon.ports["traefik"], method, "/ping")
    assert (answer.status, answer.body) == (200, b"" if method == "HEAD" else b"OK")


@pytest.mark.parametrize("target, status", [("/ping", 200), ("/pingfoo", 200), ("/ping/x?y", 200), ("/pin", 404), ("/Ping", 404), ("/x/ping", 404)])
def test_static_config_7_5_matched_by_prefix(daemon, target, status):
    assert ask(daemon.ports["traefik"], target=target).status == status


def test_static_config_7_5_only_on_its_entry_point(daemon):
    assert ask(daemon.ports["web"], target="/ping").body != b"OK"


@h1_only("HTTP/2 always has an authority")
def test_static_config_7_5_needs_no_host(daemon):
    assert ask(daemon.ports["traefik"], target="/ping", host=None, version="HTTP/1.0").status == 200


def test_static_config_7_5_on_another_entry_point_and_before_any_router(server):
    with site({"app": server}, entry_points={"web": {}}, static={"ping": {"entryPoint": "web"}}) as daemon:
        assert ask(daemon.port, target="/ping").body == b"OK"
        assert ask(daemon.port, target="/other").status == 200


def test_static_config_7_5_manual_routing(server):
    routers = {"health": {"rule": "Path(`/health`)", "service": "ping@internal", "priority": 50}, "all": {"rule": "PathPrefix(`/`)", "service": "app"}}
    with site({"app": server}, routers, static={"ping": {"manualRouting": True}}) as daemon:
        assert ask(daemon.port, target="/health").body == b"OK"
        assert ask(daemon.port, target="/ping").body != b"OK"


@pytest.mark.parametrize("options, status, body", [({}, 503, b"Service Unavailable"), ({"terminatingStatusCode": 404}, 404, b"Not Found")])
def test_static_config_7_5_terminating_status(server, options, status, body):
    """QUIT: ping says so at once, the rest is served on for requestAcceptGraceTimeout."""
    life = {"transport": {"lifeCycle": {"requestAcceptGraceTimeout": "1s"}}}
    with site({"app": server}, entry_points={"web": life}, static={"ping": dict(options, entryPoint="web")}) as daemon:
        assert ask(daemon.port, target="/ping").status == 200
        daemon.signal(signal.SIGQUIT)
        assert wait_until(lambda: ask(daemon.port, target="/ping").status == status, 0.8)
        answer = ask(daemon.port, target="/ping")
        assert (answer.status, answer.body.strip()) == (status, body)
        assert ask(daemon.port, target="/other").status == 200
        assert daemon.wait() == 0


@h1_only("HTTP/2 has GOAWAY")
def test_operations_3_kept_connection_while_draining(server):
    """Decision 18: the next answer carries `Connection: close`."""
    life = {"transport": {"lifeCycle": {"requestAcceptGraceTimeout": "300ms"}}}
    with site({"app": server}, entry_points={"web": life}) as daemon, connect(daemon.port) as client:
        assert not client.ask().closes
        daemon.signal(signal.SIGQUIT)
        time.sleep(0.6)
        answer = client.ask()
        assert (answer.status, answer.closes) == (200, True)
        client.close()
        assert daemon.wait() == 0
