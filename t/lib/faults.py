# SPDX-License-Identifier: MIT
"""Calls that fail on purpose: fault_calls.c, compiled on the fly and preloaded, with its plan in a file that the test writes.

    with Faults() as faults, site(..., env=faults.environment) as daemon:
        faults.arm("worker", "accept", nth=2, error=errno.EMFILE)
        ...
        faults.disarm(); faults.refused  # how often it struck; 0: the scenario is through
"""
import errno as e
import mmap
import os
import shutil
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROLES = ["master", "newborn", "worker", "agent"]
# What the manual pages name as plausible where the arguments are right. In the order of fault_calls.c.
CALLS = {
    "malloc": [e.ENOMEM],
    "fork": [e.EAGAIN, e.ENOMEM],
    "read": [e.EINTR, e.EIO],
    "write": [e.EINTR, e.ENOSPC, e.EIO],
    "recv": [e.EINTR, e.ECONNRESET, e.ENOMEM],
    "send": [e.EINTR, e.EPIPE, e.ECONNRESET, e.ENOBUFS],
    "recvmsg": [e.EINTR, e.ENOMEM],
    "sendmsg": [e.EINTR, e.ENOBUFS, e.EPIPE],
    "accept": [e.EINTR, e.ECONNABORTED, e.EMFILE, e.ENFILE, e.ENOBUFS],
    "connect": [e.EADDRNOTAVAIL, e.ECONNREFUSED, e.ENETUNREACH, e.EAGAIN],
    "socket": [e.EMFILE, e.ENFILE, e.ENOBUFS],
    "socketpair": [e.EMFILE, e.ENFILE],
    "bind": [e.EADDRINUSE, e.ENOMEM],
    "listen": [e.EADDRINUSE],
    "setsockopt": [e.ENOMEM],
    "getsockopt": [e.ENOBUFS],
    "epoll_create": [e.EMFILE, e.ENFILE],
    "epoll_ctl": [e.ENOMEM, e.ENOSPC],
    "epoll_wait": [e.EINTR],
    "poll": [e.EINTR, e.ENOMEM],
    "open": [e.EMFILE, e.ENFILE, e.EIO],
    "fstat": [e.EIO],
    "mmap": [e.ENOMEM],
    "memfd": [e.EMFILE, e.ENFILE],
    "fcntl": [e.ENOMEM],
    "ftruncate": [e.EIO],
    "waitpid": [],  # it does not wait: nothing can go wrong
    "pipe": [e.EMFILE, e.ENFILE],
    "eventfd": [e.EMFILE, e.ENFILE],
    "inotify_init": [e.EMFILE, e.ENFILE],
    "inotify_watch": [e.ENOSPC, e.ENOMEM],
    "thread": [e.EAGAIN],
    "getrandom": [e.EINTR],
    "dup": [e.EINTR, e.EMFILE],
    "splice": [e.ENOMEM],
    "rename": [e.ENOSPC, e.EIO],
    "signalfd": [e.EMFILE, e.ENFILE],
    "mkdir": [e.ENOSPC, e.EACCES],
    "opendir": [e.EMFILE, e.ENFILE],
}
NAMES = list(CALLS)
ARMED, ROLE, CALL, NTH, TIMES, ERROR, SEEN, REFUSED, SHORT, WALL, DNS_PORT, COUNTS = range(12)


class Faults:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pointsman-faults-")
        os.chmod(self.folder, 0o755)
        library = os.path.join(self.folder, "fault_calls.so")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, os.path.join(HERE, "fault_calls.c"), "-ldl", "-lpthread"], check=True)
        path = os.path.join(self.folder, "plan")
        with open(path, "w+b") as f:
            f.truncate(8 * (COUNTS + len(ROLES) * len(NAMES)))
            self.map = mmap.mmap(f.fileno(), 0)
        resolv = os.path.join(self.folder, "resolv.conf")
        with open(resolv, "w") as f:
            f.write("nameserver 127.0.0.1\n")
        self.environment = {"LD_PRELOAD": library, "FAULT_CALLS_FILE": path, "FAULT_CALLS_RESOLV": resolv}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.map.close()
        shutil.rmtree(self.folder)

    def _set(self, word, value):
        struct.pack_into("=q", self.map, 8 * word, value)

    def _word(self, word):
        return struct.unpack_from("=q", self.map, 8 * word)[0]

    def arm(self, role, call, nth=1, error=None, times=1):
        """The n-th call from now on fails, and those after it up to `times` (0: all)."""
        self.disarm()
        for word, value in ((ROLE, ROLES.index(role)), (CALL, NAMES.index(call)), (NTH, nth), (TIMES, times), (ERROR, error or CALLS[call][0])):
            self._set(word, value)
        self._set(SEEN, 0)
        self._set(REFUSED, 0)
        self._set(ARMED, 1)

    def disarm(self):
        self._set(ARMED, 0)

    @property
    def refused(self):
        return self._word(REFUSED)

    def count(self, role, call):
        return self._word(COUNTS + ROLES.index(role) * len(NAMES) + NAMES.index(call))

    def counts(self):
        """{(role, call): how often}, for what was called at all."""
        found = {(role, call): self.count(role, call) for role in ROLES for call in NAMES}
        return {key: count for key, count in found.items() if count}

    def shorten(self, *roles):
        """From now on reads and writes of these take one byte."""
        self._set(SHORT, sum(1 << ROLES.index(role) for role in roles))

    def set_name_server(self, port):
        """Before the start: names are looked up on this port of 127.0.0.1."""
        self._set(DNS_PORT, port)

    def set_wall_clock(self, seconds):
        """How far it is from the right time."""
        self._set(WALL, seconds)
