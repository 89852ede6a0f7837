# SPDX-License-Identifier: MIT
"""Answers of a server that are refused or cut: security.md section 3, row by row; status codes with decision 2 (502, never 500)."""
import pytest

from lib.client import chunked
from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.h2wire import INTERNAL_ERROR
from lib.server import RawServer, reply
from lib.wait import wait_until
from lib.wire import Cut

pytestmark = over_both


def ok(*lines, body=b"hello", length=True):
    fields = list(lines) + ([b"Content-Length: %d" % len(body)] if length else [])
    return b"HTTP/1.1 200 OK\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body


def status_line(text):
    return text + b"\r\nContent-Length: 5\r\n\r\nhello"


CHUNKED = b"Transfer-Encoding: chunked"

BAD = {
    # status line
    "status-two-digits": status_line(b"HTTP/1.1 20 OK"),
    "status-four-digits": status_line(b"HTTP/1.1 2000 OK"),
    "status-letters": status_line(b"HTTP/1.1 abc OK"),
    "status-empty": status_line(b"HTTP/1.1  OK"),
    "status-minus": status_line(b"HTTP/1.1 -20 OK"),
    "status-099": status_line(b"HTTP/1.1 099 OK"),
    "status-000": status_line(b"HTTP/1.1 000 OK"),
    "status-double-space": status_line(b"HTTP/1.1  200 OK"),
    "status-tab": status_line(b"HTTP/1.1\t200 OK"),
    "version-2.0": status_line(b"HTTP/2.0 200 OK"),
    "version-0.9": status_line(b"HTTP/0.9 200 OK"),
    "version-lower-case": status_line(b"http/1.1 200 OK"),
    "version-name": status_line(b"ICY 200 OK"),
    "version-none": status_line(b"200 OK"),
    "reason-control": status_line(b"HTTP/1.1 200 O\x01K"),
    "reason-nul": status_line(b"HTTP/1.1 200 O\0K"),
    "reason-cr": status_line(b"HTTP/1.1 200 O\rK"),
    "no-status-line": b"hello, this is no HTTP\r\n\r\n",
    **{"status-line-" + k: status_line(v) for k, v in {
        "no-blank-behind-code": b"HTTP/1.1 200OK", "tab-behind-code": b"HTTP/1.1 200\tOK", "plus": b"HTTP/1.1 +20 OK", "exponent": b"HTTP/1.1 2e2 OK", "nul-in-code": b"HTTP/1.1 20\0 OK",
        "blank-before": b" HTTP/1.1 200 OK", "empty-line-before": b"\r\nHTTP/1.1 200 OK", "version-11": b"HTTP/11 200 OK", "version-1.10": b"HTTP/1.10 200 OK", "version-1.": b"HTTP/1. 200 OK",
        "version-3.0": b"HTTP/3.0 200 OK", "request-line": b"GET / HTTP/1.1", "byte-order-mark": b"\xef\xbb\xbfHTTP/1.1 200 OK", "no-code": b"HTTP/1.1", "del-in-reason": b"HTTP/1.1 200 O\x7fK",
        "lf-in-reason": b"HTTP/1.1 200 O\nK", "cr-behind-code": b"HTTP/1.1 200\rOK", "reason-over-256-KiB": b"HTTP/1.1 200 " + b"x" * 300000}.items()},
    "binary": bytes(range(256)),
    # fields
    "name-blank-before-colon": ok(b"X-A : 1"),
    "name-empty": ok(b": 1"),
    "no-colon": ok(b"X-A"),
    "name-not-token": ok(b"X(A: 1"),
    "name-high-byte": ok(b"X\xe9A: 1"),
    "fold": ok(b"X-A: 1", b" 2"),
    "fold-first": ok(b" X-A: 1"),
    "value-nul": ok(b"X-A: a\0b"),
    "value-control": ok(b"X-A: a\x01b"),
    "value-cr": ok(b"X-A: a\rb"),
    "value-del": ok(b"X-A: a\x7fb"),
    **{"value-byte-%02x" % b: ok(b"X-A: a" + bytes([b]) + b"b") for b in (*range(1, 9), *range(11, 32))},
    **{"name-byte-%02x" % b: ok(b"X" + bytes([b]) + b"A: 1") for b in b' ",/;<=>?@[\\]{}\0\x01\x7f'},
    "fold-tab": ok(b"X-A: 1", b"\t2"),
    "fold-of-length": ok(b"Content-Length:\r\n 5", length=False),
    "fold-blank-line": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n \r\n\r\nhello",
    "lf-as-empty-line": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello",
    "cr-before-last-line-end": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\r\nhello",
    "cr-for-line-ends": b"HTTP/1.1 200 OK\rContent-Length: 5\r\rhello",
    "lf-line-ends": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    "lf-after-field": b"HTTP/1.1 200 OK\r\nX-A: 1\nContent-Length: 5\r\n\r\nhello",
    # framing
    "both-framings": ok(CHUNKED, b"Content-Length: 5", body=chunked(b"hello"), length=False),
    "both-framings-reversed": ok(b"Content-Length: 5", CHUNKED, body=chunked(b"hello"), length=False),
    "two-lengths": ok(b"Content-Length: 5", b"Content-Length: 6", length=False),
    "two-lengths-same": ok(b"Content-Length: 5", b"Content-Length: 5", length=False),
    "length-list": ok(b"Content-Length: 5, 5", length=False),
    "length-plus": ok(b"Content-Length: +5", length=False),
    "length-minus": ok(b"Content-Length: -5", length=False),
    "length-hex": ok(b"Content-Length: 0x5", length=False),
    "length-empty": ok(b"Content-Length:", length=False),
    "length-letters": ok(b"Content-Length: five", length=False),
    "length-19-digits": ok(b"Content-Length: 1000000000000000005", length=False),
    **{"length-" + k: ok(b"Content-Length: " + v, length=False) for k, v in {
        "two-words": b"5 5", "nul": b"5\0", "blank": b" ", "semicolon": b"5;", "quoted": b'"5"', "fraction": b"5.0", "exponent": b"5e0", "underscore": b"1_0", "comma": b"5,",
        "2-to-64-plus-5": b"18446744073709551621", "2-to-63": b"9223372036854775808", "arabic-digit": b"\xd9\xa5", "vertical-tab": b"\x0b5"}.items()},
    "length-twice-apart": ok(b"content-length: 5", b"X-A: 1", b"CONTENT-LENGTH: 5", length=False),
    "length-blank-before-colon": ok(b"Content-Length : 5", length=False),
    **{"coding-" + k: ok(b"Transfer-Encoding: " + v, body=chunked(b"hello"), length=False) for k, v in {
        "parameter": b"chunked;q=1", "comma-behind": b"chunked,", "comma-before": b",chunked", "then-identity": b"chunked, identity", "identity-then": b"identity, chunked",
        "prefix-of-name": b"xchunked", "form-feed": b"\x0cchunked", "nul": b"chunked\0", "quoted": b'"chunked"', "two-words": b"chunked chunked"}.items()},
    "coding-empty-first": ok(b"Transfer-Encoding:", CHUNKED, body=chunked(b"hello"), length=False),
    "coding-blank-before-colon": ok(b"Transfer-Encoding : chunked", body=chunked(b"hello"), length=False),
    "coding-unknown-and-length": ok(b"Transfer-Encoding: gzip"),
    "both-framings-of-204": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n" + CHUNKED + b"\r\n\r\n",
    "both-framings-of-304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n" + CHUNKED + b"\r\n\r\n",
    "two-lengths-of-304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "coding-unknown": ok(b"Transfer-Encoding: gzip", length=False),
    "coding-identity": ok(b"Transfer-Encoding: identity", length=False),
    "coding-list": ok(b"Transfer-Encoding: gzip, chunked", body=chunked(b"hello"), length=False),
    "coding-repeated": ok(CHUNKED, CHUNKED, body=chunked(b"hello"), length=False),
    "coding-empty": ok(b"Transfer-Encoding:", body=chunked(b"hello"), length=False),
    "coding-in-1.0": b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n\r\n" + chunked(b"hello"),
    # size
    "head-over-256-KiB": ok(*[b"X-%d: " % i + b"v" * 8000 for i in range(40)]),
    "one-field-over-256-KiB": ok(b"X-A: " + b"v" * 300000),
    "fields-over-1000": ok(*[b"X-%d: 1" % i for i in range(1005)]),
    # 1xx
    "101-not-asked-for": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "21-interim-answers": b"HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" * 21 + ok(),
    "interim-malformed": b"HTTP/1.1 103 Early Hints\r\nX-A : 1\r\n\r\n" + ok(),
    "interim-control": b"HTTP/1.1 103 Early Hints\r\nLink: \x01\r\n\r\n" + ok(),
    "interim-lf": b"HTTP/1.1 103 Early Hints\n\n" + ok(),
    "21-continues": b"HTTP/1.1 100 Continue\r\n\r\n" * 21 + ok(),
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}) as instance:
        yield instance


@pytest.mark.parametrize("row", BAD, ids=["security-3-" + k for k in BAD])
def test_bad_answer_is_502(daemon, server, row):
    server.answers["/" + row], before = BAD[row], len(server.requests)
    with connect(daemon.port) as client:
        answer = client.ask(target="/" + row)
        assert answer.status == 502, answer.head
        assert b"hello" not in answer.body and not answer.has("x-a")
        connection = server.last.connection
        assert wait_until(lambda: connection.closed), "the connection to the server is kept"
        if not answer.closes:
            assert client.ask(target="/next").status == 200
    assert server.targets()[before:].count("/" + row) == 1


@pytest.mark.parametrize("row", ["both-framings", "value-nul", "lf-line-ends", "21-interim-answers"])
def test_security_3_bad_answer_is_502_also_when_it_comes_byte_by_byte(daemon, server, row):
    server.answers["/slow-" + row] = lambda c, r: c.send_slowly(BAD[row], 1, 0.0005)
    assert ask(daemon.port, target="/slow-" + row).status == 502


def closing(data=b""):
    return lambda c, r: (c.send(data), c.close()) and None


def resetting(data=b""):
    return lambda c, r: (c.send(data), c.reset()) and None


NOTHING = {
    "close-before-any-byte": closing(),
    "reset-before-any-byte": resetting(),
    "close-inside-status-line": closing(b"HTTP/1.1 20"),
    "close-inside-fields": closing(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "close-before-empty-line": closing(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"),
    "reset-inside-fields": resetting(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "close-after-interim": closing(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("row", NOTHING, ids=["security-3-" + k for k in NOTHING])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_complete_head_is_502(row, method):
    with RawServer(default=NOTHING[row]) as server, site({"app": server}) as daemon:
        answer = ask(daemon.port, method, body=b"x" if method == "POST" else None)
        assert answer.status == 502
        assert len(server.requests) == 1, "a request on a fresh connection was sent again"


CUT = {
    "length-then-close": closing(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
    "length-then-reset": resetting(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
    "chunked-then-close": closing(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    "chunked-inside-chunk": closing(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhello"),
    "chunked-before-final-crlf": closing(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
    "chunked-then-reset": resetting(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    "chunk-size-malformed": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
    "chunk-size-too-large": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nffffffffffffffff\r\n",
    "chunk-not-followed-by-crlf": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    "chunk-lf": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
    "trailer-malformed": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T : 1\r\n\r\n",
    **{"chunks-" + k: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + v for k, v in {
        "size-blank": b"5 \r\nhello\r\n0\r\n\r\n", "size-0x": b"0x5\r\nhello\r\n0\r\n\r\n", "size-plus": b"+5\r\nhello\r\n0\r\n\r\n", "size-17-digits": b"00000000000000005\r\nhello\r\n0\r\n\r\n",
        "size-lf": b"5\nhello\r\n0\r\n\r\n", "size-cr": b"5\rhello\r\n0\r\n\r\n", "size-empty": b"\r\nhello\r\n0\r\n\r\n", "extension-over-256-bytes": b"5;a=" + b"x" * 300 + b"\r\nhello\r\n0\r\n\r\n",
        "end-lf": b"0\r\n\n", "last-chunk-lf": b"0\n\r\n", "trailer-lf": b"0\r\nX-T: 1\n\r\n", "trailer-nul": b"0\r\nX-T: \0\r\n\r\n", "trailer-folded": b"0\r\nX-T: 1\r\n 2\r\n\r\n",
        "trailers-over-1000": b"0\r\n" + b"".join(b"X-%d: 1\r\n" % i for i in range(1100)) + b"\r\n",
        "trailer-over-256-KiB": b"0\r\nX-T: " + b"v" * 300000 + b"\r\n\r\n"}.items()},
}


@pytest.mark.parametrize("row", CUT, ids=["security-3-cut-" + k for k in CUT])
def test_the_client_sees_a_cut(daemon, server, row, spoken):
    server.answers["/" + row] = CUT[row]
    with connect(daemon.port) as client:
        client.request(target="/" + row)
        try:
            answer = client.response()
        except Cut:
            if spoken == "h1":
                assert client.ended is not None
            else:
                assert client.h2.answer_of(1).reset == INTERNAL_ERROR and client.ask(target="/next").status == 200
            return
        assert answer.status == 502, "delivered as complete: %r" % answer.body


def test_security_3_close_delimited_then_reset_is_a_cut(daemon, server, spoken):
    def answer(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        wait_until(lambda: False, 0.2)
        connection.reset()

    server.answers["/reset-delimited"] = answer
    with connect(daemon.port) as client:
        client.request(target="/reset-delimited")
        with pytest.raises(Cut):
            client.response()
    if spoken == "h1":
        with connect(daemon.port) as client:  # to a 1.0 client the end is the only mark, so a cut must be a reset
            client.request(target="/reset-delimited", version="HTTP/1.0")
            client.response()
            assert client.ended == "reset"


@pytest.mark.parametrize("version, framing", [("HTTP/1.1", "chunked"), pytest.param("HTTP/1.0", "close", marks=h1_only("HTTP/1.0"))])
def test_security_3_close_delimited_ends_clean_on_fin(daemon, server, version, framing, spoken):
    server.answers["/delimited"] = closing(b"HTTP/1.1 200 OK\r\n\r\nhello")
    with connect(daemon.port) as client:
        answer = client.ask(target="/delimited", version=version)
        assert (answer.status, answer.body, answer.framing) == (200, b"hello", framing if spoken == "h1" else "none")
        if version == "HTTP/1.1":
            assert client.ask(target="/next").status == 200


# -- interim answers -----------------------------------------------------------------------------------------------------
def test_security_3_up_to_20_interim_answers_pass(daemon, server):
    server.answers["/hints"] = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 20 + ok()
    answer = ask(daemon.port, target="/hints")
    assert (answer.status, len(answer.interim)) == (200, 20)
    assert {(i.status, i.get("link")) for i in answer.interim} == {(103, "</a>")}


def test_security_3_interim_102_passes_and_1_0_clients_get_none(daemon, server, spoken):
    server.answers["/processing"] = b"HTTP/1.1 102 Processing\r\n\r\n" + ok()
    assert [i.status for i in ask(daemon.port, target="/processing").interim] == [102]
    if spoken == "h1":
        assert ask(daemon.port, target="/processing", version="HTTP/1.0").interim == []


# -- bodies where there is none ------------------------------------------------------------------------------------------
NO_BODY = {
    "head": ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    "204": ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
    "204-chunked": ("GET", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello")),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"),
    "304-chunked": ("GET", b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello")),
    "head-chunked": ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello")),
    "head-without-framing": ("HEAD", b"HTTP/1.1 200 OK\r\n\r\nhello"),
}


@pytest.mark.parametrize("row", NO_BODY, ids=["security-3-no-body-" + k for k in NO_BODY])
def test_a_body_where_there_is_none_is_not_read_as_one(daemon, server, row):
    method, data = NO_BODY[row]
    server.answers["/" + row] = data
    with connect(daemon.port) as client:
        answer = client.ask(method, "/" + row)
        if answer.status == 502:  # the surplus was seen together with the head
            return
        assert answer.status == int(data[9:12]) and answer.body == b""
        connection = server.last.connection
        following = client.ask(target="/after")
        assert following.status == 200 and b"/after" in following.body
        assert server.last.connection is not connection, "the connection was used again"


def test_security_3_bytes_after_the_end_are_dropped_with_their_connection(daemon, server):
    server.answers["/extra"] = ok() + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    with connect(daemon.port) as client:
        assert client.ask(target="/extra").body == b"hello"
        connection = server.last.connection
        assert b"/after" in client.ask(target="/after").body
        assert server.last.connection is not connection
        assert wait_until(lambda: connection.closed)


def test_security_3_bytes_on_an_idle_pooled_connection_destroy_it(daemon, server):
    with connect(daemon.port) as client:
        assert client.ask(target="/one").status == 200
        connection = server.last.connection
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        assert wait_until(lambda: connection.closed), "an idle connection that spoke is kept"
        assert b"/two" in client.ask(target="/two").body


# -- what passes and what is dropped -------------------------------------------------------------------------------------
def test_security_3_fields_that_pass(daemon, server):
    fields = [("Alt-Svc", 'h2=":443"'), ("Strict-Transport-Security", "max-age=1"), ("Server", "x/1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    server.answers["/pass"] = reply(200, b"hello", fields)
    answer = ask(daemon.port, target="/pass")
    names = [n.lower() for n, _ in fields]
    assert [(n.lower(), v) for n, v in answer.fields if n.lower() in names] == [(n.lower(), v) for n, v in fields]


def test_security_3_hop_by_hop_fields_are_dropped(daemon, server):
    dropped = ["X-Named", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Upgrade"]
    server.answers["/hop"] = reply(200, b"hello", [("Connection", "X-Named, keep-alive")] + [(n, "x") for n in dropped] + [("X-Kept", "1")])
    answer = ask(daemon.port, target="/hop")
    assert answer.get("x-kept") == "1"
    assert [n for n in dropped if answer.has(n)] == []


@pytest.mark.parametrize("line", [b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.1 200 \xe9\xff", b"HTTP/1.1 200 a\tb", b"HTTP/1.0 200 OK"])
def test_security_3_status_lines_that_pass(daemon, server, line):
    server.answers["/line"] = status_line(line)
    answer = ask(daemon.port, target="/line")
    assert (answer.status, answer.body) == (200, b"hello")


@pytest.mark.parametrize("head", [b"Transfer-Encoding: gzip", b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: x", b"Content-Length: 5\r\nTransfer-Encoding: chunked"])
def test_security_3_framing_is_judged_in_answers_to_head_too(daemon, server, head):
    server.answers["/head"] = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n"
    assert ask(daemon.port, "HEAD", "/head").status == 502


def test_security_2_forbidden_trailers_of_an_answer_are_dropped(daemon, server, spoken):
    trailers = [(name, "1") for name in ("Content-Length", "Transfer-Encoding", "Set-Cookie", "Connection", "X-Forwarded-For", "Content_Length")]
    server.answers["/trailers"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello", trailers=[*trailers, ("X-T", "1")])
    answer = ask(daemon.port, target="/trailers")
    assert [(name.lower(), value) for name, value in answer.trailers] == [("x-t", "1")]


def test_security_3_reason_and_unknown_codes_pass(daemon, server):
    server.answers["/teapot"] = b"HTTP/1.1 299 Quite Fine\r\nContent-Length: 0\r\n\r\n"
    answer = ask(daemon.port, target="/teapot")
    assert answer.status == 299


def test_http_services_7_answer_longer_than_its_length_is_cut_at_its_length(daemon, server):
    server.answers["/long"] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more"
    assert ask(daemon.port, target="/long").body == b"hello"


def test_security_3_answer_head_byte_by_byte(daemon, server):
    server.answers["/drip"] = lambda c, r: c.send_slowly(b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok(CHUNKED, body=chunked(b"hel", b"lo"), length=False), 1, 0.001)
    assert ask(daemon.port, target="/drip").body == b"hello"
