#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CPU of the worker per GiB through an upgraded connection, and for a chat of small messages: one line a binary and kind.

    t/bench/tunnel.py [BINARY...]        build/pointsman by default; several take turns, so that they meet the same machine

user and system seconds come from /proc/PID/stat of the one worker. Smallest of the rounds, which noise only adds to.
"""
import os
import socket
import sys
import threading

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "t"))

from lib import daemon, proc  # noqa: E402
from lib.client import RawClient, head  # noqa: E402
from lib.server import RawServer  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SIZE = 1 << 30
MESSAGES = 20000
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "bench")]
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bench\r\n\r\n"
BLOCK = bytes(1 << 20)


def pour(sock, size):
    for _ in range(size // len(BLOCK)):
        sock.sendall(BLOCK)
    sock.shutdown(socket.SHUT_WR)


def swallow(sock):
    room, count = bytearray(1 << 20), 0
    while got := sock.recv_into(room):
        count += got
    return count


def source(connection, _):
    connection.send(SWITCH)
    pour(connection.socket, SIZE)
    swallow(connection.socket)


def sink(connection, _):
    connection.send(SWITCH)
    swallow(connection.socket)
    connection.half_close()


def echo(connection, _):
    connection.send(SWITCH)
    while data := connection.socket.recv(65536):
        connection.send(data)


def upgraded(port, target):
    client = RawClient(port, timeout=120)
    client.send(head("GET", target, UPGRADE))
    client.until(b"\r\n\r\n")
    return client


def download(port):
    with upgraded(port, "/source") as client:
        client.half_close()
        swallow(client.socket)


def upload(port):
    with upgraded(port, "/sink") as client:
        pour(client.socket, SIZE)
        swallow(client.socket)


def both(port):
    """Half as much each way at once."""
    with upgraded(port, "/echo") as client:
        sender = threading.Thread(target=pour, args=(client.socket, SIZE // 2))
        sender.start()
        swallow(client.socket)
        sender.join()


def chat(port):
    with upgraded(port, "/echo") as client:
        for _ in range(MESSAGES):
            client.send(b"x" * 100)
            client.socket.recv(1000)


def main():
    binaries = sys.argv[1:] or [daemon.BINARY]
    kinds = {"download": download, "upload": upload, "both": both, "chat": chat}
    best = {}
    with RawServer(answers={"/source": source, "/sink": sink, "/echo": echo}) as server:
        for _ in range(ROUNDS):
            for binary in binaries:
                daemon.BINARY = binary
                with daemon.site({"app": server}) as instance:
                    worker = instance.worker()
                    for name, work in kinds.items():
                        before = proc.cpu(worker)
                        work(instance.port)
                        used = proc.cpu(worker) - before
                        best[binary, name] = min(used, best.get((binary, name), used))
    for (binary, name), used in best.items():
        unit = "us a message both ways" if name == "chat" else "s per GiB"
        print("%-40s %-9s %6.2f %s" % (binary, name, used * 1e6 / MESSAGES if name == "chat" else used, unit))


if __name__ == "__main__":
    main()
