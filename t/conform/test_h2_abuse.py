# SPDX-License-Identifier: MIT
"""What a client of HTTP/2 cannot make us do: security.md section 4, last part, and section 5.

The glitch budget (1000 at once, 33 a second), blocks of too many frames, header bombs, windows that stay shut, uploads that stand still.
Whatever one connection does, the worker's memory stays and others are served.
"""
import threading
import time

import pytest

from lib import proc
from lib.client import ask
from lib.daemon import is_sanitized, site
from lib.h2wire import (CONTINUATION, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, INTERNAL_ERROR, INITIAL_WINDOW_SIZE, PROTOCOL_ERROR, STREAM_CLOSED, H2Client, data, frame, get, literal, ping,
                        priority, rst_stream, settings, window_update)
from lib.server import RawServer, reply
from lib.wait import SLOW, Stopwatch, wait_until

MIB = 1 << 20
BURST = 1000
BIG = 8 * MIB


class Held:
    """A path whose answers wait until they are let go."""

    def __init__(self):
        self.free = threading.Event()

    def __call__(self, connection, request):
        self.free.wait(60)
        return reply(body=b"late")


def never_reads(connection, request):
    """Takes the head of an upload and nothing behind it, until the other end goes."""
    if not request.path.startswith("/stalled"):
        return False
    while not connection.closed and connection.server.listener:
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def server():
    with RawServer(answers={"/big": reply(body=b"x" * BIG)}, on_head=never_reads, receive_buffer=4096) as instance:
        yield instance


@pytest.fixture
def held(server):
    server.answers["/held"] = Held()
    yield server.answers["/held"]
    server.answers["/held"].free.set()


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}) as instance:
        yield instance


def assert_others_are_served(daemon):
    watch = Stopwatch()
    assert ask(daemon.port).status == 200
    with H2Client(daemon.port) as other:
        assert other.ask().status == 200
    assert watch.seconds < 1.5 * SLOW


# -- the glitch budget -------------------------------------------------------------------------------------------------------------------
def rapid_reset(client, count):
    return b"".join(client.headers(s, get("/held")) + rst_stream(s) for s in (client.new_stream() for _ in range(count)))


def each(make, section=None, end=False):
    """So many streams, each with frames behind its head."""
    def frames(client, count):
        streams = [client.new_stream() for _ in range(count)]
        return b"".join(client.headers(s, section or get(method="POST"), end) + make(s) for s in streams)
    return frames


def again(made):
    """The same frame over and over."""
    return lambda _, count: made * count


def on_one_stream(made, section=None):
    """Frames on one stream that is open, or that our fault has closed."""
    def frames(client, count):
        stream = client.open(section or get("/held", "POST"), end=False)
        assert client.alive()
        return made(stream) * count
    return frames


def answered(blocks):
    """Whole requests, whose field sections have empty frames: so many of these, a few requests at a time."""
    def frames(client, count):
        for _ in range(4):
            streams = [client.new_stream() for _ in range(count // 4 // EMPTY[blocks])]
            client.send_quietly(b"".join(blocks(client, s) for s in streams))
            for stream in streams:
                client.answer(stream)
        return b""
    return frames


def empty_headers(client, stream):
    return frame(HEADERS, END_STREAM, stream) + frame(CONTINUATION, END_HEADERS, stream, client.encoder.encode(get()))


def empty_continuations(client, stream):
    """Eight, which is the most that a block may have."""
    return frame(HEADERS, END_STREAM, stream, client.encoder.encode(get())) + frame(CONTINUATION, 0, stream) * 7 + frame(CONTINUATION, END_HEADERS, stream)


EMPTY = {empty_headers: 1, empty_continuations: 8}
FLOODS = {
    "rapid-reset": (rapid_reset, (ENHANCE_YOUR_CALM,)),
    # By RFC 9113 section 5.4.1 the first may end the connection.
    "resets-provoked-by-a-zero-window": (each(lambda s: window_update(s, 0)), (ENHANCE_YOUR_CALM, PROTOCOL_ERROR)),
    "resets-provoked-by-a-window-too-large": (each(lambda s: window_update(s, 0x7FFFFFFF)), (ENHANCE_YOUR_CALM,)),
    "malformed-requests": (each(lambda s: b"", get(fields=[("Bad", "1")]), True), (ENHANCE_YOUR_CALM,)),
    "data-on-a-stream-that-is-closed": (on_one_stream(lambda s: data(s, b"x"), get(fields=[("Bad", "1")])), (ENHANCE_YOUR_CALM, STREAM_CLOSED)),
    "empty-data": (on_one_stream(lambda s: data(s)), (ENHANCE_YOUR_CALM,)),
    "empty-headers": (answered(empty_headers), (ENHANCE_YOUR_CALM,)),
    "empty-continuations": (answered(empty_continuations), (ENHANCE_YOUR_CALM,)),
    "settings": (again(settings()), (ENHANCE_YOUR_CALM,)),
    "settings-with-values": (again(settings({INITIAL_WINDOW_SIZE: 65535})), (ENHANCE_YOUR_CALM,)),
    "ping": (again(ping()), (ENHANCE_YOUR_CALM,)),
    "priority": (again(priority(101)), (ENHANCE_YOUR_CALM,)),
    "priority-of-an-open-stream": (on_one_stream(lambda s: priority(s)), (ENHANCE_YOUR_CALM,)),
}
# What the daemon resets, or refuses, may cost more than one.
BELOW = {"rapid-reset": 200, "resets-provoked-by-a-zero-window": 0, "resets-provoked-by-a-window-too-large": 200, "malformed-requests": 400, "empty-continuations": 600,
         "data-on-a-stream-that-is-closed": 0}
STEP = 100  # fewer than the streams that a client may have


def flood(client, make, count):
    """In steps, each of which has been read before the next one is sent; False when the connection has ended."""
    for _ in range(0, count, STEP):
        client.send_quietly(make(client, STEP))
        if not client.alive():
            return False
    return True


@pytest.mark.parametrize("row", FLOODS, ids=["security-4-" + k for k in FLOODS])
def test_out_of_budget_the_connection_ends(daemon, held, row):
    make, codes = FLOODS[row]
    with H2Client(daemon.port) as client:
        client.ready()
        assert not flood(client, make, BURST + 800), "still there: %r" % client.frames[-2:]
        assert client.end() in codes, (client.goaways, client.ended, client.frames[-2:])
    assert_others_are_served(daemon)


@pytest.mark.parametrize("row", FLOODS, ids=["security-4-" + k for k in FLOODS])
def test_below_the_budget_nothing_happens(daemon, held, row):
    make, _ = FLOODS[row]
    with H2Client(daemon.port) as client:
        assert flood(client.ready(), make, BELOW.get(row, 900)) and not client.goaways
        held.free.set()
        assert client.ask().status == 200


def test_security_4_refused_streams_count(server, held):
    with site({"app": server}, entry_points={"web": {"http2": {"maxConcurrentStreams": 2}}}) as daemon, H2Client(daemon.port) as client:
        streams = [client.ready().request(target="/held") for _ in range(2)]
        client.send_quietly(each(lambda s: b"", get("/held"), True)(client, BURST + 800))
        # Whoever breaks a limit that he has acknowledged may be sent away at once.
        assert client.end() in (ENHANCE_YOUR_CALM, PROTOCOL_ERROR)
        assert all(client.answer_of(s).status is None for s in streams)


@pytest.fixture(scope="module")
def tuned(server):
    points = {"small": {"http2": {"glitchBurst": 50, "glitchRate": 1}}, "quick": {"http2": {"glitchBurst": 50, "glitchRate": 10000}}, "wide": {"http2": {"glitchBurst": 1000000}},
              "narrow": {"http2": {"glitchBurst": 1000000, "maxConcurrentStreams": 10}}}
    with site({"app": server}, entry_points=points) as instance:
        yield instance


@pytest.mark.parametrize("count, ends", [(30, False), (100, True)])
def test_security_4_the_burst_is_an_option(tuned, count, ends):
    with H2Client(tuned.ports["small"]) as client:
        client.ready().send_quietly(ping() * count)
        assert (client.end() == ENHANCE_YOUR_CALM) if ends else client.alive()


def test_security_4_the_budget_is_filled_again(tuned):
    with H2Client(tuned.ports["quick"]) as client:
        client.ready()
        for _ in range(20):
            client.send(ping() * 30)
            assert client.alive() and not client.goaways
            client.listen(0.02)


# -- work on the other side ----------------------------------------------------------------------------------------------------------------
def test_security_4_a_reset_stream_keeps_its_place_until_the_server_is_rid_of_it(tuned, server, held):
    """However fast a client opens and resets, the servers never have more of its requests than it may have streams."""
    most, stop = [0], threading.Event()
    before = {id(c) for c in server.connections}

    def watch():
        while not stop.is_set():
            most[0] = max(most[0], sum(1 for c in server.open_connections() if id(c) not in before))
            time.sleep(0.001)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        with H2Client(tuned.ports["narrow"]) as client:
            client.ready()
            for _ in range(18):  # fewer resets than nghttp2's own 1000
                client.send_quietly(rapid_reset(client, 50))
                client.until(lambda: not client.transport.reader.buffer, 0.005)
            assert client.alive()
    finally:
        stop.set()
        thread.join()
    assert most[0] <= 2 * 10, most  # the test's server hears of an end a little later than of a beginning


# -- blocks --------------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [9, 20, 1000])
@pytest.mark.parametrize("piece", [b"", literal("x-a", "v" * 100)], ids=["empty", "full"])
def test_security_4_more_than_8_continuations_end_the_connection(daemon, server, count, piece):
    before = server.received()
    with H2Client(daemon.port) as client:
        client.ready()
        stream = client.new_stream()
        frames = frame(HEADERS, END_STREAM, stream, client.encoder.encode(get())) + frame(CONTINUATION, 0, stream, piece) * (count - 1)
        client.send_quietly(frames + frame(CONTINUATION, END_HEADERS, stream, piece))
        # nghttp2 counts them itself and calls it an internal error.
        assert client.end() in (ENHANCE_YOUR_CALM, PROTOCOL_ERROR, INTERNAL_ERROR)
    assert server.received() == before


def growth(pid, before):
    return proc.private(pid) - before


def warm(daemon, held, streams=250):
    """The worker has had so many requests at once: what they cost once is there. Its memory then."""
    with H2Client(daemon.port) as client:
        numbers = [client.ready().request(target="/held") for _ in range(streams)]
        assert client.alive()
        held.free.set()
        assert {client.answer(n).status for n in numbers} == {200}
    time.sleep(0.3)
    return proc.private(daemon.worker())


no_sanitizer = pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory would be measured")

BOMBS = {
    "a-large-field": literal("x-bomb", "v" * 4000),
    "a-small-field": literal("x", ""),
    "a-cookie": literal("cookie", "a=" + "v" * 3900),
}


@no_sanitizer
@pytest.mark.parametrize("row", BOMBS)
def test_security_4_a_reference_costs_what_it_stands_for(daemon, server, held, row):
    """A field goes into the table once; each byte of the block is that field again."""
    before, received = warm(daemon, held), server.received()
    field = b"\x40" + BOMBS[row][1:]
    for _ in range(10):
        with H2Client(daemon.port) as client:
            client.ready()
            head = b"".join(literal(k, v) for k, v in get())
            stream = client.open(head + field + b"\xbe" * 16000, room=16000)
            answer = client.answer_of(stream)
            assert client.until(lambda: answer.is_over or client.ended is not None)
            assert answer.status in (431, None) and answer.status != 200, answer
    assert server.received() == received
    assert growth(daemon.worker(), before) <= 4 * MIB
    assert_others_are_served(daemon)


# What a connection may pin: maxConnectionMemory.
ROOM = 4 * MIB

# -- memory --------------------------------------------------------------------------------------------------------------------------------
UNREAD = {
    "shut-stream-windows": {INITIAL_WINDOW_SIZE: 0},
    "shut-connection-window": {INITIAL_WINDOW_SIZE: 0x7FFFFFFF},
    "open-windows-and-a-full-socket": {INITIAL_WINDOW_SIZE: 0x7FFFFFFF},
}


@no_sanitizer
@pytest.mark.parametrize("row", UNREAD)
def test_security_5_250_answers_that_nobody_reads(daemon, held, row):
    before = warm(daemon, held)
    with H2Client(daemon.port, options=UNREAD[row], credit=False, receive_buffer=4096) as client:
        client.ready()
        if row.startswith("open"):
            client.send(window_update(0, 0x7FFFFFFF - 65535))
        for _ in range(250):
            client.request(target="/big")
        if row.startswith("open"):
            time.sleep(1.5)
        else:
            assert client.alive()
            client.listen(1.5)
        grown = growth(daemon.worker(), before)
        assert grown <= ROOM, "%.1f MiB" % (grown / MIB)
        assert_others_are_served(daemon)


@no_sanitizer
def test_security_5_250_uploads_that_stand_still(daemon, held):
    before = warm(daemon, held)
    with H2Client(daemon.port) as client:
        client.ready()
        streams = [client.request("POST", "/stalled", [("content-length", "10000000")], end=False) for _ in range(250)]
        client.windows.update({s: client.settings[INITIAL_WINDOW_SIZE] for s in streams})
        for _ in range(3):
            for stream in streams:
                room = min(client.window, client.windows[stream], 16384)
                while room > 0:
                    client.window, client.windows[stream] = client.window - room, client.windows[stream] - room
                    client.send(data(stream, b"u" * room))
                    room = min(client.window, client.windows[stream], 16384)
            client.listen(0.3)
        grown = growth(daemon.worker(), before)
        assert grown <= ROOM, "%.1f MiB" % (grown / MIB)
        assert_others_are_served(daemon)


@no_sanitizer
@pytest.mark.parametrize("made", [ping(), settings()], ids=["ping", "settings"])
def test_security_4_answers_to_control_frames_do_not_pile_up(tuned, held, made):
    """A client that asks and never reads: at most 1000 answers wait, then its own frames are not read any more, or it is ended."""
    worker = tuned.worker()
    before = proc.private(worker)
    with H2Client(tuned.ports["wide"], receive_buffer=4096, send_buffer=65536) as client:
        client.transport.socket.settimeout(1)
        try:
            for _ in range(900):
                client.send(made * 1000)
        except OSError:
            pass
        assert growth(worker, before) <= 1 * MIB
        assert ask(tuned.ports["wide"]).status == 200


# -- time ----------------------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def impatient(server):
    points = {"web": {"transport": {"sendStallTimeout": "2s", "respondingTimeouts": {"readTimeout": "2s"}}}}
    with site({"app": server}, entry_points=points) as instance:
        yield instance


def wait_over(client, answer, seconds, poke=b""):
    """How long it took until the stream was reset or the connection ended; None if neither came in this time."""
    watch = Stopwatch()
    while watch.seconds < seconds:
        client.until(lambda: answer.is_over or client.ended is not None, 0.3)
        if answer.is_over or client.ended is not None:
            return watch.seconds
        if poke:
            client.send_quietly(poke)
    return None


@pytest.mark.parametrize("poke", [b"", ping(), settings(), priority(101)], ids=["silent", "with-pings", "with-settings", "with-priorities"])
def test_security_5_a_window_that_stays_shut_ends_the_stream_in_time(impatient, poke):
    with H2Client(impatient.port, options={INITIAL_WINDOW_SIZE: 0}) as client:
        answer = client.answer_of(client.ready().request(target="/big"))
        assert client.until(lambda: answer.status)
        took = wait_over(client, answer, 2 + 2 * SLOW, poke)
        assert took is not None and took > 1 and not answer.ended
        if client.ended is None:
            client.send_quietly(settings({INITIAL_WINDOW_SIZE: 65535}))
            assert client.ask().status == 200


def test_security_5_a_connection_window_that_stays_shut_ends_all_its_streams_in_time(impatient):
    with H2Client(impatient.port, credit=False) as client:
        answers = [client.answer_of(client.ready().request(target="/big")) for _ in range(3)]
        for answer in answers:
            assert wait_over(client, answer, 4 + 2 * SLOW) is not None and not answer.ended


def test_security_5_a_client_that_reads_nothing_is_gone_in_time(impatient, server):
    with H2Client(impatient.port, options={INITIAL_WINDOW_SIZE: 0x7FFFFFFF}, receive_buffer=4096) as client:
        client.ready().send(window_update(0, 0x7FFFFFFF - 65535))
        client.request(target="/big")
        assert wait_until(lambda: gone(client), 2 + 2 * SLOW)


def gone(client):
    try:
        client.send(ping())
        return False
    except OSError:
        return True


def test_security_5_a_slow_reader_that_goes_on_is_not_ended(impatient):
    """A window of a few bytes each half second is progress."""
    with H2Client(impatient.port, options={INITIAL_WINDOW_SIZE: 0}, credit=False) as client:
        answer = client.answer_of(client.ready().request(target="/big"))
        assert client.until(lambda: answer.status)
        for _ in range(10):
            client.send(window_update(answer.stream, 10))
            client.listen(0.5)
            assert not answer.is_over and client.ended is None
        assert len(answer.body) == 100


def test_static_config_4_an_upload_that_stands_still_is_ended_within_the_read_timeout(impatient):
    with H2Client(impatient.port) as client:
        stream = client.ready().request("POST", "/", [("content-length", "100")], end=False)
        client.send(data(stream, b"begun"))
        answer = client.answer_of(stream)
        assert wait_over(client, answer, 2 + 2 * SLOW, ping()) is not None
        assert answer.status in (504, 408, None) and client.ask().status == 200


def test_security_5_a_field_section_that_never_ends_is_ended_in_time(impatient):
    with H2Client(impatient.port) as client:
        client.ready()
        client.send(frame(HEADERS, END_STREAM, client.new_stream(), client.encoder.encode(get())))
        assert client.end(2 + 2 * SLOW) is not None


@pytest.mark.parametrize("start", [b"", b"PRI * HTTP/2.0\r\n\r\nSM", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\6"], ids=["nothing", "half-a-preface", "preface", "half-a-frame"])
def test_security_5_a_connection_that_never_becomes_one_is_ended_in_time(impatient, start):
    with H2Client(impatient.port, greets=False) as client:
        client.send(start)
        assert client.end(2 + 2 * SLOW) is not None
