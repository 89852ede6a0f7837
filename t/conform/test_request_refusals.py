# SPDX-License-Identifier: MIT
"""HTTP/1 requests that are refused: security.md section 2, row by row.

A refusal is one complete answer with `Connection: close`, no byte to a server, and nothing of the connection parsed after
it: each row is followed by a second, valid request that must never be answered.
"""
import time

import pytest

from lib.client import RawClient, chunked, head
from lib.daemon import site
from lib.either import ask, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer
from lib.wait import SLOW, wait_until



def following(row):
    """A valid request behind the refused one; its target is the row's own."""
    return b"GET /smuggled-%s HTTP/1.1\r\nHost: app.test\r\n\r\n" % row.encode()


def fields(*lines, method=b"POST", version=b"HTTP/1.1"):
    """A head with these raw field lines."""
    return method + b" / " + version + b"\r\nHost: app.test\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def line(text):
    """A head with this raw request line."""
    return text + b"\r\nHost: app.test\r\n\r\n"


def hosts(*values):
    return b"GET / HTTP/1.1\r\n" + b"".join(b"Host:" + v + b"\r\n" for v in values) + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked"
BODY = b"5\r\nhello\r\n0\r\n\r\n"

ROWS = {
    # Content-Length and Transfer-Encoding together
    "length-then-coding": (fields(b"Content-Length: 5", CHUNKED) + BODY, 400),
    "coding-then-length": (fields(CHUNKED, b"Content-Length: 5") + BODY, 400),
    "bad-length-and-coding": (fields(b"Content-Length: x", CHUNKED) + BODY, 400),
    "length-and-bad-coding": (fields(b"Content-Length: 5", b"Transfer-Encoding: gzip") + b"hello", 400),
    "zero-length-and-coding": (fields(b"Content-Length: 0", CHUNKED) + BODY, 400),
    # several lengths
    "length-twice-same": (fields(b"Content-Length: 5", b"Content-Length: 5") + b"hello", 400),
    "length-twice-differing": (fields(b"Content-Length: 5", b"Content-Length: 6") + b"hello!", 400),
    "length-list-same": (fields(b"Content-Length: 5, 5") + b"hello", 400),
    "length-list-differing": (fields(b"Content-Length: 5, 6") + b"hello!", 400),
    # a malformed length
    "length-plus": (fields(b"Content-Length: +5") + b"hello", 400),
    "length-minus": (fields(b"Content-Length: -5"), 400),
    "length-minus-zero": (fields(b"Content-Length: -0"), 400),
    "length-hex": (fields(b"Content-Length: 0x5") + b"hello", 400),
    "length-empty": (fields(b"Content-Length:"), 400),
    "length-blank": (fields(b"Content-Length:  \t "), 400),
    "length-inner-space": (fields(b"Content-Length: 1 5") + b"hello", 400),
    "length-19-digits": (fields(b"Content-Length: 1000000000000000000"), 400),
    "length-2-to-64": (fields(b"Content-Length: 18446744073709551616"), 400),
    "length-2-to-64-plus-5": (fields(b"Content-Length: 18446744073709551621") + b"hello", 400),
    "length-nul": (fields(b"Content-Length: 5\0") + b"hello", 400),
    "length-quoted": (fields(b'Content-Length: "5"') + b"hello", 400),
    "length-comma": (fields(b"Content-Length: 5,") + b"hello", 400),
    "length-letters": (fields(b"Content-Length: five") + b"hello", 400),
    "length-fraction": (fields(b"Content-Length: 5.0") + b"hello", 400),
    "length-exponent": (fields(b"Content-Length: 5e0") + b"hello", 400),
    **{"length-" + k: (fields(b"Content-Length: " + v) + b"hello", 400) for k, v in {
        "two-words": b"5 5", "parameter": b"5;5", "arabic-digit": b"\xd9\xa5", "vertical-tab": b"5\x0b", "form-feed": b"\x0c5", "leading-comma": b",5", "empty-then-5": b", 5",
        "20-digits": b"00000000000000000005", "next-line": b"5\x85", "no-break-space": b"\xa05", "minus-twice": b"--5", "apostrophes": b"'5'", "binary": b"0b101",
        "underscore": b"1_000", "escape": b"%35", "infinite": b"Inf"}.items()},
    "length-twice-apart": (fields(b"Content-Length: 5", b"X-A: 1", b"content-LENGTH: 5") + b"hello", 400),
    "length-empty-then-good": (fields(b"Content-Length:", b"Content-Length: 5") + b"hello", 400),
    "length-twice-in-1.0": (fields(b"Content-Length: 5", b"Content-Length: 5", version=b"HTTP/1.0") + b"hello", 400),
    "length-twice-in-get": (fields(b"Content-Length: 0", b"Content-Length: 0", method=b"GET"), 400),
    "length-folded": (fields(b"Content-Length: 5", b" 6") + b"hello!", 400),
    # Transfer-Encoding
    "coding-unknown": (fields(b"Transfer-Encoding: gzip"), 501),
    "coding-identity": (fields(b"Transfer-Encoding: identity"), 501),
    "coding-prefix-of-name": (fields(b"Transfer-Encoding: xchunked") + BODY, 501),
    "coding-longer-name": (fields(b"Transfer-Encoding: chunkedx") + BODY, 501),
    "coding-list": (fields(b"Transfer-Encoding: gzip, chunked") + BODY, 400),
    "coding-list-reversed": (fields(b"Transfer-Encoding: chunked, gzip") + BODY, 400),
    "coding-list-repeat": (fields(b"Transfer-Encoding: chunked, chunked") + BODY, 400),
    "coding-list-empty-word": (fields(b"Transfer-Encoding: ,chunked") + BODY, 400),
    "coding-two-fields": (fields(CHUNKED, CHUNKED) + BODY, 400),
    "coding-two-fields-identity": (fields(b"Transfer-Encoding: identity", CHUNKED) + BODY, 400),
    "coding-parameter": (fields(b"Transfer-Encoding: chunked;q=1") + BODY, 400),
    "coding-quoted": (fields(b'Transfer-Encoding: "chunked"') + BODY, 400),
    "coding-empty": (fields(b"Transfer-Encoding:") + BODY, 400),
    "coding-vertical-tab": (fields(b"Transfer-Encoding: \x0bchunked") + BODY, 400),
    "coding-nul": (fields(b"Transfer-Encoding: chunked\0") + BODY, 400),
    "coding-folded": (fields(b"Transfer-Encoding:\r\n chunked") + BODY, 400),
    "coding-in-1.0": (fields(CHUNKED, version=b"HTTP/1.0") + BODY, 400),
    "unknown-coding-in-1.0": (fields(b"Transfer-Encoding: gzip", version=b"HTTP/1.0") + BODY, 400),
    "coding-in-1.0-kept": (fields(CHUNKED, b"Connection: keep-alive", version=b"HTTP/1.0") + BODY, 400),
    **{"coding-" + k: (fields(b"Transfer-Encoding: " + v) + BODY, 400) for k, v in {
        "form-feed": b"\x0cchunked", "comma-behind": b"chunked,", "semicolon-behind": b"chunked;", "inner-space": b"chu nked", "two-words": b"chunked chunked",
        "no-break-space": b"chunked\xa0", "cr-behind": b"chunked\r", "two-unknown": b"gzip, deflate", "unknown-parameter": b"gzip;q=1", "commas": b", ,"}.items()},
    **{"coding-%s-alone" % k: (fields(b"Transfer-Encoding: " + k.encode()) + BODY, 501) for k in ("deflate", "compress", "br", "c", "chunke", "trailers")},
    "coding-unknown-twice": (fields(b"Transfer-Encoding: gzip", b"Transfer-Encoding: gzip") + BODY, 400),
    "coding-then-empty": (fields(CHUNKED, b"Transfer-Encoding:") + BODY, 400),
    "coding-empty-first": (fields(b"Transfer-Encoding:", CHUNKED) + BODY, 400),
    "coding-named-by-connection": (fields(CHUNKED, b"Connection: Transfer-Encoding", b"Content-Length: 5") + BODY, 400),
    "length-named-by-connection": (fields(b"Connection: Content-Length", b"Content-Length: 5", CHUNKED) + BODY, 400),
    # field lines
    "name-blank-before-colon": (fields(b"X-A : 1"), 400),
    "name-tab-before-colon": (fields(b"X-A\t: 1"), 400),
    "length-blank-before-colon": (fields(b"Content-Length : 5") + b"hello", 400),
    "coding-blank-before-colon": (fields(b"Transfer-Encoding : chunked") + BODY, 400),
    "name-empty": (fields(b": 1"), 400),
    "no-colon": (fields(b"X-A"), 400),
    "name-parenthesis": (fields(b"X(A: 1"), 400),
    "name-slash": (fields(b"X/A: 1"), 400),
    "name-at": (fields(b"X@A: 1"), 400),
    "name-quote": (fields(b'X"A: 1'), 400),
    "name-inner-space": (fields(b"X A: 1"), 400),
    "name-control": (fields(b"X\x01A: 1"), 400),
    "name-nul": (fields(b"X\0A: 1"), 400),
    "name-del": (fields(b"X\x7fA: 1"), 400),
    "name-high-byte": (fields(b"X\xe9A: 1"), 400),
    **{"name-byte-%02x" % b: (fields(b"X" + bytes([b]) + b"A: 1", method=b"GET"), 400) for b in b',;<=>?[\\]{}\x0b\x85'},
    "name-byte-order-mark": (fields(b"\xef\xbb\xbfX: 1", method=b"GET"), 400),
    # folding
    "fold-space": (fields(b"X-A: 1", b" 2"), 400),
    "fold-tab": (fields(b"X-A: 1", b"\t2"), 400),
    "fold-after-request-line": (b"GET / HTTP/1.1\r\n X-A: 1\r\nHost: app.test\r\n\r\n", 400),
    "fold-blank-line": (fields(b"X-A: 1", b" "), 400),
    "fold-of-host": (b"GET / HTTP/1.1\r\nHost:\r\n app.test\r\n\r\n", 400),
    "fold-before-host": (b"GET / HTTP/1.1\r\n\tHost: app.test\r\n\r\n", 400),
    # control bytes in a value
    **{"value-byte-%02x" % b: (fields(b"X-A: a" + bytes([b]) + b"b"), 400) for b in (*range(0, 9), *range(11, 32), 127)},
    "value-control-at-end": (fields(b"X-A: a\x01"), 400),
    # bare LF, bare CR
    "lf-after-request-line": (b"GET / HTTP/1.1\nHost: app.test\r\n\r\n", 400),
    "lf-after-field": (b"GET / HTTP/1.1\r\nHost: app.test\nX-A: 1\r\n\r\n", 400),
    "lf-as-empty-line": (b"GET / HTTP/1.1\r\nHost: app.test\r\n\n", 400),
    "lf-everywhere": (b"GET / HTTP/1.1\nHost: app.test\n\n", 400),
    "cr-in-value": (fields(b"X-A: a\rb"), 400),
    "cr-as-line-end": (b"GET / HTTP/1.1\r\nHost: app.test\rX-A: 1\r\n\r\n", 400),
    "cr-cr-lf": (b"GET / HTTP/1.1\r\nHost: app.test\r\r\n\r\n", 400),
    "cr-in-request-line": (b"GET /\rHTTP/1.1 HTTP/1.1\r\nHost: app.test\r\n\r\n", 400),
    "lf-before-request": (b"\nGET / HTTP/1.1\r\nHost: app.test\r\n\r\n", 400),
    "lf-behind-empty-line": (b"\r\n\nGET / HTTP/1.1\r\nHost: app.test\r\n\r\n", 400),
    "lf-cr": (b"GET / HTTP/1.1\n\rHost: app.test\n\r\n\r", 400),
    "cr-before-last-line-end": (b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\r\n", 400),
    "cr-for-line-ends": (b"GET / HTTP/1.1\rHost: app.test\r\r", 400),
    "cr-before-request": (b"\rGET / HTTP/1.1\r\nHost: app.test\r\n\r\n", 400),
    "blank-line-before-request": (b" \r\nGET / HTTP/1.1\r\nHost: app.test\r\n\r\n", 400),
    "three-empty-lines": (b"\r\n" * 3 + line(b"GET / HTTP/1.1"), 400),
    # request line
    "line-tab": (line(b"GET\t/ HTTP/1.1"), 400),
    "line-tab-before-version": (line(b"GET /\tHTTP/1.1"), 400),
    "line-double-space": (line(b"GET  / HTTP/1.1"), 400),
    "line-double-space-before-version": (line(b"GET /  HTTP/1.1"), 400),
    "line-trailing-space": (line(b"GET / HTTP/1.1 "), 400),
    "line-leading-space": (line(b" GET / HTTP/1.1"), 400),
    "line-no-version": (line(b"GET /"), 400),
    "line-no-target": (line(b"GET HTTP/1.1"), 400),
    "line-four-words": (line(b"GET / / HTTP/1.1"), 400),
    "version-lower-case": (line(b"GET / http/1.1"), 400),
    "version-1.2": (line(b"GET / HTTP/1.2"), 400),
    "version-1.9": (line(b"GET / HTTP/1.9"), 400),
    "version-1.10": (line(b"GET / HTTP/1.10"), 400),
    "version-1.": (line(b"GET / HTTP/1."), 400),
    "version-11": (line(b"GET / HTTP/11"), 400),
    "version-1,1": (line(b"GET / HTTP/1,1"), 400),
    "version-name": (line(b"GET / HTTPS/1.1"), 400),
    "version-2.0": (line(b"GET / HTTP/2.0"), 505),
    "version-3.0": (line(b"GET / HTTP/3.0"), 505),
    "version-0.9": (line(b"GET / HTTP/0.9"), (400, 505)),
    **{"version-" + k.decode("latin1"): (line(b"GET / " + k), 400) for k in (
        b"HTTP/1.1x", b"HTTP/01.1", b"HTTP/1.01", b"HTTP/ 1.1", b"HTTP /1.1", b"HTTP/-1.1", b"HTTP/+1.1", b"HTTP/1.1.1", b"HTTP/1.x", b"HTTP/2", b"HTTP/", b"Http/1.1", b"HTTP\\1.1",
        b"SIP/2.0", b"XHTTP/1.1")},
    "version-2.1": (line(b"GET / HTTP/2.1"), 505),
    "version-9.9": (line(b"GET / HTTP/9.9"), 505),
    "http-0.9": (b"GET /\r\n", 400),
    # method
    "method-at": (line(b"G@T / HTTP/1.1"), 400),
    "method-colon": (line(b"GET: / HTTP/1.1"), 400),
    "method-high-byte": (line(b"G\xc9T / HTTP/1.1"), 400),
    "method-nul": (line(b"G\0T / HTTP/1.1"), 400),
    "method-33-bytes": (line(b"M" * 33 + b" / HTTP/1.1"), 400),
    "method-empty": (line(b" / HTTP/1.1"), 400),
    **{"method-byte-%02x" % b: (line(b"G" + bytes([b]) + b"T / HTTP/1.1"), 400) for b in b'"(),/;<=>?[\\]{}\x01\x7f'},
    "method-long": (line(b"M" * 5000 + b" / HTTP/1.1"), (400, 414)),
    # target
    "target-control": (line(b"GET /\x01 HTTP/1.1"), 400),
    "target-nul": (line(b"GET /\0 HTTP/1.1"), 400),
    "target-del": (line(b"GET /\x7f HTTP/1.1"), 400),
    "target-hash": (line(b"GET /x#y HTTP/1.1"), 400),
    "target-relative": (line(b"GET x HTTP/1.1"), 400),
    "target-question": (line(b"GET ?x HTTP/1.1"), 400),
    "target-star-get": (line(b"GET * HTTP/1.1"), 400),
    "target-star-post": (line(b"POST * HTTP/1.1"), 400),
    "target-star-more": (line(b"OPTIONS *x HTTP/1.1"), 400),
    "target-backslash": (line(b"GET \\x HTTP/1.1"), 400),
    **{"target-" + k: (line(b"GET " + k.encode() + b" HTTP/1.1"), 400) for k in ("/#", "#", "**", ".", "./x", "..", ";x", "?", "[::1]", "/%", "/%4", "/%zz", "javascript:x")},
    "target-star-head": (line(b"HEAD * HTTP/1.1"), 400),
    "target-star-query": (line(b"OPTIONS *?x HTTP/1.1"), 400),
    # absolute form
    "absolute-userinfo": (line(b"GET http://me@app.test/ HTTP/1.1"), 400),
    "absolute-userinfo-password": (line(b"GET http://me:pw@app.test/ HTTP/1.1"), 400),
    "absolute-scheme-ftp": (line(b"GET ftp://app.test/ HTTP/1.1"), 400),
    "absolute-scheme-file": (line(b"GET file:///etc/passwd HTTP/1.1"), 400),
    "absolute-no-slashes": (line(b"GET http:app.test HTTP/1.1"), 400),
    "absolute-empty-authority": (line(b"GET http:///x HTTP/1.1"), 400),
    "absolute-no-authority": (line(b"GET http:// HTTP/1.1"), 400),
    "absolute-bad-port": (line(b"GET http://app.test:x/ HTTP/1.1"), 400),
    **{"absolute-" + k: (line(b"GET " + v + b" HTTP/1.1"), 400) for k, v in {
        "scheme-ws": b"ws://app.test/", "one-slash": b"http:/app.test/", "no-colon": b"http//app.test/", "port-only": b"http://:80/", "query-only": b"http://?x",
        "fragment": b"http://app.test/x#y", "fragment-behind-host": b"http://app.test#x", "bracket-open": b"http://[::1/", "backslash": b"http://app.test\\@evil.test/",
        "userinfo-alone": b"http://@/", "port-too-large": b"http://app.test:65536/", "comma": b"http://a,b/", "control": b"http://app.test/\x01"}.items()},
    "absolute-and-two-hosts": (b"GET http://app.test/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "authority-form": (line(b"GET app.test:80 HTTP/1.1"), 400),
    # Host
    "host-missing": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "host-twice": (hosts(b" app.test", b" evil.test"), 400),
    "host-twice-same": (hosts(b" app.test", b" app.test"), 400),
    "host-userinfo": (hosts(b" me@app.test"), 400),
    "host-path": (hosts(b" app.test/x"), 400),
    "host-comma": (hosts(b" app.test,evil.test"), 400),
    "host-blank": (hosts(b" app.test evil.test"), 400),
    "host-query": (hosts(b" app.test?x"), 400),
    "host-fragment": (hosts(b" app.test#x"), 400),
    "host-backslash": (hosts(b" app.test\\x"), 400),
    "host-port-letters": (hosts(b" app.test:http"), 400),
    "host-port-too-large": (hosts(b" app.test:65536"), 400),
    "host-port-minus": (hosts(b" app.test:-1"), 400),
    "host-two-ports": (hosts(b" app.test:80:80"), 400),
    "host-bracket-open": (hosts(b" [::1"), 400),
    "host-bracket-close": (hosts(b" ::1]"), 400),
    "host-bracket-empty": (hosts(b" []"), 400),
    "host-bracket-name": (hosts(b" [app.test]"), 400),
    "host-bracket-then-text": (hosts(b" [::1]x"), 400),
    "host-bare-ipv6": (hosts(b" ::1"), 400),
    **{"host-" + k: (hosts(b" " + v), 400) for k, v in {
        "port-alone": b":80", "colon-alone": b":", "port-plus": b"app.test:+80", "port-blank-inside": b"app.test:8 0", "port-of-2-to-32": b"app.test:4294967376",
        "port-of-2-to-64": b"app.test:18446744073709551696", "bracket-ipv4": b"[1.2.3.4]", "bracket-future": b"[v1.x]", "bracket-not-hex": b"[gg::1]", "bracket-port-letters": b"[::1]:x",
        "bracket-port-too-large": b"[::1]:99999", "bracket-then-port": b"[::1]80", "url": b"http://app.test", "slashes": b"//app.test", "markup": b"<script>", "quoted": b'"app.test"',
        "high-byte": b"\xe9.test", "nul": b"app.test\0", "del": b"app.test\x7f", "comma-behind": b"app.test,", "at-alone": b"@", "userinfo-behind-port": b"app.test:80@evil.test"}.items()},
    "host-twice-in-1.0": (b"GET / HTTP/1.0\r\nHost: app.test\r\nHost: app.test\r\n\r\n", 400),
    "host-twice-apart": (b"GET / HTTP/1.1\r\nhOsT: app.test\r\nX-A: 1\r\nHOST: app.test\r\n\r\n", 400),
    "host-empty-then-good": (hosts(b"", b" app.test"), 400),
    "host-malformed-in-1.0": (b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400),
    "host-blank-before-colon": (b"GET / HTTP/1.1\r\nHost : app.test\r\n\r\n", 400),
    "host-absolute-still-judged": (b"GET http://app.test/ HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "host-absolute-still-needed": (b"GET http://app.test/ HTTP/1.1\r\n\r\n", 400),
    # CONNECT, Expect
    "connect": (b"CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\n\r\n", 501),
    "connect-path": (line(b"CONNECT / HTTP/1.1"), (400, 501)),
    "connect-in-1.0": (b"CONNECT app.test:443 HTTP/1.0\r\n\r\n", 501),
    "connect-with-a-body": (b"CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\nContent-Length: 5\r\n\r\nhello", 501),
    "connect-lower-case": (b"connect app.test:443 HTTP/1.1\r\nHost: app.test:443\r\n\r\n", 400),
    "expect-unknown": (fields(b"Expect: 200-ok", b"Content-Length: 5") + b"hello", 417),
    "expect-list": (fields(b"Expect: 100-continue, x", b"Content-Length: 5") + b"hello", 417),
    "expect-empty-value": (fields(b"Expect: x", b"Content-Length: 0"), 417),
    "expect-twice": (fields(b"Expect: 100-continue", b"Expect: 100-continue", b"Content-Length: 5") + b"hello", 417),
    "expect-in-get": (fields(b"Expect: 100", method=b"GET"), 417),
    # section 5: limits
    "request-line-over-64-KiB": (line(b"GET /" + b"a" * 66000 + b" HTTP/1.1"), 414),
    "fields-over-1000": (fields(*[b"X-%d: 1" % i for i in range(1001)], method=b"GET"), 431),
    "head-over-1-MiB": (fields(*[b"X-%d: " % i + b"v" * 8000 for i in range(140)], method=b"GET"), 431),
    "one-field-over-1-MiB": (fields(b"X-A: " + b"v" * 1100000, method=b"GET"), 431),
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}) as instance:
        yield instance


def method_of(data):
    """Whether the answer to these bytes may have a body: one to HEAD has none."""
    return "HEAD" if data.startswith(b"HEAD ") else "GET"


def refused(daemon, data, expected):
    with RawClient(daemon.port) as client:
        client.send_quietly(data)
        answer = client.response(method_of(data))
        assert answer.status in (expected if isinstance(expected, tuple) else (expected,)), answer.head
        assert answer.closes, answer.head
        assert client.rest() == b""
        assert client.ended == "eof"
        return answer


@pytest.mark.parametrize("row", ROWS, ids=["security-2-" + k for k in ROWS])
def test_refused(daemon, server, row):
    data, status = ROWS[row]
    before = server.received()
    refused(daemon, data + following(row), status)
    assert server.received() == before


# -- body faults ---------------------------------------------------------------------------------------------------------
FAULTS = {
    "size-letter": b"g\r\nhello\r\n0\r\n\r\n",
    "size-minus": b"-5\r\nhello\r\n0\r\n\r\n",
    "size-plus": b"+5\r\nhello\r\n0\r\n\r\n",
    "size-0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size-blank-before": b" 5\r\nhello\r\n0\r\n\r\n",
    "size-blank-after": b"5 \r\nhello\r\n0\r\n\r\n",
    "size-tab-after": b"5\t\r\nhello\r\n0\r\n\r\n",
    "size-empty": b"\r\nhello\r\n0\r\n\r\n",
    "size-17-digits": b"00000000000000005\r\nhello\r\n0\r\n\r\n",
    "size-over-2-to-62": b"4000000000000001\r\nhello",
    "size-16-f": b"ffffffffffffffff\r\nhello",
    "size-lf": b"5\nhello\r\n0\r\n\r\n",
    "size-cr": b"5\rhello\r\n0\r\n\r\n",
    "size-underscore": b"1_0\r\nhello\r\n0\r\n\r\n",
    "extension-control": b"5;a=\x01\r\nhello\r\n0\r\n\r\n",
    "extension-nul": b"5;a=\0\r\nhello\r\n0\r\n\r\n",
    "extension-bare-lf": b"5;a\nhello\r\n0\r\n\r\n",
    "extension-bare-cr": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "extension-over-256-bytes": b"5;a=" + b"x" * 300 + b"\r\nhello\r\n0\r\n\r\n",
    "extensions-over-16-KiB": (b"1;" + b"x" * 200 + b"\r\na\r\n") * 90 + b"0\r\n\r\n",
    "data-then-no-crlf": b"5\r\nhelloxx0\r\n\r\n",
    "data-then-lf": b"5\r\nhello\n0\r\n\r\n",
    "data-too-long": b"5\r\nhello!\r\n0\r\n\r\n",
    "data-then-cr-cr": b"5\r\nhello\r\r0\r\n\r\n",
    "last-chunk-lf": b"5\r\nhello\r\n0\n\r\n",
    "end-lf": b"5\r\nhello\r\n0\r\n\n",
    "trailer-blank-before-colon": b"5\r\nhello\r\n0\r\nX-T : 1\r\n\r\n",
    "trailer-no-colon": b"5\r\nhello\r\n0\r\nX-T\r\n\r\n",
    "trailer-empty-name": b"5\r\nhello\r\n0\r\n: 1\r\n\r\n",
    "trailer-lf": b"5\r\nhello\r\n0\r\nX-T: 1\n\r\n",
    "trailer-nul": b"5\r\nhello\r\n0\r\nX-T: \0\r\n\r\n",
    "trailer-folded": b"5\r\nhello\r\n0\r\nX-T: 1\r\n 2\r\n\r\n",
    "trailers-over-limit": b"5\r\nhello\r\n0\r\n" + b"".join(b"X-%d: 1\r\n" % i for i in range(1100)) + b"\r\n",
    "size-nul": b"\x005\r\nhello\r\n0\r\n\r\n",
    "size-arabic-digit": b"\xd9\xa5\r\nhello\r\n0\r\n\r\n",
    "size-comma": b"5,\r\nhello\r\n0\r\n\r\n",
    "size-point": b"5.\r\nhello\r\n0\r\n\r\n",
    "size-minus-zero": b"5\r\nhello\r\n-0\r\n\r\n",
    "size-300-zeros": b"0" * 300 + b"5\r\nhello\r\n0\r\n\r\n",
    "extension-blank-before": b"5 ;a\r\nhello\r\n0\r\n\r\n",
    "extension-del": b"5;\x7f\r\nhello\r\n0\r\n\r\n",
    "extension-quoted-crlf": b'5;a="\r\n"\r\nhello\r\n0\r\n\r\n',
    "extension-of-last-chunk": b"0;" + b"a" * 300 + b"\r\n\r\n",
    "data-too-short": b"6\r\nhello\r\n0\r\n\r\n",
    "data-then-cr": b"5\r\nhello\r0\r\n\r\n",
    "trailer-control": b"0\r\nX-T: \x01\r\n\r\n",
    "trailer-del": b"0\r\nX-T: \x7f\r\n\r\n",
    "trailer-name": b"0\r\nX(T: 1\r\n\r\n",
    "trailer-folded-first": b"0\r\n X-T: 1\r\n\r\n",
    "trailer-cr": b"0\r\nX-T: a\rb\r\n\r\n",
    "trailer-over-1-MiB": b"0\r\nX-T: " + b"v" * 1100000 + b"\r\n\r\n",
}
POST = head("POST", "/fault", [("Transfer-Encoding", "chunked")])


@pytest.mark.parametrize("row", FAULTS, ids=["security-2-body-" + k for k in FAULTS])
def test_body_fault_in_one_write(daemon, server, row):
    before = len(server.requests)
    refused(daemon, POST + FAULTS[row] + following(row), 400)
    assert len(server.requests) == before
    assert not server.saw("smuggled-closed")


@pytest.fixture(scope="module")
def relay():
    """A site whose server is made anew for each row, on relay.upstream."""
    upstream = free_port()
    with site({"app": upstream}) as instance:
        instance.upstream = upstream
        yield instance


@pytest.mark.parametrize("row", FAULTS, ids=["security-2-body-after-head-" + k for k in FAULTS])
def test_body_fault_after_the_head_went_upstream(relay, row):
    heads = []
    with RawServer(port=relay.upstream, on_head=lambda c, r: heads.append(c)) as server, RawClient(relay.port) as client:
        client.send(POST + b"3\r\nabc\r\n")
        assert wait_until(lambda: heads and b"abc" in heads[0].received)
        client.send_quietly(FAULTS[row] + following(row))
        answer = client.response("POST")
        assert (answer.status, answer.closes) == (400, True)
        assert client.is_closed() and client.ended == "eof"
        assert wait_until(lambda: heads[0].ended is not None), "the connection to the server lives on"
        assert server.requests == [] and len(server.connections) == 1
        assert not bytes(heads[0].received).endswith(b"0\r\n\r\n")


def test_security_2_body_fault_after_the_answer_began_is_a_cut(relay):
    def begin(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")

    with RawServer(port=relay.upstream, on_head=begin) as server, RawClient(relay.port) as client:
        client.send(POST + b"3\r\nabc\r\n")
        assert client.until(b"begun").startswith(b"HTTP/1.1 200 ")
        client.send_quietly(b"zz\r\n" + following("early"))
        assert client.is_closed()
        assert wait_until(lambda: server.connections[0].ended is not None)


def test_security_2_length_body_cut_short_by_the_client_never_reaches_the_server_whole(relay):
    heads = []
    with RawServer(port=relay.upstream, on_head=lambda c, r: heads.append(c)) as server, RawClient(relay.port) as client:
        client.send(head("POST", "/", [("Content-Length", "100")]) + b"short")
        assert wait_until(lambda: heads and b"short" in heads[0].received)
        client.close()
        assert wait_until(lambda: heads[0].ended is not None)
        assert server.requests == []


@pytest.mark.parametrize("data", [fields(b"Content-Length: x", method=b"HEAD"), fields(CHUNKED, method=b"HEAD") + b"x\r\n"], ids=["in-the-head", "in-the-body"])
def test_rfc_9110_9_3_2_a_refused_head_is_answered_without_a_body(daemon, data):
    assert int(refused(daemon, data, 400).get("content-length")) > 0


# -- what is taken -------------------------------------------------------------------------------------------------------
ACCEPTED = {
    "coding-any-case": fields(b"Transfer-Encoding: ChUnKeD") + BODY,
    "coding-blanks-around": fields(b"Transfer-Encoding: \t chunked \t ") + BODY,
    "value-high-bytes": fields(b"X-A: " + bytes(range(0x80, 0x100)), method=b"GET"),
    "value-tab": fields(b"X-A: a\tb", method=b"GET"),
    "value-empty": fields(b"X-A:", method=b"GET"),
    "method-32-bytes": line(b"M" * 32 + b" / HTTP/1.1"),
    "method-unknown": line(b"BREW / HTTP/1.1"),
    "method-lower-case": line(b"get / HTTP/1.1"),
    "one-empty-line": b"\r\n" + line(b"GET / HTTP/1.1"),
    "two-empty-lines": b"\r\n\r\n" + line(b"GET / HTTP/1.1"),
    "absolute-form": line(b"GET http://app.test/ HTTP/1.1"),
    "host-port": hosts(b" app.test:8080"),
    "host-ipv6": hosts(b" [::1]:8080"),
    "host-empty": hosts(b""),
    "host-missing-in-1.0": b"GET / HTTP/1.0\r\n\r\n",
    "host-tab-before": hosts(b"\tapp.test"),
    "host-no-blank": hosts(b"app.test"),
    "host-ipv4": hosts(b" 1.2.3.4:80"),
    "host-port-65535": hosts(b" app.test:65535"),
    "absolute-form-in-1.0": b"GET http://app.test/ HTTP/1.0\r\n\r\n",
    "absolute-form-upper-case": line(b"GET HTTP://app.test/ HTTP/1.1"),
    "expect-any-case": fields(b"Expect: 100-CONTINUE", b"Content-Length: 0"),
    "length-tabs-around": fields(b"Content-Length:\t5\t") + b"hello",
    "length-tabs-around-in-many-fields": fields(b"Content-Length:\t5\t", *[b"X-%d: 1" % i for i in range(100)]) + b"hello",
    "length-18-digits": fields(b"Content-Length: 000000000000000005") + b"hello",
    "length-in-get": fields(b"Content-Length: 5", method=b"GET") + b"hello",
    "coding-in-get": fields(CHUNKED, method=b"GET") + BODY,
    "chunk-extension-of-250-bytes": fields(CHUNKED) + b"5;" + b"a" * 250 + b"\r\nhello\r\n0\r\n\r\n",
    "last-chunk-of-zeros": fields(CHUNKED) + b"5\r\nhello\r\n0000\r\n\r\n",
    "fields-1000": fields(*[b"X-%d: 1" % i for i in range(999)], method=b"GET"),
    "expect-in-1.0": fields(b"Expect: something", b"Content-Length: 0", version=b"HTTP/1.0"),
    "length-zero": fields(b"Content-Length: 0"),
    "length-leading-zeros": fields(b"Content-Length: 0005") + b"hello",
    "chunk-size-upper-hex": fields(CHUNKED) + b"A\r\n0123456789\r\n0\r\n\r\n",
    "chunk-size-leading-zeros": fields(CHUNKED) + b"0000000000000005\r\nhello\r\n0\r\n\r\n",
    "chunk-extension": fields(CHUNKED) + b'5;name="a;b\\"c"\r\nhello\r\n0;last\r\n\r\n',
    "trailer": fields(CHUNKED) + b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
    "request-line-60-KiB": line(b"GET /" + b"a" * 60000 + b" HTTP/1.1"),
    "fields-900": fields(*[b"X-%d: 1" % i for i in range(900)], method=b"GET"),
    "head-900-KiB": fields(*[b"X-%d: " % i + b"v" * 9000 for i in range(100)], method=b"GET"),
}


@pytest.mark.parametrize("row", ACCEPTED, ids=["security-2-taken-" + k for k in ACCEPTED])
def test_taken(daemon, server, row):
    before = (len(server.requests), len(server.errors))
    with RawClient(daemon.port) as client:
        client.send(ACCEPTED[row])
        assert client.response().status == 200
        assert (len(server.requests), len(server.errors)) == (before[0] + 1, before[1])


@pytest.mark.parametrize("row", ["value-high-bytes", "two-empty-lines", "chunk-extension", "trailer", "coding-blanks-around"])
def test_security_2_taken_also_when_it_comes_byte_by_byte(daemon, server, row):
    before = len(server.errors)
    with RawClient(daemon.port) as client:
        client.send_slowly(ACCEPTED[row], step=1, delay=0.0005)
        assert client.response().status == 200
    assert len(server.errors) == before


@pytest.mark.parametrize("lines, status", [(1, 200), (2, 200), (3, 400)])
def test_security_2_empty_lines_before_a_request_on_a_kept_connection(daemon, lines, status):
    with RawClient(daemon.port) as client:
        assert client.ask().status == 200
        client.send(b"\r\n" * lines + head())
        answer = client.response()
        assert answer.status == status
        assert answer.closes == (status == 400)


def test_security_2_bytes_after_connection_close_are_never_parsed(daemon, server):
    with RawClient(daemon.port) as client:
        client.send(head(fields=[("Connection", "close")]) + following("closed"))
        answer = client.response()
        assert (answer.status, answer.closes) == (200, True)
        assert client.rest() == b""
    assert not server.saw("smuggled-closed")


def test_security_2_a_refusal_is_not_lost_to_a_reset(daemon):
    """Up to 64 KiB are discarded for at most 1 s; then the connection goes, whatever the client does."""
    with RawClient(daemon.port) as client:
        client.send(ROWS["host-twice"][0] + b"x" * 40000)
        time.sleep(0.2)
        assert client.response().status == 400
        assert client.rest() == b"" and client.ended == "eof"
        assert wait_until(lambda: _is_gone(client), 3 * SLOW), "the connection stays open for a client that does not close"


def _is_gone(client):
    try:
        client.send(b"x")
        return False
    except OSError:
        return True


# -- options that refuse -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def strict(server):
    points = {
        "reject": {"http": {"underscoreHeadersStrategy": "reject"}},
        "delete": {"http": {"underscoreHeadersStrategy": "delete"}},
        "small": {"http": {"maxHeaderBytes": 4096, "maxHeaderFields": 20, "maxRequestLineBytes": 1000}},
        "deny": {"http": {"denyMethods": ["TRACE", "PURGE"]}},
    }
    with site({"app": server}, entry_points=points) as instance:
        yield instance


@over_both
def test_static_config_4_underscore_reject(strict, server):
    before = server.received()
    answer = ask(strict.ports["reject"], fields=[("X_A", "1")])
    assert (answer.status, answer.body.strip()) == (400, b"Bad Request")
    assert server.received() == before
    assert ask(strict.ports["reject"], fields=[("X-A", "1")]).status == 200


@over_both
def test_static_config_4_underscore_delete(strict, server):
    assert ask(strict.ports["delete"], fields=[("X_A", "1"), ("X-B", "2")]).status == 200
    assert "2" in server.last.all("x-b") and not server.last.has("x_a")


@over_both
@pytest.mark.parametrize(
    "asked, status",
    [
        ({"fields": [("X-A", "v" * 9000)]}, 431),
        ({"fields": [("X-A", "v" * 2000)]}, 200),
        ({"fields": [("X-%d" % i, "1") for i in range(25)]}, 431),
        pytest.param({"target": "/" + "a" * 1200}, 414, marks=h1_only("HTTP/2 has no request line")),
        ({"target": "/" + "a" * 900}, 200),
    ],
    ids=["head", "head-below", "fields", "line", "line-below"],
)
def test_security_5_configured_limits(strict, asked, status, spoken):
    answer = ask(strict.ports["small"], **asked)
    assert answer.status == status
    assert answer.closes == (status != 200 and spoken == "h1")


@over_both
@pytest.mark.parametrize("method, status", [("TRACE", 405), ("PURGE", 405), ("GET", 200), ("DELETE", 200)])
def test_security_2_deny_methods(strict, server, method, status):
    before = server.received()
    assert ask(strict.ports["deny"], method).status == status
    assert (server.received() == before) == (status == 405)


def test_security_2_trailers_that_are_part_of_framing_or_identity_are_dropped(daemon, server):
    names = ["Content-Length", "Transfer-Encoding", "Host", "Connection", "Authorization", "Cookie", "X-Forwarded-For", "X-Forwarded-Proto"]
    names += ["Forwarded", "X-Real-Ip", "Set-Cookie", "X_Forwarded_For", "X.Forwarded.Proto", "X-Real_Ip", "Content_Length", "Transfer_Encoding", "X-Forwarded-User"]
    with RawClient(daemon.port) as client:
        client.send(POST + chunked(b"hello", trailers=[(n, "1") for n in names] + [("X-Kept", "yes")]))
        assert client.response("POST").status == 200
    assert server.last.trailers == [("X-Kept", "yes")]
