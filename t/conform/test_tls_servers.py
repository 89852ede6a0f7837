# SPDX-License-Identifier: MIT
"""TLS towards servers. http-services.md section 6."""
import json
import re

import pytest

from lib.daemon import balancer, run, site
from lib.either import ask, over_both
from lib.server import RawServer, reply
from lib.tls_world import TlsServer, V12, V13, world
from lib.wait import wait_until


@pytest.fixture(scope="module")
def w():
    return world()


def https_site(server, transport=None, **options):
    """A plain entry point in front of one server of https."""
    http = {"serversTransports": {"t": transport}} if transport is not None else {}
    service = balancer(server, **({"serversTransport": "t"} if transport is not None else {}))
    return site({"app": service}, {"all": {"rule": "PathPrefix(`/`)", "service": "app"}}, http=http, static={"accessLog": {"format": "json"}}, **options)


def here(w):
    return w.pair("here", "localhost", "127.0.0.1")


def termination(daemon):
    wait_until(lambda: "TerminationReason" in daemon.log)
    return next(json.loads(x)["TerminationReason"] for x in daemon.log.splitlines() if "TerminationReason" in x)


@over_both
def test_a_server_is_verified_by_default(w):
    with TlsServer(here(w)) as server, https_site(server) as daemon:
        assert ask(daemon.port).status == 502
        assert termination(daemon) == "tls-failed"
        assert re.search(r"no TLS with the server 127\.0\.0\.1:\d+: certificate verify failed", daemon.log)


TRANSPORTS = {
    "root-file": (lambda w: {"rootCAs": [w.ca.cert]}, 200),
    "root-content": (lambda w: {"rootCAs": [w.ca.text]}, 200),
    "other-root": (lambda w: {"rootCAs": [w.other_ca.cert]}, 502),
    "unreadable-root-beside-a-good-one": (lambda w: {"rootCAs": ["missing.pem", w.ca.cert]}, 200),
    "skip": (lambda w: {"insecureSkipVerify": True}, 200),
    "right-name": (lambda w: {"rootCAs": [w.ca.cert], "serverName": "localhost"}, 200),
    "wrong-name": (lambda w: {"rootCAs": [w.ca.cert], "serverName": "other.test"}, 502),
    "uri": (lambda w: {"rootCAs": [w.ca.cert], "peerCertURI": "spiffe://a/b"}, 200),
    "another-uri": (lambda w: {"rootCAs": [w.ca.cert], "peerCertURI": "spiffe://a/c"}, 502),
    "uri-also-when-skipping": (lambda w: {"rootCAs": [w.ca.cert], "insecureSkipVerify": True, "peerCertURI": "spiffe://a/c"}, 502),
    "one-of-the-sans": (lambda w: {"rootCAs": [w.ca.cert], "peerCertSANs": [{"type": "DNSName", "value": "no.test"}, {"type": "URI", "value": "spiffe://a/b"}]}, 200),
    "none-of-the-sans": (lambda w: {"rootCAs": [w.ca.cert], "peerCertSANs": [{"type": "DNSName", "value": "no.test"}]}, 502),
    "at-least-1.3": (lambda w: {"rootCAs": [w.ca.cert], "minVersion": "VersionTLS13"}, 200),
    "at-most-1.2": (lambda w: {"rootCAs": [w.ca.cert], "maxVersion": "VersionTLS12"}, 200),
}


@over_both
@pytest.mark.parametrize("row", TRANSPORTS, ids=["http-services-6-" + k for k in TRANSPORTS])
def test_transport(w, row):
    make, status = TRANSPORTS[row]
    pair = w.pair("with-uri", "localhost", "127.0.0.1", "spiffe://a/b")
    with TlsServer(pair) as server, https_site(server, make(w)) as daemon:
        assert ask(daemon.port).status == status
        if row == "at-most-1.2":
            assert server.handshakes[0]["version"] == "TLSv1.2"
        if row == "right-name":
            assert server.handshakes[0]["sni"] == "localhost"


@pytest.mark.parametrize("row", ["minVersion", "maxVersion"])
def test_no_common_version(w, row):
    transport = {"insecureSkipVerify": True, row: "VersionTLS13" if row == "minVersion" else "VersionTLS12"}
    with TlsServer(here(w), least=V12 if row == "minVersion" else V13, most=V12 if row == "minVersion" else V13) as server, https_site(server, transport) as daemon:
        assert ask(daemon.port).status == 502


@over_both
def test_a_client_certificate(w):
    client = w.pair("known", "known.test")
    with TlsServer(here(w), client_ca=w.ca, demand=True) as server:
        with https_site(server, {"rootCAs": [w.ca.cert], "certificates": [client.files]}) as daemon:
            assert ask(daemon.port).status == 200 and server.handshakes[0]["client"] == "known"
        with https_site(server, {"rootCAs": [w.ca.cert]}) as daemon:
            assert ask(daemon.port).status == 502


@over_both
def test_connections_and_sessions_are_used_again(w):
    with TlsServer(here(w)) as server, https_site(server, {"rootCAs": [w.ca.cert]}) as daemon:
        for _ in range(3):
            assert ask(daemon.port).status == 200
        assert len(server.handshakes) == 1
    with TlsServer(here(w), default=reply(fields=[("Connection", "close")])) as server, https_site(server, {"rootCAs": [w.ca.cert]}) as daemon:
        for _ in range(3):
            assert ask(daemon.port).status == 200
        assert [h["reused"] for h in server.handshakes] == [False, True, True]
        assert {h["alpn"] for h in server.handshakes} <= {None, "http/1.1"}


@over_both
def test_big_bodies_both_ways(w):
    body = bytes(range(256)) * 8192
    with TlsServer(here(w), default=lambda connection, request: reply(body=request.body)) as server, https_site(server, {"rootCAs": [w.ca.cert]}) as daemon:
        answer = ask(daemon.port, method="POST", body=body)
        assert answer.status == 200 and answer.body == body


@over_both
def test_a_server_that_speaks_no_tls(w):
    class Plain(RawServer):
        @property
        def url(self):
            return "https://" + super().url.partition("://")[2]
    with Plain() as server, https_site(server, {"insecureSkipVerify": True}) as daemon:
        assert ask(daemon.port).status == 502
        assert termination(daemon) == "tls-failed"


def test_a_transport_that_is_broken_breaks_its_services(w, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("""entryPoints: {web: {address: '127.0.0.1:0'}}
http:
  routers: {a: {rule: 'PathPrefix(`/`)', service: s}}
  services: {s: {loadBalancer: {serversTransport: t, servers: [{url: 'https://127.0.0.1:1'}]}}}
  serversTransports:
    t: {cipherSuites: [NONE]}
""")
    result = run("-t", "-c", str(path), cwd=tmp_path)
    assert result.returncode == 1
    for words in (r"c\.yaml:6:\d+: error: .*NONE", r"error: service \"s\" uses a serversTransport that is broken", r"error: router \"a\" needs the service"):
        assert re.search(words, result.stderr), result.stderr
