# SPDX-License-Identifier: MIT
"""Health checks of mode grpc: grpc.health.v1.Health/Check over HTTP/2 (http-services.md section 5.1)."""
import pytest

from lib.daemon import balancer, site
from lib.either import ask, over_both
from lib.h2server import H2Server
from lib.tls_world import world
from lib.wait import wait_until

PATH = "/grpc.health.v1.Health/Check"
SERVING = b"\0\0\0\0\2\x08\1"


def pair():
    return world().pair("here", "localhost", "127.0.0.1")


def says(message, status="0"):
    """A unary answer: a message of HealthCheckResponse, then how the call ended."""
    def answer(stream):
        stream.headers(200, [("content-type", "application/grpc")])
        if message:
            stream.data(message)
        stream.trailers([("grpc-status", status)])

    return answer


def trailers_only(stream):
    stream.headers(200, [("content-type", "application/grpc"), ("grpc-status", "12")], end=True)


def named(name, health, **options):
    return H2Server(default=lambda stream: stream.respond(200, name.encode()), answers={PATH: health}, **options)


def checked(*servers, **options):
    check = {"mode": "grpc", "interval": "200ms", "timeout": "1s"}
    return balancer(*servers, healthCheck=check, **options)


def answers(daemon, count=6):
    return {ask(daemon.port).body for _ in range(count)}


ILL = {
    "not-serving": says(b"\0\0\0\0\2\x08\2"),
    "unknown": says(b"\0\0\0\0\0"),
    "an-error": says(b"", "14"),
    "serving-and-an-error": says(SERVING, "2"),
    "not-implemented": trailers_only,
    "no-grpc": lambda stream: stream.respond(200, b"fine"),
    "not-found": lambda stream: stream.respond(404, b""),
    "silence": lambda stream: None,
    "a-reset": lambda stream: stream.reset(),
}


@pytest.mark.parametrize("row", ILL)
def test_only_serving_is_well(row):
    with named("a", says(SERVING)) as a, named("b", ILL[row]) as b, site({"app": checked(a, b)}) as daemon:
        assert wait_until(lambda: answers(daemon) == {b"a"}), daemon.log
        b.answers[PATH] = says(SERVING)
        assert wait_until(lambda: answers(daemon) == {b"a", b"b"}), daemon.log


def test_what_is_asked():
    with named("a", says(SERVING)) as a, site({"app": checked(a)}):
        assert wait_until(lambda: any(r.path == PATH for r in a.requests))
        request = next(r for r in a.requests if r.path == PATH)
        assert (request.method, request.body) == ("POST", b"\0\0\0\0\0")
        assert request.get("content-type") == "application/grpc" and request.get("te") == "trailers"


@over_both
def test_a_server_of_https_is_asked_over_tls():
    with named("a", says(SERVING), pair=pair()) as a, named("b", says(b"", "14"), pair=pair()) as b:
        http = {"serversTransports": {"t": {"rootCAs": [world().ca.cert]}}}
        with site({"app": checked(a, b, serversTransport="t")}, http=http) as daemon:
            assert wait_until(lambda: answers(daemon) == {b"a"}), daemon.log
