# SPDX-License-Identifier: MIT
"""Path handling: http-routing.md section 6. What is matched is what is sent."""
import pytest

from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.server import RawServer
from lib.wire import Cut

pytestmark = over_both

# target as sent by the client -> target as seen by the server
SANITISED = {
    # the table of section 6
    "/foo/../bar": "/bar",
    "/a/./b/..": "/a",
    "//a//b/": "/a/b/",
    "/..": "/",
    "/a%20b//c": "/a%20b/c",
    "/%2e%2e/x": "/x",
    "/a/b/.": "/a/b",
    "/a%2f%2F": "/a%2F%2F",
    # normalising: unreserved characters are decoded, the rest is upper-cased
    "/%61%5A%30%2d%2e%5f%7e": "/aZ0-._~",
    "/%c3%a9": "/%C3%A9",
    "/%3a%40%21": "/%3A%40%21",
    "/%25%32%66": "/%252f",
    "/%252f": "/%252f",
    "/a\\b": "/a%5Cb",
    "/\xc3\xa9": "/%C3%A9",
    # sanitising: on the encoded path
    "/": "/",
    "//": "/",
    "/./": "/",
    "/.": "/",
    "/../../..": "/",
    "/../a": "/a",
    "/a/../../b": "/b",
    "/a/b/../": "/a/",
    "/a/b/./": "/a/b/",
    "/a/...": "/a/...",
    "/a/.b": "/a/.b",
    "/a/b..": "/a/b..",
    "/a///": "/a/",
    "/a/%2e%2E/b": "/b",
    "/a/.%2e/b": "/b",
    "/a%2F..%2Fb": "/a%2F..%2Fb",
    "/a/..;x/b": "/a/..;x/b",
    # the query is not touched
    "/a?x=/../y//z": "/a?x=/../y//z",
    "/a/..?b=%2e%2f": "/?b=%2e%2f",
    "/a?": "/a?",
    "/a?b?c": "/a?b?c",
}
REFUSED = ["/%", "/%2", "/%zz", "/a%g0", "/%-1", "/a%2", "/x#y", "/#"]
RAW = ["/a/./b", "/a/../b", "/../../x", "//a//b", "/a/b/.", "/."]


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    points = {"web": {}, "raw": {"http": {"sanitizePath": False}}, "semicolons": {"http": {"encodeQuerySemicolons": True}}}
    with site({"app": server}, entry_points=points) as instance:
        yield instance


def sent(daemon, server, target, point="web"):
    answer = ask(daemon.ports[point], target=target)
    assert answer.status == 200
    return server.last.target


@pytest.mark.parametrize("target", SANITISED, ids=["http-routing-6 " + ascii(k) for k in SANITISED])
def test_sanitised(daemon, server, target):
    assert sent(daemon, server, target) == SANITISED[target]


@pytest.mark.parametrize("target", REFUSED, ids=["http-routing-6 " + k for k in REFUSED])
def test_refused(daemon, server, target, spoken):
    before = server.received()
    if spoken == "h2" and "#" in target:  # malformed there: security.md section 4
        with pytest.raises(Cut):
            ask(daemon.port, target=target)
    else:
        answer = ask(daemon.port, target=target)
        assert (answer.status, answer.body) == (400, b"")
    assert server.received() == before


@h1_only("malformed in HTTP/2")
def test_http_routing_6_fragment_in_the_query(daemon):
    """Section 6 lets it through in the query, security.md section 2 refuses a raw "#" in a target: the stricter may win."""
    assert ask(daemon.port, target="/a?x#y").status in (200, 400)


@pytest.mark.parametrize("target", RAW)
def test_static_config_4_sanitize_path_off(daemon, server, target):
    assert sent(daemon, server, target, "raw") == target


def test_static_config_4_normalising_stays_on_without_sanitising(daemon, server):
    assert sent(daemon, server, "/%61/%2e%2e/%c3", "raw") == "/a/../%C3"


@pytest.mark.parametrize("point, target, expected", [("web", "/x?a=1;b=2", "/x?a=1&b=2"), ("semicolons", "/x?a=1;b=2", "/x?a=1%3Bb=2"), ("web", "/x;y", "/x;y"), ("semicolons", "/x;y", "/x;y")])
def test_static_config_4_semicolons_in_the_query(daemon, server, point, target, expected):
    assert sent(daemon, server, target, point) == expected


def test_http_routing_6_options_star_is_answered_without_routing(daemon, server):
    before = server.received()
    with connect(daemon.port) as client:
        answer = client.ask("OPTIONS", "*")
        assert (answer.status, answer.body) == (200, b"")
        assert server.received() == before
        assert client.ask().status == 200


# -- the routing path ------------------------------------------------------------------------------------------------------------
RULES = {
    "space": "PathPrefix(`/foo bar`)",
    "encslash": "Path(`/foo%2Fbar`)",
    "slash": "Path(`/foo/bar`)",
    "utf8": "Path(`/\u00e9`)",
    "plus": "Path(`/a+b`)",
    "encplus": "Path(`/a%2Bb`)",
    "percent": "Path(`/a%25b`)",
    "regexp": "PathRegexp(`^/r/[^/]+$`)",
    "admin": "PathPrefix(`/admin`)",
    **{"reserved-%02X" % ord(c): "Path(`/c/%%%02X`)" % ord(c) for c in ":/?#[]@!$&'()*+,;=%"},
    "quote": "Path(`/c/\"`)",
    "brace": "Path(`/c/{}`)",
}
MATCHES = {
    "/foo%20bar": "space",
    "/foo%20bar/x": "space",
    "/foo%2Fbar": "encslash",
    "/foo%2fbar": "encslash",
    "/foo/bar": "slash",
    "/x/../foo/bar": "slash",
    "/%c3%A9": "utf8",
    "/a+b": "plus",
    "/a%2bb": "encplus",
    "/a%25b": "percent",
    "/r/a%2Fb": "regexp",
    "/r/a/b": None,
    "/x/../admin": "admin",
    "/x/%2e%2e/admin": "admin",
    "//admin": "admin",
    "/admin/../x": None,
    "/%61dmin": "admin",
    "/admin-too": "admin",
    "/Admin": None,
    "/c/%22": "quote",
    "/c/%7B%7D": "brace",
    **{"/c/%%%02x" % ord(c): "reserved-%02X" % ord(c) for c in ":/?#[]@!$&'()*+,;=%"},
}


@pytest.fixture(scope="module")
def routed():
    servers = {name: RawServer(default=b"HTTP/1.1 200 OK\r\nX-By: %s\r\nContent-Length: 0\r\n\r\n" % name.encode()) for name in RULES}
    routers = {name: {"rule": rule, "service": name} for name, rule in RULES.items()}
    with site(servers, routers) as instance:
        yield instance
    for server in servers.values():
        server.stop()


@pytest.mark.parametrize("target", MATCHES, ids=["http-routing-6-match " + k for k in MATCHES])
def test_routing_path(routed, target):
    answer = ask(routed.port, target=target)
    assert (answer.get("x-by"), answer.status) == (MATCHES[target], 200 if MATCHES[target] else 404)
