# SPDX-License-Identifier: MIT
"""What stands while a scenario is measured: the upstream, and proxies in sessions of their own."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import generator  # noqa: E402
import peers  # noqa: E402
from lib import proc  # noqa: E402
from lib.daemon import BINARY, environment  # noqa: E402
from lib.ports import free_port  # noqa: E402
from lib.wait import wait_until  # noqa: E402
from peers.site import Site  # noqa: E402

# `make benches` puts them beside the binary; POINTSMAN_TOOLS names another folder.
TOOLS = os.environ.get("POINTSMAN_TOOLS") or os.path.join(os.path.dirname(BINARY), "bench")
ALGORITHMS = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}


class Unready(Exception):
    pass


def end_in_order():
    """SIGTERM unwinds, as an interrupt does, so that no proxy is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def end(process, patience=3):
    """The whole session; who does not go when asked is killed."""
    process.terminate()
    wait_until(lambda: process.poll() is not None and not proc.session(process.pid), patience, 0.02)
    for pid in proc.session(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue  # it ended by itself
    process.wait()


class Ground:
    """Certificates and the upstream. `cores`: of the proxies, and of upstream and clients; None: wherever the kernel likes.

    `before`: what runs the upstream.
    """

    def __init__(self, cores=(None, None), address="127.0.0.1", before=()):
        self.cores = cores
        self.folder = tempfile.mkdtemp(prefix="pointsman-bench-")
        os.chmod(self.folder, 0o755)
        for name, algorithm in ALGORITHMS.items():
            self._certify(name, algorithm)
        self.port, self.tls_port = free_port(), free_port()
        tls = ["--tls", str(self.tls_port), "--cert", self.folder + "/ec.pem", "--key", self.folder + "/ec.key"]
        command = [TOOLS + "/upstream", "--http", str(self.port), "--address", address, *tls]
        self.upstream = subprocess.Popen([*before, *generator.pinned(cores[1]), *command], start_new_session=True)

    def _certify(self, name, algorithm):
        paths = ["-keyout", "%s/%s.key" % (self.folder, name), "-out", "%s/%s.pem" % (self.folder, name)]
        subject = ["-subj", "/CN=bench.test", "-addext", "subjectAltName=DNS:bench.test,DNS:localhost,IP:127.0.0.1"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", *paths, "-days", "30", *subject], check=True, stderr=subprocess.DEVNULL)
        os.chmod("%s/%s.key" % (self.folder, name), 0o644)  # workers are not root

    def __enter__(self):
        if not wait_until(lambda: is_listening(self.port), 5):
            raise Unready("the upstream does not listen")
        return self

    def __exit__(self, *_):
        end(self.upstream)
        shutil.rmtree(self.folder, ignore_errors=True)


class Proxy:
    """A peer, started; `is_able` tells whether it can do this kind at all. `under`: what runs it, and that takes its time to end."""

    def __init__(self, ground, name, kind, options=None, under=()):
        self.name, self.process, self.folder = name, None, None
        self.patience = 60 if under else 3
        if name == "direct":
            self.port, self.is_able = ground.tls_port if kind.startswith("tls") else ground.port, True
            return
        self.folder = tempfile.mkdtemp(prefix="pointsman-bench-%s-" % name)
        os.chmod(self.folder, 0o777)  # workers are not root, and some write here
        self.port = free_port()
        pair = ground.folder + ("/rsa" if kind == "tls-rsa" else "/ec")
        site = Site(kind, self.port, ground.port, self.folder, pair + ".pem", pair + ".key", tuple(name.split("+")[1:]), {"binary": BINARY, **(options or {})})
        command = peers.command(name, site)
        self.is_able = command is not None
        if self.is_able:
            self._start(generator.pinned(ground.cores[0]) + [*under, *command])

    def _start(self, command):
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        with open(self.folder + "/output.log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment({"PATH": path}))
        try:
            if not wait_until(lambda: self.process.poll() is not None or is_listening(self.port), 120, 0.05) or self.process.poll() is not None:
                with open(self.folder + "/output.log", errors="replace") as log:
                    raise Unready("%s does not start: %s" % (self.name, log.read()[-600:]))
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process:
            end(self.process, self.patience)
            self.process = None
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
