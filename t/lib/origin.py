#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A quick server of small answers for load tests, as a process of its own: every request gets 200 and "hello world"."""
import os
import selectors
import socket
import subprocess
import sys

from_here = os.path.abspath(__file__)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world"


class Origin:
    """The server, until the end of the block."""

    def __enter__(self):
        self.process = subprocess.Popen(["/usr/bin/python3", from_here], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    selector = selectors.EpollSelector()
    selector.register(listener, selectors.EVENT_READ)
    unread = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                try:
                    client, _ = listener.accept()
                except OSError:
                    continue
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                unread[client] = b""
                selector.register(client, selectors.EVENT_READ)
                continue
            client = key.fileobj
            try:
                data = client.recv(65536)
                unread[client] += data
                count = unread[client].count(b"\r\n\r\n")  # requests without a body
                if count:
                    unread[client] = unread[client][unread[client].rfind(b"\r\n\r\n") + 4 :]
                    client.sendall(ANSWER * count)
            except OSError:
                data = b""
            if not data:
                selector.unregister(client)
                unread.pop(client)
                client.close()


if __name__ == "__main__":
    sys.exit(main())
