# SPDX-License-Identifier: MIT
"""Servers of HTTP/2: h2c by prior knowledge, https by ALPN (http-services.md sections 6, 7 and 8; security.md section 3).

The server is scripted on python3-h2, which judges every frame of ours: its `errors` must be empty at the end of each test.
"""
import threading
import time

import pytest

from h2.errors import ErrorCodes
from lib.client import RawClient, ask, chunked, head
from lib.daemon import balancer, site
from lib.h2server import INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, PING, H2Server
from lib.h2wire import INTERNAL_ERROR, H2Client
from lib.server import RawServer, reply
from lib.tls_world import TlsServer, world
from lib.wait import SLOW, Stopwatch, wait_until
from lib.wire import Cut

WINDOW_UPDATE, RST_STREAM = 8, 3


def pair():
    return world().pair("here", "localhost", "127.0.0.1")


def via(*servers, services=None, http=None, points=None, **transport):
    """A site in front of these servers, with a transport of these options that trusts our authority."""
    options = dict({"rootCAs": [world().ca.cert]}, **transport) if transport or any(s.url.startswith("https") for s in servers) else None
    service = balancer(*servers, **({"serversTransport": "t"} if options else {}))
    more = dict({"serversTransports": {"t": options}} if options else {}, **(http or {}))
    return site(dict({"app": service}, **(services or {})), {"all": dict({"rule": "PathPrefix(`/`)", "service": "app"}, **({"middlewares": list(more["middlewares"])} if "middlewares" in more else {}))},
                points, http=more)


@pytest.fixture
def server():
    """Plain h2c; what it finds wrong with our frames fails the test."""
    with H2Server() as instance:
        yield instance
        assert not instance.errors, instance.errors


@pytest.fixture
def daemon(server):
    with via(server) as instance:
        yield instance


# -- the request ---------------------------------------------------------------------------------------------------------------------------
def test_http_services_7_a_request_over_h2c(daemon, server):
    answer = ask(daemon.port, "POST", "/a/b?c=d", [("X-Some-Name", "Value"), ("Cookie", "a=1; b=2"), ("Connection", "X-Private"), ("X-Private", "1"), ("Te", "trailers")], b"hello")
    assert (answer.status, answer.version) == (200, "HTTP/1.1")
    request = server.last
    assert request.pseudo == {":method": "POST", ":scheme": "http", ":path": "/a/b?c=d", ":authority": "app.test"}
    assert request.get("x-some-name") == "Value" and request.get("content-length") == "5" and request.body == b"hello"
    assert "; ".join(request.all("cookie")) == "a=1; b=2" and request.all("te") == ["trailers"]
    assert not {"connection", "x-private", "host", "transfer-encoding", "keep-alive", "upgrade"} & set(request.names())
    assert all(n == n.lower() for n in request.names()) and request.all("x-forwarded-for") == ["127.0.0.1"]


def test_http_services_7_https_offers_h2_and_http_1():
    with H2Server(pair=pair(), alpn=("h2", "http/1.1")) as server, via(server) as daemon:
        assert ask(daemon.port).status == 200
        assert server.alpns == ["h2"] and server.last.pseudo[":scheme"] == "https" and not server.errors


def test_http_services_7_https_takes_http_1_where_the_server_has_no_other():
    with TlsServer(pair(), alpn=["http/1.1"]) as server, via(server) as daemon:
        assert ask(daemon.port).status == 200
        assert [h["alpn"] for h in server.handshakes] == ["http/1.1"]
    with TlsServer(pair()) as server, via(server) as daemon:
        assert ask(daemon.port).status == 200 and server.handshakes[0]["alpn"] is None


def test_http_services_6_disable_http2():
    with TlsServer(pair(), alpn=["h2", "http/1.1"]) as server, via(server, disableHTTP2=True) as daemon:
        assert ask(daemon.port).status == 200
        assert server.handshakes[0]["alpn"] in (None, "http/1.1") and server.last.version == "HTTP/1.1"


def test_http_services_7_an_upgrade_goes_over_http_1():
    def switch(connection, request):
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi")
        connection.wait_end()

    with TlsServer(pair(), alpn=["h2", "http/1.1"], answers={"/switch": switch}) as server, via(server) as daemon, RawClient(daemon.port) as client:
        client.send(head(target="/switch", fields=[("Connection", "Upgrade"), ("Upgrade", "echo")]))
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ") and client.take(2) == b"hi"
        assert server.handshakes[-1]["alpn"] in (None, "http/1.1")


def test_pass_host_header_false_sets_the_authority(server):
    service = balancer(server, passHostHeader=False)
    with site({"app": service}) as daemon:
        assert ask(daemon.port).status == 200
        assert server.last.pseudo[":authority"] == "127.0.0.1:%d" % server.port


@pytest.mark.parametrize("size", [0, 1, 16384, 65536, 1_000_000])
def test_bodies_arrive_whole_both_ways(daemon, server, size):
    body = bytes(i * 7 % 251 for i in range(size))
    server.answers["/echo"] = lambda stream: stream.respond(200, bytes(stream.request.body))
    with RawClient(daemon.port) as client:
        client.send(head("POST", "/echo", [("Transfer-Encoding", "chunked")]) + chunked(body) if size else head("POST", "/echo", [("Content-Length", "0")]))
        assert client.response().body == body
    assert ask(daemon.port, "POST", "/echo", body=body).body == body


def test_a_request_without_a_body_ends_with_its_head(daemon, server):
    assert ask(daemon.port).status == 200
    headers = [f for f in server.connections[0].frames if f[0] == 1]
    assert headers[0][1] & 1 and not server.connections[0].count(0)


def test_request_trailers_reach_the_server(daemon, server):
    with RawClient(daemon.port) as client:
        client.send(head("POST", "/", [("Transfer-Encoding", "chunked")]) + chunked(b"hello", trailers=[("X-T", "1")]))
        assert client.response().status == 200
    assert server.last.body == b"hello" and server.last.trailers == [("x-t", "1")]


# -- the answer ----------------------------------------------------------------------------------------------------------------------------
def trailing(stream):
    stream.headers(200, [("content-type", "application/grpc")])
    stream.data(b"hello")
    stream.trailers([("grpc-status", "0"), ("x-t", "1")])


def trailers_only(stream):
    stream.headers(200, [("content-type", "application/grpc"), ("grpc-status", "5")], end=True)


def test_trailers_reach_clients_of_both_versions(daemon, server):
    server.answers["/t"] = trailing
    answer = ask(daemon.port, target="/t", fields=[("TE", "trailers")])
    assert (answer.body, answer.framing) == (b"hello", "chunked")
    assert [(k.lower(), v) for k, v in answer.trailers] == [("grpc-status", "0"), ("x-t", "1")]
    with H2Client(daemon.port) as client:
        answer = client.ask(target="/t", fields=[("te", "trailers")])
        assert (answer.body, answer.trailers, answer.ended) == (b"hello", [("grpc-status", "0"), ("x-t", "1")], True)


def test_an_answer_of_trailers_only_stays_one(daemon, server):
    server.answers["/t"] = trailers_only
    with H2Client(daemon.port) as client:
        answer = client.ask(target="/t", fields=[("te", "trailers")])
        assert (answer.status, answer.get("grpc-status"), answer.trailers, answer.data_frames) == (200, "5", [], 0)
    answer = ask(daemon.port, target="/t")
    assert (answer.get("grpc-status"), answer.body) == ("5", b"")


def test_a_grpc_stream_goes_both_ways_at_once(daemon, server):
    def converse(stream):
        stream.headers(200, [("content-type", "application/grpc")])
        for turn in range(5):
            assert wait_until(lambda: stream.request.body.endswith(b"%d" % turn))
            stream.data(b"answer %d" % turn)
        stream.trailers([("grpc-status", "0")])

    server.early["/chat"] = converse
    with H2Client(daemon.port) as client:
        stream = client.request("POST", "/chat", [("content-type", "application/grpc"), ("te", "trailers")], end=False)
        answer = client.answer_of(stream)
        for turn in range(5):
            client.send_body(stream, b"question %d" % turn, end=False)
            assert client.until(lambda: answer.body.endswith(b"answer %d" % turn)), answer
        client.send_body(stream, b"", end=True)
        assert client.answer(stream).trailers == [("grpc-status", "0")]


def test_interim_answers_reach_the_client(daemon, server):
    def hint(stream):
        stream.interim(103, [("link", "</a.css>")])
        stream.respond(200, b"x")

    server.answers["/hint"] = hint
    answer = ask(daemon.port, target="/hint")
    assert [(i.status, i.get("link")) for i in answer.interim] == [(103, "</a.css>")] and answer.body == b"x"


def test_expect_100_continue_is_answered_by_the_server(daemon, server):
    def go_on(stream):
        stream.interim(100)
        stream.whole.wait(10)
        stream.respond(200, bytes(stream.request.body))

    server.early["/expect"] = go_on
    with RawClient(daemon.port) as client:
        client.send(head("POST", "/expect", [("Expect", "100-continue"), ("Content-Length", "5")]))
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        client.send(b"hello")
        assert client.response().body == b"hello"


@pytest.mark.parametrize("method, status, fields", [("HEAD", 200, [("content-length", "1000")]), ("GET", 204, []), ("GET", 304, [("content-length", "1000"), ("etag", '"x"')])])
def test_answers_without_a_body(daemon, server, method, status, fields):
    server.answers["/none"] = lambda stream: stream.headers(status, fields, end=True)
    with RawClient(daemon.port) as client:
        for _ in range(2):
            answer = client.ask(method, "/none")
            assert (answer.status, answer.body) == (status, b"")
    assert len(server.connections) == 1


# -- what goes wrong -------------------------------------------------------------------------------------------------------------------------
def begins_then(fault):
    def answer(stream):
        stream.headers(200, [("content-length", "100")])
        stream.data(b"begun")
        time.sleep(0.1)
        fault(stream)
    return answer


LATE_FAULTS = {
    "reset": lambda s: s.reset(ErrorCodes.INTERNAL_ERROR),
    "reset-no-error": lambda s: s.reset(ErrorCodes.NO_ERROR),
    "end-too-early": lambda s: s.data(b"", end=True),
    "more-than-the-length": lambda s: s.data(b"x" * 200, end=True),
    "connection-closed": lambda s: s.connection.close(),
    "connection-reset": lambda s: s.connection.reset(),
    "goaway-with-an-error": lambda s: (s.connection.goaway(0, ErrorCodes.INTERNAL_ERROR), s.connection.close()),
    "a-frame-that-is-wrong": lambda s: s.connection.send(b"\0\0\5\6\0\0\0\0\0hello"),
    "trailers-that-are-wrong": lambda s: s.trailers([("X-Capital", "1")]),
}


@pytest.mark.parametrize("row", LATE_FAULTS, ids=["security-3-" + k for k in LATE_FAULTS])
def test_a_fault_after_the_head_is_a_cut(server, daemon, row):
    server.answers["/fault"] = begins_then(LATE_FAULTS[row])
    with RawClient(daemon.port) as client, pytest.raises(Cut):
        client.ask(target="/fault")
    with H2Client(daemon.port) as client:
        answer = client.ask(target="/fault")
        assert (answer.status, answer.ended, answer.reset) == (200, False, INTERNAL_ERROR), answer
    assert ask(daemon.port).status == 200
    server.errors.clear()  # of connections that the fault broke


EARLY_FAULTS = {
    "reset": lambda s: s.reset(ErrorCodes.INTERNAL_ERROR),
    "reset-cancel": lambda s: s.reset(ErrorCodes.CANCEL),
    "reset-protocol-error": lambda s: s.reset(ErrorCodes.PROTOCOL_ERROR),
    "connection-closed": lambda s: s.connection.close(),
    "status-missing": lambda s: s.trailers([("x-a", "1")]),
    "status-of-two-digits": lambda s: s.headers(20, end=True),
    "status-of-letters": lambda s: s.headers("abc", end=True),
    "status-twice": lambda s: s.headers(200, [(":status", "204")], end=True),
    "name-capital": lambda s: s.headers(200, [("X-A", "1")], end=True),
    "value-crlf": lambda s: s.headers(200, [("x-a", "1\r\nx-b: 2")], end=True),
    "value-nul": lambda s: s.headers(200, [("x-a", "1\0")], end=True),
    "connection-field": lambda s: s.headers(200, [("connection", "close")], end=True),
    "transfer-encoding": lambda s: s.headers(200, [("transfer-encoding", "chunked")], end=True),
    "length-malformed": lambda s: s.headers(200, [("content-length", "-1")], end=True),
    "length-twice": lambda s: s.headers(200, [("content-length", "0"), ("content-length", "1")], end=True),
    "length-without-data": lambda s: s.headers(200, [("content-length", "5")], end=True),
    "101": lambda s: s.headers(101, end=False),
    "a-frame-that-is-wrong": lambda s: s.connection.send(b"\0\0\5\6\0\0\0\0\0hello"),
    "http-1": lambda s: s.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("row", EARLY_FAULTS, ids=["http-services-8-" + k for k in EARLY_FAULTS])
def test_a_fault_before_the_head_is_502(server, daemon, row):
    server.answers["/fault"] = EARLY_FAULTS[row]
    answer = ask(daemon.port, "POST", "/fault", body=b"x")
    assert (answer.status, answer.body) == (502, b"Bad Gateway")
    assert ask(daemon.port).status == 200
    server.errors.clear()


@pytest.mark.parametrize("row", ["reset", "name-capital", "length-malformed"])
def test_a_stream_that_fails_never_poisons_the_connection(server, daemon, row):
    """Others on the same connection go on, and the next request may use it."""
    free = threading.Event()
    server.answers["/held"] = lambda stream: (free.wait(20), stream.respond(200, b"late"))
    server.answers["/fault"] = EARLY_FAULTS[row]
    results = []
    thread = threading.Thread(target=lambda: results.append(ask(daemon.port, target="/held")))
    thread.start()
    assert server.wait_heads(1)
    assert [ask(daemon.port, "POST", "/fault", body=b"x").status for _ in range(20)] == [502] * 20
    free.set()
    thread.join()
    assert results[0].body == b"late" and ask(daemon.port).status == 200
    assert len(server.connections) == 1


def test_a_client_that_leaves_resets_its_stream_only(server, daemon):
    gone = []
    server.early["/held"] = lambda stream: gone.append(stream) or stream.gone.wait(20)
    with RawClient(daemon.port) as client:
        client.send(head(target="/held"))
        assert wait_until(lambda: gone)
    assert wait_until(lambda: gone[0].reset_by_client is not None)
    assert gone[0].reset_by_client == ErrorCodes.CANCEL
    assert ask(daemon.port).status == 200 and len(server.connections) == 1


def test_an_early_answer_ends_the_request(server, daemon):
    """RFC 9113 section 8.1: the answer is whole, RST_STREAM(NO_ERROR) asks to stop sending; the client gets all of the answer."""
    def early(stream):
        stream.headers(413, [("content-length", "8")])
        stream.data(b"too much", end=True)
        stream.reset(ErrorCodes.NO_ERROR)

    server.early["/early"] = early
    with H2Client(daemon.port) as client:
        stream = client.request("POST", "/early", [("content-length", "1000000")], end=False)
        client.send_body(stream, b"begun", end=False)
        answer = client.answer(stream)
        assert (answer.status, answer.body, answer.ended) == (413, b"too much", True)
    assert ask(daemon.port).status == 200 and len(server.connections) == 1


# -- again -----------------------------------------------------------------------------------------------------------------------------------
def refuses_once(times=1):
    seen = []

    def answer(stream):
        seen.append(stream)
        if len(seen) <= times:
            return stream.reset(ErrorCodes.REFUSED_STREAM)
        stream.respond(200, b"at last")
    answer.seen = seen
    return answer


@pytest.mark.parametrize("method, body", [("GET", None), ("POST", None), ("POST", b"hello")])
def test_a_refused_stream_is_asked_again(server, daemon, method, body):
    """RFC 9113 section 8.7: nothing was done, so every method may be."""
    server.early["/refused"] = refuses_once()
    assert ask(daemon.port).status == 200
    answer = ask(daemon.port, method, "/refused", body=body)
    if body is None:
        assert (answer.status, answer.body) == (200, b"at last")
    assert answer.status in (200, 502)


def test_a_server_that_always_refuses_is_not_asked_for_ever(server, daemon):
    server.early["/refused"] = refuses_once(10_000)
    watch = Stopwatch()
    assert ask(daemon.port, target="/refused").status == 502
    assert watch.seconds < 5 * SLOW and len(server.early["/refused"].seen) <= 10


def test_streams_above_the_last_one_of_a_goaway_are_asked_again(server, daemon):
    """The server names the stream before: ours was not worked on."""
    once = []

    def leave(stream):
        if not once:
            once.append(stream)
            return stream.connection.goaway(stream.number - 2)
        stream.respond(200, b"elsewhere")

    server.answers["/leave"] = leave
    assert ask(daemon.port).status == 200
    answer = ask(daemon.port, "POST", "/leave")
    assert (answer.status, answer.body, len(server.connections)) == (200, b"elsewhere", 2)


def test_streams_below_the_last_one_of_a_goaway_end_in_peace(server, daemon):
    def leave(stream):
        stream.connection.goaway()
        time.sleep(0.2)
        stream.respond(200, b"from the old one")

    server.answers["/leave"] = leave
    assert ask(daemon.port, target="/leave").body == b"from the old one"
    assert ask(daemon.port).status == 200
    assert len(server.connections) == 2
    assert wait_until(lambda: server.connections[0].ended or server.connections[0].closed)


def test_a_server_that_says_goodbye_under_load_loses_nothing(server, daemon):
    """Every twentieth answer is the connection's last; its GOAWAY has two steps, as a server that restarts sends it."""
    count = [0]

    def answer(stream):
        count[0] += 1
        if count[0] % 20 == 0:
            stream.connection.goaway(0x7FFFFFFF)
            time.sleep(0.05)
            stream.connection.goaway()
        stream.respond(200, b"ok")

    server.default = answer
    statuses = []

    def go_on():
        with RawClient(daemon.port) as client:
            statuses.extend(client.ask("POST", body=b"x").status for _ in range(60))

    threads = [threading.Thread(target=go_on) for _ in range(6)]
    [t.start() for t in threads]
    [t.join(60 * SLOW) for t in threads]
    assert statuses == [200] * 360 and len(server.connections) > 5


def test_a_connection_that_dies_while_idle_is_no_failure(server, daemon):
    for _ in range(5):
        assert ask(daemon.port).status == 200
        server.connections[-1].close()
    assert len(server.connections) == 5


# -- limits of the other side --------------------------------------------------------------------------------------------------------------
def together(port, count, target="/"):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(ask(port, target=target).status)) for _ in range(count)]
    [t.start() for t in threads]
    [t.join(60 * SLOW) for t in threads]
    return statuses


def test_requests_share_a_connection(server, daemon):
    server.default = lambda stream: (time.sleep(0.3), stream.respond())
    assert ask(daemon.port).status == 200
    assert together(daemon.port, 30) == [200] * 30
    assert len(server.connections) == 1 and server.connections[0].most_at_once > 5


def test_the_servers_limit_of_streams_is_kept():
    with H2Server(settings={MAX_CONCURRENT_STREAMS: 3}, default=lambda stream: (time.sleep(0.1), stream.respond())) as server, via(server) as daemon:
        assert ask(daemon.port).status == 200
        assert together(daemon.port, 20) == [200] * 20
        assert not server.errors and max(c.most_at_once for c in server.connections) <= 3


def test_a_limit_that_comes_late_is_kept_too():
    """Before the server's SETTINGS have come nobody knows it: what is over it is refused and asked again."""
    def slowly(connection):
        time.sleep(0.2)

    with H2Server(settings={MAX_CONCURRENT_STREAMS: 1}, on_connect=slowly) as server, via(server) as daemon:
        assert together(daemon.port, 10) == [200] * 10


def test_the_servers_windows_are_kept():
    """python3-h2 would find fault with a byte too many."""
    with H2Server(settings={INITIAL_WINDOW_SIZE: 100}, credit=False) as server, via(server) as daemon:
        assert ask(daemon.port).status == 200
        with RawClient(daemon.port) as client:
            client.send(head("POST", "/", [("Content-Length", "1000")]) + b"x" * 1000)
            assert server.wait_heads(2)
            stream = server.heads[1]
            for size in range(100, 1001, 100):
                assert wait_until(lambda: len(stream.request.body) == size), len(stream.request.body)
                if size < 1000:
                    stream.connection.credit(100, stream.number)
            assert client.response().status == 200
        assert not server.errors


def test_a_client_that_does_not_read_stops_the_server_and_nobody_else(server, daemon):
    sent = []
    server.answers["/endless"] = lambda stream: (sent.append(stream), stream.headers(200), [stream.data(b"x" * 10_000) or sent.append(1) for _ in range(3000)])
    with RawClient(daemon.port, receive_buffer=4096) as client:
        client.send(head(target="/endless"))
        assert wait_until(lambda: len(sent) > 5)
        assert wait_until(lambda: not _grows(sent), 10 * SLOW)
        assert len(sent) < 1500
        for _ in range(20):
            assert ask(daemon.port).status == 200
    assert len(server.connections) == 1


def _grows(items):
    before = len(items)
    time.sleep(0.3)
    return len(items) > before


class Together:
    """Answers so many requests in one write, once they are all there: a number for each, in their own order."""

    def __init__(self, count, with_body):
        self.count, self.with_body, self.streams = count, with_body, []

    def __call__(self, stream):
        with stream.connection.lock:
            self.streams.append(stream)
            if len(self.streams) < self.count:
                return
            for one in self.streams:
                body = one.request.get("x-number").encode() if self.with_body else b""
                stream.connection.h2.send_headers(one.number, [(":status", "200"), ("content-length", str(len(body))), ("x-number", one.request.get("x-number"))], end_stream=not body)
                if body:
                    stream.connection.h2.send_data(one.number, body, end_stream=True)
            stream.connection.flush()


@pytest.mark.parametrize("count", [2, 8, 30])
@pytest.mark.parametrize("with_body", [False, True], ids=["heads", "bodies"])
def test_answers_that_come_together_reach_each_its_own_client(server, daemon, count, with_body):
    """Of HTTP/1.1: nobody may ever get a byte of another one's answer."""
    assert ask(daemon.port).status == 200
    server.default = Together(count, with_body)
    clients = [RawClient(daemon.port) for _ in range(count)]
    for number, client in enumerate(clients):
        client.send(head(fields=[("X-Number", "n%d" % number)]))
    for number, client in enumerate(clients):
        answer = client.response()
        assert (answer.get("x-number"), answer.body) == ("n%d" % number, b"n%d" % number if with_body else b"")
        assert client.stays_open(0.01), "more than the answer"
        client.close()


def test_answers_that_come_together_reach_each_its_own_stream(server, daemon):
    server.default = Together(20, True)
    with H2Client(daemon.port) as client:
        streams = {client.request(fields=[("x-number", "n%d" % n)]): b"n%d" % n for n in range(20)}
        assert {s: bytes(client.answer(s).body) for s in streams} == streams


# -- health of connections -------------------------------------------------------------------------------------------------------------------
def test_http_services_6_no_ping_unless_it_is_asked_for(server, daemon):
    server.answers["/slow"] = lambda stream: (time.sleep(1), stream.respond())
    assert ask(daemon.port, target="/slow").status == 200
    assert server.connections[0].count(PING) == 0


def test_http_services_6_read_idle_timeout_sends_pings():
    with H2Server() as server, via(server, forwardingTimeouts={"readIdleTimeout": "300ms", "pingTimeout": "1s"}) as daemon:
        server.answers["/slow"] = lambda stream: (wait_until(lambda: server.connections[0].count(PING) >= 2), stream.respond())
        assert ask(daemon.port, target="/slow").status == 200
        assert server.connections[0].count(PING) >= 2 and not server.errors


def test_http_services_6_a_ping_without_an_answer_ends_the_connection():
    with H2Server(mute=True) as server, via(server, forwardingTimeouts={"readIdleTimeout": "300ms", "pingTimeout": "500ms"}) as daemon:
        server.answers["/hangs"] = lambda stream: stream.gone.wait(20 * SLOW)
        watch = Stopwatch()
        answer = ask(daemon.port, "POST", "/hangs", body=b"x")
        assert answer.status in (502, 504) and watch.seconds < 0.8 + 2 * SLOW
        assert wait_until(lambda: server.connections[0].ended is not None)


def test_a_server_that_never_sends_settings_is_a_bad_gateway_in_time():
    with H2Server(silent=True) as server, via(server, forwardingTimeouts={"responseHeaderTimeout": "500ms", "dialTimeout": "500ms"}) as daemon:
        watch = Stopwatch()
        assert ask(daemon.port).status in (502, 504) and watch.seconds < 2 + 2 * SLOW


def test_http_services_6_response_header_timeout():
    with H2Server() as server, via(server, forwardingTimeouts={"responseHeaderTimeout": "500ms"}) as daemon:
        server.answers["/hangs"] = lambda stream: stream.gone.wait(20 * SLOW)
        answer = ask(daemon.port, target="/hangs")
        assert (answer.status, answer.body) == (504, b"Gateway Timeout")
        assert ask(daemon.port).status == 200 and len(server.connections) == 1
        assert wait_until(lambda: server.connections[0].count(RST_STREAM) == 1)


def test_http_services_6_idle_connections_are_closed():
    with H2Server() as server, via(server, forwardingTimeouts={"idleConnTimeout": "500ms"}) as daemon:
        assert ask(daemon.port).status == 200
        assert wait_until(lambda: server.connections[0].ended is not None, 0.5 + 2 * SLOW)
        assert ask(daemon.port).status == 200 and len(server.connections) == 2


# -- the retry middleware, several servers, h2 to h2 -------------------------------------------------------------------------------------------
def test_retry_goes_to_the_next_server_where_one_is_not_there():
    with H2Server() as gone, H2Server(default=b"good") as good:
        with via(gone, good, http={"middlewares": {"again": {"retry": {"attempts": 3}}}}) as daemon:
            gone.stop()
            assert [ask(daemon.port).body for _ in range(6)] == [b"good"] * 6


def test_h2_to_h2_many_at_once(server, daemon):
    server.default = lambda stream: stream.respond(200, bytes(stream.request.body)[::-1])
    with H2Client(daemon.port) as client:
        client.ready()
        bodies = {client.request("POST", body=b"%d " % n * (n * 50)): n for n in range(1, 60)}
        for stream, n in bodies.items():
            answer = client.answer(stream)
            assert (answer.status, bytes(answer.body)) == (200, (b"%d " % n * (n * 50))[::-1])
    assert len(server.connections) == 1


def test_a_server_of_http_1_behind_h2c_is_a_bad_gateway():
    with RawServer(default=reply()) as server, site({"app": balancer("h2c://127.0.0.1:%d" % server.port)}) as daemon:
        assert ask(daemon.port).status == 502
