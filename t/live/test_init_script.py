# SPDX-License-Identifier: MIT
"""contrib/init.d/pointsman with the real daemon in a tree of its own: actions and exit codes of LSB 3.1, chapter 20.2."""
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import BINARY, TOP, configuration, environment, is_sanitized, to_yaml
from lib.ports import free_port
from lib.server import RawServer
from lib.wait import SLOW, wait_until

SCRIPT = os.path.join(TOP, "contrib/init.d/pointsman")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def is_over(pid):
    """Gone, or a zombie that nobody waits for: some first processes never do."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


class Box:
    """A machine's files that the script touches, and the script; its name is the instance's."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pointsman-init-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        self.script = shutil.copy(SCRIPT, self.file("pointsman"))
        self.settings = {"DAEMON": BINARY, "CONF": self.file("pointsman.yaml"), "PIDFILE": self.file("run/pointsman.pid"), "DAEMON_ARGS": "-w 1"}
        os.mkdir(self.file("run"))
        self.configure()

    def file(self, name):
        return os.path.join(self.folder, name)

    def configure(self, **services):
        log = {"level": "INFO", "filePath": self.file("error.log")}
        config = configuration(services, None, {"web": {"address": "127.0.0.1:%d" % self.port}}, log=log, ping={"entryPoint": "web"})
        with open(self.file("pointsman.yaml"), "w") as f:
            f.write(to_yaml(config))

    def spoil(self):
        with open(self.file("pointsman.yaml"), "a") as f:
            f.write("nonsense: [\n")

    def call(self, *action, user=None, **settings):
        with open(self.file("default"), "w") as f:
            f.writelines('%s="%s"\n' % pair for pair in {**self.settings, **settings}.items())
        return subprocess.run(
            [self.script, *action], env=environment({"DEFAULTS": self.file("default")}), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * SLOW, user=user, cwd="/"
        )

    def code(self, *action, **settings):
        return self.call(*action, **settings).returncode

    @property
    def pid(self):
        with open(self.settings["PIDFILE"]) as f:
            return int(f.read())

    def left(self):
        """The processes of the session; after an upgrade its leader is not the one of the pid file."""
        try:
            return proc.session(os.getsid(self.pid))
        except (OSError, ValueError):
            return []

    def serves(self):
        return ask(self.port, target="/ping").status == 200


@pytest.fixture
def box():
    made = Box()
    yield made
    for pid in made.left():
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(made.folder, ignore_errors=True)


def test_a_life(box):
    assert box.code("status") == 3
    assert box.code("start") == 0
    assert box.serves() and box.code("status") == 0
    pid = box.pid
    assert box.code("start") == 0 and box.pid == pid
    assert box.code("stop") == 0
    assert not proc.session(pid) and not os.path.exists(box.settings["PIDFILE"])
    assert box.code("status") == 3
    assert box.code("stop") == 0


def test_who_was_killed_is_dead_and_can_be_started(box):
    assert box.code("start") == 0
    pid = box.pid
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not proc.session(pid))
    assert box.code("status") == 1
    assert box.code("start") == 0
    assert box.serves() and box.pid != pid


def test_somebody_else_under_the_number_of_the_pid_file_is_left_alone(box):
    other = subprocess.Popen(["sleep", "600"])
    try:
        with open(box.settings["PIDFILE"], "w") as f:
            f.write("%d\n" % other.pid)
        assert box.code("status") == 1
        assert box.code("stop") == 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_restart_makes_a_new_one(box):
    assert box.code("start") == 0
    pid = box.pid
    assert box.code("restart") == 0
    assert box.serves() and box.pid != pid
    assert box.code("stop") == 0
    assert box.code("try-restart") == 0 and box.code("status") == 3
    assert box.code("restart") == 0 and box.serves()


def test_restart_with_a_broken_configuration_stops_nobody(box):
    assert box.code("start") == 0
    pid = box.pid
    box.spoil()
    assert box.code("configtest") == 1
    restarted = box.call("restart")
    assert restarted.returncode == 1 and "pointsman.yaml:" in restarted.stderr
    assert box.serves() and box.pid == pid


@pytest.mark.parametrize("action", ["reload", "force-reload"])
def test_reload_tells_the_outcome(box, action):
    with RawServer() as server:
        assert box.code("start") == 0
        pid = box.pid
        assert ask(box.port).status == 404
        box.configure(app=server)
        assert box.code(action) == 0
        assert ask(box.port).status == 200
        box.spoil()
        refused = box.call(action)
        assert refused.returncode == 1 and "reload" in refused.stderr
        assert ask(box.port).status == 200 and box.pid == pid


def test_rotate_opens_the_logs_anew(box):
    assert box.code("start") == 0
    os.rename(box.file("error.log"), box.file("error.log.1"))
    assert box.code("rotate") == 0
    assert os.path.exists(box.file("error.log"))


@pytest.mark.skipif(is_sanitized(), reason="the trial of five seconds is tested elsewhere")
def test_upgrade_puts_a_new_master_in_place(box):
    assert box.code("start") == 0
    pid = box.pid
    assert box.code("upgrade") == 0
    assert box.pid != pid and box.serves()
    assert box.code("status") == 0


@pytest.mark.parametrize("action", ["reload", "force-reload", "upgrade", "rotate"])
def test_who_does_not_run_cannot_be_told_anything(box, action):
    assert box.code(action) == 7


def test_the_schedule_of_a_stop_is_followed(box):
    """A server that never answers holds a QUIT for the grace time of ten seconds and more; the next step ends it."""
    with RawServer() as server:
        server.default = lambda connection, request: None
        box.configure(app=server)
        assert box.code("start") == 0
        pid = box.pid
        with RawClient(box.port) as client:
            client.send(head("GET", "/"))
            assert wait_until(lambda: server.requests)
            assert box.code("stop", STOP_SCHEDULE="QUIT/1 KILL/5") == 0
        assert wait_until(lambda: is_over(pid)) and not os.path.exists(box.settings["PIDFILE"])


def test_wrong_usage_and_unknown_actions(box):
    assert box.code() == 2
    assert box.code("start", "now") == 2
    unknown = box.call("polish")
    assert unknown.returncode == 3 and "force-reload" in unknown.stderr


def test_what_is_missing_has_a_code_of_its_own(box):
    assert box.code("start", DAEMON="/nowhere/pointsman") == 5
    assert box.code("start", CONF="/nowhere/pointsman.yaml") == 6


@as_root
def test_who_may_not_write_the_pid_file_may_not_start(box):
    assert box.code("start", user=65534) == 4
    assert box.code("status", user=65534) == 3


def test_another_name_is_another_instance(box):
    box.script = shutil.copy(SCRIPT, box.file("shop"))
    del box.settings["CONF"], box.settings["PIDFILE"]
    missing = box.call("start", PIDFILE=box.file("run/shop.pid"))
    assert missing.returncode == 6 and "no configuration: /etc/pointsman/shop.yaml" in missing.stderr
    box.settings["PIDFILE"] = box.file("run/shop.pid")
