# SPDX-License-Identifier: MIT
"""Internal services that are always there: static-config.md section 8."""
import pytest

from lib.daemon import site
from lib.either import ask, connect, over_both
from lib.ports import free_port

pytestmark = over_both


@pytest.fixture(scope="module")
def daemon():
    inner = free_port()
    points = {"web": {}, "inner": {"address": "127.0.0.1:%d" % inner}}
    routers = {
        "whoami": {"rule": "PathPrefix(`/who`)", "service": "whoami@internal"},
        "noop": {"rule": "Path(`/noop`)", "service": "noop@internal", "priority": 50},
        "through": {"rule": "PathPrefix(`/`)", "service": "self", "entryPoints": ["web"]},
        "inner": {"rule": "PathPrefix(`/`)", "service": "whoami@internal", "entryPoints": ["inner"], "priority": 50},
    }
    with site({"self": inner}, routers, points) as instance:
        yield instance


def test_static_config_8_whoami_tells_what_it_received(daemon, spoken):
    with connect(daemon.ports["web"]) as client:
        answer = client.ask("GET", "/who/am?i=1", [("X-Odd-NAME", "v"), ("X-Twice", "1"), ("X-Twice", "2")])
        own = client.address
    assert answer.status == 200
    assert answer.get("content-type").startswith("text/plain")
    text = answer.body.decode()
    lines = text.splitlines()
    assert "web" in lines[0]
    assert any("%s" % own[0] in line for line in lines[:3])
    line = "GET /who/am?i=1 " + {"h1": "HTTP/1.1", "h2": "HTTP/2.0"}[spoken]
    assert line in lines
    at = lines.index(line)
    received = [line.lower() for line in lines[at + 1 :]]
    assert "host: app.test" in received and "x-odd-name: v" in received
    assert [line for line in received if line.startswith("x-twice")] == ["x-twice: 1", "x-twice: 2"]


def test_issue_traffic_really_is_proxied_to_an_entry_point_of_the_same_daemon(daemon):
    answer = ask(daemon.ports["web"], target="/deep/path")
    assert answer.status == 200
    text = answer.body.decode().lower()
    assert "inner" in text.splitlines()[0]
    assert "get /deep/path http/1.1" in text


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_static_config_8_noop_is_418_and_empty(daemon, method):
    answer = ask(daemon.ports["web"], method, "/noop", body=b"x" if method == "POST" else None)
    assert (answer.status, answer.body) == (418, b"")


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_static_config_8_a_body_is_read_or_the_connection_ends_as_announced(daemon, framing):
    body = b"x" * (100000 if framing == "length" else 1000)
    with connect(daemon.ports["web"]) as client:
        for _ in range(3):
            client.begin("POST", "/who", length=len(body) if framing == "length" else None)
            client.piece(body)
            client.finish()
            answer = client.response()
            assert answer.status == 200
            if answer.closes:
                assert client.is_closed() and client.ended == "eof"
                return


def test_static_config_8_head_of_whoami_has_no_body(daemon):
    with connect(daemon.ports["web"]) as client:
        assert client.ask("HEAD", "/who").body == b""
        assert client.ask("GET", "/who").status == 200
