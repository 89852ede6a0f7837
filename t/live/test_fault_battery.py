# SPDX-License-Identifier: MIT
"""What servers can do to us, at every byte: ends, resets and stalls, garbage, floods of interim answers (security.md sections 3 and 9)."""
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import is_sanitized, site
from lib.server import RawServer, reply
from lib.wait import wait_until
from lib.wire import Cut

BODY = b"the body of it"
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 14\r\n\r\n" + BODY,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nthe body\r\n6\r\n of it\r\n0\r\nX-T: 1\r\n\r\n",
    "delimited": b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n" + BODY,
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n" + BODY,
}
PLACES = [(name, at) for name, answer in ANSWERS.items() for at in range(len(answer))]


def break_off(connection, request):
    """Says the first bytes of an answer, and then does what it is told: /KIND/NAME/COUNT."""
    kind, name, count = request.path.split("/")[1:]
    connection.send(ANSWERS[name][: int(count)])
    if kind == "stall":
        connection.wait_end()
    if kind == "reset":
        connection.reset()
    else:
        connection.close()


@pytest.fixture(scope="module")
def broken():
    transport = {"forwardingTimeouts": {"responseHeaderTimeout": "1s", "requestTimeout": "2s"}}
    service = lambda server: {"loadBalancer": {"serversTransport": "short", "servers": [{"url": server.url}]}}
    with RawServer(default=break_off) as server, site({"app": service(server)}, http={"serversTransports": {"short": transport}}) as daemon:
        yield daemon


def outcome(daemon, kind, name, at):
    """The status of an answer that is whole, or "cut"; and what was seen of its body."""
    with RawClient(daemon.port) as client:
        client.send(head(target="/%s/%s/%d" % (kind, name, at)))
        try:
            answer = client.response()
            return answer.status, answer.body
        except Cut as cut:
            assert client.ended is not None
            return "cut", cut.message.body if cut.message else b""


def promised(kind, name, at):
    """Before the head is whole 502 or 504; then a cut, until the last byte that matters."""
    answer = ANSWERS[name]
    if at < answer.rindex(b"\r\n\r\n", 0, len(answer) - 4) + 4:
        return 504 if kind == "stall" else 502
    # Only the end of the connection ends such a body, and it may come at any time.
    return 200 if name == "delimited" and kind == "close" else "cut"


@pytest.mark.parametrize("kind", ["close", "reset", "stall"])
def test_an_answer_that_ends_at_any_byte_is_never_taken_for_whole(broken, kind):
    worker = broken.worker()
    with ThreadPoolExecutor(64 if kind == "stall" else 4) as many:
        came = list(many.map(lambda place: outcome(broken, kind, *place), PLACES))
    # What a reset overtakes may be more than the byte it came behind.
    wrong = []
    for (name, at), (status, body) in zip(PLACES, came):
        allowed = {promised(kind, name, at)} | ({502} if kind == "reset" else set())
        is_part = not body or status in (502, 504) or BODY.startswith(body)
        if status not in allowed or not is_part:
            wrong.append((name, at, status, body))
    assert not wrong, wrong[:10]
    assert broken.worker() == worker and outcome(broken, "close", "delimited", len(ANSWERS["delimited"])) == (200, BODY)


def garbage(dice):
    """An answer with a few bytes that are wrong, or no answer at all."""
    if dice.random() < 0.2:
        return bytes(dice.randrange(256) for _ in range(dice.randrange(1, 3000)))
    data = bytearray(dice.choice(list(ANSWERS.values())))
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(data))
        what = dice.randrange(4)
        if what == 0:
            data[at] = dice.randrange(256)
        elif what == 1:
            data[at:at] = bytes(dice.choice(b"\r\n\0 :;,0123456789abcdefx\t") for _ in range(dice.randrange(1, 8)))
        elif what == 2:
            del data[at : at + dice.randrange(1, 8)]
        else:
            data[at:at] = data[dice.randrange(len(data)) :][: dice.randrange(40)]
    return bytes(data)


def test_garbage_is_a_502_a_cut_or_a_proper_answer():
    """RawClient reads strictly: whatever comes out must be HTTP. The seed is in the message of a failure."""
    seed = random.randrange(1 << 32)

    def answer(connection, request):
        if request.path == "/well":
            return reply(200, b"well")
        connection.send(garbage(random.Random("%d%s" % (seed, request.path))))
        connection.close()
        return None

    with RawServer(default=answer) as server, site({"app": server}) as daemon:
        worker = daemon.worker()
        for number in range(400):
            try:
                status = ask(daemon.port, target="/%d" % number).status
                assert 200 <= status <= 999, (seed, number, status)
            except Cut:
                pass
            except (OSError, ValueError) as error:
                raise AssertionError("seed %d, answer %d: %r" % (seed, number, error))
            if number % 20 == 0:
                assert ask(daemon.port, target="/well").body == b"well", (seed, number)
        assert daemon.worker() == worker, seed


def test_ten_thousand_interim_answers_are_a_502_and_cost_nothing():
    sent = []

    def flood(connection, request):
        try:
            for _ in range(100):
                connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </%s>\r\n\r\n" % (b"a" * 200) * 100)
                sent.append(100)
        finally:
            connection.close()
        return None

    with RawServer(default=flood) as server, site({"app": server}) as daemon:
        assert ask(daemon.port).status == 502
        before = proc.rss(daemon.worker())
        for _ in range(20):
            assert ask(daemon.port).status == 502
        assert is_sanitized() or proc.rss(daemon.worker()) - before < 4 << 20
        assert wait_until(lambda: not server.open_connections())
        assert len(sent) < 21 * 100, "all were read"
