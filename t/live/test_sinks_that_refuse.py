# SPDX-License-Identifier: MIT
"""Logs that take nothing, a pid file that cannot be written, no descriptors left: traffic goes on, and one line says so."""
import os
import re
import signal
import time

import pytest

from lib import proc
from lib.client import RawClient, ask
from lib.daemon import Daemon, configuration, is_sanitized, reload, run, to_yaml
from lib.server import RawServer, reply
from lib.wait import SLOW, wait_until

LOST = "the access log does not take what is written"


def hundred(port, times=3):
    assert all(ask(port).status == 200 for _ in range(100 * times))


@pytest.fixture
def server():
    with RawServer(default=reply(200)) as instance:
        yield instance


def test_a_full_disk_below_the_access_log(server):
    config = configuration({"app": server}, accessLog={"filePath": "/dev/full"})
    with Daemon(config, workers=1) as daemon:
        hundred(daemon.port)
        assert wait_until(lambda: LOST in daemon.log, 10 * SLOW), daemon.log
        hundred(daemon.port)
        assert daemon.log.count(LOST) == 1, daemon.log


def test_a_full_disk_below_all_logs(server):
    config = configuration({"app": server}, accessLog={"filePath": "/dev/full"}, log={"level": "DEBUG", "filePath": "/dev/full"})
    with Daemon(config, workers=2) as daemon:
        hundred(daemon.port)
        config["workers"] = 1
        with open(daemon.path, "w") as f:
            f.write(to_yaml(config))
        daemon.signal(signal.SIGHUP)
        daemon.signal(signal.SIGUSR1)
        hundred(daemon.port)


def test_a_pipe_whose_reader_has_stopped(server, tmp_path):
    """The reader is there and reads nothing: what the pipe holds is soon full."""
    path = str(tmp_path / "access")
    os.mkfifo(path, 0o666)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        config = configuration({"app": server}, accessLog={"filePath": path, "format": "json"})
        with Daemon(config, workers=1) as daemon:
            end = time.monotonic() + 60 * SLOW
            while LOST not in daemon.log and time.monotonic() < end:
                hundred(daemon.port, 1)
            assert daemon.log.count(LOST) == 1, daemon.log
            hundred(daemon.port)
            # What was written are whole lines.
            lines = os.read(reader, 1 << 20)
            assert lines.startswith(b"{") and b"}\n{" in lines
    finally:
        os.close(reader)


def test_a_pid_file_that_cannot_be_written(server, tmp_path):
    config = configuration({"app": server}, pid=str(tmp_path / "missing" / "pid"))
    path = tmp_path / "pointsman.yaml"
    path.write_text(to_yaml(config))
    refused = run("-c", str(path))
    assert refused.returncode == 1 and "pid" in refused.stderr, (refused.returncode, refused.stderr)
    with Daemon(configuration({"app": server}, pid=str(tmp_path / "pid")), workers=1) as daemon:
        config["entryPoints"] = daemon.config["entryPoints"]
        reload(daemon, config)
        assert len(re.findall(r"ERR .*pid", daemon.log)) == 1, daemon.log
        hundred(daemon.port)


@pytest.mark.skipif(is_sanitized(), reason="its checks of memory need a descriptor of their own")
def test_no_descriptor_left(server):
    """Idle clients take them all: who is connected is served, a reload reaches the worker, it rests, and takes new ones once there is room."""
    config = configuration({"app": server}, rlimitNofile=80, workerConnections=1000)
    with Daemon(config, workers=1) as daemon:
        with RawClient(daemon.port) as first:
            assert first.ask().status == 200
            idle = [RawClient(daemon.port) for _ in range(120)]
            assert wait_until(lambda: "cannot accept connections" in daemon.log, 10 * SLOW), daemon.log
            used = proc.cpu(daemon.worker())
            began = time.monotonic()
            for _ in range(20):
                assert first.ask().status == 200
                time.sleep(0.05)
            busy = (proc.cpu(daemon.worker()) - used) / (time.monotonic() - began)
            print("a worker without descriptors uses %.1f %% of a processor" % (100 * busy))
            assert daemon.log.count("cannot accept connections") == 1, daemon.log
            # The master's words still reach it, with the descriptors that they bring.
            config["http"]["routers"]["more"] = {"rule": "Path(`/more`)", "service": "app"}
            worker = daemon.worker()
            reload(daemon, config)
            daemon.signal(signal.SIGUSR1)
            assert wait_until(lambda: "log files reopened" in daemon.log)
            assert first.ask().status == 200 and daemon.workers() == [worker], daemon.log
            for client in idle:
                client.close()
            hundred(daemon.port)
