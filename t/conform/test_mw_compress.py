# SPDX-License-Identifier: MIT
"""compress: middlewares-2.md section 6.2, row by row."""
import random
import threading
import time
import zlib

import brotli
import pytest
import zstandard

from lib.client import chunked
from lib.daemon import Daemon, configuration, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.server import RawServer, reply
from lib.wait import TIMEOUT
from lib.wire import Cut

pytestmark = over_both

TEXT = (b"the quick brown fox jumps over the lazy dog; " * 100)[:2048]


def unzip(data):
    return zlib.decompress(data, 31)


def unzstd(data):
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


SO_FAR = {"gzip": lambda data: zlib.decompressobj(31).decompress(data), "br": lambda data: brotli.Decompressor().process(data), "zstd": unzstd}
DECODE = {"gzip": unzip, "br": brotli.decompress, "zstd": unzstd, None: lambda data: data}


def sized(connection, request):
    size = int(request.target[1:]) if request.target[1:].isdigit() else len(TEXT)
    return reply(200, (TEXT * 4)[:size], [("Content-Type", "text/plain"), ("ETag", '"abc"'), ("Accept-Ranges", "bytes")])


@pytest.fixture(scope="module")
def server():
    with RawServer(default=sized) as instance:
        yield instance


MIDDLEWARES = {
    "plain": {},
    "brfirst": {"encodings": ["br", "gzip"]},
    "default": {"defaultEncoding": "gzip"},
    "defaultbr": {"defaultEncoding": "br"},
    "least10": {"minResponseBodyBytes": 10},
    "nohtml": {"excludedContentTypes": ["text/html", "text/css; charset=utf-8"]},
    "onlyhtml": {"includedContentTypes": ["text/html"]},
}


@pytest.fixture(scope="module")
def daemon(server):
    middlewares = {name: {"compress": options} for name, options in MIDDLEWARES.items()}
    middlewares["on"] = {"compress": True}
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": [name]} for name in middlewares}
    with site({"app": server}, routers, http={"middlewares": middlewares}) as instance:
        yield instance


def go(daemon, accept, target="/2048", name="plain", method="GET", fields=(), **more):
    lines = [("Accept-Encoding", a) for a in ([accept] if isinstance(accept, str) else accept or [])]
    return ask(daemon.port, method, target, fields=list(fields) + lines, host="%s.test" % name, **more)


def check(answer, encoding, body=TEXT):
    assert answer.get("Content-Encoding") == encoding
    assert DECODE[encoding](answer.body) == body
    if encoding:
        assert not answer.has("Content-Length") and not answer.has("Accept-Ranges") and answer.get("ETag") in ('"abc"', None)


@pytest.mark.parametrize("size, encoding", [(1023, None), (1024, "gzip")])
def test_CO_1_short_answers_are_left_alone(daemon, size, encoding):
    answer = go(daemon, "gzip", "/%d" % size)
    check(answer, encoding, TEXT[:size])
    assert answer.all("Vary") == ["Accept-Encoding"]


CHOICES = [
    ("CO-2", "gzip, br", "plain", "gzip"),
    ("CO-2 order", "gzip, br", "brfirst", "br"),
    ("CO-3", "br;q=0.9, gzip;q=0.8", "plain", "br"),
    ("CO-4", "gzip, *", "defaultbr", "br"),
    ("CO-5", "*", "plain", "gzip"),
    ("CO-6 absent", None, "plain", None),
    ("CO-6 default", None, "default", "gzip"),
    ("CO-7 empty", "", "plain", None),
    ("CO-7 deflate", "deflate", "plain", None),
    ("CO-7 case", "GZIP", "plain", None),
    ("CO-7 zero", "gzip;q=0", "plain", None),
    ("CO-8", "identity, gzip;q=0.5", "plain", None),
    ("identity last", "identity, gzip", "plain", "gzip"),
    ("star beats names", "*;q=0.5, gzip;q=0.4", "brfirst", "br"),
    ("unreadable weight is 0", "gzip;q=x, br", "plain", "br"),
    ("other parameters", "gzip;foo=1", "plain", "gzip"),
    ("blanks", "gzip ; q=0.1 , zstd ; q = 0.9", "plain", "zstd"),
    ("two lines", ["gzip;q=0.1", "br"], "plain", "br"),
    ("true", "gzip", "on", "gzip"),
    ("zstd", "zstd", "plain", "zstd"),
    ("not offered", "zstd", "brfirst", None),
]


@pytest.mark.parametrize("accept, name, encoding", [c[1:] for c in CHOICES], ids=[c[0] for c in CHOICES])
def test_6_2_choice(daemon, accept, name, encoding):
    answer = go(daemon, accept, name=name)
    check(answer, encoding)
    assert answer.all("Vary") == (["Accept-Encoding"] if encoding else [])


def typed(server, path, *fields, status=200, body=TEXT):
    server.answers[path] = reply(status, body, list(fields))
    return path


LEFT_ALONE = [
    ("CO-9", [("Content-Range", "bytes 0-2047/9999")], 206),
    ("CO-10", [("Content-Type", "application/grpc+proto")], 200),
    ("CO-11", [("Content-Encoding", "br")], 200),
    ("identity", [("Content-Encoding", "identity")], 200),
    ("range in 200", [("Content-Range", "bytes 0-2047/9999")], 200),
    ("no-transform", [("Cache-Control", "public, No-Transform")], 200),
    ("unparsable type", [("Content-Type", "text/")], 200),
    ("grpc", [("Content-Type", "application/grpc")], 200),
]


@pytest.mark.parametrize("fields, status", [c[1:] for c in LEFT_ALONE], ids=[c[0] for c in LEFT_ALONE])
def test_6_2_left_alone_but_vary(daemon, server, fields, status):
    answer = go(daemon, "gzip", typed(server, "/left", *fields, status=status))
    assert (answer.status, answer.body, answer.get("Content-Encoding")) == (status, TEXT, dict(fields).get("Content-Encoding"))
    assert answer.all("Vary") == ["Accept-Encoding"]


TYPES = [
    ("nohtml", "text/html", None),
    ("nohtml", "text/html; charset=utf-8", None),
    ("nohtml", "text/css", "gzip"),
    ("nohtml", "text/css;charset=utf-8", None),
    ("nohtml", "text/plain", "gzip"),
    ("nohtml", None, "gzip"),
    ("onlyhtml", "text/html; charset=x", "gzip"),
    ("onlyhtml", "text/plain", None),
    ("onlyhtml", None, None),
    ("plain", None, "gzip"),
]


@pytest.mark.parametrize("name, kind, encoding", TYPES)
def test_6_2_types(daemon, server, name, kind, encoding):
    check(go(daemon, "gzip", typed(server, "/type", *([("Content-Type", kind)] if kind else [])), name), encoding)


def test_6_2_requests_of_excluded_types_and_HEAD_are_off(daemon, server):
    assert go(daemon, "gzip", typed(server, "/x"), "nohtml", "POST", [("Content-Type", "text/html")], body=b"x").all("Vary") == []
    assert go(daemon, "gzip", typed(server, "/x"), "plain", "POST", [("Content-Type", "application/grpc")], body=b"x").all("Vary") == []
    assert go(daemon, "gzip", "/2048", method="HEAD").all("Vary") == []


def test_6_2_vary_of_the_server_stays(daemon, server):
    assert go(daemon, "gzip", typed(server, "/v", ("Vary", "Cookie"))).all("Vary") == ["Cookie", "Accept-Encoding"]


@pytest.mark.parametrize("status", [204, 304])
def test_6_2_answers_without_a_body(daemon, server, status):
    server.answers["/none"] = b"HTTP/1.1 %d X\r\n\r\n" % status
    answer = go(daemon, "gzip", "/none")
    assert (answer.status, answer.body, answer.has("Content-Encoding")) == (status, b"", False)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("size", [1024, 70000, 3000000])
def test_6_2_streams_of_every_size_come_out_as_they_went_in(daemon, server, encoding, size):
    body = bytes((i * i + i // 97) % 251 for i in range(50000)) * (size // 50000 + 1)
    body = body[:size]
    server.answers["/length"] = reply(200, body)
    server.answers["/chunks"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(*[body[i : i + 10000] for i in range(0, size, 10000)])
    server.answers["/close"] = lambda c, r: c.send(b"HTTP/1.1 200 OK\r\n\r\n" + body) or c.close()
    for target in ("/length", "/chunks", "/close"):
        check(go(daemon, encoding, target), encoding, body)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("step", [1000, 50000, 250000])
def test_6_2_what_gets_no_smaller_comes_out_as_it_went_in(daemon, server, encoding, step):
    """Each read makes more than one part, and each of these as much as was read."""
    body = random.Random(step).randbytes(1000000)
    server.answers["/noise"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(*[body[i : i + step] for i in range(0, len(body), step)])
    check(go(daemon, encoding, "/noise"), encoding, body)


def test_6_2_a_short_chunked_answer_is_left_alone(daemon, server):
    server.answers["/short"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"short")
    check(go(daemon, "gzip", "/short"), None, b"short")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_CO_12_events_are_not_delayed(daemon, server, encoding):
    taken = threading.Semaphore(0)

    def events(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(4):
            event = b"data: %d\n\n" % i
            connection.send(b"%x\r\n%s\r\n" % (len(event), event))
            if not taken.acquire(timeout=TIMEOUT):
                return None
        return b"0\r\n\r\n"

    server.answers["/events"] = events
    with connect(daemon.port) as client:
        client.request(target="/events", fields=[("Accept-Encoding", encoding)], host="plain.test")
        for i in range(4):
            client.wait_for(b"data: %d\n\n" % i, SO_FAR[encoding])
            taken.release()
        answer = client.response()
    assert answer.get("Content-Encoding") == encoding
    assert DECODE[encoding](answer.body) == b"".join(b"data: %d\n\n" % i for i in range(4))


def test_6_2_a_server_that_dies_in_the_middle_is_seen_to(daemon, server):
    def dies(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + TEXT * 10)
        time.sleep(0.05)
        connection.reset()

    server.answers["/dies"] = dies
    with pytest.raises(Cut):
        go(daemon, "gzip", "/dies")
    check(go(daemon, "gzip"), "gzip")


def test_6_2_a_client_that_leaves_in_the_middle(daemon, server):
    server.answers["/much"] = reply(200, bytes(range(256)) * 80000)
    for _ in range(10):
        with connect(daemon.port, receive_buffer=4096) as client:
            client.request(target="/much", fields=[("Accept-Encoding", "gzip")], host="plain.test")
            assert client.has_begun()
            client.leave()
    check(go(daemon, "gzip"), "gzip")


@h1_only("HTTP/1.0")
def test_6_2_http_1_0_gets_it_until_the_end(daemon, server):
    answer = go(daemon, "gzip", version="HTTP/1.0")
    check(answer, "gzip")
    assert not answer.has("Transfer-Encoding")


BAD = [
    ({"encodings": []}, "encodings"),
    ({"encodings": ["gzip", "deflate"]}, "encodings"),
    ({"encodings": ["gzip"], "defaultEncoding": "br"}, "defaultEncoding"),
    ({"excludedContentTypes": ["text/html"], "includedContentTypes": ["text/css"]}, "includedContentTypes"),
    ({"excludedContentTypes": ["text/"]}, "excludedContentTypes"),
    ({"includedContentTypes": ["a b"]}, "includedContentTypes"),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("options, what", BAD)
def test_6_2_bad_options_disable_the_router(server, options, what):
    routers = {"r": {"rule": "Host(`r.test`)", "service": "app", "middlewares": ["m"]}, "o": {"rule": "Host(`o.test`)", "service": "app"}}
    with Daemon(configuration({"app": server}, routers, http={"middlewares": {"m": {"compress": options}}})) as daemon:
        assert ask(daemon.port, host="r.test").status == 404
        assert ask(daemon.port, host="o.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    assert any("pointsman.yaml:" in line and "http.middlewares.m.compress" in line and what in line for line in tested.stderr.splitlines()), tested.stderr
