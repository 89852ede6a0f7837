# SPDX-License-Identifier: MIT
"""HTTP/2 frames that are wrong: RFC 9113 sections 3 to 6 and RFC 7541, one line a case; each id names its section.

A connection error is GOAWAY with one of the codes and the end of the connection; a stream error is RST_STREAM with one of the
codes, after which the connection goes on. Where the RFC lets an endpoint choose between the two, either is taken.
"""
import pytest

from lib.client import RawClient
from lib.daemon import site
from lib.h2wire import (ACK, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENABLE_CONNECT_PROTOCOL, ENABLE_PUSH, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY,
                        HEADERS, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE, NO_RFC7540_PRIORITIES, PADDED,
                        PREFACE, PRIORITY, PRIORITY_UPDATE, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS, STREAM_CLOSED, WINDOW_UPDATE, WITH_PRIORITY, H2Client, data,
                        frame, get, goaway, literal, ping, priority, rst_stream, settings, u32, window_update)
from lib.server import RawServer, reply
from lib.tls_world import TlsClient, client_context, tls_site
from lib.wait import wait_until


@pytest.fixture(scope="module")
def server():
    with RawServer(answers={"/big": reply(body=b"x" * 1_000_000)}) as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}) as instance:
        yield instance


@pytest.fixture
def client(daemon):
    with H2Client(daemon.port) as instance:
        yield instance.ready()


def half_closed(client):
    """A stream whose request is whole and whose answer waits for our window."""
    client.send(settings({INITIAL_WINDOW_SIZE: 0}))
    stream = client.request(target="/big")
    assert client.until(lambda: client.answer_of(stream).status)
    return stream


def opened(client):
    """A stream whose request goes on."""
    stream = client.open(get(method="POST"), end=False)
    assert client.alive()
    return stream


def closed(client):
    """A stream that has ended on both sides."""
    stream = client.request()
    assert client.answer(stream).status == 200
    return stream


def reset(client):
    stream = opened(client)
    client.send(rst_stream(stream))
    return stream


def skipped(client):
    """A stream that a later one has closed without its ever being opened."""
    client.next_stream = 101
    return closed(client) - 50


def idle(client):
    return client.next_stream


def connection(client):
    return 0


def begun(client):
    """A stream with a field section that is not at its end."""
    stream = client.new_stream()
    client.send(frame(HEADERS, END_STREAM, stream, block(client)))
    return stream


def block(client, section=None):
    return client.encoder.encode(section or get())


def head(client, stream, flags=END_HEADERS | END_STREAM, section=None):
    return frame(HEADERS, flags, stream, block(client, section))


CALM = (PROTOCOL_ERROR,)
SIZE = (FRAME_SIZE_ERROR,)
GONE = (STREAM_CLOSED, PROTOCOL_ERROR)

# name -> (state, frames from (client, stream), codes of a connection error)
CONNECTION = {
    # 4.2 sizes
    "4.2-data-over-the-maximum": (opened, lambda c, s: data(s, bytes(c.settings[MAX_FRAME_SIZE] + 1)), SIZE),
    "4.2-headers-over-the-maximum": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + literal("x-a", "v" * 16000) * (c.settings[MAX_FRAME_SIZE] // 16000 + 1)), SIZE),
    "4.2-settings-over-the-maximum": (connection, lambda c, s: frame(SETTINGS, 0, 0, bytes(6) * (c.settings[MAX_FRAME_SIZE] // 6 + 1)), SIZE),
    "4.2-a-length-of-2-to-24": (connection, lambda c, s: frame(DATA, 0, 1, b"", length=0xFFFFFF) + bytes(20000), (FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    "4.2-an-unknown-frame-over-the-maximum": (connection, lambda c, s: frame(0x42, 0, 0, bytes(c.settings[MAX_FRAME_SIZE] + 1)), SIZE),
    # 5.1 states
    "5.1-data-on-an-idle-stream": (idle, lambda c, s: data(s, b"x"), CALM),
    "5.1-reset-of-an-idle-stream": (idle, lambda c, s: rst_stream(s), CALM),
    "5.1-window-for-an-idle-stream": (idle, lambda c, s: window_update(s, 100), CALM),
    "5.1-continuation-on-an-idle-stream": (idle, lambda c, s: frame(CONTINUATION, END_HEADERS, s, block(c)), CALM),
    "5.1-headers-after-the-end": (closed, lambda c, s: head(c, s), GONE),
    "5.1-continuation-after-the-end": (closed, lambda c, s: frame(CONTINUATION, END_HEADERS, s, block(c)), GONE),
    # 5.1.1 numbers
    "5.1.1-an-even-stream": (connection, lambda c, s: head(c, 2), CALM),
    "5.1.1-a-number-that-was-skipped": (skipped, lambda c, s: head(c, s), GONE),
    # 6.1 DATA
    "6.1-data-on-stream-0": (connection, lambda c, s: data(0, b"x"), CALM),
    "6.1-padding-as-long-as-the-frame": (opened, lambda c, s: frame(DATA, PADDED, s, b"\x06hello"), CALM),
    "6.1-padding-longer-than-the-frame": (opened, lambda c, s: frame(DATA, PADDED, s, b"\xffhello"), CALM),
    "6.1-padded-and-empty": (opened, lambda c, s: frame(DATA, PADDED, s, b""), (PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
    # 6.2 HEADERS
    "6.2-headers-on-stream-0": (connection, lambda c, s: head(c, 0), CALM),
    "6.2-padding-longer-than-the-frame": (idle, lambda c, s: frame(HEADERS, 5 | PADDED, s, b"\xff" + block(c)), CALM),
    "6.2-padding-within-priority": (idle, lambda c, s: frame(HEADERS, 5 | PADDED | WITH_PRIORITY, s, b"\x03" + bytes(5)), CALM),
    "6.2-priority-cut-short": (idle, lambda c, s: frame(HEADERS, 5 | WITH_PRIORITY, s, bytes(3)), (PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
    "6.2-another-stream-between": (begun, lambda c, s: head(c, s + 2), CALM),
    "6.2-data-between": (begun, lambda c, s: data(s, b"x"), CALM),
    "6.2-settings-between": (begun, lambda c, s: settings(), CALM),
    "6.2-ping-between": (begun, lambda c, s: ping(), CALM),
    "6.2-unknown-between": (begun, lambda c, s: frame(0x42, 0, s, b"x"), CALM),
    "6.2-window-between": (begun, lambda c, s: window_update(0, 1), CALM),
    "6.2-reset-between": (begun, lambda c, s: rst_stream(s), CALM),
    "6.2-priority-between": (begun, lambda c, s: priority(s + 2), CALM),
    # 6.3 to 6.5
    "6.3-priority-on-stream-0": (connection, lambda c, s: frame(PRIORITY, 0, 0, bytes(5)), CALM),
    "6.4-reset-of-stream-0": (connection, lambda c, s: rst_stream(0), CALM),
    "6.4-reset-of-3-bytes": (opened, lambda c, s: frame(RST_STREAM, 0, s, bytes(3)), SIZE),
    "6.4-reset-of-5-bytes": (opened, lambda c, s: frame(RST_STREAM, 0, s, bytes(5)), SIZE),
    "6.5-an-acknowledgement-with-content": (connection, lambda c, s: settings({HEADER_TABLE_SIZE: 4096}, ACK), SIZE),
    "6.5-settings-on-a-stream": (connection, lambda c, s: settings(stream=1), CALM),
    "6.5-settings-of-5-bytes": (connection, lambda c, s: frame(SETTINGS, 0, 0, bytes(5)), SIZE),
    "6.5-settings-of-7-bytes": (connection, lambda c, s: frame(SETTINGS, 0, 0, bytes(7)), SIZE),
    "6.5.2-push-of-2": (connection, lambda c, s: settings({ENABLE_PUSH: 2}), CALM),
    "6.5.2-push-of-2-to-32": (connection, lambda c, s: settings({ENABLE_PUSH: 0xFFFFFFFF}), CALM),
    "6.5.2-window-of-2-to-31": (connection, lambda c, s: settings({INITIAL_WINDOW_SIZE: 1 << 31}), (FLOW_CONTROL_ERROR,)),
    "6.5.2-frames-of-16383": (connection, lambda c, s: settings({MAX_FRAME_SIZE: 16383}), CALM),
    "6.5.2-frames-of-0": (connection, lambda c, s: settings({MAX_FRAME_SIZE: 0}), CALM),
    "6.5.2-frames-of-2-to-24": (connection, lambda c, s: settings({MAX_FRAME_SIZE: 1 << 24}), CALM),
    "6.5.2-a-bad-value-behind-good-ones": (connection, lambda c, s: settings([(MAX_FRAME_SIZE, 20000), (HEADER_TABLE_SIZE, 0), (ENABLE_PUSH, 7)]), CALM),
    "9218-2.1-priorities-given-up-later": (connection, lambda c, s: settings({NO_RFC7540_PRIORITIES: 1}), CALM),
    "9218-2.1-priorities-of-2": (connection, lambda c, s: settings({NO_RFC7540_PRIORITIES: 2}), CALM),
    # 6.6 to 6.8
    "6.6-push-promise": (opened, lambda c, s: frame(PUSH_PROMISE, END_HEADERS, s, u32(2) + block(c)), CALM),
    "6.7-ping-on-a-stream": (connection, lambda c, s: ping(stream=1), CALM),
    "6.7-ping-of-7-bytes": (connection, lambda c, s: ping(bytes(7)), SIZE),
    "6.7-ping-of-9-bytes": (connection, lambda c, s: ping(bytes(9)), SIZE),
    "6.7-empty-ping": (connection, lambda c, s: ping(b""), SIZE),
    "6.8-goaway-on-a-stream": (connection, lambda c, s: goaway(stream=1), CALM),
    "6.8-goaway-of-7-bytes": (connection, lambda c, s: frame(GOAWAY, 0, 0, bytes(7)), (FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    # 6.9 WINDOW_UPDATE
    "6.9-window-of-3-bytes": (connection, lambda c, s: frame(WINDOW_UPDATE, 0, 0, bytes(3)), SIZE),
    "6.9-window-of-5-bytes": (connection, lambda c, s: frame(WINDOW_UPDATE, 0, 0, bytes(5)), SIZE),
    "6.9-window-of-3-bytes-for-a-stream": (opened, lambda c, s: frame(WINDOW_UPDATE, 0, s, bytes(3)), SIZE),
    "6.9-window-of-0": (connection, lambda c, s: window_update(0, 0), CALM),
    "6.9.1-window-over-2-to-31": (connection, lambda c, s: window_update(0, 0x7FFFFFFF), (FLOW_CONTROL_ERROR,)),
    "6.9.1-window-over-2-to-31-in-steps": (connection, lambda c, s: window_update(0, 0x7FFFFFFF - 65535) + window_update(0, 1), (FLOW_CONTROL_ERROR,)),
    # 6.10 CONTINUATION
    "6.10-continuation-on-stream-0": (begun, lambda c, s: frame(CONTINUATION, END_HEADERS, 0, b""), CALM),
    "6.10-continuation-of-another-stream": (begun, lambda c, s: frame(CONTINUATION, END_HEADERS, s + 2, b""), CALM),
    "6.10-continuation-after-the-end": (opened, lambda c, s: frame(CONTINUATION, END_HEADERS, s, literal("x-a", "1")), CALM),
    "6.10-continuation-after-continuation-that-ended": (begun, lambda c, s: frame(CONTINUATION, END_HEADERS, s) + frame(CONTINUATION, END_HEADERS, s), CALM),
    "6.10-continuation-after-data": (opened, lambda c, s: data(s, b"x") + frame(CONTINUATION, END_HEADERS, s, b""), CALM),
    # RFC 7541
    "7541-2.3.3-index-0": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x80"), (COMPRESSION_ERROR,)),
    "7541-2.3.3-index-beyond-the-tables": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\xff\x40"), (COMPRESSION_ERROR,)),
    "7541-2.3.3-name-beyond-the-tables": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x7f\x7f\x01a"), (COMPRESSION_ERROR,)),
    "7541-4.2-table-size-at-the-end": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x20"), (COMPRESSION_ERROR,)),
    "7541-6.3-table-size-over-the-limit": (idle, lambda c, s: frame(HEADERS, 5, s, b"\x3f\xe2\x1f" + block(c)), (COMPRESSION_ERROR,)),
    "7541-5.1-integer-without-end": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x10\x7f" + b"\xff" * 20), (COMPRESSION_ERROR,)),
    "7541-5.1-integer-over-2-to-63": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x10\x7f" + b"\xff" * 12 + b"\x01"), (COMPRESSION_ERROR,)),
    "7541-5.2-string-longer-than-the-block": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x10\x03x-a\x7f\x10abc"), (COMPRESSION_ERROR,)),
    "7541-5.2-cut-in-a-name": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x10\x05x-a"), (COMPRESSION_ERROR,)),
    "7541-5.2-huffman-padding-over-7-bits": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x10\x03x-a\x83\x1f\xff\xff"), (COMPRESSION_ERROR,)),
    "7541-5.2-huffman-padding-with-zeros": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x10\x03x-a\x81\x00"), (COMPRESSION_ERROR,)),
    "7541-5.2-huffman-with-the-end-symbol": (idle, lambda c, s: frame(HEADERS, 5, s, block(c) + b"\x10\x03x-a\x84\xff\xff\xff\xff"), (COMPRESSION_ERROR,)),
    "7541-in-trailers": (opened, lambda c, s: frame(HEADERS, 5, s, b"\x80"), (COMPRESSION_ERROR,)),
}

# name -> (state, frames, codes of a stream error; the same as a connection error where the RFC allows it)
STREAM = {
    "5.1-data-on-a-half-closed-stream": (half_closed, lambda c, s: data(s, b"x"), (STREAM_CLOSED,)),
    "5.1-data-after-a-reset": (reset, lambda c, s: data(s, b"x"), (STREAM_CLOSED,)),
    "5.1-data-behind-a-reset-in-one-write": (H2Client.new_stream, lambda c, s: head(c, s, END_HEADERS) + rst_stream(s) + data(s, b"x"), (STREAM_CLOSED,)),
    "5.1-headers-on-a-half-closed-stream": (half_closed, lambda c, s: head(c, s, section=[("x-t", "1")]), (STREAM_CLOSED, PROTOCOL_ERROR)),
    "5.1-continuation-on-a-half-closed-stream": (half_closed, lambda c, s: frame(CONTINUATION, END_HEADERS, s, b""), (STREAM_CLOSED, PROTOCOL_ERROR)),
    "6.9-window-of-0-for-a-stream": (opened, lambda c, s: window_update(s, 0), CALM),
    "6.9-window-of-0-for-a-half-closed-stream": (half_closed, lambda c, s: window_update(s, 0), CALM),
    "6.9.1-window-over-2-to-31-for-a-stream": (half_closed, lambda c, s: window_update(s, 0x7FFFFFFF) + window_update(s, 1), (FLOW_CONTROL_ERROR,)),
    # The RFC asks for the connection; nghttp2 resets each stream that overflows, which stops the same.
    "6.9.2-settings-push-a-window-over-2-to-31": (opened, lambda c, s: window_update(s, 0x7FFFFFFF - 65535) + settings({INITIAL_WINDOW_SIZE: 65536}), (FLOW_CONTROL_ERROR,)),
    "8.1-headers-without-the-end": (opened, lambda c, s: head(c, s, END_HEADERS, [("x-t", "1")]), CALM),
}


def assert_connection_error(client, codes):
    code = client.end()
    assert code in codes and client.ended == "eof", "GOAWAY %s, ended %s, frames %r" % (code, client.ended, client.frames[-3:])


@pytest.mark.parametrize("row", CONNECTION)
def test_a_connection_error(client, server, row):
    state, make, codes = CONNECTION[row]
    stream = state(client)
    before = len(server.requests)
    client.send_quietly(make(client, stream))
    assert_connection_error(client, codes)
    assert len(server.requests) == before


@pytest.mark.parametrize("row", STREAM)
def test_a_stream_error(client, row):
    state, make, codes = STREAM[row]
    stream = state(client)
    client.send(make(client, stream))
    assert client.until(lambda: client.answer_of(stream).reset is not None or client.goaways)
    if client.goaways:
        return assert_connection_error(client, codes)
    assert client.answer_of(stream).reset in codes
    client.send(settings({INITIAL_WINDOW_SIZE: 65535}))
    assert client.alive() and client.ask().status == 200


OVER_TLS = ["4.2-data-over-the-maximum", "5.1-data-on-an-idle-stream", "6.5.2-frames-of-0", "6.7-ping-of-7-bytes", "6.2-ping-between", "7541-2.3.3-index-0"]


@pytest.fixture(scope="module")
def secure(server):
    with tls_site(server) as instance:
        yield instance


@pytest.mark.parametrize("row", OVER_TLS)
def test_a_connection_error_over_tls(secure, row):
    state, make, codes = CONNECTION[row]
    with H2Client(secure.port, tls=True) as client:
        stream = state(client.ready())
        client.send_quietly(make(client, stream))
        assert_connection_error(client, codes)


@pytest.mark.parametrize("row", ["5.1-data-on-an-idle-stream", "6.7-ping-of-7-bytes", "6.9.1-window-over-2-to-31", "7541-2.3.3-index-0"])
def test_a_connection_error_byte_by_byte(client, row):
    state, make, codes = CONNECTION[row]
    stream = state(client)
    try:
        client.transport.send_slowly(make(client, stream), 1, 0.0005)
    except OSError:
        pass
    assert_connection_error(client, codes)


# -- preface -----------------------------------------------------------------------------------------------------------------------------
PREFACES = {
    "wrong-at-the-end": PREFACE[:-2] + b"XX" + settings(),
    "wrong-word": PREFACE.replace(b"SM", b"SX") + settings(),
    "http-request-behind-its-first-line": b"PRI * HTTP/2.0\r\n\r\nGET / HTTP/1.1\r\nHost: app.test\r\n\r\n",
    "with-a-field": b"PRI * HTTP/2.0\r\nHost: app.test\r\n\r\nSM\r\n\r\n" + settings(),
}


@pytest.mark.parametrize("row", PREFACES)
def test_3_4_a_wrong_preface_ends_the_connection(daemon, server, row):
    before = server.received()
    with RawClient(daemon.port) as client:
        client.send_quietly(PREFACES[row])
        rest = client.rest()
        assert client.ended is not None and b" 200 " not in rest, rest
    assert server.received() == before


@pytest.mark.parametrize("first", [ping(), window_update(0, 1), settings(flags=ACK), frame(0x42), data(1, b"x")], ids=["ping", "window", "ack", "unknown", "data"])
def test_3_4_the_first_frame_is_settings(daemon, first):
    with H2Client(daemon.port, greets=False) as client:
        client.send_quietly(PREFACE + first)
        assert_connection_error(client, CALM)


def test_6_2_the_first_frame_is_no_request(daemon, server):
    before = len(server.requests)
    with H2Client(daemon.port, greets=False) as client:
        client.send_quietly(PREFACE + head(client, 1))
        assert_connection_error(client, CALM)
    assert len(server.requests) == before


@pytest.mark.parametrize("step", [1, 3, 10])
def test_a_preface_that_comes_in_pieces(daemon, step):
    with H2Client(daemon.port, greets=False) as client:
        client.transport.send_slowly(PREFACE + settings() + head(client, client.new_stream()), step, 0.001)
        assert client.answer(1).status == 200


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n", b"\x16\x03\x01", settings()], ids=["http-1", "tls", "no-preface"])
def test_security_6_h2_chosen_by_alpn_followed_by_other_bytes(secure, server, data):
    before = server.received()
    with TlsClient(secure.port, context=client_context(alpn=["h2"])) as client:
        client.send_quietly(data + bytes(24))
        rest = client.rest()
        assert client.ended in ("eof", "cut", "reset") and b"HTTP/1.1" not in rest
    assert server.received() == before


@pytest.mark.parametrize("offered, chosen", [(["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"), (None, None)])
def test_tls_acme_alpn(secure, offered, chosen):
    with TlsClient(secure.port, context=client_context(alpn=offered)) as client:
        assert client.socket.selected_alpn_protocol() == chosen
        if chosen != "h2":
            assert client.ask().status == 200


def test_http_routing_7_an_upgrade_to_h2c_is_not_taken(daemon, server):
    with RawClient(daemon.port) as client:
        answer = client.ask(fields=[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")])
        assert answer.status == 200 and not server.last.has("upgrade") and not server.last.has("http2-settings")


# -- what the daemon says of itself --------------------------------------------------------------------------------------------------------
def test_its_settings(client):
    assert client.settings[MAX_CONCURRENT_STREAMS] == 250 and client.settings.get(HEADER_TABLE_SIZE, 4096) == 4096
    assert client.settings.get(ENABLE_PUSH, 0) in (0, 1) and 16384 <= client.settings[MAX_FRAME_SIZE] < 1 << 24
    assert client.settings.get(MAX_HEADER_LIST_SIZE, 1 << 30) >= 1 << 20


def test_its_settings_follow_the_options(server):
    options = {"maxConcurrentStreams": 7, "maxDecoderHeaderTableSize": 1024}
    with site({"app": server}, entry_points={"web": {"http2": options}}) as daemon, H2Client(daemon.port) as client:
        client.ready()
        assert (client.settings[MAX_CONCURRENT_STREAMS], client.settings[HEADER_TABLE_SIZE]) == (7, 1024)


def test_5_1_2_streams_over_the_limit_are_refused(server):
    """Or, by section 5.4.1, the connection is ended: whoever has acknowledged the limit and breaks it is broken."""
    gate = []
    server.answers["/held"] = lambda c, r: (wait_until(lambda: gate), reply())[1]
    with site({"app": server}, entry_points={"web": {"http2": {"maxConcurrentStreams": 3}}}) as daemon, H2Client(daemon.port) as client:
        streams = [client.ready().request(target="/held") for _ in range(5)]
        assert client.until(lambda: client.goaways or all(client.answer_of(s).reset for s in streams[3:]))
        gate.append(True)
        if client.goaways:
            return assert_connection_error(client, CALM)
        assert {client.answer_of(s).reset for s in streams[3:]} <= {REFUSED_STREAM, PROTOCOL_ERROR}
        assert [client.answer(s).status for s in streams[:3]] == [200] * 3
        assert client.ask().status == 200


def test_5_1_2_streams_over_a_limit_that_is_not_acknowledged_are_refused(server):
    """A client that has not heard of it yet must not lose its connection."""
    gate = []
    server.answers["/held"] = lambda c, r: (wait_until(lambda: gate), reply())[1]
    with site({"app": server}, entry_points={"web": {"http2": {"maxConcurrentStreams": 3}}}) as daemon, H2Client(daemon.port, acks=False) as client:
        streams = [client.request(target="/held") for _ in range(5)]
        assert [client.answer(s).reset for s in streams[3:]] == [REFUSED_STREAM] * 2
        gate.append(True)
        assert [client.answer(s).status for s in streams[:3]] == [200] * 3


def test_6_5_3_settings_are_acknowledged_in_order(client):
    before = client.settings_acks
    client.send(settings({INITIAL_WINDOW_SIZE: 1000}), settings({INITIAL_WINDOW_SIZE: 70000}), settings())
    assert client.alive() and client.settings_acks == before + 3


def test_9218_2_1_priorities_given_up_in_the_first_settings(daemon):
    with H2Client(daemon.port, options={NO_RFC7540_PRIORITIES: 1}) as client:
        assert client.ready().ask().status == 200


def test_6_7_pings_are_answered_with_their_bytes(client):
    client.send(ping(b"abcdefgh"), ping(b"\0\1\2\3\4\5\6\7"))
    assert client.until(lambda: len(client.pongs) == 2) and client.pongs == [b"abcdefgh", b"\0\1\2\3\4\5\6\7"]


IGNORED = {
    "4.1-an-unknown-frame": frame(0x42, 0xFF, 0, b"anything"),
    "4.1-an-unknown-frame-on-an-idle-stream": frame(0x42, 0xFF, 101, b"anything"),
    "4.1-unknown-flags-of-ping": ping(b"unknown!", 0xFE),
    "4.1-the-reserved-bit": frame(SETTINGS, 0, 0x80000000),
    "6.5.2-an-unknown-setting": settings({0x7FFF: 0xFFFFFFFF}),
    "6.5-empty-settings": settings(),
    "6.5.2-a-setting-twice": settings([(INITIAL_WINDOW_SIZE, 1), (INITIAL_WINDOW_SIZE, 70000)]),
    "6.5.2-a-table-of-0": settings({HEADER_TABLE_SIZE: 0}),
    "6.5.2-a-table-of-4-GiB": settings({HEADER_TABLE_SIZE: 0xFFFFFFFF}),
    "6.5.2-largest-values": settings({MAX_FRAME_SIZE: (1 << 24) - 1, MAX_CONCURRENT_STREAMS: 0xFFFFFFFF, MAX_HEADER_LIST_SIZE: 0xFFFFFFFF}),
    "6.5.2-no-push": settings({ENABLE_PUSH: 0}),
    "8441-connect-protocol": settings({ENABLE_CONNECT_PROTOCOL: 1}),
    "9218-a-priority-update": frame(PRIORITY_UPDATE, 0, 0, u32(1) + b"u=1"),
    "6.7-an-answer-to-no-ping": ping(b"answered", ACK),
    "6.9-a-window": window_update(0, 1000),
    "5.1-priority-on-an-idle-stream": priority(101, 1),
}


@pytest.mark.parametrize("row", IGNORED)
def test_ignored(client, row):
    client.send(IGNORED[row])
    answer = client.ask(fields=[("x-a", "1")])
    assert answer.status == 200 and client.alive() and not client.goaways


LATE = {
    "window-after-the-end": (closed, lambda s: window_update(s, 10)),
    "reset-after-the-end": (closed, lambda s: rst_stream(s)),
    "priority-after-the-end": (closed, lambda s: priority(s)),
    "window-after-our-reset": (reset, lambda s: window_update(s, 10)),
    "reset-after-our-reset": (reset, lambda s: rst_stream(s)),
    "unknown-frame-within-a-request": (opened, lambda s: frame(0x42, 0, s, b"x")),
    "priority-within-a-request": (opened, lambda s: priority(s)),
}


@pytest.mark.parametrize("row", LATE)
def test_5_1_late_frames_are_ignored(client, row):
    state, make = LATE[row]
    client.send(make(state(client)))
    assert client.alive() and not client.goaways
    assert client.ask().status == 200


SELF = {
    "priority": (opened, lambda c, s: priority(s, s)),
    "exclusive": (opened, lambda c, s: priority(s, 0x80000000 | s)),
    "headers": (idle, lambda c, s: frame(HEADERS, 5 | WITH_PRIORITY, s, u32(s) + b"\x10" + block(c))),
}


@pytest.mark.parametrize("row", SELF)
def test_5_3_a_stream_that_depends_on_itself(client, row):
    """An error of RFC 7540 section 5.3.1 that RFC 9113 leaves open and h2spec still asks for."""
    state, make = SELF[row]
    stream = state(client)
    client.send(make(client, stream))
    assert client.until(lambda: client.answer_of(stream).reset is not None or client.goaways)
    assert client.answer_of(stream).reset == PROTOCOL_ERROR or client.end() == PROTOCOL_ERROR


@pytest.mark.parametrize("length", [4, 6])
def test_6_3_priority_of_another_length_is_a_stream_error(client, length):
    stream = opened(client)
    client.send_quietly(frame(PRIORITY, 0, stream, bytes(length)))
    assert client.until(lambda: client.answer_of(stream).reset is not None or client.goaways)
    assert client.answer_of(stream).reset == FRAME_SIZE_ERROR or client.end() == FRAME_SIZE_ERROR


# -- field sections that are well made, in every way ---------------------------------------------------------------------------------------
def test_6_2_headers_with_padding_and_priority(client):
    stream = client.new_stream()
    client.send(frame(HEADERS, 5 | PADDED | WITH_PRIORITY, stream, b"\x07" + u32(0) + b"\x10" + block(client) + bytes(7)))
    assert client.answer(stream).status == 200


@pytest.mark.parametrize("pieces", [2, 5, 9])
def test_6_10_a_section_in_continuations(client, server, pieces):
    section = get(fields=[("x-%d" % i, "v" * 50) for i in range(20)])
    encoded = client.encoder.encode(section)
    stream = client.open(encoded, room=-(-len(encoded) // pieces))
    assert client.answer(stream).status == 200 and server.last.has("x-19")


HUFFMAN_A = b"\x81\x1f"  # "a"
FORMS = {
    "indexed-static": b"\x90",  # accept-encoding: gzip, deflate
    "literal-indexed-name": b"\x53\x04text",
    "literal-not-indexed": b"\x00\x03x-a\x011",
    "literal-never-indexed": b"\x10\x03x-a\x011",
    "huffman": b"\x10\x03x-a" + HUFFMAN_A,
    "empty-value": b"\x10\x03x-a\x00",
    "empty-huffman-value": b"\x10\x03x-a\x80",
    "overlong-integer": b"\x10\x03x-a\x7f\x80\x80\x80\x00" + b"v" * 127,
}


@pytest.mark.parametrize("row", FORMS)
def test_7541_6_every_representation(client, row):
    assert client.answer(client.open(block(client) + FORMS[row])).status == 200 and client.alive()


def test_7541_4_2_table_sizes_at_the_start(client):
    assert client.answer(client.open(b"\x20\x3f\xe1\x1f" + block(client))).status == 200
    client.encoder.header_table_size = 0
    assert client.ask(fields=[("x-a", "1")]).status == 200


def test_7541_the_table_is_kept_from_request_to_request(client, server):
    for turn in range(60):
        fields = [("x-turn", "turn %d" % (turn % 7)), ("x-long-%d" % (turn % 5), "v" * 700)]
        assert client.ask(fields=fields).status == 200
        assert server.last.get("x-turn") == "turn %d" % (turn % 7)


def test_7541_a_client_without_a_table_gets_none(daemon):
    with H2Client(daemon.port, options={HEADER_TABLE_SIZE: 0}) as client:
        client.ready()
        client.decoder.max_allowed_table_size = 0
        assert [client.ask(fields=[("x-a", "1")]).status for _ in range(5)] == [200] * 5


# -- shut from the other side --------------------------------------------------------------------------------------------------------------
def test_6_8_after_the_clients_goaway_its_streams_end(client):
    stream = client.request(target="/big")
    client.send(goaway(0))
    answer = client.answer(stream)
    assert (len(answer.body), answer.ended) == (1_000_000, True)
