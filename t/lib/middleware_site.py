# SPDX-License-Identifier: MIT
"""Middlewares that are wrong: what `-t` says of them, where it points, and what they take with them."""
import re
from contextlib import contextmanager

from lib.client import ask
from lib.daemon import configuration, run, site, to_yaml


def findings(text, name, stderr, *words, kind="error"):
    """For each finding that has all of these words (regular expressions): the configuration's text from where it points."""
    lines = text.split("\n")
    wanted = "".join(r"(?=[^\n]*%s)" % word for word in words)
    found = re.findall(r"%s:(\d+):(\d+): %s: %s" % (re.escape(name), kind, wanted), stderr)
    return [lines[int(line) - 1][int(column) - 1 :] for line, column in found]


def host_of(name):
    return name.lower() + ".test"


def behind(middlewares):
    """A router of its own for each middleware, by its name."""
    return {name: {"rule": "Host(`%s`)" % host_of(name), "service": "app", "middlewares": [name]} for name in middlewares}


@contextmanager
def site_with(server, middlewares, **more):
    """Each behind its own router, and one router, "good", without any; `tested` is what -t said."""
    assert "good" not in middlewares
    routers = dict(behind(middlewares), good={"rule": "Host(`good.test`)", "service": "app"})
    with site({"app": server}, routers, http={"middlewares": middlewares}, **more) as daemon:
        daemon.tested = run("-t", "-c", daemon.path)
        yield daemon


def assert_disabled(daemon, name, message, where):
    """Its router alone is, and every finding about the middleware with this message points at `where`."""
    assert ask(daemon.port, host=host_of(name)).status == 404
    assert ask(daemon.port, host="good.test").status == 200
    assert daemon.tested.returncode == 1
    found = findings(daemon.file("pointsman.yaml"), "pointsman.yaml", daemon.tested.stderr, r"\b%s\b" % name, r"\b%s\b" % message)
    assert found, daemon.tested.stderr
    assert all(text.startswith(where) for text in found), (found, daemon.tested.stderr)


def assert_refused_whole(folder, middleware, message, where):
    """What cannot be decoded refuses the document it stands in (decision 9)."""
    path = folder / "c.yaml"
    path.write_text(to_yaml(configuration({"app": 1}, http={"middlewares": {"m": middleware}})))
    tested = run("-t", "-c", path)
    assert tested.returncode == 1
    found = findings(path.read_text(), "c.yaml", tested.stderr, message)
    assert found and "syntax is ok" not in tested.stderr, tested.stderr
    assert all(text.startswith(where) for text in found), (found, tested.stderr)
