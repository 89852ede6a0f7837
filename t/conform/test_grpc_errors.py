# SPDX-License-Identifier: MIT
"""grpcErrors of entry points and routers: http-services.md, "gRPC-specific error responses"."""
import json
from contextlib import contextmanager

import pytest

from lib.daemon import site
from lib.either import ask, connect, over_both
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.wait import wait_until

pytestmark = over_both

ON = {"web": {"http": {"grpcErrors": True, "denyMethods": ["PUT"]}}}
MIDDLEWARES = {
    "nobody": {"ipAllowList": {"sourceRange": ["192.0.2.1"]}},
    "known": {"basicAuth": {"users": ["u:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"]}},
    "small": {"buffering": {"maxRequestBodyBytes": 4}},
    "seldom": {"rateLimit": {"average": 1, "period": "1h", "burst": 1}},
    "again": {"retry": {"attempts": 3, "status": ["502"], "retryNonIdempotentMethod": True}},
    "web": {"grpcWeb": {"allowOrigins": ["*"]}},
    "moved": {"redirectScheme": {"scheme": "https"}},
}


def silent(connection, request):
    connection.wait_end(20)


def abrupt(connection, request):
    connection.close()


@pytest.fixture(scope="module")
def server():
    with RawServer(answers={"/silent": silent, "/abrupt": abrupt, "/own": reply(404, b"own")}) as instance:
        yield instance


@contextmanager
def site_of(server, points=None, router=None, **more):
    services = {"app": server, "gone": ["http://127.0.0.1:%d" % free_port()], "none": {"loadBalancer": {"servers": []}},
                "quick": {"loadBalancer": {"servers": [{"url": server.url}], "serversTransport": "quick"}}}
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": [name]} for name in MIDDLEWARES}
    routers.update({name: {"rule": "Host(`%s.test`)" % name, "service": name} for name in services})
    routers["web"]["service"] = routers["again"]["service"] = "gone"
    routers["retried"] = {"rule": "Host(`retried.test`)", "service": "app", "middlewares": ["again"]}
    for options in routers.values():
        options.update(router or {})
    routers["plain"] = {"rule": "Host(`plain.test`)", "service": "gone"}
    transports = {"quick": {"forwardingTimeouts": {"responseHeaderTimeout": "300ms"}}}
    with site(services, routers, points, http={"middlewares": MIDDLEWARES, "serversTransports": transports}, **more) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def daemon(server):
    with site_of(server, ON) as instance:
        yield instance


@pytest.fixture(scope="module")
def by_router(server):
    with site_of(server, router={"grpcErrors": True}) as instance:
        yield instance


def call(daemon, name, target="/", kind="application/grpc", method="POST", fields=(), body=b""):
    return ask(daemon.port, method, target, [("Content-Type", kind), *fields], body, name + ".test")


def told(answer):
    assert (answer.status, answer.body, answer.get("Content-Length")) == (200, b"", {"HTTP/1.1": "0", "HTTP/2.0": None}[answer.version])
    return answer.get("Content-Type"), answer.get("grpc-status"), answer.get("grpc-message")


ERRORS = [
    ("502 refused", "gone", {}, "14", "Bad Gateway"),
    ("502 closed", "app", {"target": "/abrupt"}, "14", "Bad Gateway"),
    ("503", "none", {}, "14", "Service Unavailable"),
    ("504", "quick", {"target": "/silent"}, "4", "Gateway Timeout"),
    ("403", "nobody", {}, "7", "Forbidden"),
    ("401", "known", {}, "16", "Unauthorized"),
    ("413", "small", {"body": b"12345"}, "8", "Request Entity Too Large"),
]
ROW = {"ids": lambda row: row[0]}


@pytest.mark.parametrize("row", ERRORS, **ROW)
@pytest.mark.parametrize("where", ["daemon", "by_router"])
def test_errors_of_the_proxy(where, row, request):
    _, name, asked, status, message = row
    kind, *said = told(call(request.getfixturevalue(where), name, kind="application/grpc+proto", **asked))
    assert (kind, said) == ("application/grpc", [status, message])


@pytest.mark.parametrize("where", ["daemon", "by_router"])
def test_429(where, request):
    site_in_use = request.getfixturevalue(where)
    call(site_in_use, "seldom")
    answer = call(site_in_use, "seldom")
    assert told(answer)[1:] == ("8", "Too Many Requests") and answer.has("Retry-After")


def test_fields_of_a_refusal_stay(daemon):
    assert call(daemon, "known").get("WWW-Authenticate") == 'Basic realm="traefik"'


def test_no_route_and_what_is_refused_before(daemon, by_router):
    assert told(call(daemon, "nowhere"))[1:] == ("12", "Not Found")
    assert told(call(daemon, "app", method="PUT"))[1:] == ("2", "Method Not Allowed")
    assert told(call(daemon, "app", target="/%zz"))[1:] == ("13", "Bad Request")
    assert (call(by_router, "nowhere").status, call(by_router, "plain").status) == (404, 502)


def test_only_errors_of_the_proxys_own_and_only_for_grpc(daemon):
    answer = call(daemon, "app", target="/own")
    assert (answer.status, answer.body, answer.has("grpc-status")) == (404, b"own", False)
    assert call(daemon, "app").status == 200
    assert call(daemon, "moved").status in (301, 307, 308)
    for kind in ("application/json", "text/plain"):
        answer = call(daemon, "gone", kind=kind)
        assert (answer.status, answer.body, answer.has("grpc-status")) == (502, b"Bad Gateway", False)


def test_middlewares_see_what_the_proxy_means(daemon, server):
    """retry asks again after a 502, which it would not after a 200."""
    before = len(server.requests)
    assert told(call(daemon, "retried", target="/abrupt"))[1] == "14"
    assert len(server.requests) - before == 3


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web-text"])
def test_a_page_can_read_it(daemon, kind):
    answer = call(daemon, "web", kind=kind + "+proto", fields=[("Origin", "https://x.test")])
    assert told(answer) == (kind, "14", "Bad Gateway")
    assert answer.get("Access-Control-Allow-Origin") == "https://x.test"
    assert "grpc-status" in answer.get("Access-Control-Expose-Headers")


def test_the_connection_goes_on(daemon):
    with connect(daemon.port) as client:
        for _ in range(3):
            assert told(client.ask("POST", "/", [("Content-Type", "application/grpc")], b"12345", "gone.test"))[1] == "14"


def test_the_access_log_says_what_the_client_got_and_why(server):
    log = {"accessLog": {"filePath": "access.log", "format": "json", "fields": {"defaultMode": "keep"}}}
    with site_of(server, ON, static=log) as daemon:
        call(daemon, "gone")
        assert wait_until(lambda: daemon.file("access.log").endswith("\n"), 4)
        line = json.loads(daemon.file("access.log"))
    assert (line["DownstreamStatus"], line["DownstreamContentSize"], line.get("OriginStatus")) == (200, 0, None)
    assert "refused" in json.dumps(line)
