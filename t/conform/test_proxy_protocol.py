# SPDX-License-Identifier: MIT
"""PROXY protocol on entry points: static-config.md section 4 (proxyProtocol), the protocol's own text for versions 1 and 2."""
import ipaddress
import struct

import pytest

from lib.client import RawClient, head
from lib.daemon import configuration, run, site, to_yaml
from lib.either import ask, connect, over_both
from lib.server import RawServer
from lib.wait import SLOW, Stopwatch, wait_until

MAGIC = b"\r\n\r\n\0\r\nQUIT\n"


def v1(source="192.0.2.7", target="192.0.2.1", kind="TCP4", ports="51000 80"):
    return ("PROXY %s %s %s %s\r\n" % (kind, source, target, ports)).encode()


def v2(source="192.0.2.7", target="192.0.2.1", command=0x21, family=None, tail=b"", length=None):
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(target)
    body = a.packed + b.packed + struct.pack("!HH", 51000, 80) + tail
    family = family if family is not None else (0x11 if a.version == 4 else 0x21)
    return MAGIC + bytes([command, family]) + struct.pack("!H", len(body) if length is None else length) + body


POINTS = {
    "all": {"proxyProtocol": {"insecure": True}},
    "trusted": {"proxyProtocol": {"trustedIPs": ["127.0.0.2", "127.0.3.0/24"]}, "forwardedHeaders": {"trustedIPs": ["192.0.2.7"]}},
    "plain": {},
    "quick": {"proxyProtocol": {"insecure": True}, "transport": {"respondingTimeouts": {"readTimeout": "500ms"}}},
}
ROUTERS = {"vip": {"rule": "ClientIP(`192.0.2.0/24`) && Path(`/ip`)", "service": "noop@internal"}, "all": {"rule": "PathPrefix(`/`)", "service": "app"}}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}, ROUTERS, POINTS) as instance:
        yield instance


def through(daemon, data, point="all", source=None, **request):
    with connect(daemon.ports[point], before=data, source=source) as client:
        return client.ask(**request).status


LONGEST = ":".join(["ffff"] * 8)
GOOD = {
    "v1-tcp4": (v1(), "192.0.2.7"),
    "v1-tcp6": (v1("2001:db8::7", "2001:db8::1", "TCP6"), "2001:db8::7"),
    "v1-unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    "v1-unknown-with-addresses": (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "127.0.0.1"),
    "v1-107-bytes": (v1(LONGEST, LONGEST, "TCP6", "65535 65535"), LONGEST),
    "v2-tcp4": (v2(), "192.0.2.7"),
    "v2-tcp6": (v2("2001:db8::7", "2001:db8::1"), "2001:db8::7"),
    "v2-local": (v2(command=0x20), "127.0.0.1"),
    "v2-local-empty": (MAGIC + b"\x20\x00\x00\x00", "127.0.0.1"),
    "v2-unspecified": (MAGIC + b"\x21\x00\x00\x00", "127.0.0.1"),
    "v2-tlvs": (v2(tail=b"\x04\x00\x0aaaaaaaaaaa" + b"\xea\x00\x03xyz"), "192.0.2.7"),
    "none": (b"", "127.0.0.1"),
}


@over_both
@pytest.mark.parametrize("row", GOOD, ids=["static-config-4-" + k for k in GOOD])
def test_good_header(daemon, server, row):
    data, address = GOOD[row]
    assert through(daemon, data) == 200
    assert server.last.all("x-forwarded-for") == [address]
    assert server.last.all("x-real-ip") == [address]


@pytest.mark.parametrize("row", ["v1-tcp4", "v1-tcp6", "v2-tcp4", "v2-tlvs", "v2-local"])
def test_static_config_4_header_byte_by_byte(daemon, server, row):
    data, address = GOOD[row]
    with RawClient(daemon.ports["all"]) as client:
        client.send_slowly(data + head(), 1, 0.001)
        assert client.response().status == 200
    assert server.last.all("x-forwarded-for") == [address]


BAD = {
    "v1-no-crlf-within-107": b"PROXY TCP4 192.0.2.7 192.0.2.1 51000 " + b"8" * 100,
    "v1-lf": b"PROXY TCP4 192.0.2.7 192.0.2.1 51000 80\n",
    "v1-bad-address": v1("300.0.2.7"),
    "v1-name": v1("app.test"),
    "v1-family-mismatch": v1("2001:db8::7", "2001:db8::1", "TCP4"),
    "v1-family-mismatch-6": v1(kind="TCP6"),
    "v1-port-too-large": v1(ports="65536 80"),
    "v1-port-minus": v1(ports="-1 80"),
    "v1-port-missing": v1(ports="51000"),
    "v1-extra-word": v1(ports="51000 80 x"),
    "v1-double-space": b"PROXY  TCP4 192.0.2.7 192.0.2.1 51000 80\r\n",
    "v1-lower-case": b"PROXY tcp4 192.0.2.7 192.0.2.1 51000 80\r\n",
    "v1-leading-zero-address": v1("192.0.02.7"),
    "v1-empty": b"PROXY \r\n",
    "v2-version-1": v2(command=0x11),
    "v2-command-2": v2(command=0x22),
    "v2-short-for-tcp4": MAGIC + b"\x21\x11\x00\x04" + b"\xc0\x00\x02\x07",
    "v2-short-for-tcp6": MAGIC + b"\x21\x21\x00\x0c" + b"\0" * 12,
    "v2-broken-magic": MAGIC[:-1] + b"\r" + v2()[12:],
}


@pytest.mark.parametrize("row", BAD, ids=["static-config-4-bad-" + k for k in BAD])
def test_bad_header_closes_the_connection(daemon, server, row):
    before = len(server.requests)
    with RawClient(daemon.ports["all"]) as client:
        client.send_quietly(BAD[row] + head())
        data = client.rest()
        assert client.ended is not None
        assert data == b"" or data.startswith(b"HTTP/1.1 400 ")
    assert len(server.requests) == before


@over_both
@pytest.mark.parametrize("row", ["v1-tcp4", "v2-tcp4", "v2-tcp6"])
def test_static_config_4_untrusted_peers_header_is_read_and_ignored(daemon, server, row):
    assert through(daemon, GOOD[row][0], "trusted", source="127.0.0.9") == 200
    assert server.last.all("x-forwarded-for") == ["127.0.0.9"]


@over_both
@pytest.mark.parametrize("source", ["127.0.0.2", "127.0.3.200"])
def test_static_config_4_trusted_peer(daemon, server, source):
    assert through(daemon, v1(), "trusted", source=source) == 200
    assert server.last.all("x-real-ip") == ["192.0.2.7"]


@over_both
def test_static_config_4_forwarded_headers_trust_the_address_after_proxy_protocol(daemon, server):
    fields = [("X-Forwarded-For", "198.51.100.1")]
    assert through(daemon, v1(), "trusted", source="127.0.0.2", fields=fields) == 200
    assert server.last.all("x-forwarded-for") == ["198.51.100.1, 192.0.2.7"]
    assert through(daemon, v1("192.0.2.8"), "trusted", source="127.0.0.2", fields=fields) == 200
    assert server.last.all("x-forwarded-for") == ["192.0.2.8"]


@over_both
def test_http_routing_3_client_ip_is_the_address_after_proxy_protocol(daemon):
    assert through(daemon, v1(), target="/ip") == 418
    assert through(daemon, b"", target="/ip") == 200


def test_static_config_4_without_the_section_a_header_is_a_malformed_request(daemon):
    assert through(daemon, v1(), "plain") == 400


def test_static_config_4_header_is_read_once(daemon):
    """A second one is a malformed request."""
    assert through(daemon, v1() + v1("192.0.2.8")) == 400


def test_static_config_4_header_read_time_is_read_timeout(daemon):
    watch = Stopwatch()
    with RawClient(daemon.ports["quick"]) as client:
        client.send(b"PROXY TCP4 192")
        client.rest()
        assert client.ended is not None
    assert 0.4 < watch.seconds < 0.5 + 2 * SLOW


@over_both
def test_static_config_4_kept_connection_keeps_the_address(daemon, server):
    with connect(daemon.ports["all"], before=v1()) as client:
        client.request()
        client.request()
        assert [client.response().status, client.response().status] == [200, 200]
        assert server.last.all("x-forwarded-for") == ["192.0.2.7"]


@pytest.mark.parametrize("section", [{"insecure": False}, {"trustedIPs": []}, {"trustedIPs": ["300.1.1.1"]}])
def test_static_config_4_section_that_trusts_nobody_is_fatal(tmp_path, section):
    path = tmp_path / "p.yaml"
    path.write_text(to_yaml(configuration(entry_points={"web": {"proxyProtocol": section}})))
    result = run("-t", "-c", path)
    assert result.returncode == 1
    assert "proxyProtocol" in result.stderr or "trustedIPs" in result.stderr or "300.1.1.1" in result.stderr


@over_both
def test_proxy_protocol_address_in_the_access_log(server):
    points = {"web": {"proxyProtocol": {"insecure": True}}}
    with site({"app": server}, entry_points=points, static={"accessLog": {"filePath": "access.log"}}) as daemon:
        assert through(daemon, v1(), "web") == 200
        assert ask(daemon.port).status == 200
        assert wait_until(lambda: daemon.file("access.log").count("\n") == 2)
        assert daemon.file("access.log").startswith("192.0.2.7 - - [")
