# SPDX-License-Identifier: MIT
"""The measurements: their clients count what they say, every kind is served, and figures are judged as the page promises. No figure is."""
import json
import os
import subprocess
import sys

import pytest
from house import TOP

sys.path.insert(0, os.path.join(TOP, "t/bench"))
os.environ.setdefault("POINTSMAN_TOOLS", os.path.join(os.environ.get("BUILD") or os.path.join(TOP, "build"), "bench"))

import instructions  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402
from scenarios import RATIOS  # noqa: E402
from stand import TOOLS, Ground, Proxy  # noqa: E402


@pytest.fixture(scope="module")
def ground():
    with Ground() as made:
        yield made


def load(port, *words):
    done = subprocess.run([TOOLS + "/load", "--port", str(port), *words], capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "words, size",
    [
        ("--conns 3", 315),
        ("--conns 3 --close 1", 315),
        ("--conns 2 --path /b/65536", 65653),
        ("--conns 2 --post 65536", 315),
        ("--conns 2 --mode ws", 66),
        ("--conns 2 --mode ws --msg 300", 304),
    ],
)
def test_so_many_requests_are_made_as_were_asked_for(ground, words, size):
    result = load(ground.port, "--count", "100", *words.split())

    assert (result["requests"], result["bad"], result["errors"]) == (100, 0, 0)
    head = 129 * 2 if "ws" in words else 0  # each connection is upgraded once
    assert result["bytes"] == 100 * size + head


def test_a_ticket_is_offered_to_each_next_connection(ground):
    result = load(ground.tls_port, *"--count 20 --conns 1 --tls 1 --close 1 --resume 1".split())

    assert (result["requests"], result["handshakes"], result["resumed"]) == (20, 20, 19)


def test_idle_connections_are_counted_when_each_was_answered(ground):
    result = load(ground.port, *"--mode idle --conns 450 --spread 1".split())

    assert (result["requests"], result["errors"]) == (450, 0)


def test_what_is_refused_is_an_error(ground):
    with Ground() as gone:
        port = gone.port

    assert load(port, "--count", "5", "--conns", "1")["errors"] == 5


@pytest.mark.parametrize("kind", sorted({scenario.kind for scenario in RATIOS.values()}))
def test_each_kind_of_configuration_is_served(ground, kind):
    scenario = next(s for s in RATIOS.values() if s.kind == kind and not s.streams)

    with Proxy(ground, "pointsman", kind) as proxy:
        result = rounds.ready(ground, scenario, proxy)

    assert (result["requests"], result["bad"], result["errors"]) == (1, 0, 0)


def measured(ours, theirs, failed=0, size=300):
    def runs(costs):
        return [{"cpu": cost * 1e-6 * 1000, "requests": 1000, "errors": failed, "bad": 0, "bytes": 1000 * size} for cost in costs]

    return {"runs": {"pointsman": runs(ours), "nginx": runs(theirs), "haproxy": runs(theirs), "caddy": runs(theirs)}, "calls": {}}


def test_the_median_of_the_ratios_of_each_round_is_held_against_the_target():
    assert report.judge("newconn", measured([8, 8.9, 30], [10, 10, 10]))[2] == "met, 0.89 of nginx"
    assert report.judge("newconn", measured([8, 9.5, 9.5], [10, 10, 10]))[2] == "missed, 0.95 of nginx"


def test_a_request_that_failed_or_an_answer_that_grew_meets_no_target():
    assert report.judge("newconn", measured([1], [10], failed=2))[2] == "2 requests failed"
    assert report.judge("gzip", measured([1], [10], size=6301))[2] == "missed: answers of 6301 bytes, more than 6300"


@pytest.mark.parametrize("figure, is_judged, outcome", [(1029, True, "pass"), (1031, True, "FAIL"), (2000, False, "not judged")])
def test_instructions_may_grow_by_three_percent_where_they_are_judged(figure, is_judged, outcome):
    cells, is_good = instructions.judge("ws", figure, {"ws": 1000}, is_judged)

    assert (cells[-1], is_good) == (outcome, outcome != "FAIL")
