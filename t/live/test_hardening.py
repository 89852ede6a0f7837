# SPDX-License-Identifier: MIT
"""How the program is built and what a core dump would hold: security.md sections 6, 7 (last sentence) and 8."""
import os
import re
import shutil
import subprocess

import pytest

from lib.daemon import BINARY, configuration, is_sanitized, run, site, to_yaml
from lib.server import RawServer
from lib.tls_world import outcome, tls_site

pytestmark = pytest.mark.skipif(is_sanitized(), reason="sanitizers bring their own memory and checks")
needs_readelf = pytest.mark.skipif(not shutil.which("readelf"), reason="readelf is not installed")


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


def elf(*options):
    return subprocess.run(["readelf", "-W", *options, BINARY], check=True, capture_output=True, text=True).stdout


@needs_readelf
def test_security_7_position_independent_with_read_only_relocations():
    assert re.search(r"Type:\s+DYN", elf("-h"))
    assert "GNU_RELRO" in elf("-l")
    dynamic = elf("-d")
    assert "BIND_NOW" in dynamic or re.search(r"FLAGS_1.*\bNOW\b", dynamic)
    assert not re.search(r"RPATH|RUNPATH|TEXTREL", dynamic)


@needs_readelf
def test_security_7_no_memory_is_written_and_run():
    segments = elf("-l")
    assert re.search(r"GNU_STACK.* RW ", segments)
    assert not re.search(r"LOAD.* RWE ", segments)


@needs_readelf
def test_security_7_stacks_and_buffers_are_checked():
    symbols = elf("--dyn-syms")
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__\w+_chk@", symbols.replace("__stack_chk_fail", ""))


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="its landing pads are those of x86-64")
def test_security_7_functions_begin_with_a_landing_pad():
    with open(BINARY, "rb") as f:
        assert f.read().count(b"\xf3\x0f\x1e\xfa") > 1000


# -- dumps -----------------------------------------------------------------------------------------------------------------
def test_security_7_children_leave_no_core_and_cannot_be_looked_into(server):
    with site({"app": server}) as daemon:
        for pid in daemon.workers() + daemon.agents():
            with open("/proc/%d/limits" % pid) as f:
                assert re.search(r"Max core file size\s+0\s+0", f.read())
            # The files of a process that may not be dumped belong to root, whoever it is (proc(5)).
            assert os.stat("/proc/%d/environ" % pid).st_uid == 0


def map_flags(pid, name):
    """The flags of the mappings whose name has this word."""
    with open("/proc/%d/smaps" % pid) as f:
        maps = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", f.read(), flags=re.M)
    return [re.search(r"^VmFlags: (.*)$", each, re.M)[1].split() for each in maps if name in each.split("\n")[0]]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into them")
def test_security_6_keys_are_left_out_of_dumps(server):
    with tls_site(server) as daemon:
        assert outcome(daemon.port) == 200
        flags = map_flags(daemon.worker(), "ticket")
        assert flags and all("dd" in each for each in flags)
        assert all("dd" in each for each in map_flags(daemon.worker(), "bundle"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into them")
def test_security_6_keys_of_tickets_are_never_swapped_to_a_disk(server):
    """The master's lock holds the page that all share."""
    with tls_site(server) as daemon:
        flags = map_flags(daemon.pid, "ticket")
        assert flags and all("lo" in each for each in flags)


# -- links -----------------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("which", ["access", "error"])
def test_security_8_a_log_that_is_another_users_link_is_not_followed(server, tmp_path, which):
    victim, link = tmp_path / "victim", tmp_path / "app.log"
    victim.write_text("mine\n")
    link.symlink_to(victim)
    os.lchown(link, 12345, 12345)
    static = {"accessLog": {"filePath": str(link)}} if which == "access" else {"log": {"filePath": str(link)}}
    path = tmp_path / "c.yaml"
    path.write_text(to_yaml(configuration({"app": server}, **static)))
    started = run("-c", path, "-f")
    assert started.returncode != 0 and "is a symbolic link of another user" in started.stderr, started.stderr
    assert victim.read_text() == "mine\n"
