# SPDX-License-Identifier: MIT
"""contrib/deps: what it recognises, what it says to whom. That its list is complete: test_bare_root.py."""
import os
import shutil

import pytest
from house import TOP, run, write

PACKAGES = """#use need debian fedora alpine arch freebsd macos
build sh sh sh sh sh sh sh
build no-such-command debian-wings fedora-wings alpine-wings - freebsd-wings -
build pc:no-such-library debian-feathers fedora-feathers - - - -
test so:libnosuch.so.7 debian-tail - - - - -
"""


@pytest.fixture
def deps(tmp_path):
    """Runs a copy of the script with a list of its own, as somebody else than root, on a distribution of our choice."""
    shutil.copy(os.path.join(TOP, "contrib/deps"), tmp_path / "deps")
    write(str(tmp_path / "packages"), PACKAGES)
    write(str(tmp_path / "bin/id"), "#!/bin/sh\necho 1000\n", 0o755)
    write(str(tmp_path / "bin/apt-get"), "#!/bin/sh\necho called >>%s/apt\n" % tmp_path, 0o755)

    def call(*uses, release="ID=debian\n"):
        write(str(tmp_path / "release"), release)
        return run(tmp_path / "deps", *uses, env={"PATH": "%s/bin:%s" % (tmp_path, os.environ["PATH"]), "OS_RELEASE": str(tmp_path / "release")})

    yield call
    assert not (tmp_path / "apt").exists()


def test_who_is_not_root_gets_the_one_command_to_type(deps):
    result = deps("build")

    assert result.returncode == 1
    assert "  sudo apt-get install --no-install-recommends debian-feathers debian-wings \n" in result.stderr


def test_only_what_is_missing_for_the_uses_asked_for_is_named(deps):
    assert "debian-tail" not in deps("build").stderr
    assert "--no-install-recommends debian-tail \n" in deps("test").stderr


def test_a_derivative_of_debian_counts_as_debian(deps):
    assert "apt-get" in deps(release='ID=ubuntu\nID_LIKE="debian"\n').stderr


def test_elsewhere_the_names_of_the_packages_are_printed(deps):
    result = deps(release="ID=fedora\n")

    assert result.returncode == 1
    assert "fedora-feathers fedora-wings" in result.stderr
    assert "apt-get" not in result.stderr


def test_on_an_unknown_system_the_names_on_debian_are_printed(deps):
    assert "the names on Debian: debian-feathers debian-wings" in deps(release="ID=plan9\n").stderr


def test_nothing_missing_is_said_in_one_line(deps):
    result = deps("run")

    assert result.returncode == 0
    assert result.stdout == "deps: everything for run is here\n"


def test_an_unknown_use_is_refused(deps):
    result = deps("fly")

    assert result.returncode == 2
    assert 'unknown use "fly"' in result.stderr
