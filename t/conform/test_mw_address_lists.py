# SPDX-License-Identifier: MIT
"""ipAllowList, ipWhiteList, ipDenyList, ipStrategy, encodedCharacters: middlewares-1.md sections 1, 1.2, 4.1, 4.2, 4.3, 4.9; decision 9."""
import ipaddress
import re
import struct

import pytest

from lib.daemon import run, site
from lib.either import ask, connect, h1_only, over_both
from lib.middleware_site import assert_disabled, assert_refused_whole, site_with
from lib.ports import free_port
from lib.server import RawServer
from lib.wait import wait_until

pytestmark = over_both

ALLOW, WHITE, DENY = "ipAllowList", "ipWhiteList", "ipDenyList"
TWO = "203.0.113.9, 198.51.100.7"
PASS = 200
PHRASES = {
    200: "OK",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    410: "Gone",
    418: "I'm a teapot",
    429: "Too Many Requests",
    451: "Unavailable For Legal Reasons",
    503: "Service Unavailable",
}


def peer_header(address):
    """A PROXY protocol header, version 2: whoever sends it is this peer."""
    source = ipaddress.ip_address(address)
    body = source.packed + source.packed + struct.pack("!HH", 51000, 80)
    return b"\r\n\r\n\0\r\nQUIT\n\x21" + bytes([0x11 if source.version == 4 else 0x21]) + struct.pack("!H", len(body)) + body


def ranges(*items, depth=None, excluded=None, subnet=None, status=None, **more):
    strategy = {k: v for k, v in {"depth": depth, "excludedIPs": excluded, "ipv6Subnet": subnet}.items() if v is not None}
    options = {"sourceRange": list(items)}
    if strategy:
        options["ipStrategy"] = strategy
    if status is not None:
        options["rejectStatusCode"] = status
    return dict(options, **more)


# id, type, options, peer (None: 127.0.0.1 itself), lines of X-Forwarded-For, status
LISTS = [
    # -- 1.2: which address is looked at
    ("IP-1 is that one", ALLOW, ranges("198.51.100.7", depth=1), None, [TWO], PASS),
    ("IP-1 is no other", ALLOW, ranges("203.0.113.9", "127.0.0.1", depth=1), None, [TWO], 403),
    ("IP-1 deny", DENY, ranges("198.51.100.7", depth=1), None, [TWO], 403),
    ("IP-1 depth 2", ALLOW, ranges("203.0.113.9", depth=2), None, [TWO], PASS),
    ("IP-1 whiteList", WHITE, ranges("198.51.100.7", depth=1), None, [TWO], PASS),
    ("IP-2 allow", ALLOW, ranges("0.0.0.0/0", "::/0", depth=3), None, [TWO], 403),
    ("IP-2 deny", DENY, ranges("192.0.2.1", depth=3), None, [TWO], 403),
    ("IP-3 is that one", ALLOW, ranges("203.0.113.9", excluded=["198.51.100.0/24"]), None, [TWO], PASS),
    ("IP-3 is no other", ALLOW, ranges("198.51.100.7", "127.0.0.1", excluded=["198.51.100.0/24"]), None, [TWO], 403),
    ("IP-3 from the right", ALLOW, ranges("198.51.100.7", excluded=["203.0.113.0/24"]), None, [TWO], PASS),
    ("IP-3 one address", ALLOW, ranges("203.0.113.9", excluded=["192.0.2.1", "198.51.100.7"]), None, [TWO], PASS),
    ("IP-4 allow", ALLOW, ranges("0.0.0.0/0", excluded=["0.0.0.0/0"]), None, [TWO], 403),
    ("IP-4 deny", DENY, ranges("192.0.2.1", excluded=["0.0.0.0/0"]), None, [TWO], 403),
    ("IP-5 network", ALLOW, ranges("2001:db8:7::", subnet=48), "2001:db8:7:9::5", [], PASS),
    ("IP-5 not the peer itself", ALLOW, ranges("2001:db8:7:9::5", subnet=48), "2001:db8:7:9::5", [], 403),
    ("IP-5 deny", DENY, ranges("2001:db8:7::", subnet=48), "2001:db8:7:9::5", [], 403),
    ("IP-5 other network", ALLOW, ranges("2001:db8:7::", subnet=48), "2001:db8:8:9::5", [], 403),
    ("IP-5 depth", ALLOW, ranges("2001:db8:7::", depth=1, subnet=48), None, ["2001:db8:7:9::5"], PASS),
    ("IP-5 odd length", ALLOW, ranges("2001:db8:7:8000::", subnet=49), "2001:db8:7:9999::5", [], PASS),
    ("IP-5 length 1", ALLOW, ranges("8000::", subnet=1), "c001:db8::5", [], PASS),
    ("IP-5 length 128", ALLOW, ranges("2001:db8:7:9::5", subnet=128), "2001:db8:7:9::5", [], PASS),
    ("IP-5 IPv4 unchanged", ALLOW, ranges("192.0.2.7", subnet=48), "192.0.2.7", [], PASS),
    ("IP-5 garbage unchanged", ALLOW, ranges("0.0.0.0/0", "::/0", depth=1, subnet=48), None, ["unknown"], 403),
    ("IP-5 mapped counts as IPv6", ALLOW, ranges("1.2.3.4", depth=1, subnet=64), None, ["::ffff:1.2.3.4"], 403),
    ("IP-5 mapped counts as IPv6, network", ALLOW, ranges("::", depth=1, subnet=64), None, ["::ffff:1.2.3.4"], PASS),
    ("IP-5 not applied with excludedIPs", ALLOW, ranges("2001:db8:7:9::5", excluded=["192.0.2.1"], subnet=48), None, ["2001:db8:7:9::5"], PASS),
    ("IP-5 network is not taken with excludedIPs", ALLOW, ranges("2001:db8:7::", excluded=["192.0.2.1"], subnet=48), None, ["2001:db8:7:9::5"], 403),
    ("IP-6", ALLOW, ranges("198.51.100.7", depth=1, excluded=["198.51.100.0/24"]), None, [TWO], PASS),
    ("IP-6 deny", DENY, ranges("198.51.100.7", depth=1, excluded=["198.51.100.0/24"]), None, [TWO], 403),
    ("IP-7 not checked with excludedIPs", ALLOW, ranges("203.0.113.9", excluded=["198.51.100.7"], subnet=129), None, [TWO], PASS),
    ("IP-8 first line", ALLOW, ranges("1.1.1.1", depth=2), None, ["1.1.1.1", "2.2.2.2"], PASS),
    ("IP-8 last line", ALLOW, ranges("2.2.2.2", depth=1), None, ["1.1.1.1", "2.2.2.2"], PASS),
    ("IP-8 lists", ALLOW, ranges("2.2.2.2", depth=2), None, ["1.1.1.1, 2.2.2.2", "3.3.3.3"], PASS),
    ("IP-8 excludedIPs", ALLOW, ranges("1.1.1.1", excluded=["2.2.2.2", "3.3.3.3"]), None, ["1.1.1.1", "2.2.2.2, 3.3.3.3"], PASS),
    ("1.2 no mapping is the peer", ALLOW, ranges("127.0.0.1"), None, [TWO], PASS),
    ("1.2 no mapping is not the field", ALLOW, ranges("198.51.100.7"), None, [TWO], 403),
    ("1.2 empty mapping", ALLOW, dict(ranges("127.0.0.1"), ipStrategy={}), None, [TWO], PASS),
    ("1.2 empty mapping is not the field", WHITE, dict(ranges("198.51.100.7"), ipStrategy={}), None, [TWO], 403),
    ("1 true is the empty mapping", ALLOW, dict(ranges("127.0.0.1"), ipStrategy=True), None, [TWO], PASS),
    ("1 true is the empty mapping, whiteList", WHITE, dict(ranges("127.0.0.1"), ipStrategy=True), None, [TWO], PASS),
    ("1 false is no mapping", ALLOW, dict(ranges("127.0.0.1"), ipStrategy=False), None, [TWO], PASS),
    ("1.2 depth 0 is unused", ALLOW, ranges("127.0.0.1", depth=0), None, [TWO], PASS),
    ("1.2 depth -1 is unused", ALLOW, ranges("127.0.0.1", depth=-1), None, [TWO], PASS),
    ("1.2 depth 0 lets excludedIPs act", ALLOW, ranges("203.0.113.9", depth=0, excluded=["198.51.100.7"]), None, [TWO], PASS),
    ("1.2 trimmed", ALLOW, ranges("203.0.113.9", depth=2), None, ["1.1.1.1,  203.0.113.9\t ,198.51.100.7"], PASS),
    ("1.2 depth counts empty entries", ALLOW, ranges("0.0.0.0/0", depth=2), None, ["1.1.1.1, , 198.51.100.7"], 403),
    ("1.2 excludedIPs skips empty items", ALLOW, ranges("1.1.1.1", excluded=["198.51.100.7"]), None, ["1.1.1.1, , 198.51.100.7,"], PASS),
    ("1.2 garbage is the other item", ALLOW, ranges("1.1.1.1", excluded=["198.51.100.7"]), None, ["1.1.1.1, garbage, 198.51.100.7"], 403),
    ("1.2 excludedIPs without the field", ALLOW, ranges("127.0.0.1", excluded=["198.51.100.7"]), None, [], 403),
    ("1.2 the peer is never in the field", ALLOW, ranges("127.0.0.1", excluded=["198.51.100.7"]), None, ["198.51.100.7"], 403),
    # -- 4.1
    ("AL-1", ALLOW, ranges("10.0.0.0/8"), "10.9.8.7", [], PASS),
    ("AL-1 first and last address", ALLOW, ranges("10.0.0.0/8"), "10.255.255.255", [], PASS),
    ("AL-1 second range", ALLOW, ranges("192.0.2.0/24", "10.0.0.0/8"), "10.9.8.7", [], PASS),
    ("AL-1 IPv6", ALLOW, ranges("2001:db8::/32"), "2001:db8:ffff::1", [], PASS),
    ("AL-2", ALLOW, ranges("10.0.0.0/8"), "11.0.0.1", [], 403),
    ("AL-2 below", ALLOW, ranges("10.0.0.0/8"), "9.255.255.255", [], 403),
    ("AL-2 IPv6", ALLOW, ranges("2001:db8::/32"), "2001:db9::1", [], 403),
    ("AL-2 0.0.0.0/0 has no IPv6", ALLOW, ranges("0.0.0.0/0"), "2001:db8::1", [], 403),
    ("AL-3", ALLOW, ranges("10.0.0.0/8", status=404), "11.0.0.1", [], 404),
    ("AL-3 0 is the default", ALLOW, ranges("10.0.0.0/8", status=0), "11.0.0.1", [], 403),
    ("AL-3 200", ALLOW, ranges("10.0.0.0/8", status=200), "11.0.0.1", [], (200, "OK")),
    *[("AL-3 %d" % s, ALLOW, ranges("10.0.0.0/8", status=s), "11.0.0.1", [], s) for s in (401, 410, 418, 429, 451, 503)],
    ("AL-3 passes all the same", ALLOW, ranges("10.0.0.0/8", status=404), "10.0.0.1", [], PASS),
    ("AL-5", ALLOW, ranges("10.1.2.3/8"), "10.200.0.1", [], PASS),
    ("AL-5 IPv6", ALLOW, ranges("2001:db8:1:2::3/32"), "2001:db8:ffff::1", [], PASS),
    ("AL-6", ALLOW, ranges("127.0.0.1"), "::ffff:127.0.0.1", [], PASS),
    ("AL-6 network", ALLOW, ranges("127.0.0.0/8"), "::ffff:127.0.0.1", [], PASS),
    ("AL-6 depth", ALLOW, ranges("10.0.0.0/8", depth=1), None, ["::ffff:10.1.2.3"], PASS),
    ("AL-6 in the list", ALLOW, ranges("::ffff:192.0.2.7"), "192.0.2.7", [], PASS),
    ("AL-6 other address", ALLOW, ranges("127.0.0.1"), "::ffff:127.0.0.2", [], 403),
    ("AL-7", ALLOW, ranges("127.0.0.0/8", "0.0.0.0/0", "::/0", depth=1), None, [], 403),
    ("AL-8", ALLOW, ranges("10.0.0.0/8", depth=1), None, ["10.1.1.1:5555"], PASS),
    ("AL-8 IPv6", ALLOW, ranges("2001:db8::/32", depth=1), None, ["[2001:db8::1]:5555"], PASS),
    ("AL-8 garbage", ALLOW, ranges("0.0.0.0/0", "::/0", depth=1), None, ["app.test"], 403),
    ("AL-9", ALLOW, ranges("fe80::/10", depth=1), None, ["fe80::1%eth0"], PASS),
    ("AL-9 peer", ALLOW, ranges("fe80::/10"), "fe80::1", [], PASS),
    ("AL-9 outside", ALLOW, ranges("fe80::/10", depth=1), None, ["fec0::1%eth0"], 403),
    ("AL-10", ALLOW, ranges("::/0"), None, [], 403),
    ("AL-10 mapped", ALLOW, ranges("::/0"), "::ffff:192.0.2.7", [], 403),
    ("AL-10 IPv6", ALLOW, ranges("::/0"), "2001:db8::1", [], PASS),
    # -- 4.2
    ("4.2 pass", WHITE, ranges("10.0.0.0/8"), "10.9.8.7", [], PASS),
    ("4.2 always 403", WHITE, ranges("10.0.0.0/8"), "11.0.0.1", [], 403),
    ("4.2 host bits", WHITE, ranges("10.1.2.3/8"), "10.200.0.1", [], PASS),
    # -- 4.3
    ("DL-1", DENY, ranges("192.0.2.7"), "192.0.2.7", [], 403),
    ("DL-1 mapped", DENY, ranges("192.0.2.7"), "::ffff:192.0.2.7", [], 403),
    ("DL-1 status", DENY, ranges("192.0.2.7", status=429), "192.0.2.7", [], 429),
    ("DL-1 IPv6", DENY, ranges("2001:db8::/32"), "2001:db8::7", [], 403),
    ("DL-1 zone", DENY, ranges("fe80::1", depth=1), None, ["fe80::1%eth0"], 403),
    ("DL-2", DENY, ranges("192.0.2.7"), "192.0.2.8", [], PASS),
    ("DL-2 status", DENY, ranges("192.0.2.7", status=429), "192.0.2.8", [], PASS),
    ("DL-3", DENY, ranges("192.0.2.0/24", depth=1), None, ["192.0.2.9"], 403),
    ("DL-3 other address", DENY, ranges("192.0.2.0/24", depth=1), None, ["192.0.3.9"], PASS),
    ("DL-3 port", DENY, ranges("192.0.2.0/24", depth=1), None, ["192.0.2.9:80"], 403),
    ("DL-4", DENY, ranges("192.0.2.7", depth=2), None, ["1.1.1.1"], 403),
    ("DL-4 no field", DENY, ranges("192.0.2.7", depth=1), None, [], 403),
    ("DL-4 garbage", DENY, ranges("192.0.2.7", depth=1), None, ["unknown"], 403),
    ("DL-4 status", DENY, ranges("192.0.2.7", depth=1, status=404), None, ["unknown"], 404),
    ("DL-5", DENY, ranges("::/0"), "192.0.2.7", [], PASS),
    ("DL-5 mapped", DENY, ranges("::/0"), "::ffff:192.0.2.7", [], PASS),
    ("DL-5 IPv6", DENY, ranges("::/0"), "2001:db8::1", [], 403),
    ("DL empty mapping", DENY, dict(ranges("127.0.0.1"), ipStrategy={"depth": 0}), None, [TWO], 403),
]

SLASH = {"allowEncodedSlash": True}
KEYS = {
    "allowEncodedSlash": "%2F",
    "allowEncodedBackSlash": "%5C",
    "allowEncodedNullCharacter": "%00",
    "allowEncodedSemicolon": "%3B",
    "allowEncodedPercent": "%25",
    "allowEncodedQuestionMark": "%3F",
    "allowEncodedHash": "%23",
}
# id, options, target, status
CODES = [
    ("EC-1", SLASH, "/a%2fb", 200),
    ("EC-1 upper case", SLASH, "/a%2Fb", 200),
    ("EC-2", SLASH, "/a%5Cb", 400),
    ("EC-2 lower case", SLASH, "/a%5cb", 400),
    ("EC-2 raw", SLASH, "/a\\b", 400),
    ("EC-3", SLASH, "/a?x=%00", 200),
    ("EC-3 all of them", SLASH, "/a?%2F%5C%00%3B%25%3F%23", 200),
    ("EC-4", SLASH, "/a%20b", 200),
    ("EC-4 UTF-8", SLASH, "/a%C3%A9b", 200),
    ("EC-4 raw semicolon", SLASH, "/a;b", 200),
    ("EC-5", SLASH, "/a%252F", 400),
    ("EC-5 allowed", {"allowEncodedPercent": True}, "/a%252F", 200),
    ("4.9 first", SLASH, "/%00", 400),
    ("4.9 after an allowed one", SLASH, "/%2F%2F%3b", 400),
    *[("4.9 false %s %s" % (k, c), {"allowEncodedSlash": False}, "/a%sb" % c, 400) for k, code in KEYS.items() for c in sorted({code, code.lower()})],
    *[("4.9 only %s %s" % (k, code), {k: True}, "/a%sb" % code, 200 if k == own else 400) for k in KEYS for own, code in KEYS.items()],
]
ROW = {"ids": lambda row: row[0]}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    middlewares = {"list%d" % i: {row[1]: row[2]} for i, row in enumerate(LISTS)}
    middlewares.update({"code%d" % i: {"encodedCharacters": row[1]} for i, row in enumerate(CODES)})
    lists = {name: [name] for name in middlewares}
    middlewares.update(
        {
            "deny": {DENY: ranges("10.1.0.0/16")},
            "allow": {ALLOW: ranges("10.0.0.0/8", status=404)},
            "silent": {ALLOW: ranges("10.0.0.0/8", status=204)},
            "first": {ALLOW: ranges("198.51.100.7", depth=1)},
            "slash": {"encodedCharacters": SLASH},
            "path": {"replacePath": {"path": "/a%3Bb"}},
        }
    )
    lists.update({"dl6": ["deny", "allow"], "silent": ["silent"], "first": ["first"], "checked": ["slash", "path"], "made": ["path", "slash"]})
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": names} for name, names in lists.items()}
    trusting = {"forwardedHeaders": {"insecure": True}, "proxyProtocol": {"insecure": True}}
    points = {"web": trusting, "wary": {"proxyProtocol": {"insecure": True}}, "dual": {"address": ":%d" % free_port()}}
    with site({"app": server}, routers, points, http={"middlewares": middlewares}) as instance:
        yield instance


def through(daemon, host, peer=None, lines=(), point="web", **request):
    with connect(daemon.ports[point], before=peer_header(peer) if peer else b"") as client:
        return client.ask(host=host, fields=[("X-Forwarded-For", line) for line in lines], **request)


def find(table, name):
    return next(i for i, row in enumerate(table) if row[0] == name)


@pytest.mark.parametrize("row", LISTS, **ROW)
def test_list(daemon, server, row):
    before = len(server.requests)
    answer = through(daemon, "list%d.test" % LISTS.index(row), row[3], row[4])
    if row[5] == PASS:
        assert (answer.status, len(server.requests)) == (200, before + 1)
        return
    status, phrase = row[5] if isinstance(row[5], tuple) else (row[5], PHRASES[row[5]])
    assert (answer.status, answer.body.decode(), answer.all("Content-Type")) == (status, phrase, [])
    assert len(server.requests) == before


@pytest.mark.parametrize("peer, status", [("10.2.0.1", 200), ("10.1.0.1", 403), ("11.0.0.1", 404)], ids=["DL-6 both", "DL-6 denied", "DL-6 not allowed"])
def test_deny_then_allow(daemon, peer, status):
    answer = through(daemon, "dl6.test", peer)
    assert answer.status == status and (status == 200 or answer.body.decode() == PHRASES[status])


@pytest.mark.parametrize("source, status", [("127.0.0.1", 200), ("127.0.0.2", 403)])
def test_AL_6_peer_of_a_dual_stack_entry_point(daemon, source, status):
    host = "list%d.test" % find(LISTS, "AL-6")
    assert ask(daemon.ports["dual"], host=host, source=source).status == status


def test_AL_10_peer_of_a_dual_stack_entry_point(daemon):
    assert ask(daemon.ports["dual"], host="list%d.test" % find(LISTS, "AL-10")).status == 403


def test_IP_8_the_server_sees_one_field(daemon, server):
    assert through(daemon, "list%d.test" % find(LISTS, "IP-8 first line"), None, ["1.1.1.1", "2.2.2.2"]).status == 200
    assert server.last.all("X-Forwarded-For") == ["1.1.1.1, 2.2.2.2, 127.0.0.1"]


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For"])
def test_1_a_peer_without_trust_cannot_choose_its_address(daemon, name):
    """Item 11: its fields are gone before any middleware runs."""
    assert ask(daemon.ports["wary"], host="first.test", fields=[(name, "198.51.100.7")]).status == 403


def test_1_2_the_peer_of_proxy_protocol_is_not_in_the_field(daemon):
    assert through(daemon, "first.test", "198.51.100.7").status == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_4_1_a_refused_connection_goes_on(daemon, method):
    host = "list%d.test" % find(LISTS, "AL-2")
    with connect(daemon.ports["web"], before=peer_header("11.0.0.1")) as client:
        for _ in range(2):
            answer = client.ask(method, host=host)
            assert (answer.status, answer.body) == (403, b"" if method == "HEAD" else b"Forbidden")


def test_4_1_a_status_without_a_body_has_none(daemon):
    with connect(daemon.ports["web"]) as client:
        for _ in range(2):
            assert client.ask(host="silent.test").status == 204
        assert client.stays_open()


@pytest.mark.parametrize("row", CODES, **ROW)
def test_code(daemon, server, row):
    before = len(server.requests)
    answer = ask(daemon.ports["web"], target=row[2], host="code%d.test" % CODES.index(row))
    if row[3] == 200:
        assert (answer.status, len(server.requests)) == (200, before + 1)
    else:
        assert (answer.status, answer.body, answer.all("Content-Type")) == (400, b"", [])
        assert len(server.requests) == before


@pytest.mark.parametrize("target", ["/a%", "/a%2", "/%", "/a%5"])
def test_4_9_a_percent_too_close_to_the_end(daemon, server, target):
    before = len(server.requests)
    assert ask(daemon.ports["web"], target=target, host="checked.test").status == 400
    assert len(server.requests) == before


@pytest.mark.parametrize("host, status", [("checked.test", 200), ("made.test", 400)])
def test_4_9_the_path_is_that_of_its_place_in_the_list(daemon, host, status):
    assert ask(daemon.ports["web"], target="/x", host=host).status == status


# -- options that are wrong -----------------------------------------------------------------------------------------------------------
# id, type, options, the option named, where the message may point
BROKEN = [
    ("AL-4", ALLOW, ranges("10.0.0.0/8", status=799), "rejectStatusCode", ("rejectStatusCode", "799")),
    ("AL-4 unregistered", ALLOW, ranges("10.0.0.0/8", status=299), "rejectStatusCode", ("rejectStatusCode", "299")),
    ("AL-4 small", ALLOW, ranges("10.0.0.0/8", status=99), "rejectStatusCode", ("rejectStatusCode", "99")),
    ("AL-4 negative", ALLOW, ranges("10.0.0.0/8", status=-1), "rejectStatusCode", ("rejectStatusCode", "-1")),
    ("AL-4 deny", DENY, ranges("10.0.0.0/8", status=799), "rejectStatusCode", ("rejectStatusCode", "799")),
    ("AL-11", ALLOW, ranges(), "sourceRange", ("sourceRange", "[]", ALLOW)),
    ("AL-11 missing", ALLOW, {"rejectStatusCode": 404}, "sourceRange", (ALLOW, "rejectStatusCode")),
    ("AL-11 whiteList", WHITE, ranges(), "sourceRange", ("sourceRange", "[]", WHITE)),
    ("AL-11 deny", DENY, ranges(), "sourceRange", ("sourceRange", "[]", DENY)),
    ("4.1 no address", ALLOW, ranges("10.0.0.1", "300.1.1.1"), "sourceRange", ("300.1.1.1",)),
    ("4.1 no length", ALLOW, ranges("10.0.0.0/33"), "sourceRange", ("10.0.0.0/33",)),
    ("4.1 no length of IPv6", DENY, ranges("2001:db8::/129"), "sourceRange", ("2001:db8::/129",)),
    ("4.1 name", WHITE, ranges("app.test"), "sourceRange", ("app.test",)),
    ("AL-11 nothing but an empty item", ALLOW, ranges(""), "sourceRange", ("sourceRange", "''", ALLOW)),
    ("IP-7 0", ALLOW, ranges("10.0.0.1", subnet=0), "ipv6Subnet", ("ipv6Subnet", "0")),
    ("IP-7 129", ALLOW, ranges("10.0.0.1", subnet=129), "ipv6Subnet", ("ipv6Subnet", "129")),
    ("IP-7 depth", ALLOW, ranges("10.0.0.1", depth=1, subnet=129), "ipv6Subnet", ("ipv6Subnet", "129")),
    ("IP-7 deny", DENY, ranges("10.0.0.1", subnet=-1), "ipv6Subnet", ("ipv6Subnet", "-1")),
    ("IP-7 whiteList", WHITE, ranges("10.0.0.1", subnet=129), "ipv6Subnet", ("ipv6Subnet", "129")),
    ("1.2 excludedIPs", ALLOW, ranges("10.0.0.1", excluded=["10.0.0.0/8", "nonsense"]), "excludedIPs", ("nonsense",)),
    ("1.2 excludedIPs deny", DENY, ranges("10.0.0.1", excluded=["::/129"]), "excludedIPs", ("::/129",)),
]


@pytest.fixture(scope="module")
def broken(server):
    middlewares = {"bad%02d" % i: {row[1]: row[2]} for i, row in enumerate(BROKEN)}
    with site_with(server, middlewares) as instance:
        yield instance


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", BROKEN, **ROW)
def test_router_disabled(broken, row):
    assert_disabled(broken, "bad%02d" % BROKEN.index(row), row[3], row[4])


# id, type, options, message, where it points
REFUSED = [
    ("4.2 rejectStatusCode", WHITE, ranges("10.0.0.1", status=404), r'unknown key "rejectStatusCode"', ("rejectStatusCode",)),
    ("4.1 unknown key", ALLOW, ranges("10.0.0.1", rejectStatuscodes=404), r'unknown key "rejectStatuscodes".*did you mean "rejectStatusCode"', ("rejectStatuscodes",)),
    ("1.2 unknown key", DENY, {"sourceRange": ["10.0.0.1"], "ipStrategy": {"dept": 1}}, r'unknown key "dept".*did you mean "depth"', ("dept",)),
    ("1.2 depth is no number", ALLOW, ranges("10.0.0.1", depth="one"), r"depth", ("one",)),
    ("1.2 ipv6Subnet is no number", ALLOW, ranges("10.0.0.1", subnet="x"), r"ipv6Subnet", ("x",)),
    ("4.9 unknown key", "encodedCharacters", {"allowEncodedSlashes": True}, r'unknown key "allowEncodedSlashes".*did you mean "allowEncodedSlash"', ("allowEncodedSlashes",)),
    ("4.9 no bool", "encodedCharacters", {"allowEncodedSlash": "maybe"}, r"allowEncodedSlash.*maybe", ("maybe",)),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", REFUSED, **ROW)
def test_decision_9_refused_whole(tmp_path, row):
    assert_refused_whole(tmp_path, {row[1]: row[2]}, row[3], row[4])


@h1_only("the configuration alone")
def test_4_2_one_warning_a_name(server):
    middlewares = {name: {WHITE: ranges("127.0.0.1")} for name in ("old1", "old2")}
    routers = {"r%d" % i: {"rule": "Path(`/%d`)" % i, "service": "app", "middlewares": ["old%d" % (i % 2 + 1)]} for i in range(4)}
    with site({"app": server}, routers, http={"middlewares": middlewares}) as daemon:
        for i in range(4):
            assert ask(daemon.port, target="/%d" % i).status == 200
        tested = run("-t", "-c", daemon.path)
        assert tested.returncode == 0
        for name in middlewares:
            assert len(re.findall(r"pointsman\.yaml:\d+:\d+: warning: [^\n]*\b%s\b" % name, tested.stderr)) == 1, tested.stderr
            assert wait_until(lambda: name in daemon.log)
            assert len([line for line in daemon.log.splitlines() if re.search(r"\b%s\b" % name, line)]) == 1, daemon.log
