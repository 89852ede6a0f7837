# SPDX-License-Identifier: MIT
"""gRPC by grpcio at both ends: the four kinds of calls through the proxy, over h2c and TLS, with what ends them early."""
from concurrent import futures
import threading

import grpc
import pytest

from lib.daemon import balancer, site
from lib.ports import free_port
from lib.tls_world import world
from lib.wait import SLOW

MIB = 1 << 20
OPTIONS = [("grpc.max_receive_message_length", 64 * MIB), ("grpc.max_send_message_length", 64 * MIB), ("grpc.use_local_subchannel_pool", 1)]


class Service(grpc.GenericRpcHandler):
    """Messages are bytes; what a method saw of its end is kept."""

    def __init__(self):
        self.cancelled = threading.Event()
        self.deadline = None
        self.open = 0
        self.lock = threading.Lock()

    def service(self, call):
        kinds = {
            "unary": grpc.unary_unary_rpc_method_handler(self.unary),
            "fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "slow": grpc.unary_unary_rpc_method_handler(self.slow),
            "down": grpc.unary_stream_rpc_method_handler(self.down),
            "endless": grpc.unary_stream_rpc_method_handler(self.endless),
            "up": grpc.stream_unary_rpc_method_handler(self.up),
            "both": grpc.stream_stream_rpc_method_handler(self.both),
        }
        return kinds.get(call.method.rsplit("/", 1)[1])

    def unary(self, request, context):
        context.send_initial_metadata([("x-head", "1")])
        context.set_trailing_metadata([("x-trailer", "2"), ("bytes-bin", b"\0\1")])
        return request[::-1]

    def fail(self, request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no: \u00e4 %")

    def slow(self, request, context):
        self.deadline = context.time_remaining()
        context.add_callback(self.cancelled.set)
        self.cancelled.wait(20)
        return b""

    def down(self, request, context):
        for n in range(int(request)):
            yield b"%d" % n

    def endless(self, request, context):
        context.add_callback(self.cancelled.set)
        while context.is_active():
            yield b"x" * 10000

    def up(self, requests, context):
        return b"%d" % sum(len(r) for r in requests)

    def both(self, requests, context):
        for request in requests:
            yield request


@pytest.fixture(params=["h2c", "https"])
def place(request):
    """A channel to the proxy, and the service behind it."""
    service = Service()
    server = grpc.server(futures.ThreadPoolExecutor(40), handlers=(service,), options=OPTIONS)
    pair = world().pair("grpc-back", "localhost", "127.0.0.1")
    if request.param == "h2c":
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        credentials = grpc.ssl_server_credentials([(read(pair.key), read(pair.cert))])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    http = {"serversTransports": {"t": {"rootCAs": [world().ca.cert]}}}
    with site({"app": balancer("%s://127.0.0.1:%d" % (request.param, port), serversTransport="t")}, http=http) as daemon:
        with grpc.insecure_channel("127.0.0.1:%d" % daemon.port, options=OPTIONS) as channel:
            yield channel, service, daemon
    server.stop(0)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def test_unary_with_metadata_both_ways(place):
    channel, _, _ = place
    answer, call = channel.unary_unary("/t.T/unary").with_call(b"abc", timeout=10 * SLOW, metadata=[("x-mine", "3")])
    assert answer == b"cba" and call.code() == grpc.StatusCode.OK
    assert ("x-head", "1") in call.initial_metadata()
    trailing = dict(call.trailing_metadata())
    assert (trailing["x-trailer"], trailing["bytes-bin"]) == ("2", b"\0\1")


def test_an_error_keeps_its_code_and_its_words(place):
    channel, _, _ = place
    with pytest.raises(grpc.RpcError) as error:
        channel.unary_unary("/t.T/fail")(b"", timeout=10 * SLOW)
    assert (error.value.code(), error.value.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "no: \u00e4 %")
    with pytest.raises(grpc.RpcError) as error:
        channel.unary_unary("/t.T/nowhere")(b"", timeout=10 * SLOW)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_streams_from_the_server_from_the_client_and_both(place):
    channel, _, _ = place
    assert list(channel.unary_stream("/t.T/down")(b"500", timeout=20 * SLOW)) == [b"%d" % n for n in range(500)]
    assert channel.stream_unary("/t.T/up")(iter([b"x" * 1000] * 500), timeout=20 * SLOW) == b"500000"
    both = channel.stream_stream("/t.T/both")
    turns = iter(b"%d" % n for n in range(300))
    assert list(both(turns, timeout=20 * SLOW)) == [b"%d" % n for n in range(300)]


def test_each_message_of_a_conversation_comes_before_the_next_is_sent(place):
    channel, _, _ = place
    gate, said = threading.Semaphore(1), []

    def talk():
        for n in range(20):
            assert gate.acquire(timeout=10)
            yield b"%d" % n

    for answer in channel.stream_stream("/t.T/both")(talk(), timeout=20 * SLOW):
        said.append(answer)
        gate.release()
    assert said == [b"%d" % n for n in range(20)]


def test_large_messages(place):
    channel, _, _ = place
    message = bytes(range(256)) * (16 * MIB // 256)
    assert channel.unary_unary("/t.T/unary")(message, timeout=60 * SLOW) == message[::-1]


def test_a_deadline_reaches_the_server_and_ends_the_call(place):
    channel, service, _ = place
    with pytest.raises(grpc.RpcError) as error:
        channel.unary_unary("/t.T/slow")(b"", timeout=1.5)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0 < service.deadline <= 1.6  # a deadline travels rounded up
    assert service.cancelled.wait(5 * SLOW)


def test_a_call_that_is_cancelled_is_cancelled_at_the_server(place):
    channel, service, _ = place
    call = channel.unary_stream("/t.T/endless")(b"")
    assert len(next(call)) == 10000
    call.cancel()
    assert service.cancelled.wait(5 * SLOW)
    assert channel.unary_unary("/t.T/unary")(b"ab", timeout=10 * SLOW) == b"ba"  # the connections go on


def test_many_calls_at_once(place):
    channel, _, _ = place
    unary = channel.unary_unary("/t.T/unary")
    calls = [unary.future(b"%d" % n, timeout=60 * SLOW) for n in range(2000)]
    assert [call.result() for call in calls] == [(b"%d" % n)[::-1] for n in range(2000)]


def test_over_tls_with_alpn():
    service = Service()
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=(service,), options=OPTIONS)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    pair = world().pair("grpc-front", "localhost")
    tls = {"certificates": [{"certFile": pair.cert, "keyFile": pair.key}]}
    routers = {"all": {"rule": "PathPrefix(`/`)", "service": "app", "tls": {}}}
    with site({"app": balancer("h2c://127.0.0.1:%d" % port)}, routers, static={"tls": tls}) as daemon:
        credentials = grpc.ssl_channel_credentials(read(world().ca.cert))
        with grpc.secure_channel("localhost:%d" % daemon.port, credentials, options=OPTIONS) as channel:
            assert channel.unary_unary("/t.T/unary")(b"abc", timeout=10 * SLOW) == b"cba"
    server.stop(0)


def test_no_server_is_an_error_that_clients_know():
    points = {"web": {"http": {"grpcErrors": True}}}
    with site({"app": balancer("h2c://127.0.0.1:%d" % free_port())}, entry_points=points) as daemon:
        with grpc.insecure_channel("127.0.0.1:%d" % daemon.port, options=OPTIONS) as channel:
            with pytest.raises(grpc.RpcError) as error:
                channel.unary_unary("/t.T/unary")(b"", timeout=10 * SLOW)
            assert error.value.code() == grpc.StatusCode.UNAVAILABLE
