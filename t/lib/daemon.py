# SPDX-License-Identifier: MIT
"""The daemon under test: started in the foreground in a session of its own, stopped and judged.

At the end of each Daemon it is an error when the exit status is not the expected one, when a sanitizer reported, when a
process ended in a way nobody asked for, or when a process of its session is left.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import yaml

from . import proc
from .ports import free_port
from .wait import SLOW, TIMEOUT, wait_until

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("POINTSMAN") or os.path.join(TOP, "build", "pointsman"))
REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|MemorySanitizer|ThreadSanitizer|runtime error:")


def environment(extra=None):
    """Ours without what steers the daemon: a variable of the caller must not configure it."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TRAEFIK_", "POINTSMAN", "NOTIFY_", "LISTEN_", "XDG_"))}
    env.setdefault("ASAN_OPTIONS", "exitcode=99:halt_on_error=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99")
    env.update(extra or {})
    return env


def to_yaml(config):
    return config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False, width=4096)


def is_sanitized():
    with open(BINARY, "rb") as f:
        return b"__asan_init" in f.read()


def run(*args, env=None, cwd=None, timeout=30, stdin=None):
    """The binary, run to its end; text in stdout and stderr."""
    return subprocess.run(
        [BINARY, *map(str, args)], env=environment(env), cwd=cwd, timeout=timeout * SLOW, text=True, capture_output=True, stdin=stdin or subprocess.DEVNULL
    )


class Daemon:
    def __init__(self, config, *args, workers=1, env=None, folder=None, exits=0, wait=True, stop=signal.SIGTERM, name="pointsman.yaml", under=()):
        self.folder = folder or tempfile.mkdtemp(prefix="pointsman-test-")
        os.chmod(self.folder, 0o755)
        self.own_folder = folder is None
        self.exits, self.stop_signal = exits, stop
        self.path = os.path.join(self.folder, name)
        with open(self.path, "w") as f:
            f.write(to_yaml(config))
        self.config = yaml.safe_load(to_yaml(config)) if wait else {}
        self.ports = {}
        for key, entry in (self.config.get("entryPoints") or {}).items():
            address = (entry or {}).get("address", "")
            match = re.fullmatch(r"(.*):(\d+)(/tcp)?", address)
            if match:
                self.ports[key] = int(match[2])
        command = [*under, BINARY, "-c", self.path] + (["-w", str(workers)] if workers else []) + [str(a) for a in args]
        self.output = open(os.path.join(self.folder, "output.log"), "wb")
        self.process = subprocess.Popen(
            command, stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.folder, env=environment(env)
        )
        self.pid = self.process.pid
        self.ended = False
        if wait:
            self.wait_ready()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop(judge=kind is None)

    @property
    def port(self):
        return next(iter(self.ports.values()))

    @property
    def log(self):
        """All that came on standard output and standard error."""
        with open(os.path.join(self.folder, "output.log"), errors="replace") as f:
            return f.read()

    def file(self, name):
        with open(os.path.join(self.folder, name), errors="replace") as f:
            return f.read()

    # -- life
    def wait_ready(self):
        end = time.monotonic() + TIMEOUT
        waiting = list(self.ports.values())
        while waiting:
            try:
                socket.create_connection(("127.0.0.1", waiting[0]), 1).close()
                waiting.pop(0)
                continue
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                status = self.process.poll()
                self.stop(judge=False)
                raise AssertionError("the daemon is not ready (exit status %s): %s" % (status, self.kept_log))
            time.sleep(0.005)
        # The kernel takes connections before anybody serves: a test may ask for the children right away.
        wait_until(lambda: self.workers() and self.agents(), 2 * SLOW)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, timeout=TIMEOUT):
        """Waits for the master to end; its exit status."""
        return self.process.wait(timeout)

    def processes(self):
        return proc.session(self.pid)

    def workers(self):
        return [p for p in self.processes() if "worker process" in proc.title(p)]

    def agents(self):
        return [p for p in self.processes() if "agent process" in proc.title(p)]

    def worker(self):
        found = []
        assert wait_until(lambda: found.extend(self.workers()) or found), "no worker process: %s" % [proc.title(p) for p in self.processes()]
        return found[0]

    def stop(self, judge=True):
        if self.ended:
            return
        self.ended = True
        status = self.process.poll()
        if status is None:
            self.process.send_signal(self.stop_signal)
            try:
                status = self.process.wait(12 * SLOW)
            except subprocess.TimeoutExpired:
                status = "no end within 12 s"
        left = []
        if not wait_until(lambda: not proc.session(self.pid), 3 * SLOW):
            left = ["%d %s" % (p, proc.title(p)) for p in proc.session(self.pid)]
            for pid in proc.session(self.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
        self.process.wait()
        self.output.close()
        self.kept_log = self.log[-6000:]
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        if not judge:
            return
        assert not REPORT.search(self.kept_log), self.kept_log
        assert status == self.exits, "exit status %s instead of %s\n%s" % (status, self.exits, self.kept_log)
        assert not left, "processes left behind: %s\n%s" % (left, self.kept_log)


def balancer(*servers, **options):
    """A loadBalancer service; a server is a RawServer, a port, a URL or a dict."""

    def one(server):
        if isinstance(server, dict):
            return server
        if isinstance(server, int):
            return {"url": "http://127.0.0.1:%d" % server}
        return {"url": server if isinstance(server, str) else server.url}

    return {"loadBalancer": dict({"servers": [one(s) for s in servers]}, **options)}


def configuration(services=None, routers=None, entry_points=None, http=None, **static):
    """A whole configuration: entry points get free ports, one router sends everything to the first service."""
    points = {}
    for name, options in (entry_points or {"web": {}}).items():
        points[name] = dict({"address": "127.0.0.1:%d" % free_port()}, **(options or {}))
    built = {}
    for name, service in (services or {}).items():
        built[name] = service if isinstance(service, dict) and "url" not in service else balancer(*(service if isinstance(service, (list, tuple)) else [service]))
    if routers is None and built:
        routers = {"all": {"rule": "PathPrefix(`/`)", "service": next(iter(built))}}
    config = {"entryPoints": points, "log": {"level": "INFO"}}
    config.update(static)
    dynamic = {k: v for k, v in {"routers": routers, "services": built, **(http or {})}.items() if v}
    if dynamic:
        config["http"] = dynamic
    return config


def reload(daemon, config, outcome=" applied in "):
    """Writes the configuration, tells the master, and waits for the line of the log that says what came of it."""
    before = daemon.log.count(outcome)
    with open(daemon.path, "w") as f:
        f.write(to_yaml(config))
    daemon.signal(signal.SIGHUP)
    assert wait_until(lambda: daemon.log.count(outcome) > before, 20 * SLOW), daemon.log


def site(services=None, routers=None, entry_points=None, http=None, static=None, args=(), **options):
    """A running daemon with such a configuration."""
    return Daemon(configuration(services, routers, entry_points, http, **(static or {})), *args, **options)
