# SPDX-License-Identifier: MIT
"""What reaches the server and what comes back: http-services.md section 7, static-config.md section 4.2, http-routing.md section 7,
and the forwarding rows of security.md section 2."""
import socket
import threading
import time

import pytest

from lib.client import RawClient, chunked, head
from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.server import RawServer, reply
from lib.wait import TIMEOUT, wait_until

pytestmark = over_both

POINTS = {
    "web": {},
    "insecure": {"forwardedHeaders": {"insecure": True}},
    "trusting": {"forwardedHeaders": {"trustedIPs": ["127.0.0.2", "127.0.3.0/24"]}},
    "keeping": {"forwardedHeaders": {"connection": ["X-Keep"]}},
    "silent": {"forwardedHeaders": {"insecure": True, "notAppendXForwardedFor": True}},
    "schemes": {"forwardedHeaders": {"addXForwardedSchemeHeaders": True}},
}
ROUTERS = {
    "urlhost": {"rule": "PathPrefix(`/urlhost`)", "service": "urlhost"},
    "joined": {"rule": "PathPrefix(`/joined`)", "service": "joined"},
    "all": {"rule": "PathPrefix(`/`)", "service": "app"},
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    services = {
        "app": server,
        "urlhost": {"loadBalancer": {"passHostHeader": False, "servers": [{"url": server.url}]}},
        "joined": {"loadBalancer": {"servers": [{"url": server.url + "/base/", "preservePath": True}]}},
    }
    with site(services, ROUTERS, POINTS) as instance:
        yield instance


@pytest.fixture
def seen(daemon, server):
    """One request through the daemon; what the server saw of it."""

    def exchange(point="web", **request):
        assert ask(daemon.ports[point], **request).status == 200
        return server.last

    return exchange


# -- the request line and Host -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH", "get", "X!#$%&'*+-.^_`|~"])
def test_http_routing_7_any_method_passes_with_its_case(seen, method):
    assert seen(method=method).method == method


@pytest.mark.parametrize("version", [pytest.param("HTTP/1.0", marks=h1_only("HTTP/1.0")), "HTTP/1.1"])
def test_http_services_7_the_server_is_asked_in_1_1(seen, version):
    assert seen(version=version).version == "HTTP/1.1"


@pytest.mark.parametrize("host", ["app.test", "APP.Test", "app.test:8080", "[::1]:99", "app.test."])
def test_http_services_7_host_as_the_client_sent_it(seen, host):
    request = seen(host=host)
    assert request.all("host") == [host]
    assert request.get("x-forwarded-host") == host


def test_http_services_7_host_of_the_url(seen, server):
    assert seen(target="/urlhost").all("host") == ["127.0.0.1:%d" % server.port]


@h1_only("HTTP/1.0")
def test_http_services_7_request_of_1_0_without_host_gets_the_url_host(seen, server):
    assert seen(version="HTTP/1.0", host=None).all("host") == ["127.0.0.1:%d" % server.port]


@h1_only("absolute form")
def test_security_2_absolute_form_beats_host_and_goes_out_in_origin_form(seen):
    request = seen(target="http://other.test:81/x?y=1", host="app.test")
    assert (request.target, request.all("host")) == ("/x?y=1", ["other.test:81"])


@h1_only("absolute form")
def test_security_2_absolute_form_without_path(seen):
    assert seen(target="http://other.test").target == "/"
    assert seen(target="http://other.test?x=1").target == "/?x=1"


@pytest.mark.parametrize("target, sent", [("/joined/x", "/base/joined/x"), ("/joined", "/base/joined"), ("/joined/?q=1", "/base/joined/?q=1")])
def test_http_services_2_preserve_path_joins_with_exactly_one_slash(seen, target, sent):
    assert seen(target=target).target == sent


# -- header names, values, order ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name, sent", [("x-foo", "X-Foo"), ("X-FOO-bar", "X-Foo-Bar"), ("user-AGENT", "User-Agent"), ("x_y-z", "X_y-Z")])
def test_http_services_7_names_go_out_in_canonical_form(seen, name, sent):
    assert (sent, "v") in seen(fields=[(name, "v")]).fields


def test_http_services_7_values_and_repeated_fields_keep_their_order(seen):
    fields = [("X-A", "1"), ("X-B", "\xe9\xff"), ("X-A", "2"), ("X-A", "a\tb, c"), ("Cookie", "a=1"), ("X-Empty", "")]
    kept = [f for f in seen(fields=fields).fields if f[0] in ("X-A", "X-B", "Cookie", "X-Empty")]
    assert sorted(kept) == sorted(fields)
    assert [v for k, v in kept if k == "X-A"] == ["1", "2", "a\tb, c"]


def test_decision_7_nothing_is_invented(seen):
    names = {n.lower() for n in seen().names()}
    assert not names & {"user-agent", "accept-encoding", "te", "trailer", "transfer-encoding", "content-length", "via", "forwarded"}


# -- hop by hop -------------------------------------------------------------------------------------------------------------
DROPPED = ["Proxy-Authenticate", "Proxy-Authorization", "Trailer"]
DROPPED += [pytest.param(name, marks=h1_only("malformed in HTTP/2")) for name in ("Keep-Alive", "Proxy-Connection", "Upgrade", "HTTP2-Settings", "Connection")]


@pytest.mark.parametrize("name", DROPPED)
def test_security_2_hop_by_hop_field_is_dropped(seen, name):
    request = seen(fields=[(name, "x-v"), ("X-Kept", "1")])
    assert request.get("x-kept") == "1"
    assert [v for v in request.all(name) if v.lower() not in ("keep-alive", "")] == []


TE = [("trailers", ["trailers"])]
TE += [pytest.param(*row, marks=h1_only("malformed in HTTP/2")) for row in (("trailers, deflate", ["trailers"]), ("deflate", []), ("gzip;q=0.5, trailers", ["trailers"]))]


@pytest.mark.parametrize("value, sent", TE)
def test_http_services_7_te_only_as_trailers(seen, value, sent):
    assert seen(fields=[("TE", value)]).all("te") == sent


@h1_only("Connection")
def test_http_services_7_fields_named_in_connection_are_dropped(seen):
    request = seen(fields=[("Connection", "X-A, close"), ("Connection", "x-b"), ("X-A", "1"), ("X-B", "2"), ("X-C", "3")])
    assert (request.get("x-a"), request.get("x-b"), request.get("x-c")) == (None, None, "3")


@h1_only("Connection")
@pytest.mark.parametrize("name", ["Host", "Content-Length", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-Ip"])
def test_security_2_connection_cannot_remove_what_the_proxy_sets(seen, name):
    request = seen(method="POST", body=b"hello", fields=[("Connection", "close, " + name)])
    assert request.has(name)
    assert request.body == b"hello"


@h1_only("Connection")
def test_security_2_connection_cannot_remove_chunked(daemon, server):
    with RawClient(daemon.port) as client:
        client.send(head("POST", "/", [("Transfer-Encoding", "chunked"), ("Connection", "Transfer-Encoding")]) + chunked(b"hello"))
        assert client.response().status == 200
    assert server.last.body == b"hello"


@h1_only("Connection")
def test_static_config_4_forwarded_headers_connection_keeps_a_name(seen):
    fields = [("Connection", "X-Keep, X-Gone"), ("X-Keep", "1"), ("X-Gone", "2")]
    request = seen("keeping", fields=fields)
    assert request.get("x-gone") is None
    # "may survive (kept until the upstream hop)": the hop to the server is where it ends.
    assert seen("web", fields=fields).get("x-keep") is None


@h1_only("Upgrade")
def test_security_2_h2c_upgrade_is_dropped(seen):
    request = seen(fields=[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")])
    assert not request.has("upgrade") and not request.has("http2-settings")


@h1_only("Upgrade")
@pytest.mark.parametrize("token", ["TLS/1.0", "tls/1.3", "H2C"])
def test_security_2_upgrade_to_tls_is_dropped(seen, token):
    assert not seen(fields=[("Connection", "Upgrade"), ("Upgrade", token)]).has("upgrade")


# -- forwarded headers --------------------------------------------------------------------------------------------------------
MANAGED = ["X-Forwarded-Proto", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Uri", "X-Forwarded-Method"]
MANAGED += ["X-Forwarded-Prefix", "X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info", "X-Forwarded-Scheme", "X-Scheme", "X-Real-Ip"]


def test_static_config_4_2_what_is_set_for_a_fresh_request(seen, daemon):
    request = seen(host="app.test:8080")
    assert request.all("x-forwarded-for") == ["127.0.0.1"]
    assert request.all("x-real-ip") == ["127.0.0.1"]
    assert request.all("x-forwarded-proto") == ["http"]
    assert request.all("x-forwarded-host") == ["app.test:8080"]
    assert request.all("x-forwarded-port") == ["8080"]
    assert request.all("x-forwarded-server") == [socket.gethostname()]
    assert not request.has("x-scheme") and not request.has("x-forwarded-scheme")


@pytest.mark.parametrize("host, port", [("app.test", "80"), ("app.test:81", "81"), ("[::1]:82", "82"), ("[::1]", "80")])
def test_static_config_4_2_forwarded_port(seen, host, port):
    assert seen(host=host).all("x-forwarded-port") == [port]


@pytest.mark.parametrize("name", MANAGED)
@pytest.mark.parametrize("spelling", ["as-is", "lower", "underscore"])
def test_static_config_4_2_untrusted_peer_cannot_set(seen, name, spelling):
    written = {"as-is": name, "lower": name.lower(), "underscore": name.replace("-", "_")}[spelling]
    request = seen(fields=[(written, "forged.example")])
    assert not [f for f in request.fields if "forged" in f[1]]


@pytest.mark.parametrize("name", ["X_Forwarded-For", "X-Forwarded_For", "x_real-ip", "X.Forwarded.For", "X-Forwarded.Proto"])
def test_security_2_mixed_spellings_are_deleted(seen, name):
    assert not [f for f in seen(fields=[(name, "forged")]).fields if f[1] == "forged"]


@pytest.mark.parametrize("point, source, trusted", [("insecure", None, True), ("trusting", "127.0.0.2", True), ("trusting", "127.0.3.77", True), ("trusting", "127.0.0.1", False), ("trusting", "127.0.4.1", False), ("web", "127.0.0.2", False)])
def test_static_config_4_2_who_is_trusted(seen, point, source, trusted):
    request = seen(point, source=source, fields=[("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https"), ("X-Real-Ip", "192.0.2.8")])
    peer = source or "127.0.0.1"
    assert request.all("x-forwarded-for") == ["192.0.2.7, " + peer if trusted else peer]
    assert request.all("x-forwarded-proto") == ["https" if trusted else "http"]
    assert request.all("x-real-ip") == ["192.0.2.8" if trusted else peer]


def test_static_config_4_2_several_forwarded_for_are_folded(seen):
    request = seen("insecure", fields=[("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2, 192.0.2.3")])
    assert request.all("x-forwarded-for") == ["192.0.2.1, 192.0.2.2, 192.0.2.3, 127.0.0.1"]


@pytest.mark.parametrize("proto, port", [("https", "443"), ("wss", "443"), ("http", "80")])
def test_static_config_4_2_port_follows_a_trusted_proto(seen, proto, port):
    assert seen("insecure", fields=[("X-Forwarded-Proto", proto)]).all("x-forwarded-port") == [port]


def test_static_config_4_2_trusted_values_are_kept_but_the_server_name(seen):
    fields = [(n, "given") for n in MANAGED if n not in ("X-Forwarded-For",)]
    request = seen("insecure", fields=fields)
    assert [n for n, v in fields if request.all(n) != ["given"]] == ["X-Forwarded-Server"]
    assert request.all("x-forwarded-server") == [socket.gethostname()]


def test_static_config_4_not_append_forwarded_for(seen):
    assert not seen("silent").has("x-forwarded-for")
    assert seen("silent", fields=[("X-Forwarded-For", "192.0.2.7")]).all("x-forwarded-for") == ["192.0.2.7"]


def test_static_config_4_scheme_headers(seen):
    request = seen("schemes")
    assert (request.all("x-forwarded-scheme"), request.all("x-scheme")) == (["http"], ["http"])


FORGED = ["Forwarded", "X-Forwarded-User", "x_forwarded.ssl", "X-Forwarded-Email", "X-FORWARDED-anything"]


@pytest.mark.parametrize("name", FORGED)
def test_security_2_what_else_is_said_of_hops_is_believed_of_trusted_peers_only(seen, name):
    # security.md names all of Forwarded and X-Forwarded-*; static-config.md section 4.2 tells what Traefik does.
    assert not [f for f in seen(fields=[(name, "forged")]).fields if f[1] == "forged"]
    assert [f for f in seen("trusting", source="127.0.0.2", fields=[(name, "forged")]).fields if f[1] == "forged"]


@pytest.mark.parametrize("name", ["Content_Length", "Transfer_Encoding", "Content.Length", "transfer.Encoding"])
def test_security_2_other_spellings_of_framing_are_deleted(seen, name):
    assert not [f for f in seen(fields=[(name, "forged")]).fields if f[1] == "forged"]


@pytest.mark.parametrize("method, has", [("TRACE", False), ("TRACK", False), ("GET", True)])
def test_security_2_trace_goes_out_without_secrets(seen, method, has):
    request = seen(method=method, fields=[("Cookie", "a=1"), ("Authorization", "Basic eDp5"), ("X-A", "1")])
    assert (request.method, request.has("cookie"), request.has("authorization"), request.get("x-a")) == (method, has, has, "1")


# -- bodies -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [0, 1, 200, 16384, 65536, 65537, 1000000])
def test_http_services_7_body_with_length(daemon, server, size):
    body = bytes(i % 251 for i in range(size))
    answer = ask(daemon.port, "POST", body=body)
    assert answer.status == 200
    assert server.last.body == body
    assert server.last.framing == ("length" if size else server.last.framing)


@pytest.mark.parametrize("sizes", [(), (1,), (1, 2, 3), (65536, 1, 65537), (1000,) * 50, (1000000,)])
def test_http_services_7_chunked_body(daemon, server, sizes):
    pieces = [bytes([65 + i % 26]) * n for i, n in enumerate(sizes)]
    with connect(daemon.port) as client:
        client.begin()
        for piece in pieces:
            client.piece(piece)
        client.finish()
        assert client.response().status == 200
        assert server.last.body == b"".join(pieces)
        assert client.ask().status == 200


@pytest.mark.parametrize("size", [0, 1, 16384, 65536, 65537, 3000000])
def test_http_services_7_answer_with_length(daemon, server, size):
    body = bytes(i % 253 for i in range(size))
    server.answers["/size"] = reply(200, body)
    answer = ask(daemon.port, target="/size")
    assert (answer.framing, answer.body) == ("length", body)


@pytest.mark.parametrize("sizes", [(), (1,), (5, 1, 70000, 3), (1000,) * 100])
def test_http_services_7_chunked_answer(daemon, server, sizes, spoken):
    pieces = [bytes([97 + i % 26]) * n for i, n in enumerate(sizes)]
    server.answers["/pieces"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(*pieces)
    with connect(daemon.port) as client:
        answer = client.ask(target="/pieces")
        assert (answer.framing, answer.body) == ("chunked" if spoken == "h1" else "none", b"".join(pieces))
        assert client.ask().status == 200
    if spoken == "h1":
        old = ask(daemon.port, target="/pieces", version="HTTP/1.0")  # a 1.0 client knows no chunks
        assert (old.framing, old.body) == ("close", b"".join(pieces))


def test_http_services_7_pieces_are_passed_on_as_they_come(daemon, server):
    """No Content-Length: an event must not wait for the next one."""

    def events(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(3):
            connection.send(b"6\r\nevent%d\r\n" % i)
            if not server.go.acquire(timeout=TIMEOUT):
                return
        connection.send(b"0\r\n\r\n")

    server.go = threading.Semaphore(0)
    server.answers["/events"] = events
    with connect(daemon.port) as client:
        client.request(target="/events")
        for i in range(3):
            client.wait_for(b"event%d" % i)
            server.go.release()
        assert client.response().body == b"event0event1event2"


def test_http_services_7_request_pieces_are_passed_on_as_they_come(daemon, server):
    arrived = []
    server.on_head = lambda c, r: arrived.append(c) if r.path == "/drip" else None
    try:
        with connect(daemon.port) as client:
            client.begin(target="/drip")
            for piece in (b"one", b"two", b"three"):
                client.piece(piece)
                assert wait_until(lambda: arrived and piece in arrived[0].received)
            client.finish()
            assert client.response().status == 200
    finally:
        server.on_head = None


# -- trailers -----------------------------------------------------------------------------------------------------------------
def test_http_routing_7_request_trailers(daemon, server):
    with connect(daemon.port) as client:
        client.begin(fields=[("Trailer", "X-Sum")])
        client.piece(b"hello")
        client.finish([("X-Sum", "42"), ("X-More", "1")])
        assert client.response().status == 200
    assert server.last.trailers == [("X-Sum", "42"), ("X-More", "1")]


def test_http_routing_7_response_trailers(daemon, server, spoken):
    server.answers["/trailers"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" + chunked(b"hello", trailers=[("X-Sum", "42")])
    answer = ask(daemon.port, target="/trailers", fields=[("TE", "trailers")])
    assert (answer.body, answer.trailers) == (b"hello", [("X-Sum" if spoken == "h1" else "x-sum", "42")])
    if spoken == "h1":
        assert ask(daemon.port, target="/trailers", version="HTTP/1.0").body == b"hello"


# -- HEAD, 1.0, connection handling ---------------------------------------------------------------------------------------------
def test_http_routing_7_head_keeps_the_length_and_sends_no_body(daemon, server):
    server.answers["/head"] = b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"
    with connect(daemon.port) as client:
        answer = client.ask("HEAD", "/head")
        assert (answer.get("content-length"), answer.body) == ("12345", b"")
        assert client.ask().status == 200


def test_http_routing_7_head_of_a_chunked_answer(daemon, server):
    server.answers["/head"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(daemon.port) as client:
        assert client.ask("HEAD", "/head").body == b""
        assert client.ask().status == 200


def test_http_services_8_head_of_an_error_has_no_body(daemon, spoken):
    with connect(daemon.port) as client:
        assert client.ask("HEAD", "/x%zz").status == 400
        assert spoken == "h2" or client.transport.rest(0.2) == b""


@h1_only("Connection")
@pytest.mark.parametrize(
    "version, connection, stays",
    [("HTTP/1.1", None, True), ("HTTP/1.1", "keep-alive", True), ("HTTP/1.1", "close", False), ("HTTP/1.1", "foo, Close", False), ("HTTP/1.0", None, False), ("HTTP/1.0", "keep-alive", True)],
)
def test_rfc_9112_9_3_persistence(daemon, version, connection, stays):
    with RawClient(daemon.port) as client:
        answer = client.ask(version=version, fields=[("Connection", connection)] if connection else [])
        assert answer.status == 200
        if version == "HTTP/1.0" and stays and answer.closes:
            return  # a proxy may decline to keep a 1.0 connection, but must say so
        assert answer.closes == (not stays and version == "HTTP/1.1") or version == "HTTP/1.0"
        assert client.stays_open() if stays else client.is_closed()


def test_http_services_7_server_that_closes_is_not_the_clients_matter(daemon, server):
    server.answers["/close"] = lambda c, r: (c.send(reply(200, b"bye", [("Connection", "close")])), c.close()) and None
    with connect(daemon.port) as client:
        for _ in range(3):
            answer = client.ask(target="/close")
            assert (answer.body, answer.closes) == (b"bye", False)


def test_http_services_7_http_1_0_server(daemon, server, spoken):
    server.answers["/old"] = lambda c, r: (c.send(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold"), c.close()) and None
    with connect(daemon.port) as client:
        answer = client.ask(target="/old")
        assert (answer.version, answer.body) == ("HTTP/1.1" if spoken == "h1" else "HTTP/2.0", b"old")
        assert client.ask().status == 200


def test_http_routing_7_date_is_added_unless_the_server_sent_one(daemon, server):
    server.answers["/dated"] = reply(200, b"", [("Date", "Mon, 01 Jan 2001 00:00:00 GMT")])
    assert ask(daemon.port, target="/dated").all("date") == ["Mon, 01 Jan 2001 00:00:00 GMT"]
    dates = ask(daemon.port).all("date")
    assert len(dates) == 1
    assert abs(time.mktime(time.strptime(dates[0], "%a, %d %b %Y %H:%M:%S GMT")) - time.mktime(time.gmtime())) < 10


def test_http_routing_7_no_server_header_and_no_content_type_is_invented(daemon, server):
    server.answers["/bare"] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html"
    answer = ask(daemon.port, target="/bare")
    assert not answer.has("server") and not answer.has("content-type")


# -- Expect, early answers --------------------------------------------------------------------------------------------------------
EXPECT = [("Expect", "100-continue")]


def test_security_2_expect_100_continue(daemon, server):
    with connect(daemon.port) as client:
        client.begin(fields=EXPECT, length=5)
        assert client.interim().status == 100
        client.piece(b"hello")
        client.finish()
        assert client.response().status == 200
        assert server.last.body == b"hello"
        assert client.ask().status == 200


def test_security_2_expect_answered_by_the_server_is_passed_once(daemon, server):
    def on_head(connection, request):
        if request.path == "/expect":
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    server.on_head = on_head
    try:
        with connect(daemon.port) as client:
            client.begin(target="/expect", fields=EXPECT, length=5)
            assert client.interim().status == 100
            client.piece(b"hello")
            client.finish()
            answer = client.response()
            assert (answer.status, answer.interim) == (200, [])
    finally:
        server.on_head = None


def test_security_2_expect_refused_by_the_server(daemon, server):
    """The final answer comes without 100; the connection is reused only if the body was read."""

    def on_head(connection, request):
        if request.path == "/refuse":
            connection.send(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.close()
            return True

    server.on_head = on_head
    try:
        with connect(daemon.port) as client:
            client.begin(target="/refuse", fields=EXPECT, length=5)
            answer = client.response()
            assert answer.status == 417
    finally:
        server.on_head = None


@h1_only("HTTP/1.0")
def test_security_2_expect_is_ignored_in_1_0(daemon, server):
    with RawClient(daemon.port) as client:
        answer = client.ask("POST", "/", EXPECT, b"hello", version="HTTP/1.0")
        assert (answer.status, answer.interim, server.last.body) == (200, [], b"hello")


def test_security_2_expect_with_the_body_already_there(daemon, server):
    assert ask(daemon.port, "POST", fields=EXPECT, body=b"hello").status == 200
    assert server.last.body == b"hello"


def early(connection, request):
    if request.path == "/early":
        connection.send(reply(413, b"no", reason="Too Large"))


def test_security_2_final_answer_before_the_whole_body(daemon, server):
    """The answer is delivered at once; the rest of the body is read, and only then the connection serves again."""
    server.on_head = early
    server.answers["/early"] = None
    try:
        with connect(daemon.port) as client:
            client.begin(target="/early", length=10)
            client.piece(b"12345")
            answer = client.response()
            assert (answer.status, answer.body) == (413, b"no")
            client.piece(b"67890")
            if answer.closes:
                assert client.is_closed()
            else:
                assert client.ask(target="/after").status == 200
    finally:
        server.on_head = None


@h1_only("HTTP/2 resets the stream")
def test_security_2_final_answer_and_a_body_that_never_ends(daemon, server):
    """Past lingeringTimeout the connection goes."""
    server.on_head = early
    server.answers["/early"] = None
    try:
        with RawClient(daemon.port) as client:
            client.send(head("POST", "/early", [("Content-Length", "1000000")]) + b"12345")
            assert client.response().status == 413
            assert client.rest(5) == b""
            assert client.ended is not None
    finally:
        server.on_head = None


@h1_only("HTTP/1 bytes")
# -- many shapes of arrival --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
def test_a_message_cut_anywhere_is_the_same_message(daemon, server, step):
    data = head("POST", "/x?y=1", [("Transfer-Encoding", "chunked"), ("X-A", "1")]) + chunked(b"hello", b"world", trailers=[("X-T", "1")])
    with RawClient(daemon.port) as client:
        client.send_slowly(data, step, 0.0005)
        assert client.response().status == 200
    assert (server.last.target, server.last.body, server.last.trailers) == ("/x?y=1", b"helloworld", [("X-T", "1")])


@pytest.mark.parametrize("step", [1, 5, 33])
def test_an_answer_cut_anywhere_is_the_same_answer(daemon, server, step):
    data = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello", b"world", trailers=[("X-T", "1")])
    server.answers["/steps"] = lambda c, r: c.send_slowly(data, step, 0.0005)
    answer = ask(daemon.port, target="/steps")
    assert (answer.get("x-a"), answer.body, [(n.lower(), v) for n, v in answer.trailers]) == ("1", b"helloworld", [("x-t", "1")])


@pytest.mark.parametrize("kind", ["eof", "taken back"])
def test_http_services_7_client_gone_cancels_the_request_upstream(daemon, server, kind):
    held = []

    def hold(connection, _):
        held.append(connection)
        connection.wait_end()
        connection.close()

    server.answers["/hold"] = hold
    with connect(daemon.port) as client:
        client.request(target="/hold")
        assert wait_until(lambda: held)
        client.close() if kind == "eof" else client.leave()
        assert wait_until(lambda: held[0].ended is not None)
