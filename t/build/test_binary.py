# SPDX-License-Identifier: MIT
"""The binary that was built: hardened, and silent about the machine that built it. And where `make install` puts it."""
import glob
import os
import re

import pytest
from house import TOP, run
from lib.daemon import BINARY, is_sanitized

BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")

if is_sanitized():
    pytest.skip("a sanitizer build is not what is installed", allow_module_level=True)


def test_the_binary_is_position_independent_and_binds_at_start():
    text = run("readelf", "-hlWd", BINARY).stdout

    assert "DYN (Position-Independent Executable file)" in text
    assert "BIND_NOW" in text or "Flags: NOW" in text
    assert "GNU_RELRO" in text


def test_the_stack_is_not_executable():
    stack = [line for line in run("readelf", "-lW", BINARY).stdout.split("\n") if "GNU_STACK" in line]

    assert stack and "RWE" not in stack[0]


def test_functions_with_buffers_are_guarded():
    symbols = run("nm", "-D", BINARY).stdout

    assert "__stack_chk_fail" in symbols
    assert "_chk@" in symbols


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the note is one of x86-64")
def test_each_object_of_ours_is_marked_for_shadow_stacks_and_landing_pads():
    """The linker keeps the mark where the start-up objects of the C library have it too; those of Debian 12 have not."""
    objects = sorted(glob.glob(os.path.join(BUILD, "obj", "**", "*.o"), recursive=True))
    if not objects:
        pytest.skip("no build folder: BUILD names it")
    notes = run("readelf", "-nW", *objects).stdout

    marked = set(re.findall(r"^File: (\S+)\n(?:(?!File: ).*\n)*?.*IBT, SHSTK", notes, re.M))
    assert [path for path in objects if path not in marked and "/t/" not in path] == []


def test_no_folder_of_the_building_machine_is_in_it():
    with open(BINARY, "rb") as f:
        content = f.read()

    assert TOP.encode() + b"/" not in content
    assert os.path.abspath(BUILD).encode() + b"/" not in content


def make(*arguments):
    """What was built is what is installed: `-o all` keeps make from looking whether it still is what the tree says."""
    result = run("make", "-C", TOP, "--no-print-directory", "-o", "all", "B=" + BUILD, *arguments, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def files_under(folder):
    return sorted(os.path.relpath(os.path.join(d, f), folder) for d, _, names in os.walk(folder) for f in names)


@pytest.fixture
def installed(tmp_path):
    if not os.path.exists(os.path.join(BUILD, "config.mk")):
        pytest.skip("no build folder: BUILD names it")
    make("install", "DESTDIR=%s" % tmp_path)
    return tmp_path


def test_install_puts_each_file_in_its_place(installed):
    values = dict(line.rstrip("\n").split(" = ", 1) for line in open(os.path.join(BUILD, "config.mk")) if " = " in line)
    files = files_under(installed)

    for path in (values["SBIN_PATH"], values["CONF_PATH"], values["CONF_PATH"] + ".default", values["DOCDIR"] + "/LICENSE", values["DOCDIR"] + "/examples/demo.yaml"):
        assert path.lstrip("/") in files
    for page in (name for name in os.listdir(os.path.join(TOP, "man")) if name[-2:] in (".5", ".8")):
        assert "%s/man%s/%s" % (values["MANDIR"].lstrip("/"), page[-1], page) in files
    assert os.stat(str(installed) + values["STATE_PATH"]).st_mode & 0o777 == 0o700


def test_install_keeps_a_configuration_that_is_there(installed):
    path = [os.path.join(installed, f) for f in files_under(installed) if f.endswith("etc/pointsman/pointsman.yaml")][0]
    with open(path, "w") as f:
        f.write("# mine\n")

    make("install", "DESTDIR=%s" % installed)

    assert open(path).read() == "# mine\n"


def test_uninstall_leaves_nothing(installed):
    make("uninstall", "DESTDIR=%s" % installed)

    assert files_under(installed) == []


def test_uninstall_leaves_a_changed_configuration(installed):
    path = [f for f in files_under(installed) if f.endswith("etc/pointsman/pointsman.yaml")][0]
    with open(os.path.join(installed, path), "a") as f:
        f.write("# mine\n")

    make("uninstall", "DESTDIR=%s" % installed)

    assert files_under(installed) == [path]
