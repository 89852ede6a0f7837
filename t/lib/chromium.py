# SPDX-License-Identifier: MIT
"""Chromium without a window, told what to do over the two pipes of its DevTools protocol: JSON, each message ended by a NUL.

A name under .test is this machine, every other name is unknown: it asks nobody outside. The certificate it is given passes as trusted.
"""
import base64
import contextlib
import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from .tls_world import openssl
from .wait import SLOW, wait_until

PROGRAM = shutil.which("chromium")
PATIENCE = 30 * SLOW
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-component-update", "--disable-sync",
         "--disable-background-networking", "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ^NOTFOUND", "--remote-debugging-pipe"]


class Chromium:
    """One browser with one page, until the end of the block."""

    def __init__(self, pair):
        self.pair, self.buffer, self.number, self.session = pair, b"", 0, None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="pointsman-chromium-")
        own = ["--user-data-dir=" + self.folder, "--ignore-certificate-errors-spki-list=" + key_hash(self.pair)]
        # It reads descriptor 3 and writes to descriptor 4.
        command = ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1', "sh", PROGRAM, *FLAGS, *own, "about:blank"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True)
        try:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(AssertionError, OSError, subprocess.TimeoutExpired):
            self.session = None
            self.call("Browser.close")
            self.process.wait(PATIENCE)
        self._clear()

    def _clear(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        wait_until(lambda: shutil.rmtree(self.folder, ignore_errors=True) or not os.path.exists(self.folder))

    def call(self, method, **params):
        """One command of the protocol and its result; events that come meanwhile are passed over."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **({"sessionId": self.session} if self.session else {})}
        self.process.stdin.write(json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self.number:
                assert "error" not in answer, "%s: %s" % (method, answer["error"])
                return answer["result"]

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, "Chromium says nothing"
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            assert more, "Chromium has ended: %s" % self.process.poll()
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    # -- the page
    def open(self, url):
        """Leaves the page for this one, and waits until that is loaded."""
        error = self.call("Page.navigate", url=url).get("errorText")
        assert not error, "%s: %s" % (url, error)
        assert wait_until(lambda: self.run("return document.readyState == 'complete' && location.href") == url, PATIENCE)

    def run(self, body, *args):
        """Runs the body of an async function with these arguments, as `args`, in the page; what it returns, as JSON can say it."""
        expression = "(async (...args) => {%s})(...%s)" % (body, json.dumps(args))
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]["exception"].get("description") or result
        return result["result"].get("value")


def key_hash(pair):
    public = openssl("x509", "-in", pair.cert, "-noout", "-pubkey")
    der = base64.b64decode("".join(line for line in public.splitlines() if not line.startswith("-----")))
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
