# SPDX-License-Identifier: MIT
"""What /proc says of the processes of one session."""
import os
import re


def session(leader, left_out="ZX"):
    """The pids of a session, its leader first when it lives; zombies are among those that are left out."""
    pids = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in left_out:
            pids.append(int(name))
    return sorted(pids, key=lambda pid: (pid != leader, pid))


def title(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return f.read().replace(b"\0", b" ").decode("latin1").strip()
    except OSError:
        return ""


def rss(pid):
    """Resident bytes that belong to the process alone or to its own mappings."""
    with open("/proc/%d/status" % pid) as f:
        match = re.search(r"^VmRSS:\s+(\d+)", f.read(), re.M)
    return int(match[1]) * 1024 if match else 0


def pss(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M)[1]) * 1024


def private(pid):
    """Dirty private bytes: what the process really costs, shared libraries left out."""
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return int(re.search(r"^Private_Dirty:\s+(\d+)", f.read(), re.M)[1]) * 1024


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def cpu(pid):
    """Seconds on CPU."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def uid(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"^Uid:\s+\d+\s+(\d+)", f.read(), re.M)[1])
