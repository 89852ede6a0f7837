# SPDX-License-Identifier: MIT
"""What the tests of configure, make and contrib/ share."""
import os
import shutil
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STEERING = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "LIBS", "PKG_CONFIG", "PKG_CONFIG_PATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR")


def environment(more=None):
    env = {k: v for k, v in os.environ.items() if k not in STEERING}
    env["LC_ALL"] = "C"
    env.update(more or {})
    return env


def run(*command, cwd=None, env=None, timeout=120):
    return subprocess.run(list(map(str, command)), cwd=cwd, env=environment(env), timeout=timeout, text=True, capture_output=True, stdin=subprocess.DEVNULL)


def configure(folder, *options, env=None, top=TOP):
    return run(os.path.join(top, "configure"), *options, cwd=folder, env=env)


def read(*path):
    with open(os.path.join(*map(str, path))) as f:
        return f.read()


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def versioned_files():
    """The files of the project as a checkout has them; what lies in the tree where there is no git."""
    command = ["git", "-C", TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if os.path.exists(os.path.join(TOP, ".git")) and shutil.which("git"):
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        return sorted(p for p in listed if p and os.path.isfile(os.path.join(TOP, p)))
    found = []
    for folder, folders, files in os.walk(TOP):
        folders[:] = [f for f in folders if f not in (".git", "__pycache__") and not (folder == TOP and f.startswith("build"))]
        found += [os.path.relpath(os.path.join(folder, f), TOP) for f in files]
    return sorted(found)
