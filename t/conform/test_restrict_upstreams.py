# SPDX-License-Identifier: MIT
"""restrictUpstreams: security.md section 7. Names: t/live/test_faults_around.py."""
import pytest

from lib.client import ask
from lib.daemon import balancer, reload, site
from lib.server import RawServer
from lib.wait import wait_until

LISTED = ["127.0.0.1", "192.0.2.0/24"]


@pytest.fixture(scope="module")
def inside():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def outside():
    with RawServer(host="127.0.0.2") as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(inside, outside):
    services = {
        "inside": balancer(inside),
        "outside": balancer(outside),
        "checked": balancer(inside, outside, healthCheck={"path": "/health", "interval": "200ms"}),
    }
    routers = {name: {"rule": "PathPrefix(`/%s`)" % name, "service": name} for name in services}
    routers["asks"] = {"rule": "PathPrefix(`/asks`)", "service": "inside", "middlewares": ["auth"]}
    http = {"middlewares": {"auth": {"forwardAuth": {"address": outside.url + "/auth"}}}}
    with site(services, routers, http=http, static={"restrictUpstreams": LISTED}) as instance:
        yield instance
    assert not outside.connections, "it was connected to all the same"


def test_security_7_a_listed_address_is_connected_to(daemon):
    assert ask(daemon.port, target="/inside").status == 200


def test_security_7_another_one_is_a_bad_gateway_and_the_log_says_why(daemon, outside):
    assert ask(daemon.port, target="/outside").status == 502
    line = "no connection to the server 127.0.0.2:%d: 127.0.0.2 is not in restrictUpstreams" % outside.port
    assert wait_until(lambda: line in daemon.log), daemon.log


def test_security_7_middlewares_that_ask_are_bound_too(daemon):
    assert ask(daemon.port, target="/asks").status >= 500


def test_security_7_health_checks_are_bound_and_the_server_counts_as_down(daemon, outside):
    assert wait_until(lambda: {ask(daemon.port, target="/checked").status for _ in range(4)} == {200}), daemon.log


def test_security_7_a_reload_changes_the_list():
    with RawServer(host="127.0.0.2") as server, site({"app": server}, static={"restrictUpstreams": LISTED}) as daemon:
        assert ask(daemon.port).status == 502
        reload(daemon, dict(daemon.config, restrictUpstreams=["127.0.0.0/8"]))
        assert wait_until(lambda: ask(daemon.port).status == 200), daemon.log
