# SPDX-License-Identifier: MIT
"""What the agent does while configurations come and go: checks that have not changed go on, the API shows what is in force."""
import json
import os
import signal
import socket
import threading
import time

from lib.client import ask
from lib.daemon import Daemon, balancer, configuration, reload, to_yaml
from lib.server import RawServer, reply
from lib.wait import SLOW, wait_until

CHECK = {"path": "/health", "interval": "300ms"}
API = {"rule": "PathPrefix(`/api`)", "priority": 1000, "service": "api@internal"}


def named(name):
    server = RawServer(default=reply(200, name.encode()), name=name)
    server.answers["/health"] = reply(200)
    return server


def config_of(*servers, **more):
    routers = {"app": {"rule": "PathPrefix(`/`)", "service": "app"}, "api": dict(API)}
    services = {"app": balancer(*servers, healthCheck=CHECK)}
    services.update(more.pop("services", {}))
    routers.update(more.pop("routers", {}))
    return configuration(services, routers, api={}, **more)


def get(daemon, path):
    answer = ask(daemon.port, target=path)
    assert answer.status == 200, (answer.status, answer.body)
    return json.loads(answer.body)


def states(daemon, service="app@file"):
    return get(daemon, "/api/http/services/" + service)["serverStatus"]


def test_a_reload_of_the_dynamic_part_takes_checks_along():
    with named("a") as a, named("b") as b, named("c") as c:
        a.answers["/health"] = reply(500)
        config = config_of(a, b)
        with Daemon(config, workers=2) as daemon:
            assert wait_until(lambda: states(daemon) == {a.url: "DOWN", b.url: "UP"})
            agent = daemon.agents()
            config["http"]["services"]["other"] = balancer(c, healthCheck=CHECK)
            config["http"]["routers"]["other"] = {"rule": "Path(`/c`)", "service": "other"}
            config["http"]["routers"]["sick"] = {"rule": "Hots(`x`)", "service": "app"}
            downs = daemon.log.count("server is down")
            reload(daemon, config)

            assert states(daemon) == {a.url: "DOWN", b.url: "UP"}
            assert all(ask(daemon.port).body == b"b" for _ in range(20))
            assert get(daemon, "/api/http/routers/sick@file")["status"] == "disabled"
            assert wait_until(lambda: c.requests), "the new server is checked"
            assert daemon.log.count("server is down") == downs
            assert daemon.agents() == agent

            del config["http"]["services"]["other"], config["http"]["routers"]["other"], config["http"]["routers"]["sick"]
            reload(daemon, config)
            assert wait_until(lambda: ask(daemon.port, target="/api/http/services/other@file").status == 404)
            seen = len(c.requests)
            time.sleep(1)
            assert len(c.requests) <= seen + 1


def test_a_reload_of_the_static_part_brings_an_agent_that_goes_on():
    with named("a") as a, named("b") as b:
        a.answers["/health"] = reply(500)
        config = config_of(a, b)
        with Daemon(config, workers=None) as daemon:
            assert wait_until(lambda: states(daemon) == {a.url: "DOWN", b.url: "UP"})
            wrong, over = [], threading.Event()

            def watch():
                while not over.is_set():
                    if ask(daemon.port).body != b"b":
                        wrong.append("a server that is down was asked")
                    if ask(daemon.port, target="/api/version").status != 200:
                        wrong.append("no answer of the agent")

            watcher = threading.Thread(target=watch)
            watcher.start()
            for workers in (2, 1, 2):
                agent = daemon.agents()
                config["workers"] = workers
                reload(daemon, config)
                assert wait_until(lambda: daemon.agents() and not set(daemon.agents()) & set(agent), 10 * SLOW)
            over.set()
            watcher.join()
            assert not wrong, wrong[:5]
            a.answers["/health"] = reply(200)
            assert wait_until(lambda: states(daemon)[a.url] == "UP")


def socket_of(pid):
    """The path of the unix socket that a process listens on; the kernel knows it by the name that it had before it was ready."""
    own = {os.readlink(entry.path) for entry in os.scandir("/proc/%d/fd" % pid)}
    with open("/proc/net/unix") as f:
        return next(words[7].rstrip("~") for words in map(str.split, f) if len(words) == 8 and "socket:[%s]" % words[6] in own)


def test_who_has_asked_an_agent_half_a_question_holds_it_for_a_moment():
    with named("a") as a, Daemon(config_of(a), workers=None) as daemon:
        assert ask(daemon.port, target="/api/version").status == 200
        (agent,) = daemon.agents()
        with socket.socket(socket.AF_UNIX) as half:
            half.connect(socket_of(agent))
            half.sendall(b"GET /api@internal/api/version HTTP/1.1\r\n")
            os.kill(agent, signal.SIGQUIT)
            assert wait_until(lambda: agent not in daemon.agents(), 10 * SLOW), "its head may take 60 s"
        assert wait_until(lambda: ask(daemon.port, target="/api/version").status == 200)


def test_an_api_that_comes_with_a_reload_has_its_socket():
    with named("a") as a:
        config = config_of(a)
        without = {k: v for k, v in config.items() if k != "api"}
        with Daemon(without, workers=None) as daemon:
            assert ask(daemon.port, target="/api/version").body == b"a"
            reload(daemon, config)
            assert wait_until(lambda: ask(daemon.port, target="/api/version").body.startswith(b'{"Version"'))


def test_a_static_reload_that_fails_leaves_the_agent_at_work():
    with named("a") as a, named("b") as b:
        config = config_of(a, b)
        with Daemon(config, workers=None) as daemon:
            assert wait_until(lambda: states(daemon) == {a.url: "UP", b.url: "UP"})
            config["entryPoints"]["taken"] = {"address": "127.0.0.1:%d" % a.port}
            with open(daemon.path, "w") as f:
                f.write(to_yaml(config))
            daemon.signal(signal.SIGHUP)
            assert wait_until(lambda: "failed, nothing is changed" in daemon.log, 10 * SLOW)
            a.answers["/health"] = reply(500)
            assert wait_until(lambda: states(daemon)[a.url] == "DOWN", 10 * SLOW)
