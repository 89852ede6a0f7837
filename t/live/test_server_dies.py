# SPDX-License-Identifier: MIT
"""A server that dies inside an answer: its client sees a cut, nobody else notices, and the server is used again when it is back."""
import threading

import pytest

from lib.client import RawClient, ask, head
from lib.daemon import balancer, site
from lib.server import RawServer, reply
from lib.wait import wait_until
from lib.wire import Cut

PART = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 5000


@pytest.mark.parametrize("end", ["close", "reset"])
def test_dies_inside_an_answer(end):
    def die(connection, request):
        if request.target != "/die":
            return reply(200, b"fine")
        connection.send(PART)
        wait_until(lambda: False, 0.1)
        getattr(connection, end)()
        return None

    with RawServer(default=die) as server, site({"app": server}) as daemon:
        with RawClient(daemon.port) as victim, RawClient(daemon.port) as other:
            victim.send(head(target="/die"))
            assert other.ask().body == b"fine"
            with pytest.raises(Cut) as cut:
                victim.response()
            assert len(cut.value.message.body) <= 5000
            assert victim.ended is not None
            assert other.ask().body == b"fine"
        assert ask(daemon.port).body == b"fine"


def test_dies_inside_an_upload():
    """The answer is 502, or a cut where one had begun; the rest of the body harms nobody."""

    def die(connection, request):
        if request.method == "POST":
            connection.reset()
            return True
        return None

    with RawServer(on_head=die) as server, site({"app": server}) as daemon:
        with RawClient(daemon.port) as client:
            client.send(head("POST", "/", [("Content-Length", "5000000")]))
            client.send_quietly(b"x" * 5_000_000)
            assert client.response().status == 502
        assert ask(daemon.port).status == 200


def test_gone_and_back():
    with RawServer() as server, RawServer() as standby, site({"app": balancer(server, standby)}) as daemon:
        assert {ask(daemon.port).status for _ in range(4)} == {200}
        server.stop()
        assert sorted(ask(daemon.port).status for _ in range(4)) == [200, 200, 502, 502]
        server.start()
        assert {ask(daemon.port).status for _ in range(4)} == {200}


def test_many_clients_while_a_server_keeps_dying():
    """Each answer is whole or visibly cut; bytes of one answer never reach another client."""

    def answer(connection, request):
        number = int(request.target[1:])
        body = b"%d " % number * 2000
        if number % 7 == 0:
            connection.send(reply(200, body)[:-100])
            connection.close()
            return None
        return reply(200, body)

    failures = []

    def client(first):
        for number in range(first, first + 60):
            try:
                got = ask(daemon.port, target="/%d" % number)
                if got.status != 200 or got.body != b"%d " % number * 2000 or number % 7 == 0:
                    failures.append((number, got.status, len(got.body)))
            except Cut as cut:
                whole_words = cut.message.body.split()[:-1]
                if number % 7 or any(word != b"%d" % number for word in whole_words):
                    failures.append((number, "cut"))

    with RawServer(default=answer) as server, site({"app": server}, workers=2) as daemon:
        threads = [threading.Thread(target=client, args=(1000 * n,)) for n in range(1, 5)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert failures == []
