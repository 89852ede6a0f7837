# SPDX-License-Identifier: MIT
"""Active health checks: http-services.md section 5.1, with real servers."""
import os
import signal
import threading
import time

import pytest

from lib.daemon import balancer, run, site
from lib.either import ask, over_both
from lib.server import RawServer, reply
from lib.tls_world import TlsServer, world
from lib.wait import SLOW, TIMEOUT, wait_until

FAST = {"path": "/health", "interval": "200ms", "timeout": "1s"}


def checked(*servers, **options):
    return balancer(*servers, healthCheck=dict(FAST, **options))


def named(name, **options):
    """A server that says its name to clients; `well` is what it says to checks."""
    server = RawServer(default=reply(200, name.encode()), name=name, **options)
    server.answers["/health"] = reply(200, b"fine")
    return server


def sick(server, answer=reply(500, b"no")):
    server.answers["/health"] = answer


def well(server):
    server.answers["/health"] = reply(200, b"fine")


def answers(daemon, count=8):
    return {ask(daemon.port).body.decode() for _ in range(count)}


@pytest.fixture
def two():
    with named("a") as a, named("b") as b:
        yield a, b


@over_both
def test_a_server_that_is_sick_gets_nothing_until_it_is_well_again(two):
    a, b = two
    with site({"app": checked(a, b)}, workers=2) as daemon:
        assert wait_until(lambda: answers(daemon) == {"a", "b"})
        sick(a)
        assert wait_until(lambda: answers(daemon) == {"b"})
        well(a)
        assert wait_until(lambda: answers(daemon) == {"a", "b"})
        assert "server is down" in daemon.log and "server is up again" in daemon.log


def test_one_that_refuses_connections_is_down(two):
    a, b = two
    a.stop()
    with site({"app": checked(a, b)}) as daemon:
        assert wait_until(lambda: "reason=connect-refused" in daemon.log)
        assert wait_until(lambda: all(ask(daemon.port).body == b"b" for _ in range(8)))


@over_both
def test_all_down_is_503(two):
    a, b = two
    sick(a)
    sick(b)
    with site({"app": checked(a, b)}) as daemon:
        assert wait_until(lambda: ask(daemon.port).status == 503)
        assert ask(daemon.port).body == b"no available server\n"
        well(b)
        assert wait_until(lambda: ask(daemon.port).body == b"b")


def test_the_first_check_comes_at_once_and_traffic_does_not_wait(two):
    """Decision 5: an hour's interval, and yet the sick one is known."""
    a, b = two
    sick(a)
    with site({"app": checked(a, b, interval="1h")}) as daemon:
        assert ask(daemon.port).status == 200
        assert wait_until(lambda: answers(daemon) == {"b"})


def test_a_slow_server_delays_no_other(two):
    a, b = two
    hold = threading.Event()
    sick(a, lambda *_: hold.wait(TIMEOUT) and None)
    sick(b)
    with site({"app": checked(a, b, timeout="1h")}) as daemon:
        assert wait_until(lambda: answers(daemon) == {"a"})
        hold.set()


@over_both
def test_no_answer_in_time_is_down(two):
    a, b = two
    hold = threading.Event()
    sick(a, lambda *_: hold.wait(3 * TIMEOUT) and None)
    with site({"app": checked(a, b, timeout="300ms")}) as daemon:
        assert wait_until(lambda: answers(daemon) == {"b"})
        assert "no answer within 300 ms" in daemon.log
        hold.set()


OPTIONS = {
    "path": ({"path": "/x?deep=1"}, lambda r, s: r.target == "/x?deep=1"),
    "method": ({"method": "HEAD"}, lambda r, s: r.method == "HEAD"),
    "hostname": ({"hostname": "inside.test"}, lambda r, s: ("Host", "inside.test") in r.fields),
    "host-of-the-url": ({}, lambda r, s: ("Host", "127.0.0.1:%d" % s.port) in r.fields),
    "headers": ({"headers": {"X-Check": "me", "Host": "ignored"}}, lambda r, s: ("X-Check", "me") in r.fields and ("Host", "127.0.0.1:%d" % s.port) in r.fields),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_what_is_asked(case):
    options, is_right = OPTIONS[case]
    with RawServer() as server, site({"app": checked(server, **options)}):
        assert server.wait_requests(1)
        assert is_right(server.last, server), (server.last.method, server.last.target, server.last.fields)


def test_another_port_and_scheme_are_asked():
    w = world()
    pair = w.pair("here", "localhost", "127.0.0.1")
    with named("plain") as plain, TlsServer(pair) as secure:
        transport = {"t": {"rootCAs": [w.ca.cert]}}
        service = checked(plain, port=secure.port, scheme="https")
        service["loadBalancer"]["serversTransport"] = "t"
        with site({"app": service}, http={"serversTransports": transport}) as daemon:
            assert secure.wait_requests(2)
            assert secure.last.target == "/health"
            assert ask(daemon.port).body == b"plain"
            assert "server is down" not in daemon.log


def test_a_certificate_that_is_not_trusted_is_down():
    w = world()
    with TlsServer(w.pair("here", "localhost", "127.0.0.1")) as server:
        # The first check waits until the agent has read the certificates that the system trusts.
        with site({"app": checked(server.url, timeout="30s")}) as daemon:
            assert wait_until(lambda: "reason=tls-failed" in daemon.log, 10 * SLOW)
            assert ask(daemon.port).status == 503


STATUS = {
    "200": ({}, reply(200), True),
    "399": ({}, reply(399), True),
    "400": ({}, reply(400), False),
    "404": ({}, reply(404), False),
    "exact": ({"status": 404}, reply(404), True),
    "exact-other": ({"status": 204}, reply(200), False),
    "redirect-followed": ({}, reply(302, fields=[("Location", "/elsewhere")]), False),
    "redirect-judged": ({"followRedirects": False}, reply(302, fields=[("Location", "/elsewhere")]), True),
    "redirect-in-a-circle": ({}, reply(302, fields=[("Location", "/health")]), False),
    "nonsense": ({}, b"what?\r\n\r\n", False),
}


@pytest.mark.parametrize("case", STATUS)
def test_what_a_good_answer_is(case):
    options, answer, is_good = STATUS[case]
    with named("a") as server:
        server.answers["/elsewhere"] = reply(500)
        sick(server, answer)
        with site({"app": checked(server, **options)}) as daemon:
            assert server.wait_requests(2)
            assert wait_until(lambda: ask(daemon.port).status == (200 if is_good else 503))


@over_both
def test_what_runs_is_not_cut_when_its_server_goes_down(two):
    a, b = two
    go_on = threading.Event()

    def slow(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        go_on.wait(TIMEOUT)
        return b"cd"

    a.answers["/slow"] = b.answers["/slow"] = slow
    with site({"app": checked(a, b)}) as daemon:
        got = []
        client = threading.Thread(target=lambda: got.append(ask(daemon.port, target="/slow")))
        client.start()
        assert wait_until(lambda: "/slow" in a.targets() + b.targets())
        sick(a)
        sick(b)
        assert wait_until(lambda: ask(daemon.port).status == 503)
        go_on.set()
        client.join(TIMEOUT)
        assert got and got[0].body == b"abcd"


@over_both
def test_children_without_a_healthy_server_are_left_out(two):
    """Section 3.1, healthCheck of weighted."""
    a, b = two
    services = {"top": {"weighted": {"services": [{"name": "left"}, {"name": "right"}], "healthCheck": {}}}, "left": checked(a), "right": checked(b)}
    with site(services) as daemon:
        assert wait_until(lambda: answers(daemon) == {"a", "b"})
        sick(a)
        assert wait_until(lambda: answers(daemon) == {"b"})
        sick(b)
        assert wait_until(lambda: ask(daemon.port).status == 503)


@over_both
def test_the_states_survive_the_agent(two):
    """It dies: what it said stays in force, and the next one goes on asking."""
    a, b = two
    sick(a)
    with site({"app": checked(a, b)}) as daemon:
        assert wait_until(lambda: answers(daemon) == {"b"})
        before = daemon.agents()
        os.kill(before[0], signal.SIGKILL)
        assert answers(daemon, 30) == {"b"}
        assert wait_until(lambda: daemon.agents() and daemon.agents() != before)
        well(a)
        assert wait_until(lambda: answers(daemon) == {"a", "b"})


def test_one_check_for_all_workers():
    with named("a") as server, site({"app": checked(server, interval="500ms")}, workers=4):
        time.sleep(2)
        assert len(server.requests) <= 8 * SLOW


REFUSED = {
    "scheme": ({"scheme": "ftp"}, "cannot be asked"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_checked_breaks_its_service(case, tmp_path):
    options, says = REFUSED[case]
    with named("a") as server, site({"app": checked(server, **options)}) as daemon:
        assert says in daemon.log
        assert ask(daemon.port).status == 404
        result = run("-t", "-c", daemon.path)
        assert result.returncode == 1 and says in result.stderr


def test_a_path_with_a_host_fails_every_check():
    with named("a") as server, site({"app": checked(server, path="http://other.test/x")}) as daemon:
        assert "path names a scheme or a host" in daemon.log
        assert wait_until(lambda: ask(daemon.port).status == 503)
