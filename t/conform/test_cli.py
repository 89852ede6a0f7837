# SPDX-License-Identifier: MIT
"""Command line, signals, pid file, exit codes: operations.md sections 1, 3 and 4; the issue's list of flags."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import BINARY, Daemon, configuration, environment, run, site, to_yaml
from lib.ports import free_port
from lib.server import reply
from lib.wait import SLOW, Stopwatch, wait_until


def write(folder, config, name="pointsman.yaml"):
    path = folder / name
    path.write_text(to_yaml(config))
    return path


NOOP = {"routers": {"noop": {"rule": "PathPrefix(`/`)", "service": "noop@internal"}}}


def noop_site(**more):
    return dict(configuration(**NOOP), **more)


# -- that print and end --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("flag", ["-v", "--version", "version"])
def test_operations_1_version(flag):
    result = run(flag)
    assert result.returncode == 0
    assert re.search(r"pointsman/\d+\.\d+\.\d+", result.stdout + result.stderr)


def test_operations_1_build_information():
    result = run("-V")
    text = result.stdout + result.stderr
    assert result.returncode == 0
    for word in ("pointsman/", "configure arguments:", "libuv", "llhttp", "PathPrefix", "wrr"):
        assert word in text, text


@pytest.mark.parametrize("flag", ["-h", "-?", "--help"])
def test_operations_1_help_on_stdout(flag):
    result = run(flag)
    assert (result.returncode, result.stderr) == (0, "")
    for word in ("-c FILE", "-t", "-s SIGNAL", "explain", "healthcheck"):
        assert word in result.stdout


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["--foo"], 'unknown option "--foo"'),
        (["--log.formt=json"], 'did you mean "--log.format"'),
        (["--entrypoints.web.adress=:80"], "address"),
        (["-Z"], "-Z"),
        (["-c"], "-c"),
        (["-s", "explode"], "explode"),
        (["-w", "many"], "many"),
        (["-w", "0"], "0"),
        (["-l", "loud"], "loud"),
        (["nonsense"], "nonsense"),
        (["explain"], "explain"),
        (["--format=xml", "-t"], "xml"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_operations_1_wrong_usage_is_exit_2(tmp_path, arguments, text):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert text in result.stderr and result.stderr.startswith("pointsman: ")
    assert "-h" in result.stderr


def test_operations_1_unknown_option_in_the_promised_words(tmp_path):
    assert run("--foo", cwd=tmp_path).stderr.strip().endswith("(try -h)")


def test_issue_missing_file_is_fatal(tmp_path):
    for arguments in (["-t", "-c", "/no/such/file.yaml"], ["-c", "/no/such/file.yaml"], ["--configFile=/no/such/file.yaml"]):
        result = run(*arguments, cwd=tmp_path)
        assert result.returncode == 1
        assert "/no/such/file.yaml" in result.stderr


def test_operations_1_toml_is_refused(tmp_path):
    path = tmp_path / "traefik.toml"
    path.write_text("[log]\nlevel = 'INFO'\n")
    result = run("-t", "-c", path)
    assert result.returncode == 1 and "TOML is not supported" in result.stderr


def test_operations_1_dump_of_the_files(tmp_path):
    dynamic = write(tmp_path, "http:\n  routers:\n    x: {rule: \"Path(`/`)\", service: noop@internal}\n# a comment\n", "dyn.yaml")
    path = write(tmp_path, dict(configuration(), providers={"file": {"filename": str(dynamic), "watch": False}}))
    result = run("-T", "-c", path)
    assert result.returncode == 0, result.stderr
    assert "# configuration file %s:" % path in result.stdout and "# configuration file %s:" % dynamic in result.stdout
    assert result.stdout.index(str(path)) < result.stdout.index(str(dynamic) + ":")
    assert "# a comment" in result.stdout


def test_operations_1_dump_of_the_configuration_in_effect(tmp_path):
    path = write(tmp_path, noop_site())
    result = run("-TT", "-c", path, "--log.level=WARN")
    assert result.returncode == 0, result.stderr
    for word in ("entryPoints", "readTimeout", "noop@internal", "maxHeaderBytes"):
        assert word in result.stdout, result.stdout
    assert re.search(r"level: warn .*# .+", result.stdout, re.I), result.stdout


def test_issue_explain(tmp_path):
    routers = {"api": {"rule": "Host(`a.test`) && PathPrefix(`/api`)", "service": "noop@internal"}, "admin": {"rule": "Header(`X-Admin`, `1`)", "service": "noop@internal", "priority": 99}}
    path = write(tmp_path, configuration(routers=routers))
    result = run("explain", "GET", "http://a.test/api/x", "-c", path)
    assert result.returncode == 0 and "api" in result.stdout
    assert "admin" in run("explain", "GET", "http://a.test/api/x", "-H", "X-Admin: 1", "-c", path).stdout
    result = run("explain", "GET", "http://b.test/", "-c", path)
    assert "404" in result.stdout or "no router" in result.stdout


# -- sources of the static part --------------------------------------------------------------------------------------------------------
def test_operations_1_flags_alone(tmp_path):
    port = free_port()
    process = subprocess.Popen([BINARY, "-w", "1", "--entryPoints.web.address=127.0.0.1:%d" % port, "--LOG.level=DEBUG"], cwd=tmp_path, env=environment({"HOME": str(tmp_path)}),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert wait_until(lambda: _status(port) == 404)
    finally:
        process.terminate()
        assert process.wait(5 * SLOW) == 0


def _status(port):
    try:
        return ask(port).status
    except OSError:
        return None


@pytest.mark.parametrize("prefix", ["TRAEFIK_", "POINTSMAN_"])
def test_operations_1_environment_then_flags(tmp_path, prefix):
    """Layered: file < environment < flags."""
    ports = [free_port() for _ in range(3)]
    config = configuration(entry_points={"web": {"address": "127.0.0.1:%d" % ports[0]}}, **NOOP)
    env = {prefix + "ENTRYPOINTS_WEB_ADDRESS": "127.0.0.1:%d" % ports[1]}
    for arguments, port in (([], ports[1]), (["--entrypoints.web.address=127.0.0.1:%d" % ports[2]], ports[2])):
        with Daemon(config, *arguments, env=env, wait=False) as daemon:
            daemon.ports = {"web": port}
            daemon.wait_ready()
            assert ask(port).status == 418
            assert wait_until(lambda: re.search(r"clash|overrid|instead|both", daemon.log)), daemon.log


def test_operations_1_extra_directives(tmp_path):
    path = write(tmp_path, noop_site(workers=1))
    assert run("-t", "-c", path, "-g", "workerConnections: 100").returncode == 0
    result = run("-t", "-c", path, "-g", "workers: 2")
    assert result.returncode == 1 and "workers" in result.stderr
    assert run("-t", "-c", path, "-g", "workers: [").returncode in (1, 2)


def test_operations_1_prefix_for_relative_paths(tmp_path, server):
    folder = tmp_path / "prefix"
    folder.mkdir()
    config = configuration({"app": server}, accessLog={"filePath": "logs/access.log"})
    with Daemon(config, "-p", folder) as daemon:
        assert ask(daemon.port).status == 200
        assert wait_until(lambda: (folder / "logs" / "access.log").exists())


def test_operations_1_error_log_until_the_configuration_is_read(tmp_path):
    path = write(tmp_path, "nope: 1\n")
    result = run("-c", path, "-e", tmp_path / "error.log")
    assert result.returncode == 1
    assert "nope" in (tmp_path / "error.log").read_text()


@pytest.mark.parametrize("name", ["pointsman.yaml", "pointsman.yml", "config.yaml", "traefik.yml"])
def test_operations_1_search_order_without_c(tmp_path, name):
    write(tmp_path, noop_site(), name)
    os.chmod(tmp_path, 0o755)
    result = run("-t", cwd=tmp_path, env={"HOME": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    assert name in result.stderr


def test_operations_11_no_configuration_says_what_it_looked_for(tmp_path):
    result = run(cwd=tmp_path, env={"HOME": str(tmp_path)})
    assert result.returncode == 1
    assert "pointsman.yaml" in result.stderr and "traefik.yml" in result.stderr


def test_operations_1_a_folder_as_configuration(tmp_path):
    folder = tmp_path / "conf"
    folder.mkdir()
    config = noop_site()
    write(folder, {"entryPoints": config["entryPoints"]}, "10-static.yaml")
    write(folder, {"http": config["http"]}, "20-dynamic.yml")
    (folder / "README.txt").write_text("no YAML: [")
    result = run("-t", "-c", folder)
    assert result.returncode == 0, result.stderr


# -- processes ---------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("workers", [1, 3])
def test_operations_3_processes_and_titles(server, workers):
    with site({"app": server}, workers=workers) as daemon:
        assert wait_until(lambda: len(daemon.workers()) == workers)
        assert "master process" in proc.title(daemon.pid) and daemon.path in proc.title(daemon.pid)
        assert len(daemon.agents()) == 1
        assert sorted(re.search(r"worker process (\d+)", proc.title(w))[1] for w in daemon.workers()) == [str(i) for i in range(workers)]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to give up")
def test_operations_4_privileges_are_dropped(server):
    with site({"app": server}) as daemon:
        worker = daemon.worker()
        assert wait_until(lambda: proc.uid(worker) != 0)
        with open("/proc/%d/status" % worker) as f:
            status = f.read()
        for name in ("CapPrm", "CapEff", "CapAmb", "CapInh"):
            assert re.search(name + r":\s+0{16}\b", status), status
        assert re.search(r"NoNewPrivs:\s+1", status)
        assert re.search(r"Groups:\s*(\d+ ?)?\n", status)
        assert all(proc.uid(a) != 0 for a in daemon.agents())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT], ids=["TERM", "INT", "QUIT"])
def test_operations_3_stop_is_exit_0(server, number):
    with site({"app": server}) as daemon:
        assert ask(daemon.port).status == 200
        watch = Stopwatch()
        daemon.signal(number)
        assert daemon.wait() == 0
        assert watch.seconds < 3 * SLOW
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", daemon.port), 1)


def test_operations_3_term_is_fast_quit_is_graceful(server):
    server.answers["/slow"] = lambda c, r: (time.sleep(1.0), reply(200, b"done"))[1]
    for number, finishes in ((signal.SIGTERM, False), (signal.SIGQUIT, True)):
        with site({"app": server}) as daemon, RawClient(daemon.port) as client:
            count = len(server.requests)
            client.send(head(target="/slow"))
            assert server.wait_requests(count + 1)
            daemon.signal(number)
            data = client.rest()
            assert (b"done" in data) == finishes
            assert daemon.wait() == 0


def test_operations_3_quit_is_bounded_by_the_grace_time(server):
    server.answers["/hang"] = lambda c, r: c.wait_end(10) and None
    points = {"web": {"transport": {"lifeCycle": {"graceTimeOut": "700ms"}}}}
    with site({"app": server}, entry_points=points) as daemon, RawClient(daemon.port) as client:
        client.send(head(target="/hang"))
        assert server.wait_requests(1)
        watch = Stopwatch()
        daemon.signal(signal.SIGQUIT)
        assert daemon.wait() == 0
        assert 0.5 < watch.seconds < 3 * SLOW


def test_operations_3_a_reload_is_told_of(server):
    with site({"app": server}) as daemon:
        before = len(daemon.log)
        daemon.signal(signal.SIGHUP)
        assert wait_until(lambda: len(daemon.log) > before), "nothing was logged"
        assert ask(daemon.port).status == 200
        assert daemon.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGALRM], ids=["PIPE", "ALRM"])
def test_operations_3_signals_that_are_ignored(server, number):
    with site({"app": server}) as daemon:
        for pid in [daemon.pid] + daemon.workers():
            os.kill(pid, number)
        time.sleep(0.1)
        assert ask(daemon.port).status == 200


# -- -s, the pid file, -D --------------------------------------------------------------------------------------------------------------------
def test_operations_1_signal_without_an_instance_is_exit_3(tmp_path):
    path = write(tmp_path, noop_site(pid=str(tmp_path / "p.pid")))
    for word in ("stop", "quit", "reopen"):
        result = run("-s", word, "-c", path)
        assert result.returncode == 3, result.stderr
        assert result.stderr


def test_operations_3_a_stale_pid_file_is_no_instance(tmp_path):
    path = write(tmp_path, noop_site(pid=str(tmp_path / "p.pid")))
    (tmp_path / "p.pid").write_text("999999\n")
    assert run("-s", "stop", "-c", path).returncode == 3
    sleeper = subprocess.Popen(["sleep", "60"])
    try:  # the pid was used again: its process is younger than the file
        (tmp_path / "p.pid").write_text("%d\n" % sleeper.pid)
        os.utime(tmp_path / "p.pid", (time.time() - 100, time.time() - 100))
        assert run("-s", "stop", "-c", path).returncode == 3
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize("word", ["stop", "quit"])
def test_operations_1_signal_by_pid_file(tmp_path, word):
    with Daemon(noop_site(pid=str(tmp_path / "p.pid"))) as daemon:
        assert wait_until(lambda: (tmp_path / "p.pid").exists())
        assert int((tmp_path / "p.pid").read_text()) == daemon.pid
        result = run("-s", word, "-c", daemon.path)
        assert result.returncode == 0, result.stderr
        assert daemon.wait() == 0
        assert not (tmp_path / "p.pid").exists(), "the pid file is left"


def test_operations_1_reopen_by_pid_file(tmp_path, server):
    config = configuration({"app": server}, pid=str(tmp_path / "p.pid"), accessLog={"filePath": str(tmp_path / "a.log")})
    with Daemon(config) as daemon:
        ask(daemon.port)
        os.rename(tmp_path / "a.log", tmp_path / "a.log.1")
        assert run("-s", "reopen", "-c", daemon.path).returncode == 0
        assert wait_until(lambda: (tmp_path / "a.log").exists())


def test_operations_10_two_instances_on_one_pid_file_refuse(tmp_path):
    config = noop_site(pid=str(tmp_path / "p.pid"))
    with Daemon(config) as daemon:
        other = write(tmp_path, dict(noop_site(), pid=str(tmp_path / "p.pid")))
        result = run("-c", other, "-w", "1")
        assert result.returncode != 0
        assert "already running" in result.stderr and str(daemon.pid) in result.stderr
        assert int((tmp_path / "p.pid").read_text()) == daemon.pid


def test_operations_3_daemon_returns_once_everything_is_bound(tmp_path):
    config = noop_site(pid=str(tmp_path / "p.pid"), log={"level": "INFO", "filePath": str(tmp_path / "log")})
    path = write(tmp_path, config)
    port = int(config["entryPoints"]["web"]["address"].rpartition(":")[2])
    result = run("-D", "-w", "1", "-c", path)
    assert result.returncode == 0, result.stderr
    try:
        assert ask(port).status == 418, "the parent returned before the port was bound"
        pid = int((tmp_path / "p.pid").read_text())
        assert os.getsid(pid) != os.getsid(0)
    finally:
        assert run("-s", "stop", "-c", path).returncode == 0
    assert wait_until(lambda: not (tmp_path / "p.pid").exists())
    assert wait_until(lambda: proc.session(os_sid(pid)) == [])


def os_sid(pid):
    try:
        return os.getsid(pid)
    except OSError:
        return pid


def test_operations_3_daemon_whose_port_is_taken_says_so_itself(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen(1)
        config = configuration(entry_points={"web": {"address": "127.0.0.1:%d" % taken.getsockname()[1]}}, pid=str(tmp_path / "p.pid"), log={"filePath": str(tmp_path / "log")})
        result = run("-D", "-w", "1", "-c", write(tmp_path, config))
        assert result.returncode == 5, result.stderr
        assert "in use" in result.stderr
        assert not (tmp_path / "p.pid").exists()


# -- healthcheck -----------------------------------------------------------------------------------------------------------------------------
def test_operations_1_healthcheck():
    points = {"traefik": {}}
    with site(entry_points=points, static={"ping": {}}) as daemon:
        result = run("healthcheck", "-c", daemon.path)
        assert (result.returncode, result.stdout.startswith("OK: http://")) == (0, True), result.stdout + result.stderr
        path = daemon.path
        with open(path) as f:
            text = f.read()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        assert run("healthcheck", "-c", f.name).returncode == 1


# -- what is said at start ---------------------------------------------------------------------------------------------------------------------
def test_operations_4_limits_in_effect_are_told(server):
    with site({"app": server}, static={"log": {"level": "INFO"}}, workers=2) as daemon:
        assert wait_until(lambda: re.search(r'2 workers, \d+ connections each, nofile \d+|"workers":2,.*"workerConnections":\d+,"nofile":\d+', daemon.log)), daemon.log


@pytest.mark.parametrize("form", ["common", "json"])
def test_observability_3_1_log_formats(server, form):
    with site({"app": server}, static={"log": {"level": "DEBUG", "format": form, "filePath": "error.log"}}) as daemon:
        ask(daemon.port)
        assert wait_until(lambda: daemon.file("error.log").count("\n") >= 1)
        for line in daemon.file("error.log").splitlines():
            if form == "json":
                record = json.loads(line)
                assert {"level", "time", "message"} <= set(record), line
            else:
                assert re.search(r"\b(debug|info|notice|warn|error|DBG|INF|NTC|WRN|ERR)\b", line, re.I), line


def test_observability_3_1_default_level_is_error(server):
    with site({"app": server}, static={"log": {}}) as daemon:
        ask(daemon.port)
        assert not re.search(r"\b(debug|DBG|info|INF)\b", daemon.log), daemon.log


@pytest.mark.parametrize("arguments", [["-l", "debug"], ["--log.level=DEBUG"], ["-d"]], ids=" ".join)
def test_operations_1_log_level_on_the_command_line(server, arguments):
    with site({"app": server}, static={"log": {"level": "ERROR"}}, args=arguments) as daemon:
        ask(daemon.port)
        assert wait_until(lambda: re.search(r"\b(debug|DBG)\b", daemon.log)), daemon.log
