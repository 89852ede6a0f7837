# SPDX-License-Identifier: MIT
"""A start that cannot work: exit code, message, no socket left open, no child left behind (operations.md sections 1 to 3)."""
import os
import re
import signal
import socket
import subprocess

import pytest

from lib import proc
from lib.client import ask
from lib.daemon import BINARY, Daemon, configuration, environment, site, to_yaml
from lib.ports import free_port
from lib.wait import SLOW, wait_until


def start(folder, config, *arguments):
    """Runs to its end in a session of its own; the exit status, the messages, and what is left of the session."""
    path = folder / "c.yaml"
    path.write_text(to_yaml(config))
    process = subprocess.Popen([BINARY, "-c", str(path), "-w", "1", *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment(), cwd=folder)
    out, err = process.communicate(timeout=20 * SLOW)
    assert wait_until(lambda: not proc.session(process.pid), 2), [proc.title(p) for p in proc.session(process.pid)]
    return process.returncode, out + err


def points(*ports):
    return configuration(entry_points={"p%d" % i: {"address": "127.0.0.1:%d" % port} for i, port in enumerate(ports)})


def is_free(port):
    with socket.socket() as s:
        s.bind(("127.0.0.1", port))
        return True


@pytest.mark.parametrize("at", [0, 1, 2])
def test_port_in_use(tmp_path, at):
    ports = [free_port() for _ in range(3)]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[at]))
        taken.listen(1)
        status, text = start(tmp_path, points(*ports))
        assert status == 5, text
        line = next((line for line in text.splitlines() if str(ports[at]) in line and "in use" in line), None)
        assert line and re.match(r'[^:]*c\.yaml:\d+:\d+: error: entryPoints\.p%d\.address "127\.0\.0\.1:%d": address in use' % (at, ports[at]), line), text
        assert "pid %d" % os.getpid() in line
    assert all(is_free(p) for p in ports)


def test_a_second_daemon_on_the_same_port_takes_no_traffic(tmp_path, server):
    """Decision 32: SO_REUSEPORT must not let it join in silence."""
    with site({"app": server}) as first:
        status, text = start(tmp_path, points(first.port))
        assert status == 5 and "in use" in text
        assert {ask(first.port).status for _ in range(10)} == {200}


def test_a_port_freed_within_five_seconds_is_taken(tmp_path):
    """Decision 32: the probe is tried again for 5 s."""
    port = free_port()
    taken = socket.socket()
    taken.bind(("127.0.0.1", port))
    taken.listen(1)
    daemon = Daemon(dict(points(port), http={"routers": {"x": {"rule": "PathPrefix(`/`)", "service": "noop@internal"}}}), wait=False)
    with daemon:
        wait_until(lambda: False, 0.8)
        assert daemon.process.poll() is None, daemon.log
        taken.close()
        daemon.ports = {"web": port}
        daemon.wait_ready()
        assert wait_until(lambda: ask(port).status == 418)


@pytest.mark.parametrize("config, text", [("entryPoints: {web: {adress: ':1'}}\n", "adress"), ("entryPoints: [\n", ""), ("nope: 1\n", "nope")])
def test_broken_static_part_is_exit_1(tmp_path, config, text):
    status, output = start(tmp_path, config)
    assert status == 1 and text in output
    assert re.search(r"c\.yaml:\d+:\d+: error: ", output)


def test_log_that_cannot_be_opened(tmp_path):
    (tmp_path / "folder").mkdir()
    status, text = start(tmp_path, dict(points(free_port()), accessLog={"filePath": str(tmp_path / "folder")}))
    assert status != 0 and "folder" in text


def test_address_of_another_machine(tmp_path):
    status, text = start(tmp_path, configuration(entry_points={"web": {"address": "192.0.2.1:%d" % free_port()}}))
    assert status == 5 and "192.0.2.1" in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_during_the_start_leaves_nothing(number):
    """Wherever in the start the signal falls."""
    for delay in (0.0, 0.001, 0.003, 0.006, 0.01, 0.02, 0.05):
        daemon = Daemon(points(free_port()), wait=False)
        wait_until(lambda: False, delay)
        daemon.signal(number)
        try:
            status = daemon.wait(5 * SLOW)
        finally:
            daemon.stop(judge=False)
        assert status in (0, -number, 128 + number), daemon.kept_log
