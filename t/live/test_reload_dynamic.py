# SPDX-License-Identifier: MIT
"""A new dynamic part while traffic runs: nothing is refused, reset or lost, and nobody is replaced (operations.md section 6)."""
import os
import signal
import time

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.company import Company
from lib.daemon import Daemon, configuration, is_sanitized, run
from lib.load import Running, all_resume
from lib.origin import Origin
from lib.server import RawServer, reply
from lib.tls_world import both
from lib.wait import SLOW, wait_until

RELOADS = 1000 if os.environ.get("POINTSMAN_TEST_LONG") else 60
GROWTH = 256 * 1024  # bytes of a process: where connections happen to lie in its heap. Measured: 60 KiB


def document(**servers):
    """Routers /NAME and their services; `app` takes the rest."""
    lines = ["http:", "  routers:"]
    for name in servers:
        rule = "rule: 'PathPrefix(`/`)', priority: 1" if name == "app" else "rule: 'Path(`/%s`)'" % name
        lines.append("    %s: {%s, service: %s}" % (name, rule, name))
    lines.append("  services:")
    for name, url in servers.items():
        lines.append("    %s: {loadBalancer: {servers: [{url: '%s'}]}}" % (name, url))
    return "\n".join(lines) + "\n"


class Place:
    """A folder with a dynamic file, and the daemon that watches it."""

    def __init__(self, folder, text, **static):
        self.folder = str(folder)
        self.path = os.path.join(self.folder, "dynamic.yaml")
        self.write(text)
        providers = {"file": {"filename": self.path}, "providersThrottleDuration": "0s"}
        self.config = configuration(providers=providers, pid=os.path.join(self.folder, "pid"), **static)

    def write(self, text):
        """By rename, as editors do."""
        with open(self.path + ".new", "w") as f:
            f.write(text)
        os.rename(self.path + ".new", self.path)

    def start(self, **options):
        return Daemon(self.config, **options)


def reloads(daemon):
    return daemon.log.count(" applied in ")


def after_reload(daemon, change, count=1):
    before = reloads(daemon)
    change()
    assert wait_until(lambda: reloads(daemon) >= before + count, 10 * SLOW), daemon.log


def footprint(daemon):
    """Descriptors and private memory of each process of the daemon."""
    facts = {}
    for pid in daemon.processes():
        facts[pid] = (proc.descriptors(pid), proc.private(pid))
    return facts


def test_a_thousand_reloads_lose_nothing(tmp_path):
    with Origin() as origin:
        company = Company(tunnels=200 if RELOADS >= 1000 else 50)
        slow = {name: company.server.url for name in ("tunnel", "download", "upload")}
        points, tls = both()
        place = Place(tmp_path, document(app=origin.url, **slow), entry_points=points, **tls)
        with place.start(workers=2) as daemon:
            company.visit(daemon.ports["web"])
            assert wait_until(lambda: company.open == company.tunnels, 20 * SLOW), company.faults
            with Running(daemon.ports["web"], kept=16, fresh=4) as load, Running(daemon.ports["secure"], kept=4, fresh=2, tls=True) as secure:
                children = sorted(daemon.workers() + daemon.agents())
                began, early = time.monotonic(), None
                for i in range(RELOADS):
                    after_reload(daemon, lambda: place.write(document(app=origin.url, **{"r%d" % i: origin.url}, **slow)))
                    if i == RELOADS // 5:  # pools, tables and malloc have their size
                        early = footprint(daemon)
                seconds = time.monotonic() - began
                check_growth(daemon, early)
                result, result_of_tls = load.stop(), secure.stop()
            company.leave()
            print("%d reloads in %.1f s; slowest answer %.1f ms of %d, %d over TLS" % (RELOADS, seconds, 1000 * result["slowest"], result["requests"], result_of_tls["requests"]))
            for one in (result, result_of_tls):
                assert not one["failures"], one
                assert not one["closed"], "kept connections were closed"
            all_resume(result_of_tls, clients=6)
            assert not company.faults and not company.tunnels_closed, company.faults
            assert company.done > 0
            assert sorted(daemon.workers() + daemon.agents()) == children, "a process was replaced"
            check_growth(daemon, early)
            check_descriptors(daemon, early)


def check_growth(daemon, early):
    """What reloads leave behind: nothing, under load as in quiet. Old configurations go before the next ones are made."""
    late = footprint(daemon)
    print("private memory, KiB: " + ", ".join("%d -> %d" % (early[pid][1] / 1024, late[pid][1] / 1024) for pid in early))
    if not is_sanitized():  # a sanitizer keeps what is freed
        grown = {pid: (early[pid], late[pid]) for pid in early if late[pid][1] > early[pid][1] + GROWTH}
        assert not grown, grown


def check_descriptors(daemon, early):
    def more():
        late = footprint(daemon)
        return {pid: (early[pid], late[pid]) for pid in early if late[pid][0] > early[pid][0]}

    assert wait_until(lambda: not more(), 5), more()


def test_every_way_to_change_a_file_is_seen(tmp_path):
    with RawServer() as one, RawServer() as two:
        one.default, two.default = reply(200, b"one"), reply(200, b"two")
        place = Place(tmp_path, document(app=one.url))
        with place.start() as daemon:
            assert ask(daemon.port).body == b"one"
            after_reload(daemon, lambda: place.write(document(app=two.url)))
            assert ask(daemon.port).body == b"two"

            def in_place(text):
                with open(place.path, "w") as f:
                    f.write(text)

            after_reload(daemon, lambda: in_place(document(app=one.url)))
            assert ask(daemon.port).body == b"one"

            def half_by_half(text):
                with open(place.path, "w") as f:
                    f.write(text[: len(text) // 2])
                    f.flush()
                    time.sleep(0.5)
                    assert ask(daemon.port).body == b"one"
                    f.write(text[len(text) // 2 :])

            after_reload(daemon, lambda: half_by_half(document(app=two.url)))
            assert ask(daemon.port).body == b"two"
            assert " ERR " not in daemon.log, daemon.log


def test_a_mounted_volume_changes_by_its_link(tmp_path):
    """Kubernetes: file -> ..data/file, and ..data -> a folder with a date, exchanged by rename."""
    with RawServer() as one, RawServer() as two:
        one.default, two.default = reply(200, b"one"), reply(200, b"two")
        for name, url in (("..1", one.url), ("..2", two.url)):
            (tmp_path / name).mkdir()
            (tmp_path / name / "dynamic.yaml").write_text(document(app=url))
        (tmp_path / "..data").symlink_to("..1")
        (tmp_path / "dynamic.yaml").symlink_to("..data/dynamic.yaml")
        for key in ("filename", "directory"):
            path = str(tmp_path / "dynamic.yaml") if key == "filename" else str(tmp_path)
            config = configuration(providers={"file": {key: path}, "providersThrottleDuration": "0s"})
            with Daemon(config) as daemon:
                assert ask(daemon.port).body == b"one"

                def exchange(to):
                    (tmp_path / "..tmp").symlink_to(to)
                    os.rename(tmp_path / "..tmp", tmp_path / "..data")

                after_reload(daemon, lambda: exchange("..2"))
                assert ask(daemon.port).body == b"two"
                after_reload(daemon, lambda: exchange("..1"))
                assert ask(daemon.port).body == b"one"


def test_a_folder_of_documents(tmp_path):
    """A broken file keeps its own last good content, the others apply (decision 10)."""
    with RawServer() as server:
        config = configuration(providers={"file": {"directory": str(tmp_path)}, "providersThrottleDuration": "0s"})
        (tmp_path / "a.yaml").write_text(document(a=server.url))
        with Daemon(config) as daemon:
            assert ask(daemon.port, target="/a").status == 200
            after_reload(daemon, lambda: (tmp_path / "b.yaml").write_text(document(b=server.url)))
            assert ask(daemon.port, target="/b").status == 200
            (tmp_path / "a.yaml").write_text("http: {routers: {a: {rule: 1, nonsense: 2}}}\n")
            assert wait_until(lambda: "nonsense" in daemon.log), daemon.log
            after_reload(daemon, lambda: (tmp_path / "c.yaml").write_text(document(c=server.url)))
            assert [ask(daemon.port, target="/" + name).status for name in "abc"] == [200, 200, 200]
            after_reload(daemon, lambda: os.remove(tmp_path / "b.yaml"))
            assert [ask(daemon.port, target="/" + name).status for name in "abc"] == [200, 404, 200]
            (tmp_path / "sub").mkdir()
            after_reload(daemon, lambda: (tmp_path / "sub" / "d.yaml").write_text(document(d=server.url)))
            assert ask(daemon.port, target="/d").status == 200


def test_an_empty_file_is_being_written_for_a_while_and_then_says_nothing(tmp_path):
    """Decision 8."""
    with RawServer() as server:
        place = Place(tmp_path, document(app=server.url))
        with place.start() as daemon:
            open(place.path, "w").close()
            time.sleep(0.6)
            assert ask(daemon.port).status == 200
            assert wait_until(lambda: ask(daemon.port).status == 404, 10 * SLOW), daemon.log


def test_what_runs_ends_as_it_began(tmp_path):
    """A request that waits for its server when the configuration changes gets that server's answer; the next one is new."""
    with RawServer() as old, RawServer() as new:
        old.default = lambda c, r: (time.sleep(1), reply(200, b"old"))[1]
        new.default = reply(200, b"new")
        place = Place(tmp_path, document(app=old.url))
        with place.start() as daemon, RawClient(daemon.port) as client:
            client.send(head())
            assert old.wait_requests(1)
            after_reload(daemon, lambda: place.write(document(app=new.url)))
            assert client.response().body == b"old"
            assert client.ask().body == b"new"


def test_pools_live_on(tmp_path):
    """A connection to a server that is idle when the configuration changes serves the next request."""
    with RawServer() as server:
        place = Place(tmp_path, document(app=server.url))
        with place.start() as daemon, RawClient(daemon.port) as client:
            assert client.ask().status == 200
            for i in range(3):
                after_reload(daemon, lambda: place.write(document(app=server.url, **{"r%d" % i: server.url})))
                assert client.ask().status == 200
            assert len(server.connections) == 1


def test_pools_of_nobody_are_closed(tmp_path):
    with RawServer() as old, RawServer() as new:
        place = Place(tmp_path, document(app=old.url).replace("loadBalancer: {", "loadBalancer: {serversTransport: t, ") + "  serversTransports: {t: {maxIdleConnsPerHost: 5}}\n")
        with place.start() as daemon:
            assert ask(daemon.port).status == 200
            assert not old.connections[0].ended
            after_reload(daemon, lambda: place.write(document(app=new.url)))
            assert ask(daemon.port).status == 200
            assert wait_until(lambda: old.connections[0].ended == "eof", 5 * SLOW)


@pytest.mark.parametrize("broken", ["http: {routers: [", "http: {routers: {app: {rulle: x}}}", "http:\n\t- x"])
def test_what_cannot_be_decoded_changes_nothing(tmp_path, broken):
    with RawServer() as server:
        place = Place(tmp_path, document(app=server.url))
        with place.start() as daemon:
            place.write(broken)
            assert wait_until(lambda: place.path + ":" in daemon.log), daemon.log
            assert ask(daemon.port).status == 200
            after_reload(daemon, lambda: place.write(document(app=server.url, more=server.url)))
            assert ask(daemon.port, target="/more").status == 200


def test_a_broken_object_disables_its_routers_only(tmp_path):
    with RawServer() as server:
        place = Place(tmp_path, document(app=server.url, other=server.url))
        with place.start() as daemon:
            text = document(app=server.url, other=server.url)
            after_reload(daemon, lambda: place.write(text.replace("other: {loadBalancer: {", "other: {loadBalancer: {strategy: nonsense, ")))
            assert ask(daemon.port).status == 200 and ask(daemon.port, target="/other").body != ask(daemon.port).body
            assert len(server.requests) == 3
            assert "nonsense" in daemon.log


def test_the_command_line_learns_the_outcome(tmp_path):
    with RawServer() as server:
        place = Place(tmp_path, document(app=server.url))
        with place.start() as daemon:
            result = run("-s", "reload", "--wait", "-c", daemon.path, cwd=daemon.folder)
            assert (result.returncode, result.stderr) == (0, "")
            with open(daemon.path, "a") as f:
                f.write("nonsense: true\n")
            result = run("-s", "reload", "--wait", "-c", daemon.path, cwd=daemon.folder)
            assert result.returncode == 4 and "nonsense" in result.stderr, result
            assert ask(daemon.port).status == 200


def test_a_watched_file_never_changes_the_static_part(tmp_path):
    """Decision 11: one file with both parts."""
    with RawServer() as server:
        config = configuration({"app": server}, providers={"providersThrottleDuration": "0s"})
        with Daemon(config) as daemon:
            assert wait_until(lambda: "started" in daemon.log)
            changed = dict(config, entryPoints=dict(config["entryPoints"], other={"address": "127.0.0.1:1"}))
            changed["http"] = {"routers": {"more": {"rule": "Path(`/more`)", "service": "app"}}, "services": config["http"]["services"]}

            def write():
                import yaml

                with open(daemon.path + ".new", "w") as f:
                    yaml.safe_dump(changed, f)
                os.rename(daemon.path + ".new", daemon.path)

            after_reload(daemon, write)
            assert "run reload" in daemon.log
            assert ask(daemon.port, target="/more").status == 200 and ask(daemon.port).status == 404


def test_storms_are_throttled(tmp_path):
    with RawServer() as server:
        place = Place(tmp_path, document(app=server.url))
        place.config["providers"]["providersThrottleDuration"] = "1s"
        with place.start() as daemon:
            end = time.monotonic() + 3
            i = 0
            while time.monotonic() < end:
                i += 1
                place.write(document(app=server.url, **{"r%d" % i: server.url}))
                time.sleep(0.02)
            assert wait_until(lambda: ask(daemon.port, target="/r%d" % i).status == 200)
            assert 1 <= reloads(daemon) <= 5, daemon.log


@pytest.mark.parametrize("victim", ["worker", "agent", "loader"])
def test_a_kill_during_a_reload_hinders_nobody_else(tmp_path, victim):
    with RawServer() as server:
        place = Place(tmp_path, document(app=server.url))
        with place.start(workers=2) as daemon:
            for i in range(6):
                place.write(document(app=server.url, **{"r%d" % i: server.url}))
                time.sleep(0.001 * i)
                for pid in {"worker": daemon.workers()[:1], "agent": daemon.agents(), "loader": loaders(daemon)}[victim]:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.1)
            after_reload(daemon, lambda: place.write(document(app=server.url, last=server.url)))
            assert wait_until(lambda: len(daemon.workers()) == 2 and ask(daemon.port, target="/last").status == 200)


def loaders(daemon):
    """Children of the master that have neither title."""
    known = set(daemon.workers() + daemon.agents() + [daemon.pid])
    return [pid for pid in daemon.processes() if pid not in known]
