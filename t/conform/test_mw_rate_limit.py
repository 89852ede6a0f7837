# SPDX-License-Identifier: MIT
"""rateLimit: middlewares-2.md sections 5.1 to 5.3, row by row. What passes is counted by the daemon's clock as the answers tell it,
so that a loaded machine, which is late, sees more tokens and not another result."""
import math
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.daemon import configuration, run, site, to_yaml
from lib.either import ask, connect, h1_only, over_both
from lib.middleware_site import assert_disabled, assert_refused_whole, site_with
from lib.server import RawServer
from lib.wait import wait_until

pytestmark = over_both

HOUR = "1h"
MIDDLEWARES = {
    "one": {"average": 1},
    "slow": {"average": 2, "period": "10s", "burst": 3},
    "none": {"average": 0},
    "negative": {"average": -5, "burst": 3},
    "burst0": {"average": 1, "period": HOUR, "burst": 0},
    "burstless": {"average": 1, "period": HOUR, "burst": -3},
    "minute": {"average": 6, "period": "1m"},
    "many": {"average": 1, "period": HOUR, "burst": 50},
    "bykey": {"average": 1, "period": HOUR, "burst": 2, "sourceCriterion": {"requestHeaderName": "X-Key"}},
    "byhost": {"average": 1, "period": HOUR, "sourceCriterion": {"requestHost": True}},
    "byxff": {"average": 1, "period": HOUR, "sourceCriterion": {"ipStrategy": {"depth": 1}}},
    "zeroperiod": {"average": 1, "period": "0s"},
    "tells": {"average": 10, "burst": 3, "period": HOUR, "responseHeaders": True},
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemons(server):
    """One for each version: what one has used up is not there for the other."""
    with limited(server) as one, limited(server) as two:
        yield {"h1": one, "h2": two}


@pytest.fixture
def daemon(daemons, spoken):
    return daemons[spoken]


def limited(server):
    routers = {name: {"rule": "Path(`/%s`)" % name, "service": "app", "middlewares": [name]} for name in MIDDLEWARES}
    routers["again"] = {"rule": "Path(`/again`)", "service": "app", "middlewares": ["burst0"]}
    routers["twice"] = {"rule": "Path(`/twice`)", "service": "app", "middlewares": ["burst0", "burst0"]}
    points = {"web": {"forwardedHeaders": {"insecure": True}}}
    http = {"middlewares": {name: {"rateLimit": options} for name, options in MIDDLEWARES.items()}}
    return site({"app": server}, routers, points, http)


def statuses(daemon, name, count, **more):
    return [ask(daemon.port, target="/" + name, **more).status for _ in range(count)]


def seconds(text):
    """A Go duration."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}
    parts = re.findall(r"([0-9.]+)(ms|µs|us|ns|h|m|s)", text)
    assert "".join(a + b for a, b in parts) == text, text
    return sum(float(number) * units[unit] for number, unit in parts)


def test_RL_1_the_second_is_told_when_to_come_back(daemon):
    first = ask(daemon.port, target="/one")
    second = ask(daemon.port, target="/one")
    if second.status == 200:
        pytest.skip("the machine took half a second for two requests")
    assert (first.status, second.status) == (200, 429)
    assert second.get("retry-after") == "1" and 0.5 < seconds(second.get("x-retry-in")) <= 1
    assert second.body == b"Too Many Requests" and second.get("content-type") is None


def test_RL_2_when_less_than_half_a_token_is_missing_it_is_held(daemon, server):
    while ask(daemon.port, target="/one").status != 429:
        pass
    wait = seconds(ask(daemon.port, target="/one").get("x-retry-in"))
    time.sleep(max(0, wait - 0.4))
    before = time.monotonic()
    answer = ask(daemon.port, target="/one")
    assert answer.status == 200
    # By how much: the token after it says so. Held and passed, it has taken its own.
    assert time.monotonic() - before < 6
    assert ask(daemon.port, target="/one").status in (429, 200)


def test_who_goes_while_held_is_not_sent_on(server):
    http = {"middlewares": {"m": {"rateLimit": {"average": 1, "period": "4s"}}}}
    routers = {"r": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}
    with site({"app": server}, routers, http=http) as daemon:
        assert ask(daemon.port).status == 200
        wait = seconds(ask(daemon.port).get("x-retry-in"))
        time.sleep(max(0, wait - 0.45))
        with connect(daemon.port) as client:
            client.request(target="/gone")
        time.sleep(1.0)
        assert ask(daemon.port, target="/here").status in (200, 429)
        assert "/gone" not in server.targets()


def test_RL_3_a_burst_and_then_the_time_of_a_token(daemon):
    answers = [ask(daemon.port, target="/slow") for _ in range(4)]
    assert [a.status for a in answers[:3]] == [200] * 3
    assert answers[3].status == 429
    assert int(answers[3].get("retry-after")) == math.ceil(seconds(answers[3].get("x-retry-in")))
    assert answers[3].get("retry-after") in ("3", "4", "5")


@pytest.mark.parametrize("name", ["none", "negative"])
def test_RL_4_no_average_is_no_limit(daemon, name):
    assert statuses(daemon, name, 30) == [200] * 30


@pytest.mark.parametrize("name", ["burst0", "burstless"])
def test_RL_5_a_burst_below_one_is_one(daemon, name):
    assert statuses(daemon, name, 3) == [200, 429, 429]


def test_RL_6_six_a_minute_is_one_in_ten_seconds(daemon):
    ask(daemon.port, target="/minute")
    wait = seconds(ask(daemon.port, target="/minute").get("x-retry-in"))
    assert 4 < wait <= 10


def test_RL_7_what_comes_at_once_passes_up_to_the_burst(daemon):
    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(lambda _: ask(daemon.port, target="/many").status, range(60)))
    assert sorted(got) == [200] * 50 + [429] * 10


def test_RL_8_requests_without_the_header_are_of_one_source(daemon):
    assert statuses(daemon, "bykey", 3, source="127.0.0.2") == [200, 200, 429]
    assert statuses(daemon, "bykey", 1, source="127.0.0.3") == [429]
    assert statuses(daemon, "bykey", 3, fields=[("X-Key", "a"), ("X-Key", "b")]) == [200, 200, 429]
    assert statuses(daemon, "bykey", 1, fields=[("x-key", "a")]) == [429]


def test_the_host_counts_as_it_was_sent(daemon):
    assert statuses(daemon, "byhost", 2, host="a.example") == [200, 429]
    assert statuses(daemon, "byhost", 2, host="A.example") == [200, 429]
    assert statuses(daemon, "byhost", 2, host="a.example:8080") == [200, 429]


def test_the_client_counts_by_its_address_or_by_what_the_strategy_finds(daemon):
    assert statuses(daemon, "byxff", 2, fields=[("X-Forwarded-For", "203.0.113.9")]) == [200, 429]
    assert statuses(daemon, "byxff", 1, fields=[("X-Forwarded-For", "203.0.113.8, 203.0.113.7")]) == [200]
    assert statuses(daemon, "burst0", 1, source="127.0.0.8") == [200]
    assert statuses(daemon, "burst0", 1, source="127.0.0.8") == [429]


def test_RL_9_two_routers_do_not_share(daemon):
    source = "127.0.0.9"
    assert statuses(daemon, "burst0", 2, source=source) == [200, 429]
    assert statuses(daemon, "again", 2, source=source) == [200, 429]


def test_named_twice_it_is_two(daemon):
    # Each has its own bucket: the second request is refused by the first of them.
    assert statuses(daemon, "twice", 2, source="127.0.0.10") == [200, 429]


def test_RL_12_what_is_refused_takes_nothing(daemon):
    source = "127.0.0.11"
    statuses(daemon, "minute", 1, source=source)
    waits = [seconds(ask(daemon.port, target="/minute", source=source).get("x-retry-in")) for _ in range(8)]
    assert waits == sorted(waits, reverse=True)


def test_a_period_of_zero_is_a_second(daemon):
    ask(daemon.port, target="/zeroperiod")
    answer = ask(daemon.port, target="/zeroperiod")
    assert answer.status == 200 or seconds(answer.get("x-retry-in")) <= 1


def test_RC_5_answers_tell_what_is_left(daemon):
    answers = [ask(daemon.port, target="/tells") for _ in range(4)]
    assert [a.status for a in answers] == [200, 200, 200, 429]
    assert [a.get("x-ratelimit-limit") for a in answers] == ["10"] * 4
    assert [a.get("x-ratelimit-remaining") for a in answers] == ["2", "1", "0", "0"]
    resets = [int(a.get("x-ratelimit-reset")) for a in answers]
    assert 300 < resets[0] <= 360 and resets[0] < resets[1] < resets[2] and 1000 < resets[3] <= 1080


SPREAD = {"m": {"rateLimit": {"average": 10, "period": HOUR, "burst": 40}}}


def hammer(daemon, count, target="/"):
    """Each on a connection of its own, so that the kernel spreads them over the workers."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: ask(daemon.port, target=target).status, range(count))).count(200)


def spread_site(server, **more):
    routers = {"r": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}
    return site({"app": server}, routers, http={"middlewares": dict(SPREAD, **more)}, workers=4)


def test_RL_10_workers_count_together(server):
    with spread_site(server) as daemon:
        assert hammer(daemon, 160) == 40


def test_a_worker_that_is_killed_takes_no_limit_with_it(server):
    with spread_site(server) as daemon:
        passed = hammer(daemon, 20)
        for pid in daemon.workers():
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: len(daemon.workers()) == 4 and daemon.log.count("starting it again") >= 4)
        assert passed == 20 and hammer(daemon, 100) == 20


@h1_only("the configuration alone")
def test_D_1_a_reload_keeps_what_it_does_not_change(server):
    routers = {"r": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}
    config = configuration({"app": server}, routers, http={"middlewares": SPREAD})
    with site({"app": server}, routers, http={"middlewares": SPREAD}, workers=2) as daemon:
        config["entryPoints"] = daemon.config["entryPoints"]
        assert hammer(daemon, 60) == 40
        config["http"]["routers"]["new"] = {"rule": "Path(`/new`)", "service": "app", "priority": 100}
        reload(daemon, config, lambda: ask(daemon.port, target="/new").status == 200)
        assert hammer(daemon, 10) == 0
        config["http"]["middlewares"]["m"]["rateLimit"]["burst"] = 30
        reload(daemon, config, lambda: ask(daemon.port).status == 200)


def reload(daemon, config, is_there):
    with open(daemon.path, "w") as f:
        f.write(to_yaml(config))
    daemon.signal(signal.SIGHUP)
    assert wait_until(is_there), daemon.log


REDIS = {"endpoints": ["redis.example:6379", "other.example:6379"], "db": 1, "readTimeout": "-1s", "tls": {"insecureSkipVerify": True}}
WRONG = {
    "both": ({"average": 1, "sourceCriterion": {"requestHost": True, "ipStrategy": {"depth": 1}}}, "more than one criterion", "true"),
    "headerandhost": ({"average": 1, "sourceCriterion": {"requestHeaderName": "x", "requestHost": True}}, "more than one criterion", "true"),
    "headerandip": ({"average": 1, "sourceCriterion": {"requestHeaderName": "x", "ipStrategy": {"depth": 1}}}, "more than one criterion", "x"),
    "subnet": ({"average": 1, "sourceCriterion": {"ipStrategy": {"ipv6Subnet": 129}}}, "129 is no length", "129"),
    "back": ({"average": 1, "period": "-1s"}, "must not be negative", "-1s"),
    "store": ({"average": 1, "redis": REDIS}, "redis is not supported yet", "redis.example:6379"),
    "defaultstore": ({"average": 1, "redis": {"db": 0}}, "redis is not supported yet", "rateLimit"),
    "shared": ({"average": 1, "distributed": True, "syncInterval": "1s", "denyOnError": True}, "distributed: true is not supported yet", "true"),
}
FINE = {
    "alone": {"average": 1, "distributed": False},
    "nohost": {"average": 1, "sourceCriterion": {"requestHost": False}},
}


@pytest.fixture(scope="module")
def broken(server):
    middlewares = {name: {"rateLimit": row[0]} for name, row in WRONG.items()}
    middlewares.update({name: {"rateLimit": options} for name, options in FINE.items()})
    with site_with(server, middlewares) as daemon:
        yield daemon


@h1_only("the configuration alone")
@pytest.mark.parametrize("name", WRONG, ids=["RL-11-" + name for name in WRONG])
def test_RL_11_what_is_wrong_disables_its_router(broken, name):
    assert_disabled(broken, name, WRONG[name][1], WRONG[name][2])


@h1_only("the configuration alone")
@pytest.mark.parametrize("name", FINE)
def test_what_only_looks_wrong_does_not(broken, name):
    assert ask(broken.port, host="%s.test" % name).status == 200


@h1_only("the configuration alone")
def test_what_cannot_be_decoded_refuses_the_document(tmp_path):
    assert_refused_whole(tmp_path, {"rateLimit": {"average": "many"}}, "many", "many")
    assert_refused_whole(tmp_path, {"rateLimit": {"average": 1, "redis": {"dialTimeout": "soon"}}}, "soon", "soon")
    assert_refused_whole(tmp_path, {"rateLimit": {"averge": 1}}, 'did you mean "average"', "averge")
    assert_refused_whole(tmp_path, {"rateLimit": {"sourceCriterion": {"requestHeader": "x"}}}, "requestHeader", "requestHeader")


@h1_only("the configuration alone")
def test_options_of_sharing_without_it_are_warned_of(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(to_yaml(configuration({"app": 1}, http={"middlewares": {"m": {"rateLimit": {"average": 1, "syncInterval": "1s", "denyOnError": True}}}})))
    tested = run("-t", "-c", path)
    assert tested.returncode == 0
    assert "syncInterval has no effect" in tested.stderr and "denyOnError has no effect" in tested.stderr
