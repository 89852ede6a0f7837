# SPDX-License-Identifier: MIT
"""What the processes of a proxy have used so far. They are those of its session."""
import dataclasses
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib import proc  # noqa: E402


@dataclasses.dataclass
class Used:
    """Nanoseconds on CPU and waiting for one, a thread each; ticks in user and kernel mode."""

    threads: dict
    ticks: tuple

    def since(self, earlier):
        cpu, wait = (sum(now[i] - earlier.threads.get(tid, (0, 0))[i] for tid, now in self.threads.items()) / 1e9 for i in (0, 1))
        user, system = (now - then for now, then in zip(self.ticks, earlier.ticks))
        return {"cpu": cpu, "wait": wait, "system": system / max(1, user + system)}


def used(leader):
    threads, user, system = {}, 0, 0
    for pid in proc.session(leader):
        try:
            with open("/proc/%d/stat" % pid) as f:
                fields = f.read().rsplit(")", 1)[1].split()
            user, system = user + int(fields[11]), system + int(fields[12])
            for tid in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/schedstat" % (pid, tid)) as f:
                    threads[tid] = tuple(map(int, f.read().split()[:2]))
        except OSError:
            continue  # it ended while we looked
    return Used(threads, (user, system))


def seconds(leader):
    """On CPU, children that have ended included."""
    total = 0
    for pid in proc.session(leader):
        with open("/proc/%d/stat" % pid) as f:
            total += sum(map(int, f.read().rsplit(")", 1)[1].split()[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def memory(leader):
    """KiB of PSS."""
    return sum(proc.pss(pid) for pid in proc.session(leader)) // 1024


def calls(leader, command):
    """System calls while a command runs, and what it printed; (None, ...) where they cannot be counted."""
    with tempfile.NamedTemporaryFile(prefix="pointsman-perf-") as out:
        pids = ",".join(map(str, proc.session(leader)))
        perf = ["perf", "stat", "-x,", "-o", out.name, "-e", "raw_syscalls:sys_enter", "-p", pids, "--"]
        try:
            result = subprocess.run(perf + command, capture_output=True, text=True, timeout=60)
        except OSError:
            return None, ""
        match = re.search(r"^(\d+),", open(out.name).read(), re.M)
        return match and int(match[1]), result.stdout
