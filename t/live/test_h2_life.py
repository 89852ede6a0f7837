# SPDX-License-Identifier: MIT
"""HTTP/2 connections through the lives of the daemon: reloads, new workers, another binary, a stop (operations.md section 6, security.md
section 9); what ends an idle one and an old one.

A drain is two GOAWAYs (RFC 9113 section 6.8): the first names the highest number there is, so that what is just on its way is still
taken; the second names the last stream that was.
"""
import signal
import threading
import time

import pytest

from lib.daemon import Daemon, balancer, configuration, reload, site
from lib.h2load import H2Load
from lib.h2wire import NO_ERROR, H2Client, ping, settings, window_update
from lib.installed import Installed
from lib.origin import Origin
from lib.server import RawServer, reply
from lib.tls_world import both
from lib.wait import SLOW, Stopwatch, wait_until

LAST = 0x7FFFFFFF
WARNING = (LAST, NO_ERROR)


def with_origin(origin, **static):
    points, tls = both()
    return configuration({"app": balancer(origin.url)}, {"all": {"rule": "PathPrefix(`/`)", "service": "app"}}, points, **tls, **static)


def loads(daemon):
    return H2Load(daemon.ports["web"], clients=3), H2Load(daemon.ports["secure"], clients=2, tls=True)


def assert_no_failure(*ended):
    for load in ended:
        assert not load.stop(), load.failed[:10]
        assert load.requests > 50, load.requests
        assert all(g[-1][1] == NO_ERROR for g in load.goaways), load.goaways


def assert_two_steps(load):
    """Of each connection that was drained under load."""
    for seen in load.goaways:
        assert len(seen) == 2 and seen[0] == WARNING and seen[1][0] < LAST, seen
    assert load.again == 0, "%d requests had to be asked again" % load.again


# -- under load ----------------------------------------------------------------------------------------------------------------------------
def test_reloads_of_the_dynamic_part_end_no_connection():
    with Origin() as origin:
        config = with_origin(origin)
        with Daemon(config, workers=2) as daemon:
            web, secure = loads(daemon)
            with web, secure:
                for turn in range(10):
                    config["http"]["routers"]["r%d" % turn] = {"rule": "Host(`r%d.test`)" % turn, "service": "app"}
                    reload(daemon, config)
                    time.sleep(0.1)
                assert_no_failure(web, secure)
            assert not web.goaways and not secure.goaways
            assert (web.connections, secure.connections) == (3, 2)


def test_generations_of_workers_lose_no_request():
    with Origin() as origin:
        config = with_origin(origin)
        with Daemon(config, workers=None) as daemon:
            web, secure = loads(daemon)
            with web, secure:
                for turn in range(5):
                    config["workers"] = [2, 1, 3][turn % 3]
                    reload(daemon, config)
                    time.sleep(0.7)
                assert_no_failure(web, secure)
            assert_two_steps(web)
            assert_two_steps(secure)
            assert len(web.goaways) >= 5 and len(secure.goaways) >= 5


def test_another_binary_loses_no_request(tmp_path):
    with Origin() as origin, Installed(with_origin(origin), tmp_path, workers=2) as daemon:
        web, secure = loads(daemon)
        with web, secure:
            before = daemon.master()
            daemon.install()
            result = daemon.command("upgrade")
            assert result.returncode == 0, result.stderr + daemon.log
            assert daemon.master() != before
            time.sleep(0.5)
            assert_no_failure(web, secure)
        assert_two_steps(web)
        assert_two_steps(secure)
        assert web.goaways and secure.goaways


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_under_load_answers_what_it_has_taken(workers):
    """After it clients may find nobody; what was asked on a connection that stood is answered or named as not taken."""
    with Origin() as origin, Daemon(with_origin(origin), workers=workers) as daemon:
        load = H2Load(daemon.ports["web"], clients=4)
        with load:
            assert wait_until(lambda: load.requests > 200, 20 * SLOW)
            load.ends = True  # no connection is opened any more
            daemon.signal(signal.SIGQUIT)
            assert not load.stop(), load.failed[:10]
        assert daemon.wait(15 * SLOW) == 0


# -- two steps -----------------------------------------------------------------------------------------------------------------------------
class Gate:
    """An answer that waits until it is let through."""

    def __init__(self):
        self.free = threading.Event()

    def __call__(self, connection, request):
        self.free.wait(30 * SLOW)
        return reply(body=b"late")


@pytest.fixture
def gated(server):
    server.answers["/held"] = Gate()
    yield server
    server.answers["/held"].free.set()


def drains(daemon, config, how):
    """Makes the worker that serves now drain."""
    if how == "quit":
        daemon.signal(signal.SIGQUIT)
    else:
        config["workerConnections"] = 1000
        reload(daemon, config)


@pytest.mark.parametrize("how", ["quit", "new-workers"])
def test_a_drain_takes_what_is_on_its_way_and_ends_what_runs(gated, how):
    config = configuration({"app": gated})
    with Daemon(config, workers=1) as daemon, H2Client(daemon.port) as client:
        held = client.ready().request(target="/held")
        assert client.alive()
        drains(daemon, config, how)
        assert client.until(lambda: client.goaways)
        assert client.goaways[0] == WARNING
        on_its_way = client.request(target="/on-its-way")
        assert client.until(lambda: len(client.goaways) == 2)
        last = client.goaways[1]
        assert last[1] == NO_ERROR and last[0] >= held
        gated.answers["/held"].free.set()
        assert client.answer(held).body == b"late"
        assert last[0] < on_its_way or client.answer(on_its_way).status == 200
        assert client.end() == NO_ERROR and client.ended == "eof"


@pytest.mark.parametrize("how", ["quit", "new-workers"])
def test_an_idle_connection_is_told_and_ended(gated, how):
    config = configuration({"app": gated})
    with Daemon(config, workers=1) as daemon, H2Client(daemon.port) as client:
        assert client.ready().ask().status == 200
        watch = Stopwatch()
        drains(daemon, config, how)
        assert client.end(12 + 2 * SLOW) == NO_ERROR
        assert client.goaways[0] == WARNING and client.goaways[-1] == (1, NO_ERROR) and client.ended == "eof"
        assert watch.seconds < 12 + 2 * SLOW


def test_a_drain_of_one_worker_is_not_held_by_a_client_that_never_reads(server):
    server.answers["/big"] = reply(body=b"x" * 8_000_000)
    points = {"web": {"transport": {"lifeCycle": {"graceTimeOut": "1s"}}}}
    with site({"app": server}, entry_points=points) as daemon, H2Client(daemon.port, credit=False) as client:
        client.ready().request(target="/big")
        client.until(lambda: client.window == 0, 0.3)
        watch = Stopwatch()
        daemon.signal(signal.SIGQUIT)
        assert daemon.wait(10 * SLOW) == 0 and watch.seconds < 4 * SLOW


def test_new_streams_after_the_last_goaway_are_not_worked_on(gated):
    with site({"app": gated}) as daemon, H2Client(daemon.port) as client:
        held = client.ready().request(target="/held")
        assert client.alive()
        daemon.signal(signal.SIGQUIT)
        assert client.until(lambda: len(client.goaways) == 2)
        late = client.request(target="/too-late")
        client.listen(0.3)
        gated.answers["/held"].free.set()
        assert client.answer(held).body == b"late"
        assert client.answer_of(late).status is None and "/too-late" not in gated.targets()
        assert daemon.wait(15 * SLOW) == 0


# -- idle and old connections --------------------------------------------------------------------------------------------------------------
POINTS = {
    "idle": {"transport": {"respondingTimeouts": {"idleTimeout": "800ms"}}},
    "three": {"transport": {"keepAliveMaxRequests": 3}},
    "age": {"transport": {"keepAliveMaxTime": "800ms"}},
}


@pytest.fixture(scope="module")
def limited():
    with RawServer() as server:
        server.answers["/slow"] = lambda c, r: (time.sleep(1.5), reply(body=b"slow"))[1]
        with site({"app": server}, entry_points=POINTS) as daemon:
            yield daemon


POKES = {"silent": b"", "pings": ping(), "settings": settings(), "windows": window_update(0, 1)}


@pytest.mark.parametrize("poke", POKES)
@pytest.mark.parametrize("asks", [True, False], ids=["after-a-request", "never-used"])
def test_security_5_an_idle_connection_is_ended_and_nothing_but_requests_renews_it(limited, poke, asks):
    with H2Client(limited.ports["idle"]) as client:
        client.ready()
        if asks:
            assert client.ask().status == 200
        watch = Stopwatch()
        while client.ended is None and watch.seconds < 0.8 + 2 * SLOW:
            client.send_quietly(POKES[poke])
            client.until(lambda: client.ended is not None, 0.2)
        assert client.ended == "eof" and client.goaways[-1] == (1 if asks else 0, NO_ERROR)
        assert watch.seconds > 0.5


def test_security_5_a_request_that_runs_is_no_idleness(limited):
    with H2Client(limited.ports["idle"]) as client:
        assert client.ask(target="/slow").body == b"slow"
        assert client.ask().status == 200


def test_static_config_4_a_connection_ends_after_so_many_requests(limited):
    """All that were asked are answered; then the connection says goodbye."""
    with H2Client(limited.ports["three"]) as client:
        assert [client.ask().status for _ in range(3)] == [200] * 3
        assert client.end() == NO_ERROR and client.goaways[-1][0] == 5


def test_static_config_4_requests_side_by_side_count_too(limited):
    with H2Client(limited.ports["three"]) as client:
        streams = [client.ready().request() for _ in range(8)]
        client.until(lambda: client.ended is not None)
        last = client.goaways[-1][0]
        assert last >= streams[2] and client.ended == "eof"
        assert [client.answer_of(s).status for s in streams] == [200 if s <= last else None for s in streams]


def test_static_config_4_a_connection_ends_after_so_much_time(limited):
    with H2Client(limited.ports["age"]) as client:
        assert client.ready().ask().status == 200
        stream = client.request(target="/slow")
        assert client.answer(stream).body == b"slow"
        if client.ended is None and not client.goaways:
            client.ask()
        assert client.end() == NO_ERROR and client.ended == "eof"
