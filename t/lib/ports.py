# SPDX-License-Identifier: MIT
"""Free TCP ports, below the kernel's ephemeral range so that a client's own port never takes one.

A port stays ours for the life of the process: a lock on a file named after it keeps other runs of the suite away, even
while nothing listens on it (the time between choosing a port and the daemon binding it).
"""
import fcntl
import os
import random
import socket
import tempfile

FIRST, LAST = 20000, 32000
_locks = []
_order = None


def _folder():
    path = os.path.join(tempfile.gettempdir(), "pointsman-test-ports-%d" % os.getuid())
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def _lock(port):
    fd = os.open(os.path.join(_folder(), str(port)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return False
    _locks.append(fd)
    return True


def _is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("", port))
        except OSError:
            return False
    return True


def free_port():
    global _order
    if _order is None:
        _order = list(range(FIRST, LAST))
        random.Random(os.getpid()).shuffle(_order)
    while _order:
        port = _order.pop()
        if _is_free(port) and _lock(port):
            return port
    raise RuntimeError("no free port between %d and %d" % (FIRST, LAST))
