# SPDX-License-Identifier: MIT
"""Weighted round robin, exact and spread: http-services.md sections 2, 3 and 3.1.

The oracle is the definition itself: each entry has a deadline, 1/weight at first; the smallest is taken and moves on by 1/weight.
Order among equal deadlines is free, so any entry whose deadline is the smallest is a right choice.
"""
from fractions import Fraction

import pytest

from lib.daemon import balancer, site
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, reply

pytestmark = over_both

WEIGHTS = {
    "equal-2": (1, 1),
    "equal-3": (1, 1, 1),
    "three-to-one": (3, 1),
    "five-two-one": (5, 2, 1),
    "seven-three": (7, 3),
    "with-zero": (2, 0, 1),
    "with-negative": (2, -1, 1),
    "large": (100, 1),
    "alone": (1,),
}
NAMES = "abc"


def check_schedule(picks, weights):
    """Fails at the first pick that is not an earliest deadline."""
    live = {n: Fraction(1, w) for n, w in weights.items() if w > 0}
    step = dict(live)
    for at, pick in enumerate(picks):
        assert pick in live, "pick %d is %r" % (at, pick)
        assert live[pick] == min(live.values()), "pick %d of %s is %s, the earliest deadline is that of %s" % (
            at, picks[: at + 1], pick, [n for n in live if live[n] == min(live.values())])
        live[pick] += step[pick]


def picks(port, target, count, connections=1):
    clients = [connect(port) for _ in range(connections)]
    found = []
    for i in range(count):
        answer = clients[i % connections].ask(target=target)
        found.append(answer.get("x-by") or answer.status)
    for client in clients:
        client.close()
    return found


@pytest.fixture(scope="module")
def servers():
    instances = {n: RawServer(default=reply(200, b"", [("X-By", n)])) for n in NAMES}
    yield instances
    for instance in instances.values():
        instance.stop()


def weighted_servers(servers, weights):
    return {"loadBalancer": {"servers": [{"url": servers[n].url, "weight": w} for n, w in zip(NAMES, weights)]}}


@pytest.fixture(scope="module")
def daemon(servers):
    dead = free_port()
    services = {name: weighted_servers(servers, weights) for name, weights in WEIGHTS.items()}
    services["default-weight"] = balancer(servers["a"], servers["b"])
    services["dead"] = balancer(servers["a"], dead)
    services["twice"] = balancer(servers["a"], servers["a"], servers["b"])
    services["single-a"], services["single-b"], services["single-c"] = (balancer(servers[n]) for n in NAMES)
    # weighted services: the same algorithm over children
    for name, weights in WEIGHTS.items():
        services["w-" + name] = {"weighted": {"services": [{"name": "single-" + n, "weight": w} for n, w in zip(NAMES, weights)]}}
    services["w-default"] = {"weighted": {"services": [{"name": "single-a"}, {"name": "single-b@file"}]}}
    services["w-nested"] = {"weighted": {"services": [{"name": "w-default", "weight": 2}, {"name": "single-c", "weight": 1}]}}
    services["w-of-pools"] = {"weighted": {"services": [{"name": "three-to-one", "weight": 1}, {"name": "single-c", "weight": 1}]}}
    routers = {name: {"rule": "Path(`/%s`)" % name, "service": name} for name in services}
    routers["shared"] = {"rule": "Path(`/shared`)", "service": "three-to-one"}
    with site(services, routers) as instance:
        yield instance


@pytest.mark.parametrize("prefix", ["", "w-"], ids=["http-services-3-servers", "http-services-3.1-weighted"])
@pytest.mark.parametrize("row", WEIGHTS)
def test_schedule(daemon, row, prefix):
    weights = dict(zip(NAMES, WEIGHTS[row]))
    period = sum(w for w in weights.values() if w > 0)
    found = picks(daemon.port, "/" + prefix + row, period * (2 if period > 50 else 6), connections=3)
    check_schedule(found, weights)
    for at in range(0, len(found), period):  # whole periods are exact, whatever the ties
        window = found[at : at + period]
        assert {n: window.count(n) for n in weights if weights[n] > 0} == {n: w for n, w in weights.items() if w > 0}


def test_http_services_3_three_to_one_has_b_third_or_fourth(daemon, servers):
    with site({"app": weighted_servers(servers, (3, 1))}) as fresh:
        found = picks(fresh.port, "/", 12)
        assert {found[i : i + 4].index("b") for i in (0, 4, 8)} <= {2, 3}


def test_http_services_2_default_weight_is_one(daemon):
    check_schedule(picks(daemon.port, "/default-weight", 10), {"a": 1, "b": 1})


def test_http_services_2_same_url_twice_is_two_slots(daemon):
    found = picks(daemon.port, "/twice", 9)
    assert [found[i : i + 3].count("a") for i in (0, 3, 6)] == [2, 2, 2]


def test_http_services_3_a_dead_server_keeps_its_turns(daemon):
    """No health check, no retry: every second request is refused."""
    found = picks(daemon.port, "/dead", 10)
    assert sorted(map(str, found[:2])) == ["502", "a"] and found == found[:2] * 5


@h1_only("what is random is the start")
def test_http_services_2_the_first_server_is_random(servers):
    """Server order is shuffled at each build."""
    first = set()
    for _ in range(12):
        with site({"app": balancer(servers["a"], servers["b"], servers["c"])}) as fresh:
            first.add(ask(fresh.port).get("x-by"))
        if len(first) > 1:
            return
    raise AssertionError("twelve starts began with the same server")


def test_http_services_3_1_nested(daemon):
    found = picks(daemon.port, "/w-nested", 12)
    assert {n: found.count(n) for n in NAMES} == {"a": 4, "b": 4, "c": 4}


def test_http_services_3_1_of_pools(daemon):
    found = picks(daemon.port, "/w-of-pools", 16)
    assert {n: found.count(n) for n in NAMES} == {"a": 6, "b": 2, "c": 8}


def test_http_services_3_one_service_of_two_routers_has_one_cursor(daemon):
    found = []
    for i in range(8):
        found += picks(daemon.port, "/shared" if i % 2 else "/three-to-one", 1)
    assert (found.count("a"), found.count("b")) == (6, 2)


def test_several_workers_take_turns_together(servers):
    """Decision 60: one row of turns for the whole box, whichever worker takes a connection."""
    with site({"app": weighted_servers(servers, (3, 1))}, workers=4) as many:
        for _ in range(6):
            found = picks(many.port, "/", 8)
            assert (found.count("a"), found.count("b")) == (6, 2)
