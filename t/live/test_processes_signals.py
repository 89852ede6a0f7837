# SPDX-License-Identifier: MIT
"""What the master does at a signal: operations.md section 3, static-config.md section 9."""
import os
import signal
import time

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import configuration, site, Daemon
from lib.server import reply
from lib.wait import SLOW, Stopwatch, wait_until


def slow_site(server, seconds, **options):
    server.answers["/slow"] = lambda c, r: (time.sleep(seconds), reply(200, b"done"))[1]
    return site({"app": server}, **options)


def test_term_ends_at_once(server):
    with slow_site(server, 3) as daemon, RawClient(daemon.port) as client:
        client.send(head(target="/slow"))
        assert server.wait_requests(1)
        watch = Stopwatch()
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
        assert watch.seconds < 1.5 * SLOW


def test_term_is_graceful_where_the_configuration_says_so(server):
    with slow_site(server, 0.5, static={"operations": {"termIsGraceful": True}}) as daemon, RawClient(daemon.port) as client:
        client.send(head(target="/slow"))
        assert server.wait_requests(1)
        daemon.signal(signal.SIGTERM)
        assert client.response().body == b"done"
        assert daemon.wait() == 0


def test_a_second_signal_hastens(server):
    with slow_site(server, 8) as daemon, RawClient(daemon.port) as client:
        client.send(head(target="/slow"))
        assert server.wait_requests(1)
        daemon.signal(signal.SIGQUIT)
        assert wait_until(lambda: "stopping gracefully" in daemon.log)
        watch = Stopwatch()
        daemon.signal(signal.SIGQUIT)
        assert daemon.wait() == 0
        assert watch.seconds < 2 * SLOW


def test_ping_warns_before_the_doors_close():
    points = {"web": {"transport": {"lifeCycle": {"requestAcceptGraceTimeout": "1s"}}}}
    with Daemon(configuration(entry_points=points, ping={"entryPoint": "web"})) as daemon:
        assert ask(daemon.port, target="/ping").status == 200
        daemon.signal(signal.SIGQUIT)
        assert wait_until(lambda: ask(daemon.port, target="/ping").status == 503)
        assert daemon.wait() == 0


def test_a_worker_that_dies_while_doors_are_open_comes_back_knowing_it():
    points = {"web": {"transport": {"lifeCycle": {"requestAcceptGraceTimeout": "%ds" % (3 * SLOW)}}}}
    with Daemon(configuration(entry_points=points, ping={"entryPoint": "web"})) as daemon:
        victim = daemon.worker()
        daemon.signal(signal.SIGQUIT)
        assert wait_until(lambda: ask(daemon.port, target="/ping").status == 503)
        os.kill(victim, signal.SIGKILL)
        assert ask(daemon.port, target="/ping").status == 503
        assert daemon.wait() == 0


def test_a_worker_that_does_not_hear_is_ended(server):
    with site({"app": server}) as daemon:
        os.kill(daemon.worker(), signal.SIGSTOP)
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0


def test_an_interrupt_of_the_terminal_reaches_the_master_alone(server):
    """A terminal sends INT to every process of the group; a worker leaves the decision to the master."""
    with slow_site(server, 0.5, static={"operations": {"termIsGraceful": True}}) as daemon, RawClient(daemon.port) as client:
        client.send(head(target="/slow"))
        assert server.wait_requests(1)
        os.killpg(daemon.pid, signal.SIGINT)
        assert client.response().body == b"done"
        assert daemon.wait() == 0


def test_titles_tell_who_is_who(server):
    with site({"app": server}, workers=2) as daemon:
        assert wait_until(lambda: daemon.agents() and len(daemon.workers()) == 2)
        assert proc.title(daemon.pid).startswith("pointsman: master process ")
        assert "-c " + daemon.path in proc.title(daemon.pid)
        assert sorted(proc.title(p) for p in daemon.workers()) == ["pointsman: worker process 0", "pointsman: worker process 1"]
        assert [proc.title(p) for p in daemon.agents()] == ["pointsman: agent process"]
