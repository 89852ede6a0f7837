# SPDX-License-Identifier: MIT
"""HTTP/2 messages: security.md section 4, row by row, with RFC 9113 section 8 where a row is silent.

A malformed request is a stream error: RST_STREAM(PROTOCOL_ERROR) and no answer, the connection goes on, and the server, which
speaks HTTP/1.1, has seen no byte of it.
"""
import json

import pytest

from lib.client import chunked
from lib.daemon import site
from lib.h2wire import (COMPRESSION_ERROR, ENABLE_CONNECT_PROTOCOL, ENHANCE_YOUR_CALM, HEADERS, INTERNAL_ERROR, NO_ERROR, PROTOCOL_ERROR, CANCEL, H2Client, data, frame, get,
                        literal, rst_stream)
from lib.server import RawServer, reply
from lib.tls_world import tls_site
from lib.wait import wait_until


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}) as instance:
        yield instance


@pytest.fixture
def client(daemon):
    with H2Client(daemon.port) as instance:
        yield instance.ready()


def without(name, **changes):
    """A proper request less one field."""
    return [(k, v) for k, v in get(**changes) if k != name]


def plus(*fields, **changes):
    return get(fields=fields, **changes)


def post(*fields):
    return plus(*fields, method="POST")


PSEUDO = (":method", ":scheme", ":path", ":authority")
BAD_NAME_BYTES = [*range(0, 33), 58, 127, 128, 0xE9, 255, *map(ord, '"(),/;<=>?@[\\]{}')]
BAD_VALUE_BYTES = [*range(0, 9), *range(10, 32), 127]

ROWS = {
    # names
    "name-capital": plus(("X-a", "1")),
    "name-capital-inside": plus(("x-Aa", "1")),
    "name-empty": plus(("", "1")),
    **{"name-byte-%02x" % b: plus((b"x" + bytes([b]) + b"a", "1")) for b in BAD_NAME_BYTES},
    "name-blank-at-end": plus(("x-a ", "1")),
    "name-blank-at-start": plus((" x-a", "1")),
    "name-crlf": plus(("x-a\r\nx-b", "1")),
    # values
    **{"value-byte-%02x" % b: plus(("x-a", b"a" + bytes([b]) + b"b")) for b in BAD_VALUE_BYTES},
    "value-crlf": plus(("x-a", "1\r\nx-b: 2")),
    "value-head-inside": plus(("x-a", "1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: app.test")),
    "value-blank-at-start": plus(("x-a", " 1")),
    "value-blank-at-end": plus(("x-a", "1 ")),
    "value-tab-at-start": plus(("x-a", "\t1")),
    "value-tab-at-end": plus(("x-a", "1\t")),
    "value-blank-alone": plus(("x-a", " ")),
    "value-nul-at-end": plus(("x-a", "1\0")),
    # fields of one connection
    "connection-close": plus(("connection", "close")),
    "connection-keep-alive": plus(("connection", "keep-alive")),
    "connection-empty": plus(("connection", "")),
    "transfer-encoding": post(("transfer-encoding", "chunked")),
    "transfer-encoding-empty": post(("transfer-encoding", "")),
    "transfer-encoding-identity": post(("transfer-encoding", "identity")),
    "keep-alive": plus(("keep-alive", "timeout=5")),
    "proxy-connection": plus(("proxy-connection", "keep-alive")),
    "upgrade": plus(("upgrade", "websocket")),
    "upgrade-h2c": plus(("upgrade", "h2c")),
    "http2-settings": plus(("http2-settings", "AAMAAABkAAQAAP__")),
    "te-gzip": plus(("te", "gzip")),
    "te-list": plus(("te", "trailers, gzip")),
    "te-chunked": plus(("te", "chunked")),
    "te-empty": plus(("te", "")),
    "te-parameter": plus(("te", "trailers;q=0.5")),
    # pseudo fields
    **{"missing-%s" % name[1:]: without(name) for name in PSEUDO},
    **{"repeated-%s" % name[1:]: sorted(get() + [f for f in get() if f[0] == name]) for name in PSEUDO},
    "repeated-path-differing": [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":path", "/admin"), (":authority", "app.test")],
    "repeated-authority-differing": get() + [(":authority", "evil.test")],
    **{"empty-%s" % name[1:]: [(k, "" if k == name else v) for k, v in get()] for name in PSEUDO[:3]},
    "none-at-all": [("x-a", "1")],
    "empty-section": [],
    "unknown": get() + [(":unknown", "1")],
    "unknown-capital": get() + [(":Method", "GET")],
    "unknown-colon-alone": get() + [(":", "1")],
    "status": get() + [(":status", "200")],
    "late-path": without(":path") + [("x-a", "1"), (":path", "/")],
    "late-authority": without(":authority") + [("x-a", "1"), (":authority", "app.test")],
    "late-method": without(":method") + [("x-a", "1"), (":method", "GET")],
    "late-repeat": get() + [("x-a", "1"), (":path", "/admin")],
    # :path
    **{"path-%s" % label: get(path) for label, path in {
        "relative": "x", "question": "?x", "star-get": "*", "star-more": "*x", "absolute": "http://app.test/", "backslash": "\\x", "authority": "app.test:80",
        "blank": "/a b", "blank-at-end": "/ ", "version": "/ HTTP/1.1", "hash": "/x#y", "nul": "/\0", "control": "/\x01", "del": "/\x7f", "tab": "/a\tb", "cr": "/a\rb",
        "lf": "/a\nb", "crlf": "/ HTTP/1.1\r\nX-A: 1\r\n"}.items()},
    # :method
    **{"method-%s" % label: get(method=method) for label, method in {
        "blank": "GE T", "blank-at-end": "GET ", "colon": "GET:", "at": "G@T", "nul": "G\0T", "crlf": "GET / HTTP/1.1\r\nX-A:", "high-byte": b"G\xc9T", "target": "GET /admin",
        "33-bytes": "M" * 33}.items()},
    # :scheme
    **{"scheme-%s" % label: get(scheme=scheme) for label, scheme in {"ftp": "ftp", "file": "file", "colon": "http:", "blank": "http ", "url": "http://app.test/x?",
                                                                     "crlf": "http\r\nx-a: 1", "ws": "ws"}.items()},
    # :authority, judged as Host
    **{"authority-%s" % label: get(host=host) for label, host in {
        "userinfo": "me@app.test", "password": "me:pw@app.test", "path": "app.test/x", "comma": "app.test,evil.test", "blank": "app.test evil.test", "query": "app.test?x",
        "fragment": "app.test#x", "backslash": "app.test\\x", "port-letters": "app.test:http", "port-too-large": "app.test:65536", "port-minus": "app.test:-1",
        "two-ports": "app.test:80:80", "bracket-open": "[::1", "bracket-close": "::1]", "bracket-empty": "[]", "bracket-name": "[app.test]", "bracket-then-text": "[::1]x",
        "bare-ipv6": "::1", "crlf": "app.test\r\nx-a: 1", "nul": "app.test\0", "tab": "app.test\tx"}.items()},
    "host-differs": plus(("host", "evil.test")),
    "host-differs-in-port": plus(("host", "app.test:81")),
    "host-empty-beside-authority": plus(("host", "")),
    "host-twice": plus(("host", "app.test"), ("host", "evil.test")),
    "host-alone-malformed": plus(("host", "a b"), host=None),
    "host-alone-twice": plus(("host", "app.test"), ("host", "evil.test"), host=None),
    # content-length that no body can satisfy
    **{"length-%s" % label: post(("content-length", value)) for label, value in {
        "without-data": "5", "plus": "+0", "minus": "-0", "minus-5": "-5", "hex": "0x0", "empty": "", "inner-space": "0 0", "19-digits": "0000000000000000000",
        "2-to-64": "18446744073709551616", "quoted": '"0"', "comma": "0,", "list": "0, 0", "letters": "zero", "fraction": "0.0", "underscore": "1_0"}.items()},
    "length-twice-same": post(("content-length", "0"), ("content-length", "0")),
    "length-twice-differing": post(("content-length", "0"), ("content-length", "5")),
    # CONNECT
    "connect": [(":method", "CONNECT"), (":authority", "app.test:443")],
    "connect-with-path": get(method="CONNECT"),
    "connect-without-authority": [(":method", "CONNECT")],
    "protocol-without-connect": get() + [(":protocol", "websocket")],
}


def assert_refused(client, server, stream, before):
    answer = client.answer(stream)
    assert (answer.reset, answer.status, answer.interim) == (PROTOCOL_ERROR, None, []), answer
    assert client.alive() and not client.goaways
    assert server.received() == before
    assert client.ask(target="/after").status == 200


@pytest.mark.parametrize("row", ROWS, ids=["security-4-" + k for k in ROWS])
def test_malformed(client, server, row):
    before = server.received()
    assert_refused(client, server, client.open(ROWS[row]), before)


@pytest.mark.parametrize("row", ["name-capital", "value-crlf", "connection-close", "missing-path", "authority-userinfo", "connect"])
def test_security_4_malformed_also_with_a_body_behind_it(client, server, row):
    before = server.received()
    stream = client.open(ROWS[row], end=False)
    client.send(data(stream, b"x" * 1000), data(stream, b"", end=True))
    assert_refused(client, server, stream, before)


@pytest.mark.parametrize("row", ["name-byte-00", "value-crlf", "repeated-path", "path-blank"])
def test_security_4_malformed_also_in_plain_literals_and_split_over_continuations(client, server, row):
    before = server.received()
    block = b"".join(literal(k, v) for k, v in ROWS[row])
    assert_refused(client, server, client.open(block, room=len(block) // 4 + 1), before)


# -- what is taken -----------------------------------------------------------------------------------------------------------------------
TAKEN = {
    "value-high-bytes": (plus(("x-a", bytes(range(0x80, 0x100)))), ("X-A", bytes(range(0x80, 0x100)).decode("latin1"))),
    "value-tab": (plus(("x-a", "a\tb")), ("X-A", "a\tb")),
    "value-empty": (plus(("x-a", "")), ("X-A", "")),
    "name-token": (plus(("x!#$%&'*+-.^_`|~9", "1")), None),
    "te-trailers": (plus(("te", "trailers")), ("Te", "trailers")),
    "host-equal": (plus(("host", "app.test")), ("Host", "app.test")),
    "host-alone": (plus(("host", "app.test"), host=None), ("Host", "app.test")),
    "authority-port": (get(host="app.test:8080"), ("Host", "app.test:8080")),
    "authority-ipv6": (get(host="[::1]:8080"), ("Host", "[::1]:8080")),
    "pseudo-in-another-order": (list(reversed(get())), ("Host", "app.test")),
    "scheme-https": (get(scheme="https"), None),
    "method-unknown": (get(method="BREW"), None),
    "method-32-bytes": (get(method="M" * 32), None),
    "method-lower-case": (get(method="get"), None),
    "length-zero": (post(("content-length", "0")), None),
    "trailer-announced": (plus(("trailer", "x-t")), None),
    "fields-1000": (plus(*[("x-%d" % i, "1") for i in range(1000)]), None),
    "expect-any-case": (post(("expect", "100-CONTINUE"), ("content-length", "0")), None),
}


@pytest.mark.parametrize("row", TAKEN, ids=["security-4-taken-" + k for k in TAKEN])
def test_taken(client, server, row):
    section, seen = TAKEN[row]
    before = (len(server.requests), len(server.errors))
    assert client.answer(client.open(section)).status == 200
    assert (len(server.requests), len(server.errors)) == (before[0] + 1, before[1])
    request = server.last
    assert request.method == dict(section)[":method"] and request.version == "HTTP/1.1"
    assert len(request.all("host")) == 1 and not any(":" in name for name in request.names())
    assert seen is None or seen in request.fields, request.fields


def test_options_of_the_whole_server_are_answered_here(client, server):
    before = server.received()
    assert client.answer(client.open(get("*", method="OPTIONS"))).status == 200 and server.received() == before


def test_http_services_7_names_are_canonical_towards_http_1(client, server):
    assert client.ask(fields=[("x-some-name", "1"), ("user-agent", "t"), ("accept", "*/*")]).status == 200
    assert {"X-Some-Name", "User-Agent", "Accept"} <= set(server.last.names())


def test_static_config_4_2_forwarding_fields_are_set_anew(client, server):
    assert client.ask(fields=[("x-forwarded-for", "9.9.9.9"), ("x_forwarded_for", "9.9.9.9"), ("x-forwarded-proto", "https")]).status == 200
    assert server.last.all("x-forwarded-for") == ["127.0.0.1"] and server.last.all("x-forwarded-proto") == ["http"]
    assert server.last.all("x-forwarded-host") == ["app.test"] and not server.last.has("x_forwarded_for")


@pytest.mark.parametrize("crumbs", [["a=1"], ["a=1", "b=2", "c=3"], ["a=1; b=2", "c=3"]])
def test_security_4_cookie_crumbs_are_joined(client, server, crumbs):
    assert client.ask(fields=[("cookie", c) for c in crumbs]).status == 200
    assert server.last.all("cookie") == ["; ".join(crumbs)]


def test_security_4_cookie_crumbs_that_are_apart_are_joined_too(client, server):
    assert client.ask(fields=[("cookie", "a=1"), ("x-a", "1"), ("cookie", "b=2")]).status == 200
    assert server.last.all("cookie") == ["a=1; b=2"]


# -- bodies ------------------------------------------------------------------------------------------------------------------------------
BODY_FAULTS = {
    "shorter-than-length": ("10", [b"hello"], None),
    "longer-than-length": ("3", [b"hello"], None),
    "longer-at-once": ("10", [b"hello, world"], None),
    "data-for-length-0": ("0", [b"hello"], None),
    "shorter-then-trailers": ("10", [b"hello"], [("x-t", "1")]),
    "empty-for-a-length": ("10", [b""], None),
    "trailers-with-path": (None, [b"hello"], [(":path", "/admin")]),
    "trailers-with-status": (None, [b"hello"], [(":status", "200")]),
    "trailers-with-late-pseudo": (None, [b"hello"], [("x-t", "1"), (":method", "GET")]),
    "trailers-capital": (None, [b"hello"], [("X-T", "1")]),
    "trailers-crlf": (None, [b"hello"], [("x-t", "1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n")]),
    "trailers-connection": (None, [b"hello"], [("connection", "close")]),
    "trailers-transfer-encoding": (None, [b"hello"], [("transfer-encoding", "chunked")]),
    "trailers-empty-name": (None, [b"hello"], [("", "1")]),
}


@pytest.mark.parametrize("row", BODY_FAULTS, ids=["security-4-body-" + k for k in BODY_FAULTS])
def test_body_fault(client, server, row):
    length, pieces, trailers = BODY_FAULTS[row]
    before = len(server.requests)
    stream = client.new_stream()
    frames = [client.headers(stream, get("/fault", "POST", fields=[("content-length", length)] if length else []), end=False)]
    frames += [data(stream, piece, end=trailers is None and at == len(pieces) - 1) for at, piece in enumerate(pieces)]
    client.send(*frames, client.headers(stream, trailers) if trailers is not None else b"")
    answer = client.answer(stream)
    assert (answer.reset, answer.status) == (PROTOCOL_ERROR, None), answer
    assert client.alive() and not client.goaways
    assert wait_until(lambda: not [c for c in server.open_connections() if c.received.rfind(b"POST /fault") > c.received.rfind(b"GET /after")])
    # More than the length: the server may have had all that was announced when the rest came.
    over = length is not None and sum(map(len, pieces)) > int(length)
    assert len(server.requests) - before in ((0, 1) if over else (0,)) and not server.saw("smuggled")
    assert client.ask(target="/after").status == 200


def test_security_4_a_byte_behind_the_length_is_a_stream_error(client, server):
    """The server may have the whole request by then; its connection is given up all the same."""
    stream = client.open(get("/fault", "POST", fields=[("content-length", "5")]), end=False)
    client.send(data(stream, b"hello"))
    assert client.alive()
    client.send(data(stream, b"!", end=True))
    answer = client.answer(stream)
    assert answer.reset == PROTOCOL_ERROR or (answer.status, answer.ended) == (200, True), answer
    assert client.alive() and client.ask(target="/after").status == 200


def test_rfc_9113_8_1_trailers_without_the_end_are_a_stream_error(client, server):
    before = len(server.requests)
    stream = client.open(get(method="POST"), end=False)
    client.send(data(stream, b"hello"), client.headers(stream, [("x-t", "1")], end=False))
    assert client.answer(stream).reset == PROTOCOL_ERROR and client.alive()
    assert len(server.requests) == before


@pytest.mark.parametrize("length", [True, False], ids=["with-length", "chunked"])
@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 300_000])
def test_bodies_arrive_whole(client, server, length, size):
    body = bytes(i * 7 % 251 for i in range(size))
    answer = client.ask("POST", "/body", [("content-length", str(size))] if length else [], body)
    assert answer.status == 200
    assert server.last.body == body and server.last.framing in (("length", "none") if length else ("chunked", "none"))


def test_security_2_trailers_reach_the_server(client, server):
    forbidden = ["host", "authorization", "cookie", "x-forwarded-for"]
    stream = client.request("POST", body=b"hello", trailers=[("x-kept", "yes"), *[(n, "1") for n in forbidden]])
    assert client.answer(stream).status == 200
    assert (server.last.body, server.last.trailers) == (b"hello", [("X-Kept", "yes")])


def test_padding_is_no_part_of_the_body(client, server):
    stream = client.open(get(method="POST"), end=False)
    client.send(frame(0, 8, stream, b"\x0a" + b"hello" + bytes(10)), frame(0, 9, stream, b"\x04" + bytes(4)))
    assert client.answer(stream).status == 200 and server.last.body == b"hello"


# -- answers -----------------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def says(server):
    """Sets what the server says to /say."""
    def set_answer(answer):
        server.answers["/say"] = answer
    yield set_answer
    server.answers.pop("/say", None)


def then_closes(raw):
    def answer(connection, _):
        connection.send(raw)
        connection.close()
    return answer


def test_response_trailers_reach_the_client(client, says):
    says(b"HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello", trailers=[("X-T", "1"), ("Grpc-Status", "0")]))
    answer = client.ask(target="/say")
    assert (answer.status, answer.body, answer.ended) == (200, b"hello", True)
    assert answer.trailers == [("x-t", "1"), ("grpc-status", "0")] and not answer.has("transfer-encoding")


def test_hop_by_hop_fields_of_an_answer_are_removed(client, says):
    says(reply(body=b"x", fields=[("Connection", "close, X-Private"), ("X-Private", "1"), ("Keep-Alive", "timeout=5"), ("Upgrade", "x"), ("X-Kept", "1"), ("Set-Cookie", "a=1"),
                                  ("Set-Cookie", "b=2")]))
    answer = client.ask(target="/say")
    assert answer.all("x-kept") == ["1"] and answer.all("set-cookie") == ["a=1", "b=2"]
    assert not {"connection", "x-private", "keep-alive", "upgrade"} & {k for k, _ in answer.fields}
    assert client.ask().status == 200


@pytest.mark.parametrize("method, raw, status, length", [
    ("HEAD", reply(fields=[("Content-Length", "1000")], length=False), 200, "1000"),
    ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, None),
    ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nEtag: \"x\"\r\n\r\n", 304, "1000"),
    ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, None),
], ids=["head", "204", "304", "head-chunked"])
def test_answers_without_a_body(client, says, method, raw, status, length):
    says(raw)
    answer = client.ask(method, "/say")
    assert (answer.status, answer.body, answer.ended, answer.reset) == (status, b"", True, None)
    assert answer.get("content-length") in (length, None if status == 304 else length)
    assert client.ask().status == 200


CUTS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
    "in-a-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbegun",
    "bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\nzz\r\n",
}


@pytest.mark.parametrize("row", CUTS, ids=["security-3-" + k for k in CUTS])
def test_a_cut_answer_is_a_reset(client, says, row):
    says(then_closes(CUTS[row]))
    answer = client.ask(target="/say")
    # What was already there may still have been queued: a head without its end says no more than none.
    assert (answer.status in (200, None), answer.ended, answer.reset) == (True, False, INTERNAL_ERROR), answer
    assert client.alive() and not client.goaways and client.ask().status == 200


def test_security_3_an_answer_that_ends_with_the_connection_is_whole(client, says):
    says(then_closes(b"HTTP/1.1 200 OK\r\n\r\nall of it"))
    answer = client.ask(target="/say")
    assert (answer.status, answer.body, answer.ended, answer.reset) == (200, b"all of it", True, None)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A: \x01\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b""])
def test_security_3_a_malformed_answer_is_502(client, says, raw):
    says(then_closes(raw))
    answer = client.ask(target="/say")
    assert (answer.status, answer.ended, answer.body) == (502, True, b"Bad Gateway")
    assert client.ask().status == 200


def test_early_hints_reach_the_client(client, says):
    says(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n" + reply(body=b"x"))
    answer = client.ask(target="/say")
    assert answer.interim == [(103, [("link", "</a.css>")]), (103, [("link", "</b.css>")])]
    assert (answer.status, answer.body) == (200, b"x")


def test_100_continue_comes_when_the_server_says_so():
    heads = []

    def on_head(connection, request):
        if request.has("expect"):
            heads.append(request)
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    with RawServer(on_head=on_head) as server, site({"app": server}) as daemon, H2Client(daemon.port) as client:
        stream = client.request("POST", "/", [("expect", "100-continue"), ("content-length", "5")], end=False)
        assert client.until(lambda: client.answer_of(stream).interim), client.answer_of(stream)
        assert client.answer_of(stream).interim == [(100, [])] and heads
        client.send_body(stream, b"hello")
        assert client.answer(stream).status == 200 and server.last.body == b"hello"
        other = client.ask("POST", "/", [("expect", "200-ok"), ("content-length", "0")])
        assert (other.status, len(server.requests)) == (417, 1)


def test_security_2_a_final_answer_before_the_body_ends_the_stream():
    def on_head(connection, request):
        connection.send(reply(413, b"too much", reason="No"))
        wait_until(lambda: False, 0.3)

    with RawServer(on_head=on_head) as server, site({"app": server}) as daemon, H2Client(daemon.port) as client:
        stream = client.request("POST", "/early", [("content-length", "1000000")], end=False)
        client.send(data(stream, b"begun"))
        answer = client.answer(stream)
        assert (answer.status, answer.body, answer.ended) == (413, b"too much", True), answer
        assert client.until(lambda: answer.reset is not None) and answer.reset == NO_ERROR
        client.send(data(stream, b"still on its way"))
        assert client.alive() and not client.goaways


def test_a_cancelled_request_is_cancelled_at_the_server(client, says, server):
    held = []

    def hold(connection, _):
        held.append(connection)
        connection.wait_end()

    says(hold)
    stream = client.request(target="/say")
    assert client.alive() and wait_until(lambda: held)
    client.send(rst_stream(stream, CANCEL))
    assert wait_until(lambda: held[0].ended is not None)
    assert client.alive() and client.ask().status == 200


# -- limits ------------------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def small(server):
    points = {"web": {"http": {"maxHeaderBytes": 4096, "maxHeaderFields": 100}}}
    with site({"app": server}, entry_points=points) as instance:
        yield instance


OVER = {
    "one-value": [("x-a", "v" * 12000)],
    "many-fields": [("x-%d" % i, "1") for i in range(101)],
    "cookie-crumbs-count": [("cookie", "a=1")] * 101,
}


@pytest.mark.parametrize("end", [True, False], ids=["whole", "with-a-body-to-come"])
@pytest.mark.parametrize("row", OVER, ids=["security-4-" + k for k in OVER])
def test_field_sections_over_the_limits(small, server, row, end):
    before = server.received()
    with H2Client(small.port) as client:
        stream = client.open(plus(*OVER[row], method="GET" if end else "POST"), end=end)
        answer = client.answer(stream)
        assert (answer.status, answer.reset in (None, NO_ERROR)) == (431, True), answer
        if not end:
            assert client.until(lambda: answer.reset is not None) and answer.reset == NO_ERROR
        assert client.alive() and not client.goaways and server.received() == before
        assert client.ask(fields=[("x-a", "v" * 2000)]).status == 200


def test_security_4_a_field_is_charged_64_bytes(server):
    """100 fields of 3 bytes cost 6.7 KB: under 8 KiB with what the section itself needs, and 150 are over 4 KiB and its slack."""
    points = {"web": {"http": {"maxHeaderBytes": 4096}}}
    with site({"app": server}, entry_points=points) as daemon, H2Client(daemon.port) as client:
        assert client.ask(fields=[("x", "1") for _ in range(40)]).status == 200
        assert client.ask(fields=[("x", "1") for _ in range(200)]).status == 431


def test_security_4_four_times_the_limit_ends_the_connection(small, server):
    before = server.received()
    with H2Client(small.port) as client:
        client.ready()
        block = b"".join(literal("x-%d" % i, "v" * 1000) for i in range(130))
        frames = client.headers(client.new_stream(), b"".join(literal(k, v) for k, v in get()) + block)
        client.send_quietly(frames[: -5000])  # the end of the block is still to come
        assert client.end() in (PROTOCOL_ERROR, ENHANCE_YOUR_CALM, COMPRESSION_ERROR)
    assert server.received() == before


def test_a_refused_section_leaves_the_header_table_in_step(small):
    """What a section over the limits put into the table is there for the next one."""
    with H2Client(small.port) as client:
        assert client.ask(fields=[("x-kept", "a" * 40), ("x-a", "v" * 12000)]).status == 431
        answer = client.ask(fields=[("x-kept", "a" * 40)])
        assert answer.status == 200 and ["X-Kept", "a" * 40] in json.loads(answer.body)["fields"]


# -- extended CONNECT (RFC 8441) ---------------------------------------------------------------------------------------------------------
def websocket(path="/echo"):
    return [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path), (":authority", "app.test"), ("sec-websocket-version", "13")]


def test_extended_connect_is_a_stream_error_unless_it_is_offered(client, server):
    if client.settings.get(ENABLE_CONNECT_PROTOCOL):
        server.answers["/echo"] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello"
        stream = client.open(websocket(), end=False)
        assert client.until(lambda: client.answer_of(stream).body == b"hello")
        assert (client.answer_of(stream).status, server.last.method, server.last.get("upgrade")) == (200, "GET", "websocket")
        assert not any(k in ("upgrade", "connection", "sec-websocket-accept") for k, _ in client.answer_of(stream).fields)
        return
    before = server.received()
    stream = client.open(websocket(), end=False)
    assert_refused(client, server, stream, before)


@pytest.mark.parametrize("status, seen", [(200, 502), (204, 502), (302, 302), (403, 403)])
def test_an_upgrade_that_the_server_has_not_made_is_no_2xx(client, server, status, seen):
    server.answers["/plain"] = reply(status, b"" if status == 204 else b"a page", length=status != 204)
    stream = client.open(websocket("/plain"), end=False)
    answer = client.answer(stream)
    assert (answer.status, bytes(answer.body)) == (seen, b"" if status == 204 else b"a page")
    assert client.alive()


def test_security_2_a_websocket_that_is_no_allowed_upgrade_is_refused(server):
    """CONNECT cannot be read without its :protocol, so there is no plain request left that could go on."""
    with site({"app": server}, entry_points={"web": {"http": {"allowedUpgrades": ["chat"]}}}) as daemon, H2Client(daemon.port) as client:
        before = server.received()
        assert client.answer(client.ready().open(websocket(), end=False)).status == 403
        assert client.alive() and server.received() == before


def test_another_protocol_is_never_taken(client, server):
    before = server.received()
    stream = client.open([(k, "connect-udp" if k == ":protocol" else v) for k, v in websocket()], end=False)
    answer = client.answer(stream)
    assert answer.reset == PROTOCOL_ERROR or answer.status in (400, 501), answer
    assert client.alive() and server.received() == before


@pytest.mark.parametrize("crumbs", [False, True], ids=["fields", "crumbs"])
def test_security_5_1001_fields_are_too_many(client, server, crumbs):
    before = server.received()
    fields = [("cookie", "a=1")] * 1001 if crumbs else [("x-%d" % i, "1") for i in range(1001)]
    answer = client.answer(client.open(plus(*fields)))
    assert (answer.status, answer.reset in (None, NO_ERROR)) == (431, True) and server.received() == before
    assert client.ask().status == 200


# -- over TLS ----------------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def tls_daemon(server):
    with tls_site(server) as instance:
        yield instance


@pytest.mark.parametrize("row", ROWS, ids=["security-4-" + k for k in ROWS])
def test_malformed_over_tls(tls_daemon, server, row):
    before = server.received()
    with H2Client(tls_daemon.port, tls=True) as client:
        assert_refused(client, server, client.ready().open(ROWS[row]), before)


def test_the_same_over_tls(server):
    with tls_site(server) as daemon, H2Client(daemon.port, tls=True) as client:
        before = server.received()
        assert client.answer(client.open(ROWS["value-crlf"])).reset == PROTOCOL_ERROR and server.received() == before
        answer = client.ask("POST", "/x", body=b"hello", trailers=[("x-t", "1")])
        facts = json.loads(answer.body)
        assert (answer.status, facts["body"], facts["trailers"]) == (200, "hello", [["X-T", "1"]])
        assert ["X-Forwarded-Proto", "https"] in facts["fields"] and [f for f in client.frames if f.type == HEADERS]
