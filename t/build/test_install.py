# SPDX-License-Identifier: MIT
"""make install, install-service and uninstall with a package's paths: the tree against installed.list, and nothing left."""
import os
import shutil
import stat

import pytest
from house import TOP, configure, read, run, write
from lib.daemon import BINARY

DEBIAN = "--prefix=/usr --sysconfdir=/etc --localstatedir=/var --runstatedir=/run --user=edge".split()


class Tree:
    """A folder configured with a package's paths; the binary in it is the one under test, so nothing is compiled."""

    def __init__(self, folder, *options):
        self.folder, self.root = folder, os.path.join(folder, "root")
        result = configure(folder, *options, "--with-debug")
        assert result.returncode == 0, result.stderr
        shutil.copy(BINARY, os.path.join(folder, "build/pointsman"))

    def make(self, *arguments):
        result = run("make", "--no-print-directory", "-o", "all", "DESTDIR=" + self.root, *arguments, cwd=self.folder)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/"))

    def listing(self):
        """"mode path" a line, a folder with a slash; the examples of configurations are conf/, and change with it."""
        lines = []
        for folder, folders, files in os.walk(self.root):
            for name in folders + [f for f in files if not (folder.endswith("/examples") and f.endswith((".yaml", ".yml")))]:
                path = os.path.join(folder, name)
                mode = stat.S_IMODE(os.stat(path).st_mode)
                lines.append("%04o %s%s" % (mode, path[len(self.root) :], "/" if os.path.isdir(path) else ""))
        return sorted(lines, key=lambda line: line.split(" ", 1)[1])


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return Tree(str(tmp_path_factory.mktemp("install")), *DEBIAN)


@pytest.fixture
def installed(tree):
    tree.make("-j4", "install", "install-service")
    yield tree
    shutil.rmtree(tree.root, ignore_errors=True)


def test_the_tree_is_what_the_list_says(installed):
    wanted = [line for line in read(TOP, "t/build/installed.list").splitlines() if not line.startswith("#")]

    assert installed.listing() == wanted


def test_every_configuration_that_ships_is_an_example(installed):
    shipped = {f for d in ("conf", "conf/examples") for f in os.listdir(os.path.join(TOP, d)) if f.endswith((".yaml", ".yml"))}

    assert {f for f in os.listdir(installed.path("/usr/share/doc/pointsman/examples")) if f.endswith((".yaml", ".yml"))} == shipped


def test_uninstall_leaves_nothing(installed):
    installed.make("uninstall")

    assert installed.listing() == []


def test_uninstall_twice_is_no_error(installed):
    installed.make("uninstall")
    installed.make("uninstall")


EDITED = ["/etc/pointsman/pointsman.yaml", "/etc/default/pointsman", "/etc/logrotate.d/pointsman"]


def test_what_was_edited_is_kept_by_install_and_by_uninstall(installed):
    for path in EDITED:
        write(installed.path(path), "# mine\n")
    write(installed.path("/var/log/pointsman/access.log"), "GET /\n")

    said = installed.make("install", "install-service").stdout
    installed.make("uninstall")

    assert {path: read(installed.path(path)) for path in EDITED} == {path: "# mine\n" for path in EDITED}
    assert read(installed.path("/var/log/pointsman/access.log")) == "GET /\n"
    assert "kept: %s" % installed.path("/etc/default/pointsman") in said
    assert not os.path.exists(installed.path("/usr/sbin/pointsman"))


def test_install_strip_leaves_no_symbols(tree):
    tree.make("install-strip")

    assert ".debug_info" not in run("readelf", "-SW", tree.path("/usr/sbin/pointsman")).stdout
    shutil.rmtree(tree.root)


def test_installed_files_have_the_paths_of_the_build(tmp_path):
    tree = Tree(str(tmp_path), "--prefix=/opt/edge", "--conf-path=/srv/edge.yaml", "--user=edge")
    tree.make("install", "install-service", "UNITDIR=/lib/systemd/system")

    unit = read(tree.path("/lib/systemd/system/pointsman.service"))
    assert "ExecStart=/opt/edge/sbin/pointsman -f -c /srv/edge.yaml " in unit
    assert "ReadWritePaths=-/opt/edge/var/log/pointsman -/opt/edge/var/lib/pointsman -/opt/edge/var/cache/pointsman\n" in unit
    assert "-c /srv/%i.yaml " in read(tree.path("/lib/systemd/system/pointsman@.service"))
    script = read(tree.path("/etc/init.d/pointsman"))
    assert "\nDAEMON=/opt/edge/sbin/pointsman\nCONF=/srv/edge.yaml\nPIDFILE=/opt/edge/var/run/pointsman.pid\n" in script
    assert "create 0640 edge adm" in read(tree.path("/etc/logrotate.d/pointsman"))
    assert "\nu edge - " in read(tree.path("/opt/edge/lib/sysusers.d/pointsman.conf"))
    assert "d /opt/edge/var/lib/pointsman 0700 root root -" in read(tree.path("/opt/edge/lib/tmpfiles.d/pointsman.conf"))

    tree.make("uninstall", "UNITDIR=/lib/systemd/system")
    assert tree.listing() == []
