# SPDX-License-Identifier: MIT
"""When, of what and on which machine something was measured; where results are kept."""
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def first(path, key):
    with open(path) as f:
        return next((line.partition(":")[2].strip() for line in f if line.startswith(key)), "unknown")


def commit():
    command = ["git", "-C", HERE, "describe", "--always", "--dirty", "--exclude", "*"]
    done = subprocess.run(command, capture_output=True, text=True) if shutil.which("git") else None
    return done.stdout.strip() if done and done.returncode == 0 else "unknown"


def circumstances():
    processor, memory = first("/proc/cpuinfo", "model name"), int(first("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20)
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": "%d x %s, %.0f GiB, Linux %s" % (os.cpu_count(), processor, memory, platform.release().partition("-")[0]),
    }


def keep(folder, name, record, text):
    """FOLDER/DATE-COMMIT-NAME.json, which is the record, and .md, which is for readers."""
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, "%s-%s-%s" % (record["date"][:10], record["commit"], name))
    for suffix, content in ((".json", json.dumps(record, separators=(",", ":")) + "\n"), (".md", text)):
        with open(stem + suffix, "w") as f:
            f.write(content)
        print("written: " + os.path.relpath(stem + suffix), file=sys.stderr)
