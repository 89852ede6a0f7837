# SPDX-License-Identifier: MIT
"""Paths, redirects, address lists, encodedCharacters, headers, contentType, chain: middlewares-1.md sections 2 to 4, -2.md sections 6 and 7."""
import re
import time

import pytest

from lib.client import RawClient, ask, head
from lib.daemon import Daemon, configuration, run, site
from lib.server import RawServer, describe, reply


def regex(*patterns):
    return {"stripPrefixRegex": {"regex": list(patterns)}}


def replaced(pattern, by):
    return {"replacePathRegex": {"regex": pattern, "replacement": by}}


def strip(*prefixes):
    return {"stripPrefix": {"prefixes": list(prefixes)}}


# id, middleware, target, what the server sees (a status: the client gets that and the server nothing), X-Forwarded-Prefix or X-Replaced-Path
PATHS = [
    ("AP-1", {"addPrefix": {"prefix": "/v2"}}, "/cart?x=1", "/v2/cart?x=1", None),
    ("AP-2", {"addPrefix": {"prefix": "v2"}}, "/cart", "/v2/cart", None),
    ("AP-3", {"addPrefix": {"prefix": "/v2/"}}, "/cart", "/v2//cart", None),
    ("AP-4", {"addPrefix": {"prefix": "/v2"}}, "/a%2Fb", "/v2/a%2Fb", None),
    ("AP-5", {"addPrefix": {"prefix": "/v2"}}, "/", "/v2/", None),
    ("SP-1", strip("/shop"), "/shop/cart", "/cart", "/shop"),
    ("SP-2", strip("/shop"), "/shop", "/", "/shop"),
    ("SP-3", strip("/shop"), "/shopping", "/ping", "/shop"),
    ("SP-4", strip("/shop/"), "/shop", "/shop", None),
    ("SP-5", strip("/a", "/a/b"), "/a/b/c", "/b/c", "/a"),
    ("SP-6", strip("/shop"), "/shop/x%2Fy", "/x%2Fy", "/shop"),
    ("SP-7", strip("/shop/"), "/sh%6Fp/x%2Fy", "/x%2Fy", "/shop/"),
    ("SP-8", strip("/shop"), "/shop../etc", 400, None),
    ("SP-9", strip("/"), "/", "/", "/"),
    ("SP-11", strip("/shop"), "/shop?k=v", "/?k=v", "/shop"),
    ("SP trimmed", strip("  /shop "), "/shop/x", "/x", "/shop"),
    ("SP none", {"stripPrefix": {"prefixes": ["/nothing"]}}, "/shop", "/shop", None),
    ("SP forceSlash", {"stripPrefix": {"prefixes": ["/shop"], "forceSlash": True}}, "/shop", "/", "/shop"),
    ("SR-1", regex("^/t/[0-9]+"), "/t/42/list", "/list", "/t/42"),
    ("SR-2", regex("/[0-9]+"), "/t/42/list", "/t/42/list", None),
    ("SR-3", regex("/[a-z]+"), "/abc", "/", "/abc"),
    ("SR-4", regex("x*"), "/abc", "/abc", None),
    ("SR-5", regex("^/t/[^/]+"), "/t/a%2Fb/c", "/b/c", "/t/a"),
    ("SR line break", regex("^/t/[^/]+"), "/t/a%0D%0AX:%20y/c", 400, None),
    ("RP-1", {"replacePath": {"path": "/new"}}, "/old/x?q=1", "/new?q=1", "/old/x"),
    ("RP-2", {"replacePath": {"path": "/a%2Fb"}}, "/z", "/a%2Fb", "/z"),
    ("RP-3", {"replacePath": {"path": "/new"}}, "/o%2Fx", "/new", "/o%2Fx"),
    ("RP-4", {"replacePath": {"path": "/a?b=c"}}, "/z", "/a%3Fb=c", "/z"),
    ("RP-5", {"replacePath": {"path": "/bad%zz"}}, "/z", 500, None),
    ("RR-1", replaced("^/u/([^/]+)$", "/users/$1"), "/u/ann?x", "/users/ann?x", "/u/ann"),
    ("RR-2", replaced("/u", "/x"), "/u/u", "/x/x", "/u/u"),
    ("RR-3", replaced("^/u/(.*)", "/p$1z"), "/u/ann", "/p", "/u/ann"),
    ("RR-4", replaced("^/u/(.*)", "/p/${1}z"), "/u/ann", "/p/annz", "/u/ann"),
    ("RR-5", replaced("^/u/(.*)", "/../$1"), "/u/a", 400, None),
    ("RR-6", replaced("^/u/(.*)", "/q/$1"), "/u/a%2Fb", "/q/a%2Fb", "/u/a%2Fb"),
    ("RR-7", replaced("^/v", "/w"), "/u", "/u", None),
    ("EC-1", {"encodedCharacters": {"allowEncodedSlash": True}}, "/a%2fb", "/a%2Fb", None),
    ("EC-2", {"encodedCharacters": {"allowEncodedSlash": True}}, "/a%5Cb", 400, None),
    ("EC-3", {"encodedCharacters": {"allowEncodedSlash": True}}, "/a?x=%00", "/a?x=%00", None),
    ("EC-4", {"encodedCharacters": {"allowEncodedSlash": True}}, "/a%20b", "/a%20b", None),
    ("EC-5", {"encodedCharacters": {"allowEncodedSlash": True}}, "/a%252F", 400, None),
]

PERMANENT = {"redirectScheme": {"scheme": "https", "permanent": True}}
HTTPS = {"redirectScheme": {"scheme": "https"}}


def moved(pattern, to, **more):
    return {"redirectRegex": dict({"regex": pattern, "replacement": to}, **more)}


# id, middleware, method, host, target, fields, status, Location
REDIRECTS = [
    ("RS-1", HTTPS, "GET", "{}:8080", "/a?b=1", [], 302, "https://{}/a?b=1"),
    ("RS-2", PERMANENT, "POST", "{}:8080", "/a?b=1", [], 308, "https://{}/a?b=1"),
    ("RS-3", PERMANENT, "HEAD", "{}:8080", "/a?b=1", [], 308, "https://{}/a?b=1"),
    ("RS permanent GET", PERMANENT, "GET", "{}", "/", [], 301, "https://{}/"),
    ("RS temporary POST", HTTPS, "POST", "{}", "/", [], 307, "https://{}/"),
    ("RS-4", HTTPS, "GET", "{}", "/", [("X-Forwarded-Proto", "https")], 200, None),
    ("RS-4 wss", HTTPS, "GET", "{}", "/", [("X-Forwarded-Proto", "WSS")], 200, None),
    ("RS-5", {"redirectScheme": {"scheme": "https", "port": "8443"}}, "GET", "{}:8000", "/", [], 302, "https://{}:8443/"),
    ("RS-6", {"redirectScheme": {"scheme": "https", "port": "443"}}, "GET", "{}", "/", [], 302, "https://{}/"),
    ("RS-9", HTTPS, "GET", "{}", "/", [("X-Forwarded-Proto", "gopher")], 302, "https://{}/"),
    ("RX-1", moved(r"^http://[^/]*/(.*)", "https://new.example/$1"), "GET", "{}", "/p?q=1", [], 302, "https://new.example/p?q=1"),
    ("RX-2", moved(r"^http://[^/]*/(.*)", "https://new.example/$1", permanent=True), "PUT", "{}", "/p", [], 308, "https://new.example/p"),
    ("RX-3", moved("^https://", "x"), "GET", "{}", "/p", [], 200, None),
    ("RX-4", moved(r"test:80/", "x"), "GET", "{}", "/", [], 200, None),
    ("RX-5", moved(r"(https?)://www\.([^/]+)(/.*)", "${1}://${2}${3}"), "GET", "www.{}", "/x", [], 302, "http://{}/x"),
    ("RX-6", moved("^(.*)$", "http://10.0.0.%31/"), "GET", "{}", "/", [], 502, None),
    ("RX-8", moved("^(.*)$", "$1"), "GET", "{}", "/", [], 200, None),
]

ALLOW, DENY = "ipAllowList", "ipDenyList"
XFF = "X-Forwarded-For"
# id, type, options, source address, fields, status
ADDRESSES = [
    ("AL-1", ALLOW, {"sourceRange": ["127.0.0.0/8"]}, "127.9.8.7", [], 200),
    ("AL-2", ALLOW, {"sourceRange": ["10.0.0.0/8"]}, "127.0.0.1", [], 403),
    ("AL-3", ALLOW, {"sourceRange": ["10.0.0.0/8"], "rejectStatusCode": 404}, "127.0.0.1", [], 404),
    ("AL-5", ALLOW, {"sourceRange": ["127.1.2.3/8"]}, "127.200.0.1", [], 200),
    ("AL-7", ALLOW, {"sourceRange": ["127.0.0.0/8"], "ipStrategy": {"depth": 1}}, "127.0.0.1", [], 403),
    ("AL-8", ALLOW, {"sourceRange": ["10.0.0.0/8"], "ipStrategy": {"depth": 1}}, "127.0.0.1", [(XFF, "10.1.1.1:5555")], 200),
    ("AL-10", ALLOW, {"sourceRange": ["::/0"]}, "127.0.0.1", [], 403),
    ("AL empty strategy", ALLOW, {"sourceRange": ["127.0.0.1"], "ipStrategy": {}}, "127.0.0.1", [], 200),
    ("ipWhiteList", "ipWhiteList", {"sourceRange": ["127.0.0.1"]}, "127.0.0.2", [], 403),
    ("IP-1", ALLOW, {"sourceRange": ["198.51.100.7"], "ipStrategy": {"depth": 1}}, "127.0.0.1", [(XFF, "203.0.113.9, 198.51.100.7")], 200),
    ("IP-2", ALLOW, {"sourceRange": ["0.0.0.0/0", "::/0"], "ipStrategy": {"depth": 3}}, "127.0.0.1", [(XFF, "203.0.113.9, 198.51.100.7")], 403),
    ("IP-3", ALLOW, {"sourceRange": ["203.0.113.9"], "ipStrategy": {"excludedIPs": ["198.51.100.0/24"]}}, "127.0.0.1", [(XFF, "203.0.113.9, 198.51.100.7")], 200),
    ("IP-4", ALLOW, {"sourceRange": ["0.0.0.0/0"], "ipStrategy": {"excludedIPs": ["0.0.0.0/0"]}}, "127.0.0.1", [(XFF, "203.0.113.9")], 403),
    ("IP-5", ALLOW, {"sourceRange": ["2001:db8:7::"], "ipStrategy": {"depth": 1, "ipv6Subnet": 48}}, "127.0.0.1", [(XFF, "2001:db8:7:9::5")], 200),
    ("IP-6", ALLOW, {"sourceRange": ["198.51.100.7"], "ipStrategy": {"depth": 1, "excludedIPs": ["198.51.100.0/24"]}}, "127.0.0.1", [(XFF, "1.1.1.1, 198.51.100.7")], 200),
    ("IP-8", ALLOW, {"sourceRange": ["1.1.1.1"], "ipStrategy": {"depth": 2}}, "127.0.0.1", [(XFF, "1.1.1.1"), (XFF, "2.2.2.2")], 200),
    ("DL-1", DENY, {"sourceRange": ["127.0.0.7"]}, "127.0.0.7", [], 403),
    ("DL-2", DENY, {"sourceRange": ["127.0.0.7"]}, "127.0.0.8", [], 200),
    ("DL-3", DENY, {"sourceRange": ["192.0.2.0/24"], "ipStrategy": {"depth": 1}}, "127.0.0.1", [(XFF, "192.0.2.9")], 403),
    ("DL-4", DENY, {"sourceRange": ["192.0.2.7"], "ipStrategy": {"depth": 2}}, "127.0.0.1", [(XFF, "1.1.1.1")], 403),
    ("DL-5", DENY, {"sourceRange": ["::/0"]}, "127.0.0.1", [], 200),
    ("DL garbage", DENY, {"sourceRange": ["192.0.2.7"], "ipStrategy": {"depth": 1}}, "127.0.0.1", [(XFF, "unknown")], 403),
]
PHRASES = {403: b"Forbidden", 404: b"Not Found"}

CORS = {"accessControlAllowOriginList": ["https://a.example"], "accessControlAllowMethods": ["GET", "PUT"], "accessControlAllowHeaders": ["x-a", "x-b"], "accessControlMaxAge": 100}
HEADERS = {
    "hd1": {"customResponseHeaders": {"Server": "", "X-Own": "1"}},
    "hd2": {"frameDeny": True, "customResponseHeaders": {"X-Frame-Options": "CUSTOM"}},
    "hd3": {"customRequestHeaders": {"host": "b.example", "X-New": "v", "X-Gone": ""}},
    "hd4": {"customRequestHeaders": {"X-Forwarded-For": ""}},
    "cors": CORS,
    "anycred": {"accessControlAllowOriginList": ["*"], "accessControlAllowCredentials": True, "accessControlAllowHeaders": ["*"]},
    "any": {"accessControlAllowOriginList": ["*"], "accessControlExposeHeaders": ["X-One", "X-Two"]},
    "originregex": {"accessControlAllowOriginListRegex": [r"^https://.*\.good\.example$"]},
    "vary": {"accessControlAllowOriginList": ["https://a.example"], "addVaryHeader": True},
    "sts": {"stsSeconds": 60, "stsIncludeSubdomains": True},
    "stsforce": {"stsSeconds": 60, "forceSTSHeader": True, "stsPreload": True},
    "stsproxy": {"stsSeconds": 60, "sslProxyHeaders": {"X-Secure": "yes"}},
    "hosts": {"allowedHosts": ["hosts.test"], "customResponseHeaders": {"X-Own": "1"}},
    "hostsproxy": {"allowedHosts": ["real.example"], "hostsProxyHeaders": ["X-Real-Host"]},
    "old": {"sslRedirect": True},
    "safe": {"contentTypeNosniff": True, "browserXssFilter": True, "referrerPolicy": "no-referrer", "permissionsPolicy": "camera=()", "contentSecurityPolicy": "script-src $NONCE", "contentSecurityPolicyReportOnly": "$NONCE"},
    "uuid": {"expandVariables": True, "customRequestHeaders": {"X-Request-ID": "${uuid}"}, "customResponseHeaders": {"X-Request-ID": "id ${uuid} ${other}"}},
    "literal": {"customRequestHeaders": {"X-Request-ID": "${uuid}"}},
}


def name_of(kind, i):
    return "%s%d.test" % (kind, i)


@pytest.fixture(scope="module")
def server():
    def answer(connection, request):
        extra = b"Server: app\r\nX-Frame-Options: SAMEORIGIN\r\nVary: Accept\r\nAccess-Control-Allow-Origin: https://server.example\r\n"
        return describe(connection, request).replace(b"Content-Type", extra + b"Content-Type", 1)

    with RawServer(default=answer) as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    middlewares, routers = {}, {}

    def add(name, host, middleware):
        middlewares[name] = middleware
        routers[name] = {"rule": "HostRegexp(`^(www\\.)?%s$`)" % re.escape(host), "service": "app", "middlewares": [name]}

    for kind, table in (("path", PATHS), ("redirect", REDIRECTS)):
        for i, row in enumerate(table):
            add("%s%d" % (kind, i), name_of(kind, i), row[1])
    for i, row in enumerate(ADDRESSES):
        add("address%d" % i, name_of("address", i), {row[1]: row[2]})
    for name, options in HEADERS.items():
        add(name, name + ".test", {"headers": options})
    add("sniff", "sniff.test", {"contentType": {}})
    add("sniffoff", "sniffoff.test", {"contentType": {"autoDetect": False}})
    middlewares["inner"] = {"chain": {"middlewares": ["c2", "c1"]}}
    middlewares["outer"] = {"chain": {"middlewares": ["c1", "inner"]}}
    middlewares.update({"c1": {"addPrefix": {"prefix": "/1"}}, "c2": {"addPrefix": {"prefix": "/2"}}, "x": {"chain": {"middlewares": ["y"]}}, "y": {"chain": {"middlewares": ["x"]}}, "z": {"chain": {"middlewares": ["nobody"]}}})
    for name in ("outer", "x", "z"):
        routers[name] = {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": [name]}
    routers["twice"] = {"rule": "Host(`twice.test`)", "service": "app", "middlewares": [n for n in ("path5", "path9")]}
    routers["none"] = {"rule": "Host(`none.test`)", "service": "app"}
    routers["own"] = {"rule": "Host(`own.test`)", "service": "own", "middlewares": ["c1"]}
    own = {"loadBalancer": {"servers": [{"url": server.url}]}, "middlewares": ["c2"]}
    points = {"web": {"forwardedHeaders": {"insecure": True}}}
    with site({"app": server, "own": own}, routers, points, http={"middlewares": middlewares}) as instance:
        yield instance


@pytest.mark.parametrize("i", range(len(PATHS)), ids=[p[0] for p in PATHS])
def test_paths(daemon, server, i):
    name, _, target, seen, told = PATHS[i]
    before = len(server.requests)
    answer = ask(daemon.port, target=target, host=name_of("path", i))
    if isinstance(seen, int):
        assert (answer.status, len(server.requests)) == (seen, before)
        return
    assert (answer.status, server.last.target) == (200, seen)
    field = "X-Replaced-Path" if name.startswith(("RP", "RR")) else "X-Forwarded-Prefix"
    assert server.last.all(field) == ([told] if told else [])


def test_SP_10_each_adds_its_own(daemon, server):
    ask(daemon.port, target="/shop/a/x", host="twice.test")
    assert (server.last.target, server.last.all("X-Forwarded-Prefix")) == ("/x", ["/shop", "/a"])


@pytest.mark.parametrize("i", range(len(REDIRECTS)), ids=[r[0] for r in REDIRECTS])
def test_redirects(daemon, i):
    _, _, method, host, target, fields, status, location = REDIRECTS[i]
    name = name_of("redirect", i)
    answer = ask(daemon.port, method, target, fields, host=host.format(name), body=b"x" if method in ("POST", "PUT") else None)
    assert (answer.status, answer.get("Location")) == (status, location and location.format(name))
    if status != 200:
        assert not answer.has("Content-Type")
        assert answer.body == (b"" if method == "HEAD" else {301: b"Moved Permanently", 302: b"Found", 307: b"Temporary Redirect", 308: b"Permanent Redirect", 502: b"Bad Gateway"}[status])


@pytest.mark.parametrize("i", range(len(ADDRESSES)), ids=[a[0] for a in ADDRESSES])
def test_addresses(daemon, i):
    _, _, _, source, fields, status = ADDRESSES[i]
    answer = ask(daemon.port, fields=fields, host=name_of("address", i), source=source)
    assert answer.status == status
    if status != 200:
        assert (answer.body, answer.has("Content-Type")) == (PHRASES[status], False)


def test_HD_1_HD_2(daemon):
    answer = ask(daemon.port, host="hd1.test")
    assert (answer.has("Server"), answer.get("X-Own")) == (False, "1")
    assert ask(daemon.port, host="hd2.test").all("X-Frame-Options") == ["CUSTOM"]


def test_HD_3_HD_4(daemon, server):
    ask(daemon.port, host="hd3.test", fields=[("X-New", "old"), ("X-Gone", "1")])
    assert (server.last.get("Host"), server.last.all("X-New"), server.last.has("X-Gone"), server.last.get("X-Forwarded-Host")) == ("b.example", ["v"], False, "hd3.test")
    ask(daemon.port, host="hd4.test", fields=[(XFF, "1.2.3.4")])
    assert not server.last.has(XFF)


def preflight(daemon, host, origin, *more):
    return ask(daemon.port, "OPTIONS", host=host, fields=[("Origin", origin), ("Access-Control-Request-Method", "PUT"), *more])


def test_HD_5_HD_6_HD_7_HD_8_preflight(daemon, server):
    before = len(server.requests)
    answer = preflight(daemon, "cors.test", "https://a.example")
    got = {n.lower(): v for n, v in answer.fields if n.lower().startswith("access-control")}
    assert got == {"access-control-allow-origin": "https://a.example", "access-control-allow-methods": "GET,PUT", "access-control-allow-headers": "x-a,x-b", "access-control-max-age": "100"}
    assert (answer.status, answer.body, answer.get("Content-Length")) == (200, b"", "0")
    assert not preflight(daemon, "cors.test", "https://b.example").has("Access-Control-Allow-Origin")
    answer = preflight(daemon, "anycred.test", "https://q.example", ("Access-Control-Request-Headers", "x-q"))
    assert (answer.get("Access-Control-Allow-Origin"), answer.get("Access-Control-Allow-Headers"), answer.get("Access-Control-Allow-Credentials")) == ("https://q.example", "x-q", "true")
    assert len(server.requests) == before
    assert ask(daemon.port, "OPTIONS", host="cors.test", fields=[("Origin", "https://a.example")]).status == 200
    assert len(server.requests) == before + 1


def test_6_1_cors_on_answers(daemon):
    assert ask(daemon.port, host="cors.test", fields=[("Origin", "https://a.example")]).all("Access-Control-Allow-Origin") == ["https://a.example"]
    answer = ask(daemon.port, host="any.test")
    assert (answer.get("Access-Control-Allow-Origin"), answer.get("Access-Control-Expose-Headers")) == ("*", "X-One,X-Two")
    assert ask(daemon.port, host="originregex.test", fields=[("Origin", "https://x.good.example")]).get("Access-Control-Allow-Origin") == "https://x.good.example"
    assert ask(daemon.port, host="originregex.test", fields=[("Origin", "https://x.bad.example")]).get("Access-Control-Allow-Origin") == "https://server.example"


def test_HD_9_vary(daemon):
    assert ask(daemon.port, host="vary.test").all("Vary") == ["Accept,Origin"]


def test_HD_10_HD_12_transport_security(daemon):
    sts = "Strict-Transport-Security"
    assert not ask(daemon.port, host="sts.test").has(sts)
    assert ask(daemon.port, host="stsforce.test").get(sts) == "max-age=60; preload"
    assert not ask(daemon.port, host="stsproxy.test").has(sts)
    assert ask(daemon.port, host="stsproxy.test", fields=[("X-Secure", "yes")]).get(sts) == "max-age=60"
    assert ask(daemon.port, host="old.test").status == 200


def test_HD_11_hosts(daemon):
    assert ask(daemon.port, host="hosts.test").status == 200
    assert ask(daemon.port, host="HOSTS.test").status == 200
    answer = ask(daemon.port, host="hosts.test:8080")
    assert (answer.status, answer.body, answer.get("X-Own")) == (500, b"Bad Host\n", "1")
    assert ask(daemon.port, host="hostsproxy.test", fields=[("X-Real-Host", "Real.example")]).status == 200
    assert ask(daemon.port, host="hostsproxy.test").status == 500


def test_6_1_security_fields(daemon):
    first, second = (ask(daemon.port, host="safe.test") for _ in range(2))
    assert [first.get(n) for n in ("X-Content-Type-Options", "X-XSS-Protection", "Referrer-Policy", "Permissions-Policy")] == ["nosniff", "1; mode=block", "no-referrer", "camera=()"]
    policy, report = first.get("Content-Security-Policy"), first.get("Content-Security-Policy-Report-Only")
    assert re.fullmatch(r"script-src 'nonce-[A-Za-z0-9+/]{24}'", policy) and policy == "script-src " + report
    assert second.get("Content-Security-Policy") != policy


def test_SC_1_to_SC_5_uuid(daemon, server):
    ids = set()
    for _ in range(2):
        answer = ask(daemon.port, host="uuid.test", fields=[("X-Request-ID", "mine")])
        (one,) = server.last.all("X-Request-ID")
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
        assert answer.get("X-Request-ID") == "id %s ${other}" % one
        ids.add(one)
    assert len(ids) == 2
    ask(daemon.port, host="literal.test")
    assert server.last.get("X-Request-ID") == "${uuid}"


KINDS = [
    ("CT-1", b"<html><body>", "text/html; charset=utf-8"),
    ("CT-2", b"\x89PNG\r\n\x1a\n....", "image/png"),
    ("CT-3", b"hello", "text/plain; charset=utf-8"),
    ("xml", b"  <?xml version='1.0'?>", "text/xml; charset=utf-8"),
    ("pdf", b"%PDF-1.4", "application/pdf"),
    ("gif", b"GIF89a...", "image/gif"),
    ("jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
    ("gzip", b"\x1f\x8b\x08\x00", "application/x-gzip"),
    ("webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ("mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"),
    ("binary", b"\x00\x01\x02\x03", "application/octet-stream"),
    ("bom", b"\xef\xbb\xbfhello", "text/plain; charset=utf-8"),
]


@pytest.mark.parametrize("body, kind", [k[1:] for k in KINDS], ids=[k[0] for k in KINDS])
def test_6_3_content_type(daemon, server, body, kind):
    server.answers["/sniff"] = reply(200, body)
    assert ask(daemon.port, target="/sniff", host="sniff.test").get("Content-Type") == kind
    for host in ("none.test", "sniffoff.test"):
        answer = ask(daemon.port, target="/sniff", host=host)
        assert (answer.has("Content-Type"), answer.body) == (False, body)


def test_6_3_what_is_left_alone(daemon, server):
    server.answers["/sniff"] = reply(200, b"<html>", [("Content-Type", "x/y")])
    assert ask(daemon.port, target="/sniff", host="sniff.test").get("Content-Type") == "x/y"
    for answer in (reply(200, b"<html>", [("Content-Encoding", "br")]), reply(200, b""), b"HTTP/1.1 204 No Content\r\n\r\n"):
        server.answers["/sniff"] = answer
        assert not ask(daemon.port, target="/sniff", host="sniff.test").has("Content-Type")


def test_6_3_the_head_waits_for_the_first_bytes(daemon, server):
    def late(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        time.sleep(0.1)
        return b"6\r\n<html>\r\n0\r\n\r\n"

    server.answers["/late"] = late
    answer = ask(daemon.port, target="/late", host="sniff.test")
    assert (answer.get("Content-Type"), answer.body) == ("text/html; charset=utf-8", b"<html>")


def test_6_3_a_server_that_dies_before_them_is_502(daemon, server):
    def dies(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        time.sleep(0.05)
        connection.reset()

    server.answers["/dies"] = dies
    assert ask(daemon.port, target="/dies", host="sniff.test").status == 502


def test_CH_chains(daemon, server):
    assert ask(daemon.port, target="/p", host="outer.test").status == 200
    assert server.last.target == "/1/2/1/p"
    for host in ("x.test", "z.test"):
        assert ask(daemon.port, host=host).status == 404


def test_8_services_have_middlewares_of_their_own(daemon, server):
    ask(daemon.port, target="/p", host="own.test")
    assert server.last.target == "/2/1/p"


def test_findings_of_bad_middlewares(server):
    bad = {
        "addPrefix": ({"prefix": ""}, "prefix"),
        "stripPrefixRegex": ({"regex": ["("]}, "regex"),
        "replacePathRegex": ({"regex": "("}, "regex"),
        "redirectScheme": ({"port": "1"}, "scheme"),
        "redirectRegex": ({"regex": "("}, "regex"),
        "ipAllowList": ({"sourceRange": ["10.0.0.0/8"], "rejectStatusCode": 799}, "rejectStatusCode"),
        "ipDenyList": ({"sourceRange": ["nonsense"]}, "sourceRange"),
        "headers": ({"customRequestHeaders": {"bad name": "x"}}, "customRequestHeaders"),
        "chain": ({"middlewares": ["nobody"]}, "nobody"),
    }
    middlewares = {"m" + kind: {kind: options} for kind, (options, _) in bad.items()}
    middlewares["mempty"] = {"ipAllowList": {"rejectStatusCode": 404}}
    middlewares["msubnet"] = {"ipAllowList": {"sourceRange": ["10.0.0.0/8"], "ipStrategy": {"ipv6Subnet": 129}}}
    middlewares["mnothing"] = {"headers": {"frameDeny": False}}
    routers = {name: {"rule": "Host(`%s.test`)" % name.lower(), "service": "app", "middlewares": [name]} for name in middlewares}
    routers["good"] = {"rule": "Host(`good.test`)", "service": "app"}
    with Daemon(configuration({"app": server}, routers, http={"middlewares": middlewares})) as daemon:
        for name in middlewares:
            assert ask(daemon.port, host=name.lower() + ".test").status == 404, name
        assert ask(daemon.port, host="good.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    lines = tested.stderr.splitlines()
    for kind, (_, what) in list(bad.items()) + [("empty", (None, "sourceRange")), ("subnet", (None, "ipv6Subnet")), ("nothing", (None, "sets nothing"))]:
        assert any(re.match(r".*pointsman\.yaml:\d+:\d+: error: ", t) and "m" + kind in t and what in t for t in lines), (kind, tested.stderr)


REFUSED = [
    ({"stripPrefix": {"prefixs": ["/x"]}}, r'unknown key "prefixs" in http\.middlewares\.m\.stripPrefix; did you mean "prefixes"'),
    ({"headers": {"frameDeny": "maybe"}}, r"frameDeny"),
    ({"retry": {"attempts": "many"}}, r"attempts"),
    ({"buffering": {}}, r"empty section"),
    ({"ipAllowList": {"sourceRange": ["1.1.1.1"], "ipStrategy": {"dept": 1}}}, r'"dept".*did you mean "depth"'),
]


@pytest.mark.parametrize("middleware, message", REFUSED)
def test_decision_9_what_cannot_be_decoded_refuses_the_document(tmp_path, middleware, message):
    path = tmp_path / "pointsman.yaml"
    import yaml

    path.write_text(yaml.safe_dump(configuration({"app": 1}, http={"middlewares": {"m": middleware}})))
    tested = run("-t", "-c", path)
    assert tested.returncode == 1
    assert re.search(r"pointsman\.yaml:\d+:\d+: error: .*" + message, tested.stderr), tested.stderr
    assert "syntax is ok" not in tested.stderr


def test_1_types_and_keys_have_no_case(tmp_path):
    import yaml

    path = tmp_path / "pointsman.yaml"
    routers = {"r": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}
    path.write_text(yaml.safe_dump(configuration({"app": 1}, routers, http={"middlewares": {"m": {"STRIPPREFIX": {"PREFIXES": ["/x"]}}}})))
    assert run("-t", "-c", path).returncode == 0
