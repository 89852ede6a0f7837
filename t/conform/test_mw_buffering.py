# SPDX-License-Identifier: MIT
"""buffering: middlewares-2.md section 5.7, row by row; bodies larger than memory."""
import time

import pytest

from lib.client import RawClient, chunked, head
from lib.daemon import Daemon, configuration, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, reply

pytestmark = over_both

MIDDLEWARES = {
    "max10": {"maxRequestBodyBytes": 10},
    "plain": {"memRequestBodyBytes": 1048576},
    "answer400": {"maxResponseBodyBytes": 400},
    "small": {"memRequestBodyBytes": 1024, "memResponseBodyBytes": 1024},
    "network": {"retryExpression": "IsNetworkError() && Attempts() < 3"},
    "always": {"retryExpression": "ResponseCode() == 500"},
    "getonly": {"retryExpression": 'RequestMethod() == "GET" && IsNetworkError()'},
    "complex": {"retryExpression": '(ResponseCode() >= 500 && ResponseCode() < 502 || ResponseCode() == 418) && Attempts() <= 2'},
}
BIG = bytes(range(256)) * 8192  # 2 MiB


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    services = {"app": server, "dead": free_port()}
    routers = {}
    for name in MIDDLEWARES:
        for service in services:
            routers["%s-%s" % (name, service)] = {"rule": "Host(`%s.%s.test`)" % (name, service), "service": service, "middlewares": [name]}
    with site(services, routers, http={"middlewares": {k: {"buffering": v} for k, v in MIDDLEWARES.items()}}, static={"spillSize": 64 << 20}) as instance:
        yield instance


def test_BU_1_equal_to_the_limit_passes_and_more_does_not(daemon, server):
    assert ask(daemon.port, "POST", body=b"0123456789", host="max10.app.test").status == 200
    before = server.received()
    answer = ask(daemon.port, "POST", body=b"0123456789x", host="max10.app.test")
    assert (answer.status, answer.body, answer.has("Content-Type")) == (413, b"Request Entity Too Large", False)
    assert server.received() == before


def test_BU_1_a_declared_size_is_refused_before_it_is_read(daemon):
    with connect(daemon.port) as client:
        client.begin(host="max10.app.test", length=1000000)
        assert client.response().status == 413


def test_BU_2_chunked_bodies_are_counted(daemon, server):
    before = server.received()
    with connect(daemon.port) as client:
        client.begin(host="max10.app.test")
        client.piece(b"01234")
        client.piece(b"567890")
        client.finish()
        assert client.response().status == 413
    assert server.received() == before


def test_BU_3_servers_see_a_length(daemon, server):
    with connect(daemon.port) as client:
        client.begin(host="plain.app.test")
        client.piece(b"abc")
        client.piece(b"de")
        client.finish()
        assert client.response().status == 200
    assert (server.last.get("Content-Length"), server.last.body, server.last.has("Transfer-Encoding")) == ("5", b"abcde", False)


def test_5_7_an_empty_chunked_body_is_none(daemon, server):
    with connect(daemon.port) as client:
        client.begin("PUT", host="plain.app.test")
        client.finish()
        assert client.response().status == 200
    assert (server.last.body, server.last.has("Transfer-Encoding")) == (b"", False)


def test_5_7_the_request_is_whole_before_the_server_hears_of_it(daemon, server):
    before = server.received()
    with connect(daemon.port) as client:
        client.begin(host="plain.app.test", length=6)
        client.piece(b"abc")
        time.sleep(0.1)
        assert server.received() == before
        client.piece(b"def")
        client.finish()
        assert client.response().status == 200
    assert server.last.body == b"abcdef"


def test_5_7_a_client_that_expects_100_gets_it(daemon, server):
    with connect(daemon.port) as client:
        client.begin(fields=[("Expect", "100-continue")], host="plain.app.test", length=3)
        interim = client.interim()
        assert (interim.status, interim.fields) == (100, [])
        client.piece(b"abc")
        client.finish()
        assert client.response().status == 200


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_BU_4_answers_are_counted(daemon, server, framing):
    def sized(count):
        if framing == "length":
            return reply(200, b"x" * count)
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"x" * 100, b"x" * (count - 100))

    server.answers["/fits"], server.answers["/over"] = sized(400), sized(401)
    answer = ask(daemon.port, target="/fits", host="answer400.app.test")
    assert (answer.status, len(answer.body), answer.get("Content-Length")) == (200, 400, "400")
    answer = ask(daemon.port, target="/over", host="answer400.app.test")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")


def test_BU_5_what_does_not_fit_in_memory_goes_to_a_file(daemon, server):
    for _ in range(3):
        answer = ask(daemon.port, "POST", body=BIG, host="small.app.test")
        assert (answer.status, server.last.body) == (200, BIG)
    server.answers["/big"] = reply(200, BIG)
    answer = ask(daemon.port, target="/big", host="small.app.test")
    assert (answer.status, answer.body) == (200, BIG)


def test_BU_5_a_slow_reader_gets_all_of_it(daemon, server):
    server.answers["/big"] = reply(200, BIG * 4)
    with connect(daemon.port, receive_buffer=4096) as client:
        client.request(target="/big", host="small.app.test")
        time.sleep(0.3)
        assert client.response().body == BIG * 4


def test_BU_5_a_full_file_is_503_and_its_room_comes_back(server):
    config = configuration({"app": server}, None, http={"middlewares": {"m": {"buffering": {"memRequestBodyBytes": 1024}}}}, spillSize=1 << 20)
    config["http"]["routers"]["all"]["middlewares"] = ["m"]
    server.answers["/ok"] = reply(200, b"ok")
    with Daemon(config) as daemon:
        assert ask(daemon.port, "POST", "/ok", body=BIG).status == 503
        for _ in range(4):
            assert ask(daemon.port, "POST", "/ok", body=BIG[: 900 * 1024]).status == 200


def test_BU_6_a_dead_server_is_asked_three_times(daemon):
    answer = ask(daemon.port, host="network.dead.test")
    assert (answer.status, answer.body) == (502, b"Bad Gateway")


def counted(server, path, answer):
    seen = []

    def play(connection, request):
        seen.append(request.body)
        return answer

    server.answers[path] = play
    return seen


@pytest.mark.parametrize("body", [b"oops", b""])
def test_BU_7_eleven_tries_at_most(daemon, server, body):
    seen = counted(server, "/500", reply(500, body))
    answer = ask(daemon.port, "POST", "/500", body=b"again", host="always.app.test")
    assert (answer.status, answer.body, seen) == (500, body, [b"again"] * 11)


def test_BU_8_the_method_counts(daemon, server):
    seen = counted(server, "/502", reply(502, b"x"))
    assert ask(daemon.port, "POST", "/502", body=b"x", host="getonly.app.test").status == 502
    assert len(seen) == 1
    assert ask(daemon.port, "GET", "/502", host="getonly.app.test").status == 502
    assert len(seen) == 12


def test_5_7_expressions_have_the_usual_precedence(daemon, server):
    for status, tries in ((500, 3), (501, 3), (418, 3), (502, 1), (404, 1)):
        seen = counted(server, "/%d" % status, reply(status, b"x"))
        assert ask(daemon.port, target="/%d" % status, host="complex.app.test").status == status
        assert len(seen) == tries, status


def test_5_7_nothing_streams(daemon, server):
    def slow(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        time.sleep(0.3)
        return b"6\r\nsecond\r\n0\r\n\r\n"

    server.answers["/slow"] = slow
    with connect(daemon.port) as client:
        client.request(target="/slow", host="plain.app.test")
        assert not client.has_begun(0.15)
        answer = client.response()
    assert (answer.body, answer.get("Content-Length")) == (b"firstsecond", "11")


@pytest.mark.parametrize("method, answer", [("HEAD", reply(200, b"") + b""), ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"), ("GET", b"HTTP/1.1 304 Not Modified\r\n\r\n")])
def test_5_7_answers_without_a_body(daemon, server, method, answer):
    server.answers["/none"] = answer
    got = ask(daemon.port, method, "/none", host="plain.app.test")
    assert (got.status, got.body) == (int(answer.split()[1]), b"")


def test_5_7_a_server_that_dies_in_the_middle_is_502(daemon, server):
    def dies(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        time.sleep(0.05)
        connection.reset()

    server.answers["/dies"] = dies
    answer = ask(daemon.port, target="/dies", host="plain.app.test")
    assert (answer.status, answer.body) == (502, b"Bad Gateway")


def test_5_7_a_client_that_leaves_while_its_body_is_read(daemon, server):
    before = len(server.requests)
    with connect(daemon.port) as client:
        client.begin(host="small.app.test", length=3000000)
        client.piece(BIG)
        time.sleep(0.1)
    assert ask(daemon.port, host="small.app.test").status == 200
    assert len(server.requests) == before + 1


@h1_only("Upgrade")
def test_5_7_upgraded_connections_are_left_alone(daemon, server):
    def upgrade(connection, request):
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        connection.send(connection.reader.take(4))
        connection.close()

    server.answers["/up"] = upgrade
    with RawClient(daemon.port) as client:
        client.send(head("GET", "/up", [("Connection", "Upgrade"), ("Upgrade", "echo")], host="small.app.test"))
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        client.send(b"ping")
        assert client.take(4) == b"ping"


BAD = [
    ({"retryExpression": "Attempts()"}, "retryExpression"),
    ({"retryExpression": "Attempts() < 2 &&"}, "retryExpression"),
    ({"retryExpression": "(Attempts() < 2"}, "retryExpression"),
    ({"retryExpression": "Foo() < 2"}, "retryExpression"),
    ({"retryExpression": "3 > Attempts()"}, "retryExpression"),
    ({"retryExpression": "!IsNetworkError()"}, "retryExpression"),
    ({"retryExpression": "Attempts() < -1"}, "retryExpression"),
    ({"retryExpression": 'RequestMethod() < "GET"'}, "retryExpression"),
    ({"maxRequestBodyBytes": -1}, "maxRequestBodyBytes"),
    ({"maxResponseBodyBytes": -1}, "maxResponseBodyBytes"),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("options, what", BAD)
def test_BU_9_BU_10_bad_options_disable_the_router(server, options, what):
    routers = {"r": {"rule": "Host(`r.test`)", "service": "app", "middlewares": ["m"]}, "o": {"rule": "Host(`o.test`)", "service": "app"}}
    with Daemon(configuration({"app": server}, routers, http={"middlewares": {"m": {"buffering": options}}})) as daemon:
        assert ask(daemon.port, host="r.test").status == 404
        assert ask(daemon.port, host="o.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    assert any("pointsman.yaml:" in line and "http.middlewares.m.buffering" in line and what in line for line in tested.stderr.splitlines()), tested.stderr
