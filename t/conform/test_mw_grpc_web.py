# SPDX-License-Identifier: MIT
"""grpcWeb: middlewares-2.md section 6.5, row by row."""
import base64
import threading

import pytest

from lib.client import chunked
from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.middleware_site import assert_disabled, behind, site_with
from lib.server import RawServer, reply

pytestmark = over_both

APP, EVIL = "https://app.example.com", "https://evil.test"
MESSAGE = b"\0\0\0\0\x05hello"
OK = b"\x80\0\0\0\x10grpc-status: 0\r\n"
EMPTY = b"\x80\0\0\0\0"


def grpc(*pieces, kind="application/grpc", trailers=(("grpc-status", "0"),), fields=()):
    """What a server says that speaks gRPC over HTTP/1.1: chunks, and the status behind them."""
    lines = [("Content-Type", kind), *fields, ("Trailer", "grpc-status"), ("Transfer-Encoding", "chunked")]
    return reply(200, fields=lines, length=False) + chunked(*pieces, trailers=trailers)


def text(data):
    """The bytes of a -text body: groups of four, each of which may be padded."""
    assert len(data) % 4 == 0
    return b"".join(base64.b64decode(data[i : i + 4], validate=True) for i in range(0, len(data), 4))


MIDDLEWARES = {
    "plain": {"grpcWeb": {"allowOrigins": [APP]}},
    "wild": {"grpcWeb": {"allowOrigins": ["https://*.example.com"]}},
    "any": {"grpcWeb": {"allowOrigins": ["*"]}},
    "buffer": {"buffering": {"maxRequestBodyBytes": 1000000}},
    "again": {"retry": {"attempts": 3, "status": ["503"], "retryNonIdempotentMethod": True}},
}


@pytest.fixture(scope="module")
def server():
    with RawServer(default=grpc(MESSAGE)) as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    routers = behind(MIDDLEWARES)
    routers["kept"] = {"rule": "Host(`kept.test`)", "service": "app", "middlewares": ["buffer", "again", "plain"]}
    routers["inside"] = {"rule": "Host(`inside.test`)", "service": "app", "middlewares": ["plain", "again"]}
    with site({"app": server}, routers, http={"middlewares": MIDDLEWARES}) as instance:
        yield instance


def preflight(daemon, origin=APP, method="POST", names="content-type,x-grpc-web,x-user-agent", name="plain"):
    fields = [("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", names)]
    return ask(daemon.port, "OPTIONS", "/p.S/M", fields, host=name + ".test")


def call(daemon, kind="application/grpc-web", body=MESSAGE, origin=APP, target="/p.S/M", name="plain", method="POST"):
    return ask(daemon.port, method, target, [("Content-Type", kind), ("Origin", origin), ("X-Grpc-Web", "1")], body, name + ".test")


VARY = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]


def allowed(answer):
    return {k.lower(): v for k, v in answer.fields if k.lower().startswith("access-control-")}


def test_GW_1_preflight(daemon, server):
    before = len(server.requests)
    answer = preflight(daemon)
    assert (answer.status, answer.body, answer.all("Vary")) == (200, b"", VARY)
    assert allowed(answer) == {
        "access-control-allow-origin": APP,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "Content-Type, X-Grpc-Web, X-User-Agent",
        "access-control-allow-credentials": "true",
        "access-control-max-age": "600",
    }
    assert len(server.requests) == before


@pytest.mark.parametrize("origin, method", [(EVIL, "POST"), (APP, "PUT"), ("", "POST")])
def test_GW_2_preflight_that_is_not_allowed(daemon, origin, method):
    answer = preflight(daemon, origin, method)
    assert (answer.status, answer.body, answer.all("Vary"), allowed(answer)) == (200, b"", VARY, {})


def test_6_5_a_star_is_answered_with_the_origin(daemon):
    assert allowed(preflight(daemon, EVIL, name="any"))["access-control-allow-origin"] == EVIL


def test_6_5_other_OPTIONS_reach_the_server(daemon, server):
    preflight(daemon, names="content-type")
    assert server.last.method == "OPTIONS"
    ask(daemon.port, "OPTIONS", fields=[("Access-Control-Request-Headers", "x-grpc-web")], host="plain.test")
    assert server.last.method == "OPTIONS"


def test_GW_3_unary_call(daemon, server):
    answer = call(daemon)
    assert (answer.status, answer.body, answer.trailers) == (200, MESSAGE + OK, [])
    assert answer.get("Content-Type") == "application/grpc-web" and not answer.has("Trailer")
    assert answer.all("Vary") == ["Origin"]
    assert answer.get("Access-Control-Allow-Origin") == APP and answer.get("Access-Control-Allow-Credentials") == "true"
    exposed = [n.strip().lower() for n in answer.get("Access-Control-Expose-Headers").split(",")]
    assert {"content-type", "vary", "grpc-status", "grpc-message"} <= set(exposed)
    asked = server.last
    assert (asked.get("Content-Type"), asked.get("TE"), asked.body) == ("application/grpc", "trailers", MESSAGE)
    assert asked.framing == "chunked" and not asked.has("Content-Length")


def test_GW_4_the_same_in_text(daemon, server):
    answer = call(daemon, "application/grpc-web-text", base64.b64encode(MESSAGE))
    assert text(answer.body) == MESSAGE + OK
    assert answer.get("Content-Type") == "application/grpc-web-text"
    assert (server.last.get("Content-Type"), server.last.body) == ("application/grpc", MESSAGE)


def test_GW_5_the_suffix_stays(daemon, server):
    server.answers["/proto"] = grpc(MESSAGE, kind="application/grpc+proto")
    answer = call(daemon, "application/grpc-web+proto", target="/proto")
    assert (server.last.get("Content-Type"), answer.get("Content-Type")) == ("application/grpc+proto", "application/grpc-web+proto")


@pytest.mark.parametrize("kind, method", [("application/grpc", "POST"), ("application/json", "POST"), ("application/grpc-web", "PUT")])
def test_GW_6_everything_else_is_untouched(daemon, server, kind, method):
    answer = call(daemon, kind, method=method)
    assert (server.last.get("Content-Type"), server.last.framing) == (kind, "length")
    assert (answer.body, answer.trailers, answer.get("Content-Type")) == (MESSAGE, [("grpc-status", "0")], "application/grpc")
    assert not answer.has("Vary") and allowed(answer) == {}


@pytest.mark.parametrize("kind, decode", [("application/grpc-web+proto", bytes), ("application/grpc-web-text+proto", text)])
def test_GW_7_trailers_only(daemon, server, kind, decode):
    server.answers["/fails"] = reply(200, fields=[("Content-Type", "application/grpc+proto"), ("grpc-status", "5"), ("grpc-message", "no such thing")])
    answer = call(daemon, kind, b"", target="/fails")
    assert (answer.status, answer.get("Grpc-Status"), answer.get("Grpc-Message")) == (200, "5", "no such thing")
    assert "Grpc-Status" in answer.get("Access-Control-Expose-Headers").split(", ")
    assert not answer.has("Content-Length") and decode(answer.body) == EMPTY


@pytest.mark.parametrize("origin, is_allowed", [
    (APP, True), ("https://a.b.example.com", True), ("https://example.com", False), ("http://app.example.com", False),
    ("https://evil.test/.example.com", False), ("https://app.example.com.evil.test", False),
])
def test_GW_8_wildcards(daemon, origin, is_allowed):
    wanted = origin if is_allowed else None
    assert preflight(daemon, origin, name="wild").get("Access-Control-Allow-Origin") == wanted
    assert call(daemon, origin=origin, name="wild").get("Access-Control-Allow-Origin") == wanted


def test_6_5_a_call_of_another_origin_is_made(daemon, server):
    before = len(server.requests)
    answer = call(daemon, origin=EVIL)
    assert (answer.body, answer.all("Vary"), answer.has("Access-Control-Allow-Origin")) == (MESSAGE + OK, ["Origin"], False)
    assert len(server.requests) == before + 1


def test_6_5_a_length_of_the_server_is_dropped(daemon, server):
    server.answers["/sized"] = reply(200, MESSAGE, [("Content-Type", "application/grpc")])
    answer = call(daemon, target="/sized")
    assert (answer.body, answer.has("Content-Length")) == (MESSAGE + EMPTY, False)


def test_6_5_an_answer_that_is_no_grpc_keeps_its_body(daemon, server):
    server.answers["/html"] = reply(503, b"later", [("Content-Type", "text/html")])
    answer = call(daemon, "application/grpc-web-text", b"", target="/html")
    assert (answer.status, answer.body, answer.get("Content-Type")) == (503, b"later", "text/html")
    assert answer.get("Access-Control-Allow-Origin") == APP


@pytest.mark.parametrize("sizes", [(1,), (3, 5), (7,), (4,), (1000,)])
def test_6_5_text_requests_are_cut_anywhere_and_padded_inside(daemon, server, sizes):
    """Each message a padded text of its own; the body in chunks of these sizes."""
    data = b"".join(base64.b64encode(m) for m in (b"\0\0\0\0\x05hello", b"\0\0\0\0\0", b"\0\0\0\0\x03abc"))
    assert b"=" in data[:-2]
    pieces, at = [], 0
    while at < len(data):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[at : at + size])
        at += size
    with connect(daemon.port) as client:
        client.begin(target="/p.S/M", fields=[("Content-Type", "application/grpc-web-text")], host="plain.test")
        for piece in pieces:
            client.piece(piece)
        client.finish()
        assert text(client.response().body) == MESSAGE + OK
    assert server.last.body == b"\0\0\0\0\x05hello\0\0\0\0\0\0\0\0\0\x03abc"


@pytest.mark.parametrize("body", [b"AAAA!AAA", b"AAAAA", b"A===", b"AA=A"])
def test_6_5_a_text_that_is_none_is_refused(daemon, server, body):
    before = len(server.requests)
    answer = call(daemon, "application/grpc-web-text", body)
    assert answer.status == 400
    assert ask(daemon.port, "POST", "/", host="plain.test", body=b"").status == 200
    assert body not in [r.body for r in server.requests[before:]]


@pytest.mark.parametrize("name", ["kept", "inside"])
def test_6_5_a_call_is_sent_again_as_a_whole(daemon, server, name):
    """Kept as the client sent it (outside), or as it was decoded (inside): the server gets the same each time."""
    answers = [reply(503), reply(503), grpc(MESSAGE)]
    server.answers["/again"] = lambda connection, request: answers.pop(0)
    before = len(server.requests)
    answer = call(daemon, "application/grpc-web-text", base64.b64encode(MESSAGE), target="/again", name=name)
    assert text(answer.body) == MESSAGE + OK
    assert [r.body for r in server.requests[before:]] == [MESSAGE] * 3


def test_6_5_a_malformed_text_that_is_kept_is_refused(daemon):
    assert call(daemon, "application/grpc-web-text", b"AAAA!", name="kept").status == 400
    assert call(daemon, "application/grpc-web-text", b"AAAA!", name="inside").status == 400


def test_6_5_large_calls_in_text(daemon, server):
    data = bytes(i * i % 251 for i in range(300000))
    server.answers["/large"] = grpc(*[data[i : i + 9999] for i in range(0, len(data), 9999)])
    for name in ("plain", "kept"):
        answer = call(daemon, "application/grpc-web-text", base64.b64encode(data), target="/large", name=name)
        assert text(answer.body) == data + OK
        assert server.last.body == data


@pytest.mark.parametrize("kind, decode", [("application/grpc-web", bytes), ("application/grpc-web-text", text)])
def test_6_5_messages_are_not_delayed(daemon, server, kind, decode):
    """A server stream: each message can be read before the next one is sent."""
    taken = threading.Semaphore(0)

    def stream(connection, request):
        connection.send(reply(200, fields=[("Content-Type", "application/grpc"), ("Transfer-Encoding", "chunked")], length=False))
        for i in range(3):
            connection.send(b"6\r\n\0\0\0\0\x01%d\r\n" % i)
            if not taken.acquire(timeout=20):
                return None
        return b"0\r\ngrpc-status: 0\r\n\r\n"

    server.answers["/stream"] = stream
    messages = [b"\0\0\0\0\x01%d" % i for i in range(3)]
    with connect(daemon.port) as client:
        client.request("POST", "/stream", [("Content-Type", kind)], b"", "plain.test")
        for message in messages:
            client.wait_for(message, decode)
            taken.release()
        assert decode(client.response().body) == b"".join(messages) + OK


@h1_only("the configuration alone")
def test_6_5_an_origin_that_is_none_disables_its_router(server):
    with site_with(server, {"bad": {"grpcWeb": {"allowOrigins": [APP, "https://app*.example.com"]}}}) as daemon:
        assert_disabled(daemon, "bad", "allowOrigins", ("https://app*", '"https://app*', "'https://app*"))
