# SPDX-License-Identifier: MIT
"""Connections that find no room: workerConnections (security.md section 5), descriptors that run out (section 9)."""
import os
import time

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import site
from lib.server import RawServer
from lib.wait import wait_until
from lib.wire import Cut, ProtocolError

GONE = (OSError, Cut, ProtocolError)  # how a connection ends that is not served


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


def leave(clients):
    for client in clients:
        client.close()


def _serves(port):
    try:
        with RawClient(port, timeout=1) as client:
            return client.ask().status == 200
    except GONE:
        return False


def test_security_5_connections_over_workerConnections_wait_for_room(server):
    with site({"app": server}, static={"workerConnections": 10}) as daemon:
        assert wait_until(lambda: _serves(daemon.port))
        clients = []
        assert wait_until(lambda: _all_served(clients, daemon.port, 10))
        waiting = RawClient(daemon.port)
        waiting.send(head())
        assert waiting.stays_open(0.5)
        clients.pop().close()
        assert waiting.response().status == 200
        leave([*clients, waiting])


def _all_served(clients, port, count):
    leave(clients)
    clients[:] = [RawClient(port, timeout=1) for _ in range(count)]
    try:
        return all(client.ask().status == 200 for client in clients)
    except GONE:
        return False


def test_security_9_descriptors_run_out_without_a_spin_and_come_back(server):
    with site({"app": server}, static={"rlimitNofile": 128}) as daemon:
        assert ask(daemon.port).status == 200
        worker = daemon.worker()
        crowd = [RawClient(daemon.port) for _ in range(200)]
        time.sleep(0.3)
        before = proc.cpu(worker)
        time.sleep(1)
        assert proc.cpu(worker) - before <= 0.1, "accepting spins"
        leave(crowd)
        assert wait_until(lambda: _serves(daemon.port))
        assert os.path.exists("/proc/%d" % worker), "the worker was lost"
