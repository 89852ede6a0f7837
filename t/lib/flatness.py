# SPDX-License-Identifier: MIT
"""What the processes of a daemon hold from one calm to the next, and whether that grows.

A figure is only compared with itself: in cycles, the last third with the first (after one to warm up, where there are three), and
within the life of a worker, its last calm with its second. How much a build or a machine needs is no matter.
"""
import os
import statistics

from . import proc

FIGURES = ("processes", "master_fds", "worker_fds", "agent_fds", "master_kib", "worker_kib", "agent_kib", "zones_kib")
SHARE = 1.10  # what a figure may grow by: an allocator's habits
SLACK = {"processes": 0, "master_fds": 2, "worker_fds": 2, "agent_fds": 2, "master_kib": 1024, "worker_kib": 1024, "agent_kib": 1024, "zones_kib": 64}


def zones(pid):
    """Bytes that the kernel holds for the memory files among a process's descriptors."""
    held = {}
    for name in os.listdir("/proc/%d/fd" % pid):
        path = "/proc/%d/fd/%s" % (pid, name)
        try:
            if os.readlink(path).startswith("/memfd:"):
                status = os.stat(path)
                held[status.st_ino] = status.st_blocks * 512
        except OSError:
            continue
    return sum(held.values())


def sample(daemon):
    """Figures of this moment, the largest of the workers; and the private memory of each worker."""
    master, workers, agents = daemon.master(), daemon.workers(), daemon.agents()
    private = {pid: proc.private(pid) >> 10 for pid in workers}
    figures = {
        "processes": len(daemon.processes()),
        "master_fds": proc.descriptors(master),
        "worker_fds": max(map(proc.descriptors, workers)),
        "agent_fds": max(map(proc.descriptors, agents)),
        "master_kib": proc.private(master) >> 10,
        "worker_kib": max(private.values()),
        "agent_kib": max(proc.private(pid) for pid in agents) >> 10,
        "zones_kib": zones(master) >> 10,
    }
    return figures, private


def grew(name, before, after):
    return after > before * (SHARE if name.endswith("kib") else 1) + SLACK[name]


class Record:
    """Samples, taken `a_cycle` times in each cycle and always at the same places of it."""

    def __init__(self, a_cycle):
        self.a_cycle = a_cycle
        self.samples, self.lives = [], {}

    def add(self, figures, private):
        self.samples.append(figures)
        for pid, size in private.items():
            self.lives.setdefault(pid, []).append(size)

    def findings(self):
        """What has grown, a sentence each."""
        return [*self._of_cycles(), *self._of_lives()]

    def _of_cycles(self):
        cycles = [self.samples[at : at + self.a_cycle] for at in range(0, len(self.samples) - self.a_cycle + 1, self.a_cycle)]
        if len(cycles) < 2:
            return
        cycles = cycles[1:] if len(cycles) > 2 else cycles
        window = (len(cycles) + 2) // 3
        for name in FIGURES:
            first, last = (statistics.median(s[name] for cycle in part for s in cycle) for part in (cycles[:window], cycles[-window:]))
            if grew(name, first, last):
                yield "%s grew from %g to %g between the first and the last cycles" % (name, first, last)

    def _of_lives(self):
        lives = [sizes[1:] for sizes in self.lives.values() if len(sizes) > 2]
        if not lives:
            return
        first, last = statistics.median(s[0] for s in lives), statistics.median(s[-1] for s in lives)
        if grew("worker_kib", first, last):
            yield "a worker's memory grew from %g to %g KiB within its life" % (first, last)
