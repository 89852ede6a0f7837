# SPDX-License-Identifier: MIT
"""The rows of test_request_refusals.py in other places: security.md section 2 refuses them wherever they stand, and however they come.

Alone, so that nothing behind them hastens the answer; on a kept connection; behind a proper request in the same write; a byte at a
time; over TLS; before the client's half close; body faults also where a middleware holds the body.
"""
import pytest

from lib.client import RawClient, head
from lib.daemon import site
from lib.server import RawServer
from lib.tls_world import TlsClient, tls_site
from test_request_refusals import FAULTS, POST, ROWS, following, method_of

# Each byte is a packet: the rows that are long are about length.
SHORT = [row for row in ROWS if len(ROWS[row][0]) < 300]
MIDDLEWARES = {"buffering": {"buffering": {"maxRequestBodyBytes": 10_000_000}}, "retry": {"retry": {"attempts": 3}}, "compress": {"compress": {}}, "headers": {"headers": {"customRequestHeaders": {"X-B": "1"}}}}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    routers = {name: {"rule": "Path(`/%s`)" % name, "service": "app", "middlewares": [name]} for name in MIDDLEWARES}
    routers["all"] = {"rule": "PathPrefix(`/`)", "service": "app"}
    with site({"app": server}, routers, http={"middlewares": MIDDLEWARES}) as instance:
        yield instance


@pytest.fixture(scope="module")
def tls_daemon(server):
    with tls_site(server) as instance:
        yield instance


def assert_refused(client, status, method="GET"):
    """One whole answer that says close, and the end."""
    answer = client.response(method)
    assert answer.status in (status if isinstance(status, tuple) else (status,)), answer.head
    assert answer.closes and client.rest() == b"" and client.ended == "eof"


@pytest.mark.parametrize("row", ROWS, ids=["security-2-" + k for k in ROWS])
def test_alone(daemon, server, row):
    data, status = ROWS[row]
    before = server.received()
    with RawClient(daemon.port) as client:
        client.send_quietly(data)
        assert_refused(client, status, method_of(data))
    assert server.received() == before


@pytest.mark.parametrize("row", ROWS, ids=["security-2-" + k for k in ROWS])
def test_on_a_kept_connection(daemon, server, row):
    data, status = ROWS[row]
    with RawClient(daemon.port) as client:
        assert client.ask().status == 200
        before = server.received()
        client.send_quietly(data + following(row))
        assert_refused(client, status, method_of(data))
    assert server.received() == before


@pytest.mark.parametrize("row", ROWS, ids=["security-2-" + k for k in ROWS])
def test_behind_a_proper_request_in_one_write(daemon, server, row):
    data, status = ROWS[row]
    before = len(server.requests)
    with RawClient(daemon.port) as client:
        client.send_quietly(head(target="/first") + data + following(row))
        assert client.response().status == 200
        assert_refused(client, status, method_of(data))
    assert [r.target for r in server.requests[before:]] == ["/first"]


@pytest.mark.parametrize("row", SHORT, ids=["security-2-" + k for k in SHORT])
def test_a_byte_at_a_time(daemon, server, row):
    data, status = ROWS[row]
    before = server.received()
    with RawClient(daemon.port) as client:
        try:
            client.send_slowly(data, step=1, delay=0)
        except OSError:
            pass
        assert_refused(client, status, method_of(data))
    assert server.received() == before


@pytest.mark.parametrize("row", SHORT, ids=["security-2-" + k for k in SHORT])
def test_before_a_half_close(daemon, server, row):
    data, status = ROWS[row]
    before = server.received()
    with RawClient(daemon.port) as client:
        client.send_quietly(data)
        try:
            client.half_close()
        except OSError:
            pass
        assert_refused(client, status, method_of(data))
    assert server.received() == before


@pytest.mark.parametrize("row", ROWS, ids=["security-2-" + k for k in ROWS])
def test_over_tls(tls_daemon, server, row):
    data, status = ROWS[row]
    before = server.received()
    with TlsClient(tls_daemon.port) as client:
        client.send_quietly(data + following(row))
        answer = client.response(method_of(data))
        assert answer.status in (status if isinstance(status, tuple) else (status,)) and answer.closes, answer.head
        assert client.rest() == b"" and client.ended is not None
    assert server.received() == before


# -- body faults ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", FAULTS, ids=["security-2-body-" + k for k in FAULTS])
def test_a_body_fault_alone(daemon, server, row):
    before = len(server.requests)
    with RawClient(daemon.port) as client:
        client.send_quietly(POST + FAULTS[row])
        assert_refused(client, 400)
    assert len(server.requests) == before


@pytest.mark.parametrize("row", [k for k in FAULTS if len(FAULTS[k]) < 400])
def test_security_2_a_body_fault_a_byte_at_a_time(daemon, server, row):
    before = len(server.requests)
    with RawClient(daemon.port) as client:
        try:
            client.send_slowly(POST + FAULTS[row], step=1, delay=0)
        except OSError:
            pass
        assert_refused(client, 400)
    assert len(server.requests) == before


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("row", FAULTS, ids=["security-2-body-" + k for k in FAULTS])
def test_a_body_fault_behind_a_middleware(daemon, server, middleware, row):
    before = len(server.requests), server.received()
    with RawClient(daemon.port) as client:
        client.send_quietly(head("POST", "/" + middleware, [("Transfer-Encoding", "chunked")]) + FAULTS[row] + following(row))
        assert_refused(client, 400)
    assert len(server.requests) == before[0] and not server.saw("/smuggled-" + row)
    if middleware == "buffering":
        assert server.received() == before[1], "held bodies go out whole or not at all"
