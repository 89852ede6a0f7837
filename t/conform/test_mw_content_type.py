# SPDX-License-Identifier: MIT
"""contentType: middlewares-2.md section 6.3; middlewares-1.md section 1, items 3, 7, 8 and 9; decision 2."""
import re
import socket
import threading
import time

import pytest

from lib.client import chunked
from lib.daemon import configuration, run, site, to_yaml
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.wait import wait_until
from lib.wire import Cut

pytestmark = over_both

HTML, TEXT, XML, OCTETS = "text/html; charset=utf-8", "text/plain; charset=utf-8", "text/xml; charset=utf-8", "application/octet-stream"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
TAGS = "!DOCTYPE HTML,HTML,HEAD,SCRIPT,IFRAME,H1,DIV,FONT,TABLE,A,STYLE,TITLE,B,BODY,BR,P,!--".split(",")

# id, body, type
BODIES = [
    ("CT-1", b"<html><body>x</body></html>", HTML),
    ("CT-1 upper case", b"<HTML >", HTML),
    ("CT-1 blanks before", b"\t\n\f\r <html>", HTML),
    ("CT-1 512 blanks before", b" " * 512 + b"<html>", TEXT),
    ("CT-1 no end of the tag", b"<htmlx>", TEXT),
    ("CT-1 large", b"<html>" + b"x" * 3000000, HTML),
    ("CT-2", PNG, "image/png"),
    ("CT-2 no blanks before", b" " + PNG, OCTETS),
    ("CT-2 cut", b"\x89PNG\r\n", TEXT),
    ("CT-3", b"hello", TEXT),
    ("CT-3 one byte", b"h", TEXT),
    ("CT-3 blanks", b" \r\n", TEXT),
    ("CT-3 UTF-8", "gr\u00fc\u00dfe".encode(), TEXT),
    ("CT-3 latin 1", b"gr\xfc\xdfe", TEXT),
    ("CT-3 escape is text", b"\x1b[1mbold", TEXT),
    ("CT-3 JSON is text", b'{"a": 1}', TEXT),
    ("CT-3 byte 513 is not looked at", b"a" * 512 + b"\0", TEXT),
    ("6.3 nothing fits", b"\x00\x01\x02\x03", OCTETS),
    ("6.3 nothing fits in byte 512", b"a" * 511 + b"\0" + b"a" * 100, OCTETS),
    *[("6.3 control %02x" % b, b"text%c" % b, OCTETS) for b in (0, 1, 8, 11, 14, 26, 28, 31)],
    *[("6.3 tag %s" % tag, b"<%s>x" % tag.lower().encode(), HTML) for tag in TAGS],
    *[("6.3 tag %s and a blank" % tag, b" <%s x" % tag.encode(), HTML) for tag in TAGS],
    ("6.3 xml", b"\n<?xml version='1.0'?>", XML),
    ("6.3 pdf", b"%PDF-1.7", "application/pdf"),
    ("6.3 postscript", b"%!PS-Adobe-3.0", "application/postscript"),
    ("6.3 utf-8 mark", b"\xef\xbb\xbfhello", TEXT),
    ("6.3 utf-16be mark", b"\xfe\xff\x00h\x00i", "text/plain; charset=utf-16be"),
    ("6.3 utf-16le mark", b"\xff\xfeh\x00i\x00", "text/plain; charset=utf-16le"),
    ("6.3 icon", b"\x00\x00\x01\x00\x01\x00", "image/x-icon"),
    ("6.3 cursor", b"\x00\x00\x02\x00\x01\x00", "image/x-icon"),
    ("6.3 bmp", b"BM\x00\x00", "image/bmp"),
    ("6.3 gif 87", b"GIF87a..", "image/gif"),
    ("6.3 gif 89", b"GIF89a..", "image/gif"),
    ("6.3 webp", b"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"),
    ("6.3 jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
    ("6.3 aiff", b"FORM\x01\x02\x03\x04AIFF", "audio/aiff"),
    ("6.3 mp3", b"ID3\x03", "audio/mpeg"),
    ("6.3 ogg", b"OggS\x00", "application/ogg"),
    ("6.3 midi", b"MThd\x00\x00\x00\x06", "audio/midi"),
    ("6.3 avi", b"RIFF\x01\x02\x03\x04AVI ", "video/avi"),
    ("6.3 wave", b"RIFF\x01\x02\x03\x04WAVE", "audio/wave"),
    ("6.3 mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"),
    ("6.3 webm", b"\x1a\x45\xdf\xa3", "video/webm"),
    ("6.3 eot", b"\x00" * 34 + b"LP", "application/vnd.ms-fontobject"),
    ("6.3 ttf", b"\x00\x01\x00\x00", "font/ttf"),
    ("6.3 otf", b"OTTO", "font/otf"),
    ("6.3 ttc", b"ttcf", "font/collection"),
    ("6.3 woff", b"wOFF", "font/woff"),
    ("6.3 woff2", b"wOF2", "font/woff2"),
    ("6.3 gzip", b"\x1f\x8b\x08", "application/x-gzip"),
    ("6.3 zip", b"PK\x03\x04", "application/zip"),
    ("6.3 rar", b"Rar!\x1a\x07\x00", "application/x-rar-compressed"),
    ("6.3 rar 5", b"Rar!\x1a\x07\x01\x00", "application/x-rar-compressed"),
    ("6.3 wasm", b"\x00asm\x01\x00\x00\x00", "application/wasm"),
]

HTML_BODY = b"<html>hello</html>"
LENGTH, CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def in_chunks(body, *fields):
    return reply(200, fields=[*fields, ("Transfer-Encoding", "chunked")], length=False) + chunked(body)


# id, the answer without or with a type, what Content-Type is behind contentType (and the body)
OTHERS = [
    ("CT-4 empty body", reply(200), []),
    ("CT-4 empty chunked body", CHUNKED + chunked(), []),
    ("CT-4 empty chunked body with trailers", CHUNKED + chunked(trailers=[("X-T", "1")]), []),
    ("CT-4 204", b"HTTP/1.1 204 No Content\r\n\r\n", []),
    ("CT-4 304", b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n", []),
    ("CT-4 304 with a length", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 18\r\n\r\n", []),
    ("CT-5", reply(200, HTML_BODY, [("Content-Type", "x/y")]), ["x/y"]),
    ("CT-5 any case", reply(200, HTML_BODY, [("content-type", "X/Y; z=1")]), ["X/Y; z=1"]),
    ("CT-5 no type at all", reply(200, HTML_BODY, [("Content-Type", "")]), [""]),
    ("CT-5 chunked", in_chunks(HTML_BODY, ("Content-Type", "x/y")), ["x/y"]),
    ("6.3 Content-Encoding", reply(200, HTML_BODY, [("Content-Encoding", "br")]), []),
    ("6.3 Content-Encoding chunked", in_chunks(b"\x1f\x8b\x08", ("content-encoding", "gzip")), []),
    ("6.3 Content-Encoding identity", reply(200, HTML_BODY, [("Content-Encoding", "identity")]), []),
    ("6.3 an error with a body", reply(404, HTML_BODY), [HTML]),
    ("6.3 a failure with a body", reply(500, b"oops"), [TEXT]),
    ("6.3 a part", reply(206, PNG, [("Content-Range", "bytes 0-15/99")]), ["image/png"]),
]


def pieces(*data, **how):
    """Sends the head, then each piece a moment later."""

    def send(connection, request):
        connection.send(CHUNKED if how.get("chunked") else LENGTH % sum(map(len, data)))
        for piece in data:
            time.sleep(0.05)
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece) if how.get("chunked") else piece)
        time.sleep(0.05)
        return b"0\r\n\r\n" if how.get("chunked") else b""

    return send


def until_close(data, delay=0.0):
    def send(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        time.sleep(delay)
        connection.send(data)
        connection.socket.shutdown(socket.SHUT_RDWR)
        connection.close()

    return send


def cut(data, reset=False, delay=0.05):
    def send(connection, request):
        connection.send(data)
        time.sleep(delay)
        connection.reset() if reset else connection.socket.shutdown(socket.SHUT_RDWR)
        connection.closed = True

    return send


ANSWERS = {
    "/late": pieces(HTML_BODY),
    "/late-chunked": pieces(HTML_BODY, chunked=True),
    "/late-close": until_close(HTML_BODY, 0.05),
    "/close": until_close(HTML_BODY),
    "/close-empty": until_close(b""),
    "/pieces": pieces(b"<html>", b"hello", b"</html>"),
    "/pieces-chunked": pieces(b"<html>", b"hello", b"</html>", chunked=True),
    "/chunked": CHUNKED + chunked(HTML_BODY),
    "/chunks": CHUNKED + chunked(b"<html>", b"hello</html>", trailers=[("X-Trailer", "1")]),
    "/cut-length": cut(LENGTH % 10),
    "/cut-length-reset": cut(LENGTH % 10, True),
    "/cut-chunked": cut(CHUNKED),
    "/cut-chunked-reset": cut(CHUNKED, True),
    "/cut-in-chunk-size": cut(CHUNKED + b"a"),
    "/cut-before-data": cut(CHUNKED + b"a\r\n", True),
    "/cut-later": cut(LENGTH % 10 + b"<html>", True),
    "/cut-later-chunked": cut(CHUNKED + b"6\r\n<html>\r\n", True),
    "/interim": b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" + reply(200, HTML_BODY),
}
HOSTS = {
    "on": {"contentType": {}},
    "true": {"contentType": True},
    "false": {"contentType": False},
    "detect": {"contentType": {"autoDetect": True}},
    "still": {"contentType": {"autoDetect": False}},
}


@pytest.fixture(scope="module")
def server():
    answers = dict(ANSWERS)
    answers.update({"/body%d" % i: reply(200, row[1]) for i, row in enumerate(BODIES)})
    answers.update({"/other%d" % i: row[1] for i, row in enumerate(OTHERS)})
    answers["/head"] = b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n"
    with RawServer(answers=answers, default=reply(200, HTML_BODY)) as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    middlewares = dict(HOSTS)
    middlewares.update(
        {
            "deny": {"ipDenyList": {"sourceRange": ["127.0.0.0/8"]}},
            "set": {"headers": {"customResponseHeaders": {"Content-Type": "x/inner"}}},
            "remove": {"headers": {"customResponseHeaders": {"Content-Type": ""}}},
            "encoded": {"headers": {"customResponseHeaders": {"Content-Encoding": "x"}}},
        }
    )
    lists = {name: [name] for name in HOSTS}
    lists.update({"none": [], "gone": ["on"], "twice": ["on", "on"]})
    lists.update({"refused": ["on", "deny"], "unreached": ["deny", "on"], "dressed": ["on", "set"], "bare": ["on", "remove"], "coded": ["on", "encoded"]})
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "gone" if name == "gone" else "app", "middlewares": names} for name, names in lists.items()}
    with site({"app": server, "gone": free_port()}, routers, http={"middlewares": middlewares}) as instance:
        yield instance


def types(daemon, target, host="on"):
    return ask(daemon.port, target=target, host=host + ".test").all("Content-Type")


@pytest.mark.parametrize("row", BODIES, ids=lambda row: row[0])
def test_type_of_a_body(daemon, row):
    target = "/body%d" % BODIES.index(row)
    answer = ask(daemon.port, target=target, host="on.test")
    assert answer.all("Content-Type") == [row[2]]
    assert answer.body == row[1]


@pytest.mark.parametrize("host", ["none", "still", "false"])
@pytest.mark.parametrize("row", [r for r in BODIES if r[0] in ("CT-1", "CT-2", "CT-3", "6.3 nothing fits")], ids=lambda row: row[0])
def test_without_it_there_is_none(daemon, row, host):
    answer = ask(daemon.port, target="/body%d" % BODIES.index(row), host=host + ".test")
    assert (answer.status, answer.all("Content-Type"), answer.body) == (200, [], row[1])


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: row[0])
@pytest.mark.parametrize("host", ["on", "none"])
def test_other_answers(daemon, row, host):
    got = types(daemon, "/other%d" % OTHERS.index(row), host)
    assert got == (row[2] if host == "on" or row[0].startswith("CT-5") else [])


OPTIONS = [("CT-6", "still", []), ("6.3 autoDetect true", "detect", [HTML]), ("1 true", "true", [HTML]), ("6.3 twice", "twice", [HTML])]


@pytest.mark.parametrize("host, kind", [o[1:] for o in OPTIONS], ids=[o[0] for o in OPTIONS])
def test_options(daemon, host, kind):
    assert types(daemon, "/", host) == kind


WHOLE = ["/late", "/late-chunked", "/late-close", "/close", "/pieces", "/pieces-chunked", "/chunked", "/chunks"]


@pytest.mark.parametrize("target", WHOLE)
@pytest.mark.parametrize("host, kind", [("on", [HTML]), ("none", [])], ids=["CT-1 with it", "CT-1 without it"])
def test_framings(daemon, target, host, kind):
    answer = ask(daemon.port, target=target, host=host + ".test")
    assert (answer.status, answer.all("Content-Type"), answer.body) == (200, kind, HTML_BODY)


def test_6_3_trailers_stay(daemon, spoken):
    name = "X-Trailer" if spoken == "h1" else "x-trailer"
    assert ask(daemon.port, target="/chunks", host="on.test", fields=[("TE", "trailers")]).trailers == [(name, "1")]


@h1_only("HTTP/1.0")
@pytest.mark.parametrize("target", WHOLE)
def test_6_3_for_a_client_of_HTTP_1_0(daemon, target):
    answer = ask(daemon.port, target=target, host="on.test", version="HTTP/1.0")
    assert (answer.status, answer.all("Content-Type"), answer.body) == (200, [HTML], HTML_BODY)


def test_CT_4_empty_body_that_ends_with_the_connection(daemon):
    answer = ask(daemon.port, target="/close-empty", host="on.test")
    assert (answer.status, answer.all("Content-Type"), answer.body) == (200, [], b"")


@pytest.mark.parametrize("method, target", [("HEAD", "/head"), ("HEAD", "/other%d" % [r[0] for r in OTHERS].index("CT-4 304"))])
def test_CT_4_HEAD_has_no_body(daemon, method, target):
    with connect(daemon.port) as client:
        for _ in range(2):
            answer = client.ask(method, target, host="on.test")
            assert (answer.all("Content-Type"), answer.body) == ([], b"")
            assert target != "/head" or answer.get("Content-Length") == "18"
        assert client.stays_open()


def test_6_3_many_answers_of_one_connection(daemon):
    order = [0, 6, 9, 0, 9, 6]
    with connect(daemon.port) as client:
        for i in order:
            client.request(target="/body%d" % i, host="on.test")
        assert [client.response().all("Content-Type") for _ in order] == [[BODIES[i][2]] for i in order]


def test_6_3_the_first_piece_does_not_wait_for_the_next(daemon, server):
    """What came is enough: 512 bytes are the most that is looked at, not the least."""
    seen = threading.Event()

    def wait(connection, request):
        connection.send(CHUNKED + b"6\r\n<html>\r\n")
        seen.wait(3)
        return b"6\r\n" + (b"seen.." if seen.is_set() else b"unseen") + b"\r\n0\r\n\r\n"

    server.answers["/stream"] = wait
    with connect(daemon.port) as client:
        client.request(target="/stream", host="on.test")
        client.wait_for(b"<html>")
        seen.set()
        answer = client.response()
    assert (answer.body, answer.all("Content-Type")) == (b"<html>seen..", [HTML])


@pytest.mark.parametrize("target", [t for t in ANSWERS if t.startswith("/cut-") and "later" not in t])
def test_decision_2_cut_before_the_first_byte(daemon, target):
    answer = ask(daemon.port, target=target, host="on.test")
    assert (answer.status, answer.body) == (502, b"Bad Gateway")
    assert ask(daemon.port, host="on.test").status == 200


@pytest.mark.parametrize("target", ["/cut-later", "/cut-later-chunked"])
def test_6_3_cut_after_the_first_byte(daemon, target):
    with pytest.raises(Cut) as cut_:
        ask(daemon.port, target=target, host="on.test")
    assert (cut_.value.message.status, cut_.value.message.all("Content-Type")) == (200, [HTML])


def test_6_3_a_client_that_leaves_before_the_first_byte(daemon, server):
    seen = []

    def never(connection, request):
        connection.send(LENGTH % 10)
        seen.append("asked")
        seen.append(connection.wait_end())

    server.answers["/never"] = never
    with connect(daemon.port) as client:
        client.request(target="/never", host="on.test")
        assert wait_until(lambda: seen)
        client.leave()
        assert wait_until(lambda: len(seen) == 2) and seen[1] is not None
    assert ask(daemon.port, host="on.test").status == 200


def test_1_interim_answers_pass_untouched(daemon, spoken):
    answer = ask(daemon.port, target="/interim", host="on.test")
    assert [(i.status, i.names(), i.get("Link")) for i in answer.interim] == [(103, ["Link" if spoken == "h1" else "link"], "</x>; rel=preload")]
    assert (answer.status, answer.all("Content-Type"), answer.body) == (200, [HTML], HTML_BODY)


# id, host, status, type: section 1, items 4 and 8
ORDER = [
    ("1 answer of an inner middleware", "refused", 403, [TEXT]),
    ("1 an outer refusal never gets here", "unreached", 403, []),
    ("1 failure of the proxy", "gone", 502, [TEXT]),
    ("CT-5 set by an inner middleware", "dressed", 200, ["x/inner"]),
    ("1 taken away by an inner middleware", "bare", 200, [HTML]),
    ("6.3 encoded by an inner middleware", "coded", 200, []),
]


@pytest.mark.parametrize("row", ORDER, ids=lambda row: row[0])
def test_order(daemon, row):
    answer = ask(daemon.port, host=row[1] + ".test")
    assert (answer.status, answer.all("Content-Type")) == (row[2], row[3])


def judged(tmp_path, options):
    path = tmp_path / "c.yaml"
    routers = {"r": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}
    path.write_text(to_yaml(configuration({"app": 1}, routers, http={"middlewares": {"m": {"contentType": options}}})))
    return run("-t", "-c", path)


@h1_only("the configuration alone")
@pytest.mark.parametrize("value", [True, False])
def test_6_3_any_use_of_autoDetect_warns(tmp_path, value):
    result = judged(tmp_path, {"autoDetect": value})
    assert result.returncode == 0
    assert re.search(r"c\.yaml:\d+:\d+: warning: [^\n]*\bautoDetect\b", result.stderr), result.stderr


@h1_only("the configuration alone")
@pytest.mark.parametrize("value", [{}, True, False])
def test_1_the_empty_mapping_and_its_words_are_silent(tmp_path, value):
    result = judged(tmp_path, value)
    assert (result.returncode, "warning" in result.stderr, "error" in result.stderr) == (0, False, False), result.stderr


REFUSED = [({"autodetct": True}, r'"autodetct".*did you mean "autoDetect"'), ({"autoDetect": "x"}, "autoDetect"), (["x"], "contentType")]


@h1_only("the configuration alone")
@pytest.mark.parametrize("options, message", REFUSED)
def test_decision_9_refused_whole(tmp_path, options, message):
    result = judged(tmp_path, options)
    assert result.returncode == 1
    assert re.search(r"c\.yaml:\d+:\d+: error: [^\n]*" + message, result.stderr), result.stderr
    assert "syntax is ok" not in result.stderr
