# SPDX-License-Identifier: MIT
"""systemd's own opinion of the units, sysusers.d and tmpfiles.d in contrib/; none of it needs a running systemd."""
import os
import re
import shutil

import pytest
from house import TOP, read, run, write
from lib.daemon import BINARY

CONTRIB = os.path.join(TOP, "contrib")
MOST_EXPOSURE = 3.0  # 10 is worst; nginx, haproxy and caddy of Debian 12 have 9.0 to 9.6

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


def unit(name):
    return read(CONTRIB, "systemd", name)


@pytest.fixture
def folder(tmp_path):
    """The units with the binary under test in place of the installed one."""
    for name in ("pointsman.service", "pointsman@.service", "pointsman.socket", "user/pointsman.service"):
        write(str(tmp_path / name), unit(name).replace("/usr/sbin/pointsman", BINARY))
    return tmp_path


@pytest.mark.parametrize("name", ["pointsman.service", "pointsman@.service", "pointsman.socket"])
def test_systemd_has_nothing_to_complain_about(folder, name):
    result = run("systemd-analyze", "verify", "--man=no", folder / name)

    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_systemd_has_nothing_to_complain_about_the_unit_of_a_user(folder):
    result = run("systemd-analyze", "verify", "--user", "--man=no", folder / "user/pointsman.service", env={"XDG_RUNTIME_DIR": str(folder)})

    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize("name", ["pointsman.service", "pointsman@.service"])
def test_the_exposure_stays_below_its_bound(folder, name):
    result = run("systemd-analyze", "security", "--offline=true", "--no-pager", folder / name)

    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
    assert exposure, result.stdout + result.stderr
    assert float(exposure[1]) <= MOST_EXPOSURE, result.stdout


def directives(name):
    return [line for line in unit(name).splitlines() if line and not line.startswith("#")]


def test_an_instance_is_run_like_the_only_one():
    renamed = "\n".join(directives("pointsman@.service"))
    renamed = renamed.replace(", instance %i", "").replace("%i.yaml", "pointsman.yaml").replace("pointsman-%i", "pointsman")

    assert renamed.split("\n") == [line for line in directives("pointsman.service") if not line.startswith("ReadWritePaths=")]


def test_the_user_is_made(tmp_path):
    for folder in ("etc", "run"):
        os.makedirs(tmp_path / folder)
    result = run("systemd-sysusers", "--root=%s" % tmp_path, os.path.join(CONTRIB, "sysusers.d/pointsman.conf"))

    assert result.returncode == 0, result.stderr
    fields = read(tmp_path, "etc/passwd").strip().split(":")
    assert fields[0] == "pointsman" and fields[2] != "0"
    assert fields[4:] == ["pointsman reverse proxy", "/var/lib/pointsman", "/usr/sbin/nologin"]


@pytest.mark.skipif(os.geteuid() != 0, reason="folders are given to root")
def test_the_folders_are_made(tmp_path):
    write(str(tmp_path / "etc/passwd"), "root:x:0:0::/root:/bin/sh\n")
    write(str(tmp_path / "etc/group"), "root:x:0:\n")
    result = run("systemd-tmpfiles", "--create", "--root=%s" % tmp_path, os.path.join(CONTRIB, "tmpfiles.d/pointsman.conf"))

    assert result.returncode == 0, result.stderr
    modes = {path: os.stat(str(tmp_path) + path).st_mode & 0o777 for path in ("/run/pointsman", "/var/log/pointsman", "/var/lib/pointsman", "/var/cache/pointsman")}
    assert modes == {"/run/pointsman": 0o755, "/var/log/pointsman": 0o755, "/var/lib/pointsman": 0o700, "/var/cache/pointsman": 0o755}
