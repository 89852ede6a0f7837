# SPDX-License-Identifier: MIT
"""What a browser makes of it: Chromium over TLS and HTTP/2 with WebSockets (RFC 8441), gRPC-Web, server-sent events, fetches that are aborted."""
from concurrent import futures
import json
import random
import threading

import grpc
import pytest

from lib.chromium import PATIENCE, PROGRAM, Chromium
from lib.daemon import balancer, site
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.tls_world import world
from lib.wait import wait_until
from test_grpc import OPTIONS, Service
from test_websockets import Server

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no chromium on PATH")

MIB = 1 << 20
KINDS = ["application/grpc-web", "application/grpc-web-text"]

# Bytes are strings of the characters 0 to 255 here, as atob and btoa have them.
PAGE = b"""<!doctype html><title>page</title><script>
const bytes = text => Uint8Array.from(text, c => c.charCodeAt(0));
const latin = array => Array.from(array, b => String.fromCharCode(b)).join("");
const size_of = text => new DataView(bytes(text).buffer).getUint32(1);

// -- WebSocket: what was said to us, and how it ended
let socket, said = [], told = () => {};
function say(what) { said.push(what); told(); }
async function heard(count) { while (said.length < count) await new Promise(done => told = done); return said; }
function connect(path) {
  said = [];
  socket = new WebSocket(`wss://${location.host}${path}`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => say("open");
  socket.onmessage = e => say(e.data);
  socket.onclose = e => say([e.code, e.reason, e.wasClean]);
  socket.onerror = () => say("error");
}

// -- server-sent events
let events;
function listen(path) {
  said = [];
  events = new EventSource(path);
  events.onmessage = e => say([e.lastEventId, e.data]);
}

// -- gRPC-Web: a call, and the frames of its answer one by one
let reader, encoded, pending, stop;
async function call(url, kind, message) {
  const framed = "\\0\\0\\0\\0" + String.fromCharCode(message.length) + message;
  const body = kind.includes("-text") ? btoa(framed) : bytes(framed);
  stop = new AbortController();
  const answer = await fetch(url, {method: "POST", headers: {"Content-Type": kind, "X-Grpc-Web": "1", "X-User-Agent": "test"}, body, signal: stop.signal});
  reader = answer.body.getReader();
  encoded = pending = "";
  const header = name => answer.headers.get(name);
  return [answer.status, header("content-type"), header("grpc-status"), header("grpc-message")];
}
function decoded(kind, text) {
  if (!kind.includes("-text")) return text;
  encoded += text;
  const whole = encoded.length - encoded.length % 4;
  const groups = encoded.slice(0, whole).match(/..../g) || [];
  encoded = encoded.slice(whole);
  return groups.map(atob).join("");
}
async function next(kind) {
  while (pending.length < 5 || pending.length < 5 + size_of(pending)) {
    const {done, value} = await reader.read();
    if (done) return encoded + pending || null;
    pending += decoded(kind, latin(value));
  }
  const end = 5 + size_of(pending), frame = [pending.charCodeAt(0), pending.slice(5, end)];
  pending = pending.slice(end);
  return frame;
}
</script>"""


class Turns(Service):
    """One method more: each message waits for its turn, and the end is an error."""

    def __init__(self):
        super().__init__()
        self.turn = threading.Semaphore(0)

    def service(self, call):
        return grpc.unary_stream_rpc_method_handler(self.turns) if call.method.endswith("/turns") else super().service(call)

    def turns(self, request, context):
        for n in range(3):
            yield request + b"%d" % n
            assert self.turn.acquire(timeout=PATIENCE)
        context.abort(grpc.StatusCode.ABORTED, "enough: \u00e4")


class Place:
    """The servers, the daemon before them, and a browser that shows a page of theirs."""

    def __init__(self, page, sockets, calls, daemon, browser):
        self.page, self.sockets, self.calls, self.daemon, self.browser = page, sockets, calls, daemon, browser
        self.run = browser.run

    def url(self, host="app.test", path="/"):
        return "https://%s:%d%s" % (host, self.daemon.port, path)

    def records(self, path, method=None):
        """Of the access log: the requests for this path, once there are any."""
        found = []
        assert wait_until(lambda: found.extend(r for r in self._log() if r["RequestPath"] == path and method in (None, r["RequestMethod"])) or found, PATIENCE)
        return found

    def _log(self):
        return [json.loads(line) for line in self.daemon.file("access.log").split("\n")[:-1]]


@pytest.fixture(scope="module")
def calls():
    service = Turns()
    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=(service,), options=OPTIONS)
    service.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield service
    server.stop(0)


@pytest.fixture(scope="module")
def place(calls):
    port, pair = free_port(), world().pair("chromium", "app.test", "api.test", "other.test")
    points = {"web": {"address": "127.0.0.1:%d" % port, "http": {"tls": {}}}}
    routers = {
        "page": {"rule": "Host(`app.test`) || Host(`other.test`)", "service": "page"},
        "sockets": {"rule": "Host(`app.test`) && PathPrefix(`/ws`)", "service": "sockets", "middlewares": ["strip"], "priority": 1000},
        "calls": {"rule": "Host(`api.test`)", "service": "calls", "middlewares": ["grpc-web"]},
    }
    middlewares = {"grpc-web": {"grpcWeb": {"allowOrigins": ["https://app.test:%d" % port]}}, "strip": {"stripPrefix": {"prefixes": ["/ws"]}}}
    static = {"tls": {"certificates": [pair.files]}, "accessLog": {"filePath": "access.log", "format": "json"}}
    page = RawServer(default=reply(body=PAGE, fields=[("Content-Type", "text/html")]))
    with page, Server() as sockets, Chromium(pair) as browser:
        services = {"page": page, "sockets": sockets, "calls": balancer("h2c://127.0.0.1:%d" % calls.port)}
        with site(services, routers, points, http={"middlewares": middlewares}, static=static) as daemon:
            yield Place(page, sockets, calls, daemon, browser)
            browser.open("about:blank")  # an EventSource would come back for ever


@pytest.fixture(autouse=True)
def opened(place):
    place.browser.open(place.url())


def clients(*records):
    """The connections that these requests came on."""
    return {record["ClientAddr"] for record in records}


# -- the page ------------------------------------------------------------------------------------------------------------------------------
def test_a_page_comes_over_http_2(place):
    assert place.run("return performance.getEntriesByType('navigation').map(e => [e.nextHopProtocol, e.responseStatus])") == [["h2", 200]]
    assert place.records("/")[-1]["RequestProtocol"] == "HTTP/2.0"


# -- WebSocket -----------------------------------------------------------------------------------------------------------------------------
def test_a_websocket_is_a_stream_of_the_pages_connection(place):
    assert place.run("connect('/ws/which'); await heard(1); socket.close(1000); return await heard(2)") == ["open", [1000, "", True]]
    record = place.records("/ws/which")[-1]
    assert record["RequestProtocol"] == "HTTP/2.0"
    assert clients(record) == clients(place.records("/")[-1])


def test_websocket_messages_of_every_kind(place):
    """One after the other: Chromium keeps an empty one to itself while another is on its way."""
    large = "".join(chr(c) for c in random.Random(1).choices(range(256), k=MIB))
    place.run("connect('/ws'); await heard(1)")
    for text in ("gr\u00fc\u00dfe", "", large):
        assert place.run("said = []; socket.send(args[0]); return (await heard(1))[0] === args[0]", text)
    for data in ("\0\xff", large):
        assert place.run("said = []; socket.send(bytes(args[0])); return latin(new Uint8Array((await heard(1))[0])) === args[0]", data)
    assert place.run("said = []; socket.close(); return await heard(1)") == [[1005, "", True]]


def test_a_websocket_says_why_it_ends(place):
    assert place.run("connect('/ws'); await heard(1); socket.close(3456, 'bye'); return (await heard(2))[1]") == [3456, "bye", True]
    assert wait_until(lambda: (3456, "bye") in place.sockets.closed, PATIENCE)


def test_the_server_says_why_it_ends_a_websocket(place):
    assert place.run("connect('/ws/leave'); return await heard(2)") == ["open", [4321, "enough of this", True]]


def test_a_websocket_that_is_refused(place):
    assert place.run("connect('/no-socket'); return await heard(2)") == ["error", [1006, "", False]]
    assert place.run("return (await fetch('/')).status") == 200


# -- gRPC-Web ------------------------------------------------------------------------------------------------------------------------------
def call(place, method, kind, message, path="/t.T/"):
    return place.run("return await call(...args)", place.url("api.test", path + method), kind, message)


def next_frame(place, kind):
    return place.run("return await next(...args)", kind)


def trailers(frame):
    flag, text = frame
    assert flag == 0x80
    return dict(line.split(": ", 1) for line in text.split("\r\n")[:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_unary_call_from_another_origin(place, kind):
    assert call(place, "unary", kind, "abc") == [200, kind, None, None]
    assert next_frame(place, kind) == [0, "cba"]
    assert trailers(next_frame(place, kind)) == {"grpc-status": "0", "x-trailer": "2", "bytes-bin": "AAE"}
    assert next_frame(place, kind) is None
    asked = [place.records("/t.T/unary", method)[-1] for method in ("OPTIONS", "POST")]
    assert {record["RequestProtocol"] for record in asked} == {"HTTP/2.0"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_message_of_a_server_stream_comes_before_the_next_is_sent(place, kind):
    assert call(place, "turns", kind, "n")[0] == 200
    for n in range(3):
        assert next_frame(place, kind) == [0, "n%d" % n]
        place.calls.turn.release()
    assert trailers(next_frame(place, kind)) == {"grpc-status": "10", "grpc-message": "enough: %C3%A4"}
    assert next_frame(place, kind) is None


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_without_a_message_is_read_from_the_head(place, kind):
    assert call(place, "fail", kind, "") == [200, kind, "9", "no: %C3%A4 %25"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_is_aborted_is_cancelled_at_the_server(place, kind):
    place.calls.cancelled.clear()
    assert call(place, "endless", kind, "")[0] == 200
    assert next_frame(place, kind) == [0, "x" * 10000]
    place.run("stop.abort()")
    assert place.calls.cancelled.wait(PATIENCE)


def test_a_page_of_an_origin_that_is_not_allowed_makes_no_call(place):
    place.browser.open(place.url("other.test"))
    refused = place.run("try { await call(...args) } catch (e) { return e.name }", place.url("api.test", "/t.T/refused"), KINDS[0], "")
    assert refused == "TypeError"
    assert [record["RequestMethod"] for record in place.records("/t.T/refused")] == ["OPTIONS"]


# -- server-sent events --------------------------------------------------------------------------------------------------------------------
def test_events_come_as_they_are_sent_and_go_on_after_an_end(place):
    turn = threading.Semaphore(0)

    def stream(connection, request):
        first = int(request.get("Last-Event-ID") or 0) + 1
        connection.send(reply(fields=[("Content-Type", "text/event-stream"), ("Connection", "close")], length=False) + b"retry: 10\n")
        for n in range(first, first + 3):
            connection.send(b"id: %d\ndata: number %d\n\n" % (n, n))
            if not turn.acquire(timeout=PATIENCE):
                return
        connection.close()

    place.page.answers["/events"] = stream
    place.run("listen('/events')")
    for n in range(1, 5):
        assert place.run("return (await heard(args[0])).length", n) == n
        turn.release()
    assert place.run("events.close(); return said") == [[str(n), "number %d" % n] for n in range(1, 5)]
    assert place.page.requests[-1].get("Last-Event-ID") == "3"


# -- fetches that are aborted ------------------------------------------------------------------------------------------------------------
def test_an_aborted_fetch_ends_its_stream_and_no_other(place):
    turn, left = threading.Event(), threading.Event()

    def aborted(connection, request):
        connection.send(reply(fields=[("Content-Length", "99")], length=False) + b"first")
        if connection.wait_end(PATIENCE):
            left.set()

    def other(connection, request):
        connection.send(reply(fields=[("Content-Length", "10")], length=False) + b"first")
        if turn.wait(PATIENCE):
            connection.send(b" last")

    place.page.answers.update({"/aborted": aborted, "/other": other})
    place.run("""
        stop = new AbortController();
        const first = await fetch('/aborted', {signal: stop.signal}), second = await fetch('/other');
        window.one = first.text().catch(e => e.name);
        window.two = second.text();
        stop.abort();
    """)
    assert place.run("return await one") == "AbortError"
    assert left.wait(PATIENCE)
    turn.set()
    assert place.run("return await two") == "first last"
    assert place.run("return (await fetch('/after')).status") == 200
    records = [place.records(path)[-1] for path in ("/aborted", "/other", "/after")]
    assert [record["DownstreamStatus"] for record in records] == [200, 200, 200]
    assert len(clients(*records)) == 1
