# SPDX-License-Identifier: MIT
"""-D, the pid file and -s: operations.md sections 1 and 3."""
import os
import shutil
import signal
import tempfile

import pytest

from lib import proc
from lib.client import ask
from lib.daemon import BINARY, configuration, run, to_yaml
from lib.ports import free_port
from lib.wait import wait_until


class Place:
    """A folder with a configuration whose daemon leaves the terminal."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pointsman-daemon-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        self.path = os.path.join(self.folder, "pointsman.yaml")
        self.write(self.config())

    def config(self, **static):
        options = dict(pid=self.file("run.pid"), log={"level": "INFO", "filePath": self.file("error.log")}, ping={"entryPoint": "web"}, **static)
        return configuration(entry_points={"web": {"address": "127.0.0.1:%d" % self.port}}, **options)

    def write(self, config):
        with open(self.path, "w") as f:
            f.write(to_yaml(config))

    def file(self, name):
        return os.path.join(self.folder, name)

    def run(self, *args):
        return run(*args, "-c", self.path, "-w", "1", cwd=self.folder)

    @property
    def pid(self):
        with open(self.file("run.pid")) as f:
            return int(f.read())

    @property
    def log(self):
        with open(self.file("error.log")) as f:
            return f.read()

    def is_gone(self, pid):
        return wait_until(lambda: not proc.session(pid))


@pytest.fixture
def place():
    made = Place()
    yield made
    try:
        os.killpg(made.pid, signal.SIGKILL)
    except OSError:
        pass
    shutil.rmtree(made.folder, ignore_errors=True)


def test_it_returns_when_the_ports_are_bound(place):
    started = place.run("-D")
    assert started.returncode == 0, started.stderr
    assert ask(place.port, target="/ping").status == 200
    pid = place.pid
    assert os.getsid(pid) == pid
    assert place.run("-s", "stop", "--wait").returncode == 0
    assert place.is_gone(pid)
    assert not os.path.exists(place.file("run.pid"))


def test_it_holds_neither_the_terminal_nor_what_the_caller_left_open(place):
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    pid = os.spawnv(os.P_NOWAIT, BINARY, [BINARY, "-D", "-w", "1", "-c", place.path])
    assert os.waitpid(pid, 0)[1] == 0
    os.close(writing)
    assert os.read(reading, 1) == b""
    for child in proc.session(place.pid):
        targets = [os.readlink("/proc/%d/fd/%d" % (child, fd)) for fd in (0, 1, 2)]
        assert targets[:2] == ["/dev/null", "/dev/null"] and targets[2].endswith("error.log"), (proc.title(child), targets)
    os.close(reading)


def test_a_start_that_fails_is_reported_with_its_code(place):
    assert place.run("-D").returncode == 0
    pid = place.pid
    place.write(dict(place.config(), pid=place.file("other.pid")))
    second = place.run("-D")
    assert second.returncode == 5
    assert "address in use by pid %d (pointsman); stop it or choose another port" % pid in second.stderr
    assert second.stderr.startswith(place.path + ":"), second.stderr
    assert not os.path.exists(place.file("other.pid"))
    assert ask(place.port, target="/ping").status == 200


def test_two_instances_do_not_share_a_pid_file(place):
    assert place.run("-D").returncode == 0
    second = place.run("-D")
    assert second.returncode == 1
    assert "already running as pid %d" % place.pid in second.stderr


def test_a_stale_pid_file_does_not_hinder_a_start(place):
    assert place.run("-D").returncode == 0
    pid = place.pid
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not proc.session(pid))
    assert os.path.exists(place.file("run.pid"))
    assert place.run("-s", "quit").returncode == 3
    assert place.run("-D").returncode == 0
    assert place.pid != pid
    assert ask(place.port, target="/ping").status == 200


def test_a_signal_to_nobody_says_so(place):
    answer = place.run("-s", "stop")
    assert answer.returncode == 3
    assert "no running instance" in answer.stderr


def test_a_broken_configuration_does_not_hinder_a_stop(place):
    assert place.run("-D").returncode == 0
    pid = place.pid
    config = place.config()
    config["entryPointz"] = {}
    place.write(config)
    assert place.run("-s", "stop", "--wait").returncode == 0
    assert place.is_gone(pid)


def test_reopen_waits_for_the_new_files(place):
    assert place.run("-D").returncode == 0
    os.rename(place.file("error.log"), place.file("error.log.1"))
    assert place.run("-s", "reopen", "--wait").returncode == 0
    assert "log files reopened" in place.log


def test_a_refused_reopening_is_told(place):
    assert place.run("-D").returncode == 0
    os.rename(place.file("error.log"), place.file("error.log.1"))
    os.mkdir(place.file("error.log"))
    answer = place.run("-s", "reopen", "--wait")
    assert answer.returncode == 4
    assert "is a directory" in answer.stderr
    os.rmdir(place.file("error.log"))
