# SPDX-License-Identifier: MIT
"""The container file's steps in an empty Debian root: a package which only happens to be on this machine is noticed.

Needs root, debootstrap and the mirror that this machine's apt uses; skipped with the reason elsewhere. Once shown for a
set of scripts, build files and library headers, it is not shown again in the same build folder.
"""
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess

import pytest
from house import TOP, environment, read, run, versioned_files

DOCKERFILE = os.path.join(TOP, "contrib/docker/Dockerfile")
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
STAMP = os.path.join(BUILD, "check", "bare-root.json")
SCRIPTS = ("configure", "Makefile", "contrib/install.mk", "contrib/deps", "contrib/packages", "contrib/docker/Dockerfile", "t/build/test_bare_root.py")


def fingerprint():
    """Of all that decides which packages are needed: scripts, module libraries, the library headers named anywhere."""
    digest = hashlib.sha256()
    files = versioned_files()
    for path in [*SCRIPTS, *(p for p in files if p.startswith("modules/") and p.endswith("/libs"))]:
        digest.update(read(TOP, path).encode())
    headers = {name for p in files if p.startswith(("src/", "modules/")) and p.endswith((".h", ".cc")) for name in re.findall(r"#include <([^>]+)>", read(TOP, p))}
    digest.update(json.dumps(sorted(headers)).encode())
    return digest.hexdigest()


def debian_sources():
    """(site, suite, components) lines of this machine's apt that are Debian's own."""
    text = run("apt-get", "indextargets", "--format", "$(ORIGIN)|$(SITE)|$(RELEASE)|$(COMPONENT)", "Created-By: Packages").stdout
    return sorted({tuple(line.split("|")[1:]) for line in text.splitlines() if line.startswith("Debian|")})


def apt_settings():
    """How this machine reaches its mirror: proxies, time-outs, retries."""
    return "\n".join(line for line in run("apt-config", "dump", "Acquire").stdout.splitlines() if re.match(r"Acquire::(https?|ftp|Retries)\b.* \"", line)) + "\n"


class Root:
    """A folder that is a Debian of its own."""

    def __init__(self, path):
        self.path = str(path)

    def write(self, path, text):
        with open(self.path + path, "w") as f:
            f.write(text)

    def run(self, line, seconds=900, **env):
        command = ["chroot", self.path, "/bin/sh", "-c", line]
        clean = {k: v for k, v in environment().items() if k.lower().endswith("_proxy")}
        clean.update({"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root", **env})
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        child = subprocess.Popen(command, env=clean, text=True, errors="replace", start_new_session=True, **pipes)
        try:
            output, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            output = child.communicate()[0] + "ended after %d s" % seconds
        assert child.returncode == 0, "%s\n%s" % (line, "\n".join(output.splitlines()[-60:]))
        return output

    def remove(self):
        # A mount below would be emptied with the folder: take it off first, and rather leave the folder than that.
        mounts = [line.split()[1] for line in open("/proc/mounts") if line.split()[1].startswith(self.path + "/")]
        for mount in sorted(mounts, reverse=True):
            subprocess.run(["umount", mount], check=True)
        shutil.rmtree(self.path, ignore_errors=True)

    def copy(self, path):
        subprocess.run(["cp", "-a", "--reflink=auto", self.path, str(path)], check=True)
        return Root(path)


@pytest.fixture(scope="module")
def empty_root(tmp_path_factory):
    for wanted, reason in (
        ("BUILD" in os.environ, "takes minutes: only within make check, which names the build folder in BUILD"),
        (os.geteuid() == 0, "needs root"),
        (shutil.which("debootstrap", path=os.environ["PATH"] + ":/usr/sbin"), "needs debootstrap"),
        (shutil.which("apt-get"), "needs apt"),
    ):
        if not wanted:
            pytest.skip(reason)
    sources = debian_sources()
    base = [s for s in sources if s[1] == "bookworm"]
    if not base:
        pytest.skip("this machine's apt has no Debian 12 mirror")

    root = Root(tmp_path_factory.mktemp("roots") / "empty")
    made = run("debootstrap", "--variant=minbase", "bookworm", root.path, base[0][0], timeout=600)
    if made.returncode and re.search(r"Failed getting release|[Cc]ouldn't (download|retrieve)|Operation not permitted|Cannot install into target", made.stdout + made.stderr):
        root.remove()
        pytest.skip("debootstrap: " + (made.stdout + made.stderr).strip().splitlines()[-1])
    assert made.returncode == 0, made.stdout[-4000:]
    root.write("/etc/apt/sources.list", "".join("deb %s %s %s\n" % source for source in sources))
    root.write("/etc/apt/apt.conf.d/90host", apt_settings())
    for path in ("/etc/resolv.conf", "/etc/hosts"):
        root.write(path, read(path))
    yield root
    root.remove()


def stages():
    """The instructions of each stage of the container file, in order."""
    lines = [line for line in read(DOCKERFILE).splitlines() if line and not line.startswith("#")]
    found = []
    for line in lines:
        word, rest = line.split(None, 1)
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def copy_source(root):
    for path in versioned_files():
        target = root.path + "/source/" + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(os.path.join(TOP, path), target)


def test_the_container_file_builds_and_starts_in_an_empty_debian(empty_root, tmp_path):
    if os.path.exists(STAMP) and json.loads(read(STAMP)) == fingerprint():
        return
    first, second = stages()
    build, serve = empty_root.copy(tmp_path / "build"), empty_root.copy(tmp_path / "serve")
    try:
        copy_source(build)
        for word, line in first:
            if word == "RUN":
                # Optimising costs minutes and needs no package more.
                build.run("cd /source && " + line.replace("./configure ", "./configure --with-debug CXXFLAGS='-O0 -g0' "))
        assert not os.path.exists(build.path + "/usr/sbin/policy-rc.d")

        for path in ("deps", "packages"):
            os.makedirs(serve.path + "/source/contrib", exist_ok=True)
            shutil.copy(os.path.join(TOP, "contrib", path), serve.path + "/source/contrib")
        for word, line in second:
            if word == "RUN":
                serve.run(line)
        shutil.copytree(build.path + "/image", serve.path, dirs_exist_ok=True, symlinks=True)
        binary = shlex.quote(json.loads(dict(second)["ENTRYPOINT"])[0])
        assert "pointsman" in serve.run(binary + " -v")
        assert "successful" in serve.run(binary + " -t -c /usr/share/doc/pointsman/examples/demo.yaml")
    finally:
        build.remove()
        serve.remove()

    os.makedirs(os.path.dirname(STAMP), exist_ok=True)
    with open(STAMP, "w") as f:
        json.dump(fingerprint(), f)
