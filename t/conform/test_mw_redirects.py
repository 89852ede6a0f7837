# SPDX-License-Identifier: MIT
"""redirectScheme, redirectRegex: middlewares-1.md sections 0, 1 and 3."""
import pytest

from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.middleware_site import assert_disabled, assert_refused_whole, site_with
from lib.server import RawServer
from lib.tls_world import client_context, world

pytestmark = over_both

ROW = {"ids": lambda row: row[0]}
PHRASES = {301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 308: "Permanent Redirect"}
PROTO = "X-Forwarded-Proto"
SHOP = "shop.example"
HTTPS, HTTPS_FOR_GOOD = {"scheme": "https"}, {"scheme": "https", "permanent": True}
PLAIN, TRUSTING, SECURE = "plain", "trusting", "secure"
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]


def proto(value):
    return [(PROTO, value)]


# -- 3.1: id, options, entry point, method, host, target, fields, status, Location (None: the request goes on)
SCHEMES = [
    ("RS-1", HTTPS, PLAIN, "GET", SHOP + ":8080", "/a?b=1", [], 302, "https://shop.example/a?b=1"),
    ("RS-2", HTTPS_FOR_GOOD, PLAIN, "POST", SHOP + ":8080", "/a?b=1", [], 308, "https://shop.example/a?b=1"),
    ("RS-3", HTTPS_FOR_GOOD, PLAIN, "HEAD", SHOP + ":8080", "/a?b=1", [], 308, "https://shop.example/a?b=1"),
    ("RS-4", HTTPS, TRUSTING, "GET", SHOP, "/a", proto("https"), 200, None),
    ("RS-4 wss", HTTPS, TRUSTING, "GET", SHOP, "/a", proto("wss"), 200, None),
    ("RS-4 any case", HTTPS, TRUSTING, "GET", SHOP, "/a", proto("HTTPS"), 200, None),
    ("RS-4 wss in any case", HTTPS, TRUSTING, "GET", SHOP, "/a", proto("Wss"), 200, None),
    ("RS-4 no trust", HTTPS, PLAIN, "GET", SHOP, "/a", proto("https"), 302, "https://shop.example/a"),
    ("RS-4 port 443", HTTPS, TRUSTING, "GET", SHOP + ":443", "/a", proto("https"), 200, None),
    ("RS-4 POST", HTTPS, TRUSTING, "POST", SHOP, "/a", proto("https"), 200, None),
    ("RS-5", dict(HTTPS, port="8443"), PLAIN, "GET", SHOP + ":8000", "/", [], 302, "https://shop.example:8443/"),
    ("RS-5 number", dict(HTTPS, port=8443), PLAIN, "GET", SHOP + ":8000", "/", [], 302, "https://shop.example:8443/"),
    ("RS-5 no port in Host", dict(HTTPS, port="8443"), PLAIN, "GET", SHOP, "/", [], 302, "https://shop.example:8443/"),
    ("RS-5 is there", dict(HTTPS, port="8443"), TRUSTING, "GET", SHOP + ":8443", "/", proto("https"), 200, None),
    ("RS-5 is there by TLS", dict(HTTPS, port="8443"), SECURE, "GET", SHOP + ":8443", "/", [], 200, None),
    ("RS-5 right port, wrong scheme", dict(HTTPS, port="8443"), PLAIN, "GET", SHOP + ":8443", "/", [], 302, "https://shop.example:8443/"),
    ("RS-5 right scheme, wrong port", dict(HTTPS, port="8443"), SECURE, "GET", SHOP, "/", [], 302, "https://shop.example:8443/"),
    ("RS-6", dict(HTTPS, port="443"), PLAIN, "GET", SHOP, "/", [], 302, "https://shop.example/"),
    ("RS-6 port in Host", dict(HTTPS, port="443"), PLAIN, "GET", SHOP + ":8080", "/", [], 302, "https://shop.example/"),
    ("RS-6 80 of http", {"scheme": "http", "port": "80"}, SECURE, "GET", SHOP, "/", [], 302, "http://shop.example/"),
    ("RS-6 80 of https", dict(HTTPS, port="80"), PLAIN, "GET", SHOP, "/", [], 302, "https://shop.example:80/"),
    ("RS-6 443 of http", {"scheme": "http", "port": "443"}, SECURE, "GET", SHOP, "/", [], 302, "http://shop.example:443/"),
    ("RS-6 passes", dict(HTTPS, port="443"), SECURE, "GET", SHOP, "/", [], 200, None),
    ("RS-7", HTTPS, SECURE, "GET", SHOP + ":9443", "/", [], 302, "https://shop.example/"),
    ("RS-7 no port", HTTPS, SECURE, "GET", SHOP, "/", [], 200, None),
    ("RS-8", HTTPS, SECURE, "GET", SHOP + ":443", "/", [], 200, None),
    ("RS-8 port 80 of TLS", HTTPS, SECURE, "GET", SHOP + ":80", "/", [], 302, "https://shop.example/"),
    ("RS-9", HTTPS, TRUSTING, "GET", SHOP, "/", proto("gopher"), 302, "https://shop.example/"),
    ("RS-9 on TLS", HTTPS, SECURE, "GET", SHOP, "/", proto("gopher"), 200, None),
    ("RS-9 empty", HTTPS, TRUSTING, "GET", SHOP, "/", proto(""), 302, "https://shop.example/"),
    ("RS-10", HTTPS, PLAIN, "GET", "[2001:db8::1]:8080", "/a?b", [], 302, "https://[2001:db8::1]/a?b"),
    ("RS-10 no port", HTTPS, PLAIN, "GET", "[2001:db8::1]", "/a", [], 302, "https://[2001:db8::1]/a"),
    ("RS-10 with a port", dict(HTTPS, port="8443"), PLAIN, "GET", "[2001:db8::1]:8080", "/", [], 302, "https://[2001:db8::1]:8443/"),
    ("RS-10 passes", HTTPS, SECURE, "GET", "[2001:db8::1]:443", "/", [], 200, None),
    ("RS-10 passes without a port", HTTPS, SECURE, "GET", "[2001:db8::1]", "/", [], 200, None),
    ("RS-11", HTTPS, TRUSTING, "GET", SHOP + ":8080", "/", proto("https"), 302, "https://shop.example/"),
    ("RS-11 port 80", HTTPS, TRUSTING, "GET", SHOP + ":80", "/", proto("https"), 302, "https://shop.example/"),
    ("3.1 http on TLS", HTTPS, SECURE, "GET", SHOP, "/", proto("http"), 302, "https://shop.example/"),
    ("3.1 ws on TLS", HTTPS, SECURE, "GET", SHOP, "/", proto("WS"), 302, "https://shop.example/"),
    ("3.1 to http", {"scheme": "http"}, SECURE, "GET", SHOP, "/a", [], 302, "http://shop.example/a"),
    ("3.1 to http, trusted", {"scheme": "http"}, TRUSTING, "GET", SHOP, "/a", proto("https"), 302, "http://shop.example/a"),
    ("3.1 is http", {"scheme": "http"}, PLAIN, "GET", SHOP, "/a", [], 200, None),
    ("3.1 is http on port 80", {"scheme": "http"}, PLAIN, "GET", SHOP + ":80", "/a", [], 200, None),
    ("3.1 is http on another port", {"scheme": "http"}, PLAIN, "GET", SHOP + ":8080", "/a", [], 302, "http://shop.example/a"),
    ("3.1 http keeps its port", {"scheme": "http", "port": "8080"}, PLAIN, "GET", SHOP + ":8080", "/a", [], 200, None),
    ("3.1 another scheme", {"scheme": "ftp"}, PLAIN, "GET", SHOP + ":8080", "/a", [], 302, "ftp://shop.example/a"),
    ("3.1 address", HTTPS, PLAIN, "GET", "192.0.2.1:8080", "/a", [], 302, "https://192.0.2.1/a"),
    ("3.1 case of the host", HTTPS, PLAIN, "GET", "SHOP.example", "/a", [], 302, "https://SHOP.example/a"),
    ("3.1 the target as it is", HTTPS, PLAIN, "GET", SHOP, "/a%2Fb%20c;d?x=%20&y=%2f//..", [], 302, "https://shop.example/a%2Fb%20c;d?x=%20&y=%2f//.."),
    ("3.1 the target that was cleaned", HTTPS, PLAIN, "GET", SHOP, "//evil.test/../%61", [], 302, "https://shop.example/a"),
    ("3.1 an empty query", HTTPS, PLAIN, "GET", SHOP, "/a?", [], 302, "https://shop.example/a?"),
    ("3.1 absolute form", HTTPS, PLAIN, "GET", "other.example", "http://shop.example:8080/a?b", [], 302, "https://shop.example/a?b"),
    ("3.1 handshake", HTTPS, PLAIN, "GET", SHOP, "/a", UPGRADE, 302, "https://shop.example/a"),
    ("3.1 permanent off", dict(HTTPS, permanent=False), PLAIN, "GET", SHOP, "/a", [], 302, "https://shop.example/a"),
    ("1 keys in another case", {"SCHEME": "https", "Port": "8443", "PERMANENT": True}, PLAIN, "GET", SHOP, "/", [], 301, "https://shop.example:8443/"),
]

OLD = {"regex": r"^http://old\.example/(.*)", "replacement": "https://new.example/$1"}
WWW = {"regex": r"(https?)://www\.([^/]+)(/.*)", "replacement": "${1}://${2}${3}"}


def moved(regex, replacement, **more):
    return dict({"regex": regex, "replacement": replacement}, **more)


ANY = r"^http://[^/]+/"
# -- 3.2: as above
REGEXES = [
    ("RX-1", OLD, PLAIN, "GET", "old.example", "/p?q=1", [], 302, "https://new.example/p?q=1"),
    ("RX-2", dict(OLD, permanent=True), PLAIN, "PUT", "old.example", "/p", [], 308, "https://new.example/p"),
    ("RX-3", OLD, PLAIN, "GET", "new.example", "/p", [], 200, None),
    ("RX-3 port", OLD, PLAIN, "GET", "old.example:8080", "/p", [], 200, None),
    ("RX-4", moved(r"^http://a\.example:80/", "https://b.example/"), PLAIN, "GET", "a.example", "/", [], 200, None),
    ("RX-4 443", moved(r"^https://a\.example:443/", "https://b.example/"), SECURE, "GET", "a.example", "/", [], 200, None),
    ("RX-4 as sent", moved(r"^http://a\.example:80/", "https://b.example/"), PLAIN, "GET", "a.example:80", "/", [], 302, "https://b.example/"),
    ("RX-4 other port", moved(r"^http://a\.example:8080/", "https://b.example/"), PLAIN, "GET", "a.example:8080", "/x", [], 302, "https://b.example/x"),
    ("RX-5", WWW, PLAIN, "GET", "www.b.example", "/x", [], 302, "http://b.example/x"),
    ("RX-5 TLS", WWW, SECURE, "GET", "www.b.example", "/x?y", [], 302, "https://b.example/x?y"),
    ("RX-5 done", WWW, PLAIN, "GET", "b.example", "/x", [], 200, None),
    ("RX-7", moved("^https://", "http://"), TRUSTING, "GET", "a.example", "/", proto("https"), 200, None),
    ("RX-7 TLS itself", moved("^https://", "http://"), SECURE, "GET", "a.example", "/", proto("http"), 302, "http://a.example/"),
    ("RX-8", moved("^(.*)$", "$1"), PLAIN, "GET", "a.example", "/x?y=1", [], 200, None),
    ("RX-8 query", moved("y=1", "y=1"), PLAIN, "GET", "a.example", "/x?y=1", [], 200, None),
    ("RX-8 what would be written anew", moved("^(.*)$", "$1"), PLAIN, "GET", "a.example", "/x'(y)!", [], 200, None),
    ("RX-8 IPv6", moved("^(.*)$", "$1"), PLAIN, "GET", "[2001:db8::1]:8080", "/x", [], 200, None),
    ("3.2 case of the host", moved(r"^http://A\.example/", "https://b.example/"), PLAIN, "GET", "A.example", "/x", [], 302, "https://b.example/x"),
    ("3.2 case of the host differs", moved(r"^http://a\.example/", "https://b.example/"), PLAIN, "GET", "A.example", "/x", [], 200, None),
    ("3.2 not anchored", moved("a", "b"), PLAIN, "GET", "a.test", "/a?a=c", [], 302, "http://b.test/b?b=c"),
    ("3.2 query alone", moved("x=([0-9]+)", "y=$1"), PLAIN, "GET", "a.example", "/z?x=12", [], 302, "http://a.example/z?y=12"),
    ("3.2 the path as it came", moved(ANY + "(.*)", "https://n.example/$1"), PLAIN, "GET", "a.example", "/a%2Fb%20c?d=%2f", [], 302,
     "https://n.example/a%2Fb%20c?d=%2f"),
    ("3.2 an escape is matched as such", moved("%2F", "/"), PLAIN, "GET", "a.example", "/a%2Fb", [], 302, "http://a.example/a/b"),
    ("3.2 a slash added", moved("^(http://[^/]+/add)$", "$1/"), PLAIN, "GET", "a.example", "/add", [], 302, "http://a.example/add/"),
    ("3.2 only a path", moved(ANY + "(.*)", "/new/$1"), PLAIN, "GET", "a.example", "/x?y", [], 302, "/new/x?y"),
    ("3.2 another scheme", moved("^http://", "ftp://"), PLAIN, "GET", "a.example:8080", "/x", [], 302, "ftp://a.example:8080/x"),
    ("3.2 IPv6", moved("^http://", "https://"), PLAIN, "GET", "[2001:db8::1]:8080", "/x", [], 302, "https://[2001:db8::1]:8080/x"),
    ("3.2 scheme written anew", moved("^http://", "HTTPS://"), PLAIN, "GET", "a.example", "/x", [], 302, "https://a.example/x"),
    ("3.2 space written anew", moved("/x", "/x y"), PLAIN, "GET", "a.example", "/x", [], 302, "http://a.example/x%20y"),
    ("3.2 UTF-8 written anew", moved("/x", "/\u00e9"), PLAIN, "GET", "a.example", "/x", [], 302, "http://a.example/%C3%A9"),
    ("3.2 quote written anew", moved("/x", '/"'), PLAIN, "GET", "a.example", "/x", [], 302, "http://a.example/%22"),
    ("3.2 a fragment", moved("$", "#top"), PLAIN, "GET", "a.example", "/x", [], 302, "http://a.example/x#top"),
    ("3.2 absolute form", OLD, PLAIN, "GET", "other.example", "http://old.example/p?q", [], 302, "https://new.example/p?q"),
    ("3.2 permanent off", dict(OLD, permanent=False), PLAIN, "GET", "old.example", "/", [], 302, "https://new.example/"),
    ("0 $1x is the group 1x", moved(ANY + "(.*)", "https://n.example/$1x/y"), PLAIN, "GET", "a.example", "/b", [], 302, "https://n.example//y"),
    ("0 ${1}x", moved(ANY + "(.*)", "https://n.example/${1}x/y"), PLAIN, "GET", "a.example", "/b", [], 302, "https://n.example/bx/y"),
    ("0 name", moved(ANY + "(?P<rest>.*)", "https://n.example/$rest?z"), PLAIN, "GET", "a.example", "/b", [], 302, "https://n.example/b?z"),
    ("0 two dollars", moved(ANY + "(.*)", "https://n.example/$$1"), PLAIN, "GET", "a.example", "/b", [], 302, "https://n.example/$1"),
    ("0 unknown group", moved(ANY + "(.*)", "https://n.example/$9"), PLAIN, "GET", "a.example", "/b", [], 302, "https://n.example/"),
    ("1 keys in another case", {"REGEX": "^http://", "Replacement": "ftp://", "PERMANENT": True}, PLAIN, "GET", "a.example", "/x", [], 301,
     "ftp://a.example/x"),
]

# id, replacement of the whole URL that cannot be parsed
UNPARSABLE = [
    ("RX-6", "http://10.0.0.%31/"),
    ("RX-6 escape in the path", "http://a.example/%zz"),
    ("RX-6 half an escape", "http://a.example/%2"),
    ("RX-6 port", "http://a.example:port/"),
    ("RX-6 bracket", "http://[::1/"),
    ("RX-6 space in the host", "http://a example/"),
    ("RX-6 no scheme", "://a.example/"),
]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"]


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    middlewares, routers = {}, {}

    def route(name, *those):
        """The field chooses the router: the host is part of what is tested."""
        names = ["%s-%d" % (name, i) for i in range(len(those))]
        middlewares.update(zip(names, those))
        routers[name] = {"rule": "Header(`X-Case`, `%s`)" % name, "service": "app", "middlewares": names}

    for i, row in enumerate(SCHEMES):
        route("scheme%d" % i, {"redirectScheme": row[1]})
    for i, row in enumerate(REGEXES):
        route("regex%d" % i, {"redirectRegex": row[1]})
    for i, row in enumerate(UNPARSABLE):
        route("unparsable%d" % i, {"redirectRegex": moved("^(.*)$", row[1])})
    for permanent in (False, True):
        route("methods-redirectScheme-%s" % permanent, {"redirectScheme": dict(HTTPS, permanent=permanent)})
        route("methods-redirectRegex-%s" % permanent, {"redirectRegex": moved("^http:", "https:", permanent=permanent)})
    strip, host = {"stripPrefix": {"prefixes": ["/shop"]}}, {"headers": {"customRequestHeaders": {"Host": "b.example"}}}
    rewrite = {"replacePathRegex": {"regex": "^/a", "replacement": "/b"}}
    to_https, both = {"redirectScheme": HTTPS}, {"redirectRegex": moved("^http:", "https:")}
    for name, last in (("scheme", to_https), ("regex", both)):
        route("strip-" + name, strip, last)
        route("rewrite-" + name, rewrite, last)
        route("host-" + name, host, last)
    tls = {"certificates": [world().pair("app", "app.test", "*.app.test").files]}
    trust = {"forwardedHeaders": {"insecure": True}}
    points = {PLAIN: {}, TRUSTING: trust, SECURE: dict(trust, http={"tls": {}})}
    with site({"app": server}, routers, points, http={"middlewares": middlewares}, static={"tls": tls}) as instance:
        yield instance


def request(daemon, case, point=PLAIN, method="GET", host=SHOP, target="/", fields=(), body=None):
    with connect(daemon.ports[point], context=client_context() if point == SECURE else None) as client:
        return client.ask(method, target, [("X-Case", case), *fields], body, host)


def judge(answer, status, location, method):
    assert (answer.status, answer.all("Location")) == (status, [location])
    assert (answer.all("Content-Type"), answer.body.decode()) == ([], "" if method == "HEAD" else PHRASES[status])


def play(daemon, server, case, row):
    _, _, point, method, host, target, fields, status, location = row
    before = len(server.requests)
    answer = request(daemon, case, point, method, host, target, fields, b"x" if method in ("POST", "PUT") else None)
    if location is None:
        assert (answer.status, answer.all("Location"), len(server.requests)) == (200, [], before + 1)
        assert server.last.target == target
    else:
        judge(answer, status, location, method)
        assert len(server.requests) == before


H1_ROWS = {"3.1 absolute form": "absolute form", "3.2 absolute form": "absolute form", "3.1 handshake": "Upgrade"}


def where_it_can_be(row):
    return pytest.param(row, marks=h1_only(H1_ROWS[row[0]])) if row[0] in H1_ROWS else row


@pytest.mark.parametrize("row", map(where_it_can_be, SCHEMES), **ROW)
def test_scheme(daemon, server, row):
    play(daemon, server, "scheme%d" % SCHEMES.index(row), row)


@pytest.mark.parametrize("row", map(where_it_can_be, REGEXES), **ROW)
def test_regex(daemon, server, row):
    play(daemon, server, "regex%d" % REGEXES.index(row), row)


@pytest.mark.parametrize("row", UNPARSABLE, **ROW)
def test_unparsable(daemon, server, row):
    before = len(server.requests)
    answer = request(daemon, "unparsable%d" % UNPARSABLE.index(row))
    assert (answer.status, answer.body, answer.all("Content-Type"), answer.all("Location")) == (502, b"Bad Gateway", [], [])
    assert len(server.requests) == before


@pytest.mark.parametrize("permanent", [False, True], ids=["temporary", "permanent"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["redirectScheme", "redirectRegex"])
def test_3_the_status_is_that_of_the_method(daemon, kind, method, permanent):
    answer = request(daemon, "methods-%s-%s" % (kind, permanent), method=method, target="/a?b", body=b"abc" if method in ("POST", "PUT", "PATCH") else None)
    status = (301 if permanent else 302) if method == "GET" else (308 if permanent else 307)
    judge(answer, status, "https://shop.example/a?b", method)


@pytest.mark.parametrize("kind", ["scheme", "regex"])
@pytest.mark.parametrize("case, target, location", [
    ("strip", "/shop/a%2Fb?c", "https://shop.example/a%2Fb?c"),
    ("strip", "/shop?c", "https://shop.example/?c"),
    ("rewrite", "/a/x?c", "https://shop.example/b/x?c"),
    ("host", "/a", "https://b.example/a"),
])
def test_0_the_target_as_earlier_middlewares_left_it(daemon, kind, case, target, location):
    judge(request(daemon, "%s-%s" % (case, kind), target=target), 302, location, "GET")


@h1_only("Upgrade")
@pytest.mark.parametrize("point, status", [(PLAIN, 302), (SECURE, 200)])
def test_3_1_websocket_handshake(daemon, point, status):
    """1 item 11: the entry point says ws or wss of it."""
    assert request(daemon, "scheme%d" % [row[0] for row in SCHEMES].index("RS-1"), point, fields=UPGRADE).status == status


@pytest.mark.parametrize("kind", ["redirectScheme", "redirectRegex"])
def test_3_the_connection_goes_on(daemon, kind):
    """The body of a redirected request is read and forgotten."""
    with connect(daemon.ports[PLAIN]) as client:
        for method, status in (("GET", 302), ("POST", 307), ("HEAD", 307), ("GET", 302)):
            answer = client.ask(method, fields=[("X-Case", "methods-%s-False" % kind)], body=b"x" * 1000 if method == "POST" else None)
            assert answer.status == status


# -- options that are wrong -----------------------------------------------------------------------------------------------------------
# id, type, options, the option named, where the message may point
BROKEN = [
    ("RS-12", "redirectScheme", {"permanent": True}, "scheme", ("redirectScheme", "permanent")),
    ("RS-12 port alone", "redirectScheme", {"port": "8443"}, "scheme", ("redirectScheme", "port")),
    ("RS-12 empty", "redirectScheme", {"scheme": ""}, "scheme", ("scheme", "''", "redirectScheme")),
    ("3.2 regex", "redirectRegex", moved("(", "/x"), "regex", ("(", "'('")),
    ("3.2 regex, no RE2", "redirectRegex", moved("^(?!a)", "/x"), "regex", ("^(?!a)",)),
]


# what may not get out of a value: id, type, options
UNSAFE = [
    ("line break in a scheme", "redirectScheme", {"scheme": "https\r\nX-Evil: 1\r\nX-B"}),
    ("line break in a port", "redirectScheme", {"scheme": "https", "port": "1\r\nX-Evil: 1"}),
    ("line break in a replacement", "redirectRegex", moved("^http:", "https:\r\nX-Evil: 1\r\nX-B:")),
    ("line break in the path of a replacement", "redirectRegex", moved("/$", "/\r\nX-Evil: 1\r\n")),
]


@pytest.fixture(scope="module")
def broken(server):
    middlewares = {"bad%02d" % i: {row[1]: row[2]} for i, row in enumerate(BROKEN)}
    middlewares.update({"unsafe%02d" % i: {row[1]: row[2]} for i, row in enumerate(UNSAFE)})
    with site_with(server, middlewares) as instance:
        yield instance


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", BROKEN, **ROW)
def test_router_disabled(broken, row):
    assert_disabled(broken, "bad%02d" % BROKEN.index(row), row[3], row[4])


@pytest.mark.parametrize("row", UNSAFE, **ROW)
def test_no_field_out_of_a_value(broken, row):
    """security.md section 1: refused, escaped or 502, but no field of its own."""
    answer = ask(broken.port, host="unsafe%02d.test" % UNSAFE.index(row))
    assert answer.status in (302, 404, 502) and not answer.has("X-Evil")


# id, type, options, what the message says, where it points
UNREADABLE = [
    ("RS-12 empty section", "redirectScheme", {}, "redirectScheme", ("redirectScheme", "{}")),
    ("1 empty section", "redirectRegex", {}, "redirectRegex", ("redirectRegex", "{}")),
    ("3.1 unknown key", "redirectScheme", {"scheme": "https", "prot": "8443"}, 'unknown key "prot".*did you mean "port"', ("prot",)),
    ("3.2 unknown key", "redirectRegex", {"regexp": "a", "replacement": "b"}, 'unknown key "regexp".*did you mean "regex"', ("regexp",)),
    ("3.1 scheme", "redirectScheme", {"scheme": ["https"]}, "scheme", ("scheme", "-")),
    ("3.1 port", "redirectScheme", {"scheme": "https", "port": ["8443"]}, "port", ("port", "-")),
    ("3.1 permanent", "redirectScheme", {"scheme": "https", "permanent": "perhaps"}, "permanent.*perhaps", ("perhaps",)),
    ("3.2 regex", "redirectRegex", {"regex": ["a"], "replacement": "b"}, "regex", ("regex", "-")),
    ("3.2 replacement", "redirectRegex", {"regex": "a", "replacement": {"b": "c"}}, "replacement", ("replacement", "b")),
    ("3.2 permanent", "redirectRegex", {"regex": "a", "replacement": "b", "permanent": "perhaps"}, "permanent.*perhaps", ("perhaps",)),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", UNREADABLE, **ROW)
def test_refused_whole(tmp_path, row):
    assert_refused_whole(tmp_path, {row[1]: row[2]}, row[3], row[4])
