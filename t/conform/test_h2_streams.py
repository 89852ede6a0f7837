# SPDX-License-Identifier: MIT
"""Streams beside each other: windows (RFC 9113 section 6.9, decision 45), and that none waits for another."""
import threading
import time

import pytest

from lib.daemon import site
from lib.h2wire import INITIAL_WINDOW_SIZE, H2Client, data, get, settings, window_update
from lib.server import RawServer, reply

MIB = 1 << 20
BIG = bytes(range(256)) * 4096  # 1 MiB


class Unread:
    """The head of an upload is taken; its body once the gate is open."""

    def __init__(self):
        self.gate = threading.Event()

    def __call__(self, connection, request):
        if request.path == "/unread":
            self.gate.wait(30)
        return False


@pytest.fixture(scope="module")
def server():
    with RawServer(answers={"/big": reply(body=BIG), "/echo": lambda c, r: reply(body=r.body)}, on_head=Unread(), receive_buffer=4096) as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}) as instance:
        yield instance


@pytest.mark.parametrize("window", [1, 100, 16383, 16384, 65535, 100_000])
def test_never_a_byte_more_than_the_window(daemon, window):
    with H2Client(daemon.port, options={INITIAL_WINDOW_SIZE: window}, credit=False) as client:
        answer = client.answer_of(client.ready().request(target="/big"))
        room = min(window, 65535)
        assert client.until(lambda: len(answer.body) >= room) and client.alive()
        client.listen(0.1)
        assert len(answer.body) == room
        client.send(window_update(0, 1000), window_update(answer.stream, 1000))
        assert client.until(lambda: len(answer.body) >= room + 1000)
        client.listen(0.1)
        assert answer.body == BIG[: room + 1000]


def test_a_window_below_zero_waits_until_it_is_above(daemon):
    """Section 6.9.2: SETTINGS may take back what was granted."""
    with H2Client(daemon.port, options={INITIAL_WINDOW_SIZE: 1000}, credit=False) as client:
        answer = client.answer_of(client.ready().request(target="/big"))
        assert client.until(lambda: len(answer.body) == 1000)
        client.send(settings({INITIAL_WINDOW_SIZE: 200}), window_update(answer.stream, 800))
        assert client.alive()
        client.listen(0.1)
        assert len(answer.body) == 1000
        client.send(window_update(answer.stream, 1))
        assert client.until(lambda: len(answer.body) == 1001)
        client.send(settings({INITIAL_WINDOW_SIZE: 300}))
        assert client.until(lambda: len(answer.body) == 1101)


def test_a_stream_whose_window_is_shut_holds_nobody(daemon):
    with H2Client(daemon.port, options={INITIAL_WINDOW_SIZE: 0}, credit=False) as client:
        shut = [client.answer_of(client.ready().request(target="/big")) for _ in range(20)]
        assert client.until(lambda: all(a.status for a in shut))
        client.send(window_update(0, 4 * MIB))
        for _ in range(3):
            stream = client.request(target="/big")
            client.send(window_update(stream, 2 * MIB))
            assert client.answer(stream).body == BIG
            client.send(window_update(0, MIB))
        assert not any(a.body for a in shut)


def test_an_upload_that_nobody_reads_gets_no_more_window_and_holds_nobody(daemon, server):
    """A connection pins 4 MiB at most, a stream 1 MiB; what is not taken is not given back (decision 45)."""
    with H2Client(daemon.port) as client:
        stream = client.ready().request("POST", "/unread", [("content-length", str(64 * MIB))], end=False)
        client.windows[stream] = client.settings[INITIAL_WINDOW_SIZE]
        sent, quiet = 0, 0
        while quiet < 5 and sent < 32 * MIB:
            room = min(client.window, client.windows[stream], 16384)
            if room > 0:
                client.window, client.windows[stream], sent, quiet = client.window - room, client.windows[stream] - room, sent + room, 0
                client.send(data(stream, b"u" * room))
            else:
                client.listen(0.1)
                quiet += client.windows[stream] <= 0
        # What the sockets to the server hold was taken as well.
        assert 65536 <= sent <= 8 * MIB, sent
        assert client.ask("POST", "/echo", body=b"another").body == b"another"
        server.on_head.gate.set()


def test_windows_grow_for_a_server_that_reads(daemon):
    """64 KiB at first; a transfer that runs gets more, so that it does not wait for the round trip."""
    with H2Client(daemon.port) as client:
        stream = client.ready().request("POST", "/echo", [("content-length", str(8 * MIB))], end=False)
        client.send_body(stream, bytes(8 * MIB), end=True)
        assert len(client.answer(stream).body) == 8 * MIB


@pytest.mark.parametrize("count", [10, 100, 250])
def test_streams_side_by_side_keep_their_bytes(daemon, count):
    with H2Client(daemon.port) as client:
        client.ready()
        bodies = {client.request("POST", "/echo", [], b"%d," % n * (n % 50 * 20)): b"%d," % n * (n % 50 * 20) for n in range(count)}
        for stream, body in bodies.items():
            answer = client.answer(stream)
            assert (answer.status, answer.ended) == (200, True) and answer.body == body


@pytest.mark.parametrize("with_body", [False, True], ids=["heads", "bodies"])
def test_requests_in_one_write_reach_each_its_own_connection(daemon, server, with_body):
    """Connections to the server that stand already are written to at once, all within one turn of the loop."""
    server.answers["/mine"] = lambda c, r: (time.sleep(0.05), reply(body=r.body + r.get("x-n").encode()))[1]
    for _ in range(2):
        with H2Client(daemon.port) as client:
            frames, wanted = [], {}
            for n in range(20):
                stream, body = client.new_stream(), b"body %d " % n if with_body else b""
                frames.append(client.headers(stream, get("/mine", "POST", fields=[("x-n", "n%d" % n)]), end=not body))
                frames.append(data(stream, body, True) if body else b"")
                wanted[stream] = body + b"n%d" % n
            client.ready().send(*frames)
            assert {s: bytes(client.answer(s).body) for s in wanted} == wanted


def test_pieces_of_streams_that_alternate_keep_their_order(daemon):
    with H2Client(daemon.port) as client:
        client.ready()
        streams = [client.open(get("/echo", "POST"), end=False) for _ in range(20)]
        for turn in range(30):
            client.send(*[data(s, b"%d.%d;" % (s, turn)) for s in streams])
        client.send(*[data(s, end=True) for s in streams])
        for stream in streams:
            assert client.answer(stream).body == b"".join(b"%d.%d;" % (stream, turn) for turn in range(30))


def test_large_answers_share_the_connection(daemon):
    """None is served to its end before the others begin."""
    with H2Client(daemon.port, options={INITIAL_WINDOW_SIZE: 0}) as client:
        answers = [client.answer_of(client.ready().request(target="/big")) for _ in range(5)]
        assert client.until(lambda: all(a.status for a in answers))
        client.send(window_update(0, 8 * MIB), settings({INITIAL_WINDOW_SIZE: 2 * MIB}))
        assert client.until(lambda: all(a.ended for a in answers))
        order = [f.stream_id for f in client.frames if f.type == 0]
        first_end = next(i for i, f in enumerate(f for f in client.frames if f.type == 0) if "END_STREAM" in f.flags)
        assert len(set(order[:first_end])) == 5
        assert all(a.body == BIG for a in answers)


def test_many_connections_at_once(daemon):
    wrong = []

    def talk(number):
        with H2Client(daemon.port) as client:
            for turn in range(10):
                body = b"%d/%d " % (number, turn) * 500
                answer = client.ask("POST", "/echo", body=body)
                if answer.body != body:
                    wrong.append(answer)

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(12)]
    [t.start() for t in threads]
    [t.join(60) for t in threads]
    assert not wrong


def test_a_slow_answer_arrives_piece_by_piece(daemon, server):
    """Server-sent events: each piece is flushed when it comes (http-services.md section 7)."""
    gate = threading.Semaphore(0)

    def events(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for n in range(3):
            connection.send(b"7\r\ndata %d\n\r\n" % n)
            gate.acquire(timeout=10)
        return b"0\r\n\r\n"

    server.answers["/events"] = events
    with H2Client(daemon.port) as client:
        answer = client.answer_of(client.request(target="/events"))
        for n in range(3):
            assert client.until(lambda: len(answer.body) == 7 * (n + 1)), answer
            time.sleep(0.05)
            gate.release()
        assert client.answer(answer.stream).ended
