# SPDX-License-Identifier: MIT
"""retry: middlewares-2.md section 5.5, row by row, and what a repetition must not do."""
import time

import pytest

from lib.daemon import Daemon, configuration, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.wait import wait_until

pytestmark = over_both

MIDDLEWARES = {
    "two": {"attempts": 2},
    "three": {"attempts": 3},
    "one": {"attempts": 1},
    "s503": {"attempts": 3, "status": ["503"]},
    "s503any": {"attempts": 3, "status": ["503"], "retryNonIdempotentMethod": True},
    "small": {"attempts": 3, "status": ["503"], "maxRequestBodyBytes": 100},
    "endless": {"attempts": 3, "status": ["503"], "maxRequestBodyBytes": -1},
    "timeout": {"attempts": 10, "status": ["500-599"], "timeout": "1s"},
    "pauses": {"attempts": 4, "status": ["503"], "initialInterval": "100ms"},
    "onlystatus": {"attempts": 3, "status": ["503"], "disableRetryOnNetworkError": True},
    "longpause": {"attempts": 2, "status": ["503"], "initialInterval": "20s"},
}


class Script:
    """Answers in turn; the last one for ever. Remembers when each request came."""

    def __init__(self, *answers):
        self.answers, self.times, self.bodies = list(answers), [], []

    def __call__(self, connection, request):
        self.times.append(time.monotonic())
        self.bodies.append(request.body)
        answer = self.answers[min(len(self.times) - 1, len(self.answers) - 1)]
        return answer(connection, request) if callable(answer) else answer


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    dead = "http://127.0.0.1:%d" % free_port()
    services = {"app": server, "half": [dead, server], "dead": [dead, dead, dead]}
    routers = {}
    for name in MIDDLEWARES:
        for service in services:
            routers["%s-%s" % (name, service)] = {"rule": "Host(`%s.%s.test`)" % (name, service), "service": service, "middlewares": [name]}
    with site(services, routers, http={"middlewares": {k: {"retry": v} for k, v in MIDDLEWARES.items()}}) as instance:
        yield instance


def play(daemon, server, name, *answers, service="app", **request):
    script = Script(*answers)
    server.answers["/" + name] = script
    answer = ask(daemon.port, target="/" + name, host="%s.%s.test" % (name, service), **request)
    return answer, script


BUSY, GOOD = reply(503, b"busy", [("X-Try", "dropped")]), reply(200, b"good")


def test_RT_1_a_server_that_refuses_is_passed_over(daemon):
    for _ in range(6):
        assert ask(daemon.port, host="two.half.test").status == 200


def test_RT_2_all_refuse(daemon):
    answer = ask(daemon.port, host="three.dead.test")
    assert (answer.status, answer.body) == (502, b"Bad Gateway")


def test_RT_3_one_attempt_is_none_too_many(daemon):
    assert {ask(daemon.port, host="one.half.test").status for _ in range(4)} == {200, 502}


def test_RT_4_a_listed_status_is_asked_for_again(daemon, server):
    answer, script = play(daemon, server, "s503", BUSY, BUSY, GOOD)
    assert (answer.status, answer.body, len(script.times)) == (200, b"good", 3)
    assert not answer.has("X-Try")


@pytest.mark.parametrize("method", ["POST", "PATCH", "LOCK"])
def test_RT_5_not_for_methods_that_do_something(daemon, server, method):
    answer, script = play(daemon, server, "s503", BUSY, GOOD, method=method, body=b"x")
    assert (answer.status, len(script.times)) == (503, 1)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_5_5_methods_that_may_be_repeated_carry_their_body_each_time(daemon, server, method):
    answer, script = play(daemon, server, "s503", BUSY, BUSY, GOOD, method=method, body=b"0123456789" * 3000)
    assert (answer.status, script.bodies) == (200, [b"0123456789" * 3000] * 3)


def test_RT_6_unless_asked_for(daemon, server):
    answer, script = play(daemon, server, "s503any", BUSY, BUSY, GOOD, method="POST", body=b"abc")
    assert (answer.status, script.bodies) == (200, [b"abc"] * 3)


def test_RT_6_chunked_bodies_too(daemon, server):
    script = Script(BUSY, GOOD)
    server.answers["/chunked"] = script
    with connect(daemon.port) as client:
        client.begin(target="/chunked", host="s503any.app.test")
        client.piece(b"one")
        client.piece(b"two")
        client.finish()
        assert client.response().status == 200
    assert script.bodies == [b"onetwo"] * 2


def test_RT_7_a_body_over_the_limit_is_sent_once_and_whole(daemon, server):
    body = b"z" * 101
    answer, script = play(daemon, server, "small", BUSY, GOOD, method="PUT", body=body)
    assert (answer.status, script.bodies) == (503, [body])


def test_RT_7_so_is_a_chunked_one_that_turns_out_larger(daemon, server):
    script = Script(BUSY, GOOD)
    server.answers["/larger"] = script
    pieces = [b"a" * 60, b"b" * 60, b"c" * 200000]
    with connect(daemon.port) as client:
        client.begin("PUT", "/larger", host="small.app.test")
        for piece in pieces:
            client.piece(piece)
            time.sleep(0.02)
        client.finish()
        assert client.response().status == 503
    assert script.bodies == [b"".join(pieces)]


def test_5_5_minus_one_is_no_limit(daemon, server):
    body = b"q" * 3000000
    answer, script = play(daemon, server, "endless", BUSY, GOOD, method="PUT", body=body)
    assert (answer.status, script.bodies) == (200, [body] * 2)


def test_RT_8_a_connection_lost_after_sending_is_not_tried_again(daemon, server):
    seen = []

    def drop(connection, request):
        seen.append(request)
        connection.close()

    server.answers["/three"] = drop
    answer = ask(daemon.port, "POST", "/three", body=b"x", host="three.app.test")
    assert (answer.status, len(seen)) == (502, 1)


def test_RT_9_the_network_rule_holds_for_every_method_and_size(daemon, server):
    server.answers.pop("/up", None)
    body = b"k" * 3000000
    for _ in range(4):
        answer = ask(daemon.port, "POST", "/up", body=body, host="two.half.test")
        assert (answer.status, server.last.body) == (200, body)


def test_RT_10_a_timeout_stops_new_tries(daemon, server):
    def slow(connection, request):
        time.sleep(0.6)
        return reply(500, b"slow")

    answer, script = play(daemon, server, "timeout", slow)
    assert (answer.status, answer.body, len(script.times)) == (500, b"slow", 2)


BAD = [
    ({"attempts": 0}, "attempts"),
    ({"initialInterval": "1s"}, "attempts"),
    ({"attempts": 2, "disableRetryOnNetworkError": True}, "disableRetryOnNetworkError"),
    ({"attempts": 2, "status": ["abc"]}, "status"),
    ({"attempts": 2, "status": ["500-"]}, "status"),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("options, what", BAD)
def test_RT_11_what_makes_no_sense_disables_the_router(tmp_path, server, options, what):
    config = configuration(
        {"app": server},
        {"r": {"rule": "Host(`r.test`)", "service": "app", "middlewares": ["m"]}, "other": {"rule": "Host(`o.test`)", "service": "app"}},
        http={"middlewares": {"m": {"retry": options}}},
    )
    with Daemon(config) as daemon:
        assert ask(daemon.port, host="r.test").status == 404
        assert ask(daemon.port, host="o.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    assert any("pointsman.yaml:" in line and "http.middlewares.m.retry" in line and what in line for line in tested.stderr.splitlines()), tested.stderr


def test_RT_12_pauses_grow(daemon, server):
    answer, script = play(daemon, server, "pauses", BUSY)
    assert (answer.status, len(script.times)) == (503, 4)
    gaps = [1000 * (b - a) for a, b in zip(script.times, script.times[1:])]
    for gap, least in zip(gaps, (50, 63, 79)):  # the upper bounds are those of an idle machine
        assert gap >= least - 2, gaps


def test_5_5_only_status(daemon):
    assert {ask(daemon.port, host="onlystatus.half.test").status for _ in range(4)} == {200, 502}


def test_5_5_interim_answers_of_dropped_tries_vanish(daemon, server):
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </%s>\r\n\r\n"
    answer, script = play(daemon, server, "s503", early % b"first" + BUSY, early % b"second" + BUSY, early % b"third" + GOOD)
    assert answer.status == 200
    assert len(script.times) == 3


def test_5_5_each_try_reaches_the_server_as_the_first_did(daemon, server):
    seen = []
    server.answers["/same"] = Script(lambda c, r: seen.append(r.fields) or BUSY, lambda c, r: seen.append(r.fields) or GOOD)
    assert ask(daemon.port, target="/same", host="s503.app.test", fields=[("X-Own", "1")]).status == 200
    assert seen[0] == seen[1]


def test_5_5_a_client_that_leaves_between_two_tries_ends_them(daemon, server):
    script = Script(BUSY, GOOD)
    server.answers["/longpause"] = script
    with connect(daemon.port) as client:
        client.request(target="/longpause", host="longpause.app.test")
        assert wait_until(lambda: script.times)
        time.sleep(0.1)
        client.leave()
    time.sleep(0.2)
    assert len(script.times) == 1
