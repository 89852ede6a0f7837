# SPDX-License-Identifier: MIT
"""What a process may do and hold: operations.md section 4, security.md section 7."""
import os
import re

import pytest

from lib import proc
from lib.client import ask
from lib.daemon import configuration, run, site, to_yaml
from lib.ports import free_port
from lib.wait import wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def status(pid, key):
    with open("/proc/%d/status" % pid) as f:
        return re.search(r"^%s:[ \t]*(.*)$" % key, f.read(), re.M)[1]


def children(daemon):
    assert wait_until(lambda: daemon.workers() and daemon.agents())
    return daemon.workers() + daemon.agents()


@as_root
def test_children_of_root_are_nobody_and_may_nothing(server):
    with site({"app": server}) as daemon:
        for pid in children(daemon):
            assert len(set(status(pid, "Uid").split())) == 1 and proc.uid(pid) != 0
            assert status(pid, "Gid").split()[0] != "0"
            assert status(pid, "Groups").strip() == ""
            for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(status(pid, kind), 16) == 0, kind
            assert status(pid, "NoNewPrivs") == "1"
        assert ask(daemon.port).status == 200


@as_root
def test_the_user_of_the_configuration_is_taken(server):
    with site({"app": server}, static={"user": "daemon"}) as daemon:
        assert {proc.uid(pid) for pid in children(daemon)} == {1}


def test_children_hold_nothing_of_each_other(server):
    """Sockets that listen: the agent none, a worker those of its own slot."""
    with site({"app": server}, workers=2) as daemon:
        listening = set()
        for line in open("/proc/net/tcp").read().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[1].endswith(":%04X" % daemon.port):
                listening.add("socket:[%s]" % fields[9])
        held = {pid: listening & {os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)} for pid in children(daemon)}
        assert len(listening) == 2
        assert [len(held[pid]) for pid in daemon.agents()] == [0]
        assert [len(held[pid]) for pid in daemon.workers()] == [1, 1]


def test_a_worker_has_no_environment_but_the_time_zone(server):
    with site({"app": server}, env={"SECRET_OF_THE_SHELL": "x", "TZ": "UTC"}) as daemon:
        with open("/proc/%d/environ" % daemon.worker(), "rb") as f:
            assert b"SECRET_OF_THE_SHELL" not in f.read()


@as_root
def test_a_file_that_everybody_may_write_does_not_command_root(tmp_path):
    path = tmp_path / "pointsman.yaml"
    path.write_text(to_yaml(configuration(entry_points={"web": {"address": "127.0.0.1:%d" % free_port()}})))
    path.chmod(0o666)
    answer = run("-t", "-c", path)
    assert answer.returncode == 1
    assert "everybody may write it" in answer.stderr


@as_root
def test_a_file_that_only_root_may_read_is_read(tmp_path):
    path = tmp_path / "pointsman.yaml"
    path.write_text(to_yaml(configuration(entry_points={"web": {"address": "127.0.0.1:%d" % free_port()}})))
    path.chmod(0o600)
    tmp_path.chmod(0o700)
    assert run("-t", "-c", path).returncode == 0
