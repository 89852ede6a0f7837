# SPDX-License-Identifier: MIT
"""The `weighted` service: http-services.md section 3.1 (its schedule is in test_wrr.py)."""
import pytest

from lib.daemon import balancer, site
from lib.either import ask, h1_only, over_both
from lib.server import RawServer, reply

pytestmark = over_both


@pytest.fixture(scope="module")
def servers():
    instances = {n: RawServer(default=reply(200, b"", [("X-By", n)])) for n in "ab"}
    yield instances
    for instance in instances.values():
        instance.stop()


def weighted(*children, **more):
    return {"weighted": dict({"services": [{"name": n, "weight": w} for n, w in children]}, **more)}


def by(servers, services):
    services = {"a": balancer(servers["a"]), "b": balancer(servers["b"]), **services}
    routers = {"top": {"rule": "PathPrefix(`/`)", "service": "top", "priority": 9}, "low": {"rule": "PathPrefix(`/`)", "service": "b", "priority": 1}}
    with site(services, routers) as daemon:
        answer = ask(daemon.port)
        return answer.get("x-by") or answer.status


def test_http_services_3_1_a_child_of_weight_zero_is_never_used(servers):
    assert by(servers, {"top": weighted(("a", 1), ("b", 0))}) == "a"


def test_http_services_3_1_all_weights_zero_is_503(servers):
    assert by(servers, {"top": weighted(("a", 0), ("b", -3))}) == 503


@h1_only("the configuration alone")
def test_http_services_3_1_an_unknown_child_breaks_the_service(servers):
    assert by(servers, {"top": weighted(("a", 1), ("missing", 1))}) == "b"


@h1_only("the configuration alone")
def test_http_services_3_1_a_broken_child_breaks_every_parent(servers):
    services = {"bad": {"loadBalancer": {"serversTransport": "missing", "servers": [{"url": servers["a"].url}]}}}
    services["mid"] = weighted(("bad", 1))
    services["top"] = weighted(("mid", 1), ("a", 1))
    assert by(servers, services) == "b"


@h1_only("the configuration alone")
def test_http_services_1_a_broken_service_that_nobody_uses_harms_nobody(servers):
    assert by(servers, {"top": weighted(("a", 1)), "unused": weighted(("missing", 1))}) == "a"


def test_http_services_2_the_same_pool_under_two_parents(servers):
    assert by(servers, {"left": weighted(("a", 1)), "right": weighted(("a", 1)), "top": weighted(("left", 1), ("right", 1))}) == "a"
