# SPDX-License-Identifier: MIT
"""The manual says what the binary does: its option lists are those of the tables, its options those of -h."""
import os
import re
import shutil
import subprocess

import pytest

from lib.daemon import BINARY, TOP, run


def read(name):
    with open(os.path.join(TOP, "man", name)) as f:
        return f.read()


def test_option_lists_are_the_declared_ones():
    result = subprocess.run([os.path.join(TOP, "man", "update"), "--check", BINARY], text=True, capture_output=True)
    assert result.returncode == 0, "run man/update:\n" + result.stdout + result.stderr


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
@pytest.mark.parametrize("name", ["pointsman.8", "pointsman.yaml.5", "pointsman-security.7"])
def test_page_is_well_formed(name):
    result = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(TOP, "man", name)], text=True, capture_output=True)
    assert (result.returncode, result.stdout) == (0, "")


def test_limits_of_the_security_page_are_declared_keys():
    """Each list item of LIMITS names keys of pointsman.yaml(5), those of an entry point without its name."""
    limits = read("pointsman-security.7").split(".Sh LIMITS")[1].split(".Sh ")[0]
    keys = [key for item in re.findall(r"^\.It Cm (.*)", limits, re.M) for key in item.split(" , ")]
    declared = re.findall(r"^\.It Cm (\S+)", read("pointsman.yaml.5"), re.M)
    assert len(keys) > 20

    def is_declared(key):
        names = {key, "entryPoints.NAME." + key, "http." + key}
        return any(any(d == name or (name.endswith("*") and d.startswith(name[:-1])) for name in names) for d in declared)

    assert [key for key in keys if not is_declared(key)] == []


def test_every_option_of_the_help_is_in_the_manual():
    page = read("pointsman.8").replace("\\-", "-")
    items = " ".join(line for line in page.splitlines() if line.startswith((".It", ".Fl")))
    help_text = run("-h").stdout
    letters = set(re.findall(r"^  -(\w)\b", help_text, re.M))
    words = set(re.findall(r"--([\w-]+)", help_text)) - {"KEY", "entryPoints"}
    assert letters and words
    assert not {x for x in letters if not re.search(r"Fl %s\b" % x, items)}
    assert not {x for x in words if "Fl -%s" % x not in items}


def test_every_command_of_the_help_is_in_the_manual():
    commands = re.findall(r"^  ([a-z][\w-]*)", run("-h").stdout.split("commands:")[1].split("exit status")[0], re.M)
    assert commands
    assert not [c for c in commands if ".It Cm %s" % c not in read("pointsman.8")]
