# SPDX-License-Identifier: MIT
"""The filter of system calls: there from the start, and nothing that a worker does at work runs into it."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from lib.client import ask
from lib.daemon import balancer, is_sanitized, run, site
from lib.server import reply
from lib.tls_world import TlsClient, TlsServer, head, tls_site, world
from lib.wait import wait_until

BIG = bytes(range(256)) * 4096  # 1 MiB, far more than the middleware keeps in memory

pytestmark = pytest.mark.skipif(is_sanitized(), reason="sanitizers open files of their own; the filter of such a build only logs")


def status(pid, key):
    with open("/proc/%d/status" % pid) as f:
        return re.search(r"^%s:[ \t]*(.*)$" % key, f.read(), re.M)[1]


def children(daemon):
    assert wait_until(lambda: daemon.workers() and daemon.agents())
    return daemon.workers() + daemon.agents()


@pytest.mark.parametrize("options, mode", [({"orphans": "drain"}, "2"), ({"seccomp": "log"}, "2"), ({"seccomp": "off"}, "0")])
def test_children_have_the_filter_and_the_master_has_none(server, options, mode):
    with site({"app": server}, static={"operations": options}) as daemon:
        # A child has its title before it has its filter.
        assert wait_until(lambda: [status(pid, "Seccomp") for pid in children(daemon)] == [mode, mode])
        assert status(daemon.pid, "Seccomp") == "0"
        assert ask(daemon.port).status == 200


def can_trace():
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


class Trace:
    """What strace wrote, by process: a line belongs to the process of the thread that it names."""

    CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(.*)$")

    def __init__(self, path):
        self.calls, process_of = {}, {}
        for line in open(path, errors="replace"):
            match = self.CALL.match(line)
            if not match:
                continue
            thread, name, rest = int(match[1]), match[2], match[3]
            process = process_of.setdefault(thread, thread)
            self.calls.setdefault(process, []).append((name, rest))
            made = re.search(r"= (\d+)$", rest)
            if name == "clone" and "CLONE_THREAD" in rest and made:
                process_of[int(made[1])] = process

    def after_the_filter(self, pid):
        calls = self.calls[pid]
        installed = [at for at, (name, rest) in enumerate(calls) if name == "seccomp" and "SECCOMP_SET_MODE_FILTER" in rest]
        assert len(installed) == 1, calls[:20]
        return calls[installed[0] + 1 :]

    def opened(self, pid):
        return [call for call in self.after_the_filter(pid) if call[0].startswith(("open", "creat"))]


def serve_all_kinds(daemon, server):
    """TLS from and to, a body that is held in a file, one that is not, an error, a reopening of the logs, more of the same."""
    server.default = lambda connection, request: reply(body=request.body)
    for turn in range(2):
        with TlsClient(daemon.port) as client:
            client.send(head("POST", "/held", [("Content-Length", str(len(BIG)))]) + BIG)
            assert client.response().body == BIG
        with TlsClient(daemon.port) as client:
            client.send(head("GET", "/nobody", host="dead.test"))
            assert client.response().status == 502
        with TlsClient(daemon.port) as client:
            client.send(head("GET", "/plain", host="named.test"))
            assert client.response().status == 200
        if turn == 0:
            os.rename(os.path.join(daemon.folder, "access.log"), os.path.join(daemon.folder, "access.log.1"))
            daemon.signal(signal.SIGUSR1)
            assert wait_until(lambda: os.path.exists(os.path.join(daemon.folder, "access.log")))


@pytest.mark.skipif(not can_trace(), reason="no strace, or a surrounding sandbox that forbids it")
def test_a_worker_opens_nothing_and_the_agent_only_reads(tmp_path):
    trace = str(tmp_path / "trace")
    under = ["strace", "-DDD", "-f", "-qq", "-s", "256", "-o", trace, "-e", "trace=seccomp,clone,open,openat,openat2,creat"]
    with TlsServer(world().pair("server", "localhost")) as server:
        port = server.url.rpartition(":")[2]
        routers = {
            "held": {"rule": "Path(`/held`)", "service": "app", "middlewares": ["hold"]},
            "dead": {"rule": "Host(`dead.test`)", "service": "dead"},
            "named": {"rule": "Host(`named.test`)", "service": "app"},
        }
        services = {"dead": balancer("http://127.0.0.1:9"), "app": balancer("https://localhost:" + port, serversTransport="blind")}
        http = {"middlewares": {"hold": {"buffering": {"memRequestBodyBytes": 1024}}}, "serversTransports": {"blind": {"insecureSkipVerify": True}}}
        static = {"accessLog": {"filePath": "access.log"}, "operations": {"seccomp": "enforce"}}
        with tls_site(None, routers, services=services, http=http, static=static, under=under) as daemon:
            worker, agent = daemon.worker(), daemon.agents()[0]
            serve_all_kinds(daemon, server)
        seen = Trace(trace)

    assert [name for name, _ in seen.after_the_filter(worker)].count("clone") >= 3, "threads of the worker were not followed"
    assert seen.opened(worker) == []
    assert [call for call in seen.opened(agent) if "EACCES" in call[1] or "EPERM" in call[1]] == []
    assert any("/etc/hosts" in rest or "/etc/resolv.conf" in rest for _, rest in seen.opened(agent))


def test_a_word_that_is_none_is_an_error_with_its_place(tmp_path):
    path = tmp_path / "pointsman.yaml"
    path.write_text("entryPoints:\n  web: {address: '127.0.0.1:0'}\noperations:\n  seccomp: strict\n")
    answer = run("-t", "-c", path)
    assert answer.returncode == 1
    assert "pointsman.yaml:4:12: error: operations.seccomp \"strict\": not known; write one of enforce, log, off" in answer.stderr + answer.stdout
