# SPDX-License-Identifier: MIT
"""Hellos and records as nobody should send them, and the ends of connections. tls-acme.md section 7, security.md section 6."""
import socket
import ssl

import pytest

from lib.client import RawClient, ask, head
from lib.server import RawServer
from lib.tls_world import COMMON, TlsClient, V12, V13, alpn, client_context, extension, hello, outcome, record, records, s_client, sni, tls_site, vector, verdict


@pytest.fixture(scope="module")
def daemon():
    tls = {"options": {"new": {"minVersion": "VersionTLS13"}}}
    routers = {"all": {"rule": "PathPrefix(`/`)", "service": "app", "tls": {}}, "new": {"rule": "Host(`new.app.test`)", "service": "app", "tls": {"options": "new"}}}
    points = {"web": {"transport": {"respondingTimeouts": {"readTimeout": "2s"}}}}
    with RawServer() as server, tls_site(server, routers, tls=tls, points=points) as it:
        yield it


def says(daemon, data, piece=None):
    with RawClient(daemon.port) as client:
        if piece:
            client.send_slowly(data, piece, 0.0005)
        else:
            client.send_quietly(data)
        return verdict(client)


GOOD = {
    "one-record": record(hello()),
    "many-records": records(hello(), 7),
    "records-of-one-byte": records(hello(), 1),
    "older-record-version": record(hello(), version=b"\x03\x00"),
    "with-session-id": record(hello(session=b"s" * 32)),
    "with-alpn": record(hello(sni("app.test") + alpn("http/1.1") + COMMON)),
    "unknown-extension": record(hello(sni("app.test") + extension(0xFAFA, b"x" * 500) + COMMON)),
    "without-a-name": record(hello(names=())),
}


@pytest.mark.parametrize("row", GOOD, ids=["tls-acme-7-" + k for k in GOOD])
@pytest.mark.parametrize("piece", [None, 1, 100])
def test_a_hello_in_pieces(daemon, row, piece):
    label = says(daemon, GOOD[row], piece)
    assert label in ("app", "?") and (row == "without-a-name") == (label == "?")


BAD = {
    "sslv2": b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10" + b"x" * 40,
    "wrong-major-version": b"\x16\x02\x01\x00\x20" + b"x" * 32,
    "empty-record": record(b""),
    "record-too-long": b"\x16\x03\x01\x40\x01" + b"x" * 100,
    "another-message": record(b"\x02" + vector(3, b"x" * 40)),
    "hello-too-long": record(b"\x01\x02\x00\x00" + b"x" * 16000),
    "alert-in-between": records(hello()[:60], 60) + record(b"\x01\x00", 21),
    "no-suites": record(hello(suites=b"")),
    "no-compression-method": record(hello(compression=b"")),
    "half-an-extension": record(hello(more=b"\x00")),
    "two-names": record(hello(sni("app.test") + sni("app.test") + COMMON)),
    "empty-name-list": record(hello(extension(0, b"\x00\x00") + COMMON)),
    "empty-name": record(hello(sni("") + COMMON)),
    "zero-in-the-name": record(hello(sni(b"new.app.test\0.x") + COMMON)),
    "two-alpn-lists": record(hello(sni("app.test") + alpn("h2") + alpn("http/1.1") + COMMON)),
    "empty-protocol": record(hello(sni("app.test") + alpn("") + COMMON)),
}


@pytest.mark.parametrize("row", BAD, ids=["security-6-" + k for k in BAD])
def test_a_malformed_hello_gets_no_certificate(daemon, row):
    assert says(daemon, BAD[row]) in ("decode_error", "closed", "reset")
    assert outcome(daemon.port) == 200


def test_ever_smaller_records_end(daemon):
    """One byte a record is allowed, a hundred thousand of them are not."""
    message = b"\x01\x00\xff\xf0" + b"x" * 60000
    assert says(daemon, records(message, 1)) in ("decode_error", "closed", "reset")


def test_an_incomplete_hello_never_gets_the_default_options(daemon):
    """Its name may still come: with the default options TLS 1.2 would be spoken, which new.app.test forbids."""
    whole = record(hello(names=("new.app.test",)))
    for cut in (1, 4, 5, 6, 30, len(whole) - 1):
        with RawClient(daemon.port) as client:
            client.send(whole[:cut])
            client.socket.settimeout(10)
            assert verdict(client) == "closed"
    assert says(daemon, whole) == "protocol_version"


def test_silence_ends_at_the_read_timeout(daemon):
    with RawClient(daemon.port) as client:
        client.socket.settimeout(10)
        assert verdict(client) == "closed"


def test_a_handshake_has_its_time(server):
    points = {"web": {"http": {"tls": {}}, "transport": {"handshakeTimeout": "1s"}}}
    with tls_site(server, points=points) as daemon, RawClient(daemon.port) as client:
        client.send(record(hello()))
        assert verdict(client) == "app"
        client.socket.settimeout(10)
        while client.socket.recv(65536):
            pass


def test_plain_http_on_the_same_port(daemon):
    assert ask(daemon.port).status == 404  # no plain router takes it


def test_http_inside_of_nothing_else(daemon):
    """Behind the handshake HTTP is judged as ever."""
    with TlsClient(daemon.port) as client:
        client.send(b"\x16\x03\x01\x00\x05hello")
        assert client.response().status == 400
        assert client.socket.recv(10) == b""


@pytest.mark.parametrize("junk", [b"\x17\x03\x03\x00\x20" + b"x" * 32, b"\x16\x03\x03\x00\x04\x01\x00\x00\x00", b"GET / HTTP/1.1\r\n\r\n", b"\x17\x03\x03\x48\x01", b"\x15\x03\x03\x00\x02\x02\x28"],
                         ids=["not-sealed", "plain-handshake", "plain-http", "too-long", "plain-alert"])
@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_junk_behind_the_handshake_ends_the_connection(daemon, junk, version):
    with TlsClient(daemon.port, context=client_context(version, version)) as client:
        socket.socket.sendall(client.socket, junk)
        client.socket.settimeout(10)
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            while client.socket.recv(1000):
                pass
            raise ssl.SSLError("closed")
    assert outcome(daemon.port) == 200


def test_a_goodbye_is_answered(daemon):
    with TlsClient(daemon.port) as client:
        assert client.ask(fields=[("Connection", "close")]).status == 200
        assert client.socket.recv(10) == b""  # close_notify: without it this is an error


def test_a_keepalive_connection_says_goodbye_when_its_time_is_over(server):
    points = {"web": {"http": {"tls": {}}, "transport": {"respondingTimeouts": {"idleTimeout": "1s"}}}}
    with tls_site(server, points=points) as daemon, TlsClient(daemon.port) as client:
        assert client.ask().status == 200
        client.socket.settimeout(10)
        assert client.socket.recv(10) == b""


def test_requests_behind_one_another_in_one_record(daemon):
    with TlsClient(daemon.port) as client:
        client.send(head() * 5)
        assert [client.response().status for _ in range(5)] == [200] * 5


def test_proxy_header_in_front_of_tls(server):
    points = {"web": {"http": {"tls": {}}, "proxyProtocol": {"insecure": True}}}
    with tls_site(server, points=points) as daemon:
        assert outcome(daemon.port, prelude=b"PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n") == 200
        assert server.last.all("x-forwarded-for") == ["192.0.2.1"]
        assert outcome(daemon.port) == 200


def test_renegotiation_is_refused(daemon):
    text = s_client(daemon.port, "-tls1_2", stdin=b"R\nQ\n")
    assert "Secure Renegotiation IS supported" in text
    assert "no renegotiation" in text or "RENEGOTIATING" in text and "verify return" not in text.split("RENEGOTIATING")[-1]


def test_early_data_is_never_taken(daemon, tmp_path):
    session = tmp_path / "session"
    text = s_client(daemon.port, "-tls1_3", "-sess_out", str(session), "-ign_eof", stdin=b"GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")
    assert "200 OK" in text and "Max Early Data: 0" in text
