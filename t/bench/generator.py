# SPDX-License-Identifier: MIT
"""Drives a port with `load` (t/bench/tools) or h2load; what they counted."""
import json
import os
import re
import subprocess

TIMEOUT = 90


def command(tools, scenario, port, *, seconds=None, warm=0, count=None):
    """For a window of time, or for so many requests."""
    if scenario.streams:
        connections, streams, path = scenario.streams
        length = ["-n", str(count)] if count else ["-D", str(max(1, round(seconds)))]
        tls = ["--tls13-ciphers=TLS_AES_128_GCM_SHA256", "--groups=X25519", "--connect-to=127.0.0.1:%d" % port]
        return ["h2load", "-t1", *length, "-c", str(connections), "-m", str(streams), *tls, "https://bench.test:%d%s" % (port, path)]
    length = ["--count", str(count)] if count else ["--time", str(seconds), "--warm", str(warm)]
    return [os.path.join(tools, "load"), "--port", str(port), *length, *scenario.load.split()]


def result(scenario, text):
    """requests, bad, errors, bytes, seconds and, of `load`, handshakes, resumed and quantiles."""
    if not scenario.streams:
        return json.loads(text.splitlines()[-1])
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", text)
    size, took = re.search(r"\((\d+)\) total", text), re.search(r"finished in ([\d.]+)(ms|s|us)", text)
    if not counts or not took:
        raise RuntimeError("h2load: " + text[-500:])
    requests, bad, errors = map(int, counts.groups())
    return {"requests": requests, "bad": bad, "errors": errors, "bytes": int(size[1]), "seconds": float(took[1]) * {"s": 1, "ms": 1e-3, "us": 1e-6}[took[2]]}


def pinned(core):
    return ["taskset", "-c", str(core)] if core is not None else []


def run(scenario, words):
    """Runs the command to its end."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT)
    return result(scenario, done.stdout)


class Held:
    """A `load` that says GO when its window opens, and keeps its connections until it is let go."""

    def __init__(self, words):
        self.process = subprocess.Popen(words + ["--hold", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        if self.process.stdout.readline() != "GO\n":
            self.__exit__()
            raise RuntimeError("load ended with %s" % self.process.returncode)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def result(self):
        return json.loads(self.process.stdout.readline())
