# SPDX-License-Identifier: MIT
"""Choice among routers, parents and children, entry points, redirections: http-routing.md sections 1, 4, 5, 8; static-config.md section 4."""
import pytest

from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, reply

pytestmark = over_both


def named(name):
    return RawServer(default=reply(200, b"", [("X-By", name)]), name=name)


@pytest.fixture(scope="module")
def servers():
    instances = {name: named(name) for name in "abc"}
    yield instances
    for instance in instances.values():
        instance.stop()


def by(daemon, target="/", host="app.test", point=None, **kw):
    """The server that answered, or the status."""
    answer = ask(daemon.ports[point] if point else daemon.port, target=target, host=host, **kw)
    return answer.get("x-by") or answer.status


def router(rule, service="a", **more):
    return dict({"rule": rule, "service": service}, **more)


# -- section 4: priority ----------------------------------------------------------------------------------------------------------
PRIORITY = {
    "long": router("Host(`p1.test`) && PathPrefix(`/api/v1`)", "a"),
    "short": router("Host(`p1.test`) && PathPrefix(`/api`)", "b"),
    "any": router("Host(`p1.test`)", "c"),
    "high": router("Host(`p2.test`)", "a", priority=1000),
    "low": router("Host(`p2.test`) && PathPrefix(`/`) && Method(`GET`)", "b"),
    "one": router("Host(`p3.test`) && PathPrefix(`/long/rule`)", "a", priority=1),
    "two": router("Host(`p3.test`)", "b", priority=2),
    "negative": router("Host(`p4.test`) && PathPrefix(`/`)", "a", priority=-5),
    "positive": router("Host(`p4.test`)", "b"),
    "zero": router("Host(`p6.test`) && Path(`/z`)", "a", priority=0),
    "five": router("Host(`p6.test`)", "b", priority=5),
    "regexp": router("HostRegexp(`[a-z0-9]+\\.p7\\.test`)", "a"),
    "exact": router("Host(`foo.p7.test`)", "b"),
    "blanks": router("Host(`p8.test`)  &&  Path(`/x`)", "a"),
    "noblanks": router("Host(`p8.test`)&&Path(`/x`)", "b"),
    "bytes-a": router("Host(`p9.test`) && PathPrefix(`/\u00e9`)", "a"),
    "bytes-b": router("Host(`p9.test`) && PathPrefix(`/xx`) || Path(`/q`)", "b", priority=1),
    # full ties (decision 6): the name decides
    "tie-b": router("Host(`t1.test`) && Path(`/q`)", "b"),
    "tie-a": router("Path(`/q`) && Host(`t1.test`)", "a"),
    "same-2": router("Host(`t2.test`)", "b", priority=7),
    "same-1": router("Host(`t2.test`) ", "a", priority=7),
    "same-3": router("Host(`t2.test`)  ", "c", priority=7),
    "max": router("Host(`p10.test`)", "a", priority=9223372036854774807),
    "star": router("*", "c"),
}


@pytest.fixture(scope="module")
def priorities(servers):
    with site(servers, PRIORITY) as instance:
        yield instance


@pytest.mark.parametrize(
    "host, target, expected",
    [
        ("p1.test", "/api/v1/x", "a"),
        ("p1.test", "/api/v2", "b"),
        ("p1.test", "/", "c"),
        ("p2.test", "/", "a"),
        ("p3.test", "/long/rule/x", "b"),
        ("p4.test", "/", "b"),
        ("p6.test", "/z", "a"),
        ("p6.test", "/y", "b"),
        ("foo.p7.test", "/", "a"),
        ("p8.test", "/x", "a"),
        ("p9.test", "/%C3%A9", "a"),
        ("t1.test", "/q", "a"),
        ("t2.test", "/", "a"),
        ("p10.test", "/", "a"),
        ("nobody.test", "/", "c"),
    ],
    ids=str,
)
def test_http_routing_4_priority(priorities, host, target, expected):
    assert by(priorities, target, host) == expected


def test_http_routing_4_no_match_is_404(servers):
    with site(servers, {"a": router("Host(`a.test`)")}) as daemon:
        answer = ask(daemon.port, host="b.test")
        assert (answer.status, answer.body) == (404, b"404 page not found\n")
        assert answer.get("content-type") == "text/plain; charset=utf-8"
        assert answer.get("x-content-type-options") == "nosniff"


# -- section 1: disabled routers ----------------------------------------------------------------------------------------------------
BROKEN = {
    "bad-rule": router("Host(`app.test`", priority=100),
    "bad-regexp": router("PathRegexp(`(`)", priority=100),
    "look-ahead": router("PathRegexp(`^(?=x)`)", priority=100),
    "unknown-matcher": router("Hots(`app.test`)", priority=100),
    "single-quotes": router("Host('app.test')", priority=100),
    "no-arguments": router("Host()", priority=100),
    "empty-argument": router("Host(``)", priority=100),
    "two-hosts-in-v3": router("Host(`app.test`, `b.test`)", priority=100),
    "relative-path": router("PathPrefix(`x`)", priority=100),
    "bad-ip": router("ClientIP(`300.1.1.1`)", priority=100),
    "non-ascii-host": router("Host(`b\u00fccher.test`)", priority=100),
    "empty-rule": {"rule": "", "service": "a", "priority": 100},
    "no-rule": {"service": "a", "priority": 100},
    "no-service": {"rule": "PathPrefix(`/`)", "priority": 100},
    "unknown-service": router("PathPrefix(`/`)", "missing", priority=100),
    "unknown-middleware": router("PathPrefix(`/`)", middlewares=["missing"], priority=100),
    "unknown-provider": router("PathPrefix(`/`)", "a@docker", priority=100),
    "no-valid-entry-point": router("PathPrefix(`/`)", entryPoints=["missing"], priority=100),
    "priority-too-high": router("PathPrefix(`/`)", priority=9223372036854774808),
    "service-not-enabled": router("PathPrefix(`/`)", "ping@internal", priority=100),
    "unknown-tls-options": router("PathPrefix(`/`)", tls={"options": "missing"}, priority=100),
    "unknown-parent": router("PathPrefix(`/`)", parentRefs=["missing"], priority=100),
}


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", BROKEN, ids=["http-routing-1-disabled-" + k for k in BROKEN])
def test_a_disabled_router_takes_no_traffic_and_the_rest_serves(servers, row):
    routers = {row: BROKEN[row], "fallback": router("PathPrefix(`/`)", "b", priority=1)}
    with site(servers, routers) as daemon:
        assert by(daemon) == "b"
        assert ": error: " in daemon.log, "nothing was said about it"


@h1_only("the configuration alone")
def test_http_routing_8_a_middleware_type_that_is_not_there_disables_its_routers(servers):
    http = {"middlewares": {"odd": {"plugin": {"theirs": {"on": True}}}, "two": {"addPrefix": {"prefix": "/x"}, "stripPrefix": {"prefixes": ["/y"]}}}}
    routers = {
        "uses-odd": router("PathPrefix(`/odd`)", middlewares=["odd"]),
        "uses-two": router("PathPrefix(`/two`)", middlewares=["two"]),
        "fallback": router("PathPrefix(`/`)", "b"),
    }
    with site(servers, routers, http=http) as daemon:
        assert [by(daemon, "/odd"), by(daemon, "/two")] == ["b", "b"]


SERVICES = {
    "unknown-child": {"weighted": {"services": [{"name": "missing"}]}},
    "cycle": {"weighted": {"services": [{"name": "cycle"}]}},
    "two-kinds": {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:1"}]}, "weighted": {"services": [{"name": "a"}]}},
    "bad-url": {"loadBalancer": {"servers": [{"url": "http://[::1"}]}},
    "bad-strategy": {"loadBalancer": {"strategy": "fastest", "servers": [{"url": "http://127.0.0.1:1"}]}},
    "unknown-transport": {"loadBalancer": {"serversTransport": "missing", "servers": [{"url": "http://127.0.0.1:1"}]}},
}


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", SERVICES, ids=["http-services-1-broken-" + k for k in SERVICES])
def test_a_broken_service_disables_its_routers(servers, row):
    routers = {"broken": router("PathPrefix(`/`)", row, priority=100), "fallback": router("PathPrefix(`/`)", "b", priority=1)}
    with site({**servers, row: SERVICES[row]}, routers) as daemon:
        assert by(daemon) == "b"


@h1_only("the configuration alone")
def test_http_services_1_a_longer_cycle_of_services(servers):
    ring = {n: {"weighted": {"services": [{"name": m}]}} for n, m in (("x", "y"), ("y", "z"), ("z", "x"))}
    with site({**servers, **ring}, {"ring": router("Path(`/ring`)", "y"), "fallback": router("PathPrefix(`/`)", "b")}) as daemon:
        assert by(daemon, "/ring") == "b"


# -- entry points -----------------------------------------------------------------------------------------------------------------
ROUTERS = {
    "both": router("Host(`both.test`)"),
    "alt": router("Host(`alt.test`)", entryPoints=["alt"]),
    "some": router("Host(`some.test`)", entryPoints=["missing", "web"]),
    "qualified": router("Host(`qualified.test`)", "b@file"),
    "noop": router("Host(`noop.test`)", "noop@internal"),
}


@pytest.fixture(scope="module")
def points(servers):
    with site(servers, ROUTERS, {"web": {}, "alt": {}}) as instance:
        yield instance


@pytest.mark.parametrize(
    "host, point, expected",
    [("both.test", "web", "a"), ("both.test", "alt", "a"), ("alt.test", "alt", "a"), ("alt.test", "web", 404), ("some.test", "web", "a"), ("qualified.test", "web", "b"), ("noop.test", "web", 418)],
)
def test_http_routing_1_entry_points(points, host, point, expected):
    assert by(points, host=host, point=point) == expected


def test_static_config_4_as_default(servers):
    entry_points = {"one": {"asDefault": True}, "two": {}, "three": {"asDefault": True}, "traefik": {}}
    routers = {"default": router("Host(`a.test`)"), "named": router("Host(`b.test`)", "b", entryPoints=["two"]), "own": router("Host(`c.test`)", "c", entryPoints=["traefik"])}
    with site(servers, routers, entry_points) as daemon:
        assert [by(daemon, host="a.test", point=p) for p in daemon.ports] == ["a", 404, "a", 404]
        assert [by(daemon, host="b.test", point=p) for p in daemon.ports] == [404, "b", 404, 404]
        assert by(daemon, host="c.test", point="traefik") == "c"


def test_static_config_4_as_default_never_means_traefik(servers):
    with site(servers, {"default": router("Host(`a.test`)")}, {"web": {}, "traefik": {}}) as daemon:
        assert [by(daemon, host="a.test", point=p) for p in ("web", "traefik")] == ["a", 404]


# -- section 5: parents and children --------------------------------------------------------------------------------------------------
LAYERS = {
    "parent": {"rule": "Host(`par.test`)"},
    "one": router("PathPrefix(`/one`)", "a", parentRefs=["parent"]),
    "two": router("PathPrefix(`/one/two`)", "b", parentRefs=["parent@file"]),
    "mid": {"rule": "PathPrefix(`/mid`)", "parentRefs": ["parent"]},
    "leaf": router("Path(`/mid/x`)", "c", parentRefs=["mid"]),
    "shared": router("Path(`/shared`)", "b", parentRefs=["parent", "other"]),
    "other": {"rule": "Host(`other.test`)"},
    "partly": router("Path(`/partly`)", "a", parentRefs=["missing", "parent"]),
    "elsewhere": router("PathPrefix(`/`)", "c", priority=1),
    "first": router("Path(`/order`)", "a", parentRefs=["parent"], priority=1),
    "second": router("PathPrefix(`/order`)", "b", parentRefs=["parent"], priority=2),
    # refused as children or parents
    "kid-with-entry-points": router("Path(`/kid-eps`)", "a", parentRefs=["parent"], entryPoints=["web"]),
    "kid-with-tls": router("Path(`/kid-tls`)", "a", parentRefs=["parent"], tls={}),
    "kid-with-observability": router("Path(`/kid-obs`)", "a", parentRefs=["parent"], observability={"metrics": False}),
    "serving-parent": router("Host(`serving.test`)", "a", priority=100),
    "kid-of-serving": router("Path(`/x`)", "b", parentRefs=["serving-parent"]),
    "childless": {"rule": "Host(`childless.test`)", "priority": 100},
    "cycle-a": router("Path(`/cycle`)", "a", parentRefs=["cycle-b"]),
    "cycle-b": router("Path(`/cycle`)", "a", parentRefs=["cycle-a"]),
    "parent-of-broken": {"rule": "Host(`brokenkids.test`)", "priority": 100},
    "broken-kid": router("Path(`/", "a", parentRefs=["parent-of-broken"]),
}


@pytest.fixture(scope="module")
def layers(servers):
    with site(servers, LAYERS) as instance:
        yield instance


@pytest.mark.parametrize(
    "row, host, target, expected",
    [
        ("child", "par.test", "/one/x", "a"),
        ("longer-child-first", "par.test", "/one/two", "b"),
        ("three-layers", "par.test", "/mid/x", "c"),
        ("three-layers-no-leaf", "par.test", "/mid/y", 404),
        ("no-child-is-404-without-fall-back", "par.test", "/none", 404),
        ("child-needs-its-parent", "stranger.test", "/one", "c"),
        ("shared-first-parent", "par.test", "/shared", "b"),
        ("shared-second-parent", "other.test", "/shared", "b"),
        ("missing-parent-dropped", "par.test", "/partly", "a"),
        ("children-by-priority", "par.test", "/order", "b"),
        ("child-with-entry-points-disabled", "par.test", "/kid-eps", 404),
        ("child-with-tls-disabled", "par.test", "/kid-tls", 404),
        ("child-with-observability-disabled", "par.test", "/kid-obs", 404),
        ("parent-with-service-disabled", "serving.test", "/x", "c"),
        ("neither-service-nor-children-disabled", "childless.test", "/", "c"),
        ("cycle-is-unreachable", "any.test", "/cycle", "c"),
        ("all-children-broken-disables-the-parent", "brokenkids.test", "/", "c"),
    ],
    ids=lambda v: v if isinstance(v, str) and "." not in v and "/" not in v else "",
)
def test_http_routing_5_layers(layers, row, host, target, expected):
    assert by(layers, target, host) == expected, row


# -- redirections of entry points -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def redirecting(servers):
    def to(**options):
        return {"http": {"redirections": {"entryPoint": options}}}

    secure = free_port()
    points = {
        "web": to(to="secure", scheme="https"),
        "temporary": to(to="secure", permanent=False),
        "port": to(to=":8443", scheme="https"),
        "standard": to(to=":443"),
        "plain": to(to=":80", scheme="http"),
        "low": to(to="secure", priority=5),
        "secure": {"address": "127.0.0.1:%d" % secure},
    }
    routers = {"all": router("Host(`e.test`)"), "one": router("Host(`low.test`)", entryPoints=["low"], priority=1)}
    with site(servers, routers, points) as instance:
        instance.secure = secure
        yield instance


REDIRECTIONS = [
    # point, method, host, target, status, location
    ("web", "GET", "e.test", "/x?y=1", 301, "https://e.test:@/x?y=1"),
    ("web", "HEAD", "e.test", "/", 308, "https://e.test:@/"),
    ("web", "GET", "nobody.test", "/x", 301, "https://nobody.test:@/x"),
    ("web", "GET", "e.test:8080", "/x", 301, "https://e.test:@/x"),
    ("web", "GET", "[::1]:99", "/", 301, "https://[::1]:@/"),
    ("web", "POST", "e.test", "/x", 308, "https://e.test:@/x"),
    ("web", "PUT", "e.test", "/x", 308, "https://e.test:@/x"),
    ("temporary", "GET", "e.test", "/", 302, "https://e.test:@/"),
    ("temporary", "POST", "e.test", "/", 307, "https://e.test:@/"),
    ("port", "GET", "e.test", "/", 301, "https://e.test:8443/"),
    ("standard", "GET", "e.test:8080", "/a%20b", 301, "https://e.test/a%20b"),
    ("plain", "GET", "e.test:8080", "/", 301, "http://e.test/"),
    ("low", "GET", "low.test", "/", 301, "https://low.test:@/"),
]


@pytest.mark.parametrize("point, method, host, target, status, location", REDIRECTIONS, ids=["static-config-4-%s-%s-%s" % r[:3] for r in REDIRECTIONS])
def test_redirection(redirecting, point, method, host, target, status, location):
    answer = ask(redirecting.ports[point], method, target, host=host, body=b"1" if method in ("POST", "PUT") else None)
    assert (answer.status, answer.get("location")) == (status, location.replace("@", str(redirecting.secure)))


def test_static_config_4_redirection_of_low_priority_lets_routers_win(redirecting):
    assert by(redirecting, host="e.test", point="low") == "a"


@h1_only("HTTP/1.0")
def test_static_config_4_requests_without_host_are_not_redirected(redirecting):
    assert ask(redirecting.ports["web"], host=None, version="HTTP/1.0").status == 404


def test_static_config_4_redirection_keeps_the_connection(redirecting):
    with connect(redirecting.ports["web"]) as client:
        for _ in range(3):
            assert client.ask("POST", body=b"hello", host="e.test").status == 308


def test_http_routing_2_catch_all_star_has_the_lowest_priority(servers):
    with site(servers, {"star": router("*", "c"), "short": router("Path(`/`)", "a")}) as daemon:
        assert [by(daemon, "/"), by(daemon, "/x")] == ["a", "c"]


# -- the second half of a rule: matchers that no other suite of this tree exercises over the wire -----------------------------------------
MATCHERS = {
    "method": router("Path(`/m`) && Method(`post`)"),
    "header": router("Path(`/h`) && Header(`x-key`, `Val`)"),
    "header-regexp": router("Path(`/hr`) && HeaderRegexp(`X-Key`, `^v[0-9]$`)"),
    "header-host": router("Path(`/hh`) && Header(`Host`, `app.test`)"),
    "query": router("Path(`/q`) && Query(`k`, `a b`)"),
    "query-bare": router("Path(`/qb`) && Query(`k`)"),
    "query-regexp": router("Path(`/qr`) && QueryRegexp(`k`, `^[0-9]+$`)"),
    "client": router("Path(`/ip`) && ClientIP(`127.0.3.0/24`)"),
    "not": router("Path(`/n`) && !(Method(`PUT`) || Header(`X-No`, `1`))"),
    "quotes": router('Path("/\\x64q") && Host("app.test")'),
    "newline": router("Path(`/nl`) &&\n  Host(`app.test`)"),
    "host-regexp": router("Path(`/hre`) && HostRegexp(`^[a-z]+\\.re\\.test$`)"),
    "wildcard": router("Path(`/w`) && Host(`*.wild.test`)"),
    "v2": router("Path(`/v2/{id:[0-9]+}`) && Host(`app.test`, `b.test`)", ruleSyntax="v2"),
}


@pytest.fixture(scope="module")
def matchers(servers):
    with site(servers, MATCHERS) as instance:
        yield instance


@pytest.mark.parametrize(
    "request_, matches",
    [
        (dict(target="/m", method="POST"), True),
        (dict(target="/m", method="post"), False),
        (dict(target="/h", fields=[("X-KEY", "no"), ("x-key", "Val")]), True),
        (dict(target="/h", fields=[("X-Key", "no, Val")]), False),
        (dict(target="/hr", fields=[("X-Key", "v7")]), True),
        (dict(target="/hr", fields=[("X-Key", "v77")]), False),
        (dict(target="/hh"), False),
        (dict(target="/q?k=x&k=a+b"), True),
        (dict(target="/q?%6B=a%20b"), True),
        (dict(target="/q?k=a"), False),
        (dict(target="/qb?k"), True),
        (dict(target="/qb?k=1"), False),
        (dict(target="/qr?k=12"), True),
        (dict(target="/qr?k=1x"), False),
        (dict(target="/ip", source="127.0.3.9"), True),
        (dict(target="/ip", fields=[("X-Forwarded-For", "127.0.3.9")]), False),
        (dict(target="/n"), True),
        (dict(target="/n", method="PUT"), False),
        (dict(target="/n", fields=[("X-No", "1")]), False),
        (dict(target="/dq"), True),
        (dict(target="/nl"), True),
        (dict(target="/hre", host="ABC.re.test:81"), True),
        (dict(target="/hre", host="a9.re.test"), False),
        (dict(target="/w", host="x.wild.test"), True),
        (dict(target="/w", host="y.x.wild.test"), False),
        (dict(target="/v2/12", host="b.test"), True),
        (dict(target="/v2/x", host="b.test"), False),
    ],
    ids=str,
)
def test_http_routing_3_matchers(matchers, request_, matches):
    assert by(matchers, **request_) == ("a" if matches else 404)
