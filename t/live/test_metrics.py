# SPDX-License-Identifier: MIT
"""Metrics as those who read them see them: promtool, a real Prometheus, and counters that never fall (observability.md section 1)."""
import gzip
import json
import os
import re
import signal
import subprocess
import threading
import time

from lib.client import ask
from lib.daemon import Daemon, balancer, configuration, reload, to_yaml
from lib.load import Running
from lib.origin import Origin
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.tls_world import TlsClient, world
from lib.wait import SLOW, wait_until

POINTS = {"web": {}, "metrics": {}}
LINE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def config_of(services, routers=None, prometheus=None, **more):
    for router in (routers or {}).values():
        router.setdefault("entryPoints", ["web"])
    routers = routers or {"app": {"rule": "PathPrefix(`/`)", "service": next(iter(services)), "entryPoints": ["web"]}}
    metrics = {"prometheus": {"entryPoint": "metrics", **(prometheus or {})}}
    return configuration(services, routers, POINTS, metrics=metrics, **more)


def scrape(daemon, fields=()):
    answer = ask(daemon.ports["metrics"], target="/metrics", fields=fields)
    assert answer.status == 200, (answer.status, answer.body)
    return answer


def figures(daemon):
    """{name: {(label, value) ...: figure}} of a page."""
    page = {}
    for line in scrape(daemon).body.decode().splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = LINE.match(line).groups()
        key = frozenset(LABEL.findall(labels or ""))
        assert key not in page.setdefault(name, {}), "a series stands there twice: " + line
        page[name][key] = float(value)
    return page


def total(page, name, **labels):
    return sum(value for key, value in page.get(name, {}).items() if set(labels.items()) <= key)


def settle(daemon, name, expected, **labels):
    """The page once it has that figure."""
    seen = {}
    assert wait_until(lambda: seen.update(page=figures(daemon)) or total(seen["page"], name, **labels) == expected), "%s %s: %s" % (name, labels, sorted((sorted(k), v) for k, v in seen["page"].get(name, {}).items()))
    return seen["page"]


def test_requests_are_counted_at_entry_point_router_and_service():
    answers = {"/missing": reply(404), "/upload": reply(200, b"thanks")}
    with RawServer(default=reply(200, b"hello"), answers=answers) as server:
        routers = {
            "app": {"rule": "PathPrefix(`/`)", "service": "app", "priority": 1},
            "quiet": {"rule": "Path(`/quiet`)", "service": "app", "observability": {"metrics": False}},
            "own": {"rule": "Path(`/own`)", "service": "whoami@internal"},
        }
        prometheus = {"addRoutersLabels": True, "headerLabels": {"agent": "User-Agent", "zone": "X-Zone"}}
        with Daemon(config_of({"app": server}, routers, prometheus), workers=2) as daemon:
            for _ in range(5):
                ask(daemon.ports["web"], fields=[("User-Agent", 'a"b')])
            ask(daemon.ports["web"], "POST", "/upload", body=b"1234567")
            ask(daemon.ports["web"], target="/missing", fields=[("Accept", "text/html, text/event-stream")])
            ask(daemon.ports["web"], "PURGE", "/quiet")
            ask(daemon.ports["web"], "PURGE", "/own")
            ask(daemon.ports["web"], "PURGE", "/")
            page = settle(daemon, "traefik_entrypoint_requests_total", 8)

            common = {"code": "200", "method": "GET", "protocol": "http"}
            for place in ({"entrypoint": "web"}, {"router": "app@file", "service": "app@file"}, {"service": "app@file"}):
                family = "traefik_%s_" % next(iter(place))
                assert page[family + "requests_total"][frozenset({**common, **place, "agent": 'a\\"b', "zone": ""}.items())] == 5
                assert total(page, family + "requests_total", code="404", protocol="sse", **place) == 1
                assert total(page, family + "requests_total", method="EXTENSION_METHOD", **place) == 1
                assert page[family + "requests_bytes_total"][frozenset({**common, **place, "method": "POST"}.items())] == 7
                assert page[family + "responses_bytes_total"][frozenset({**common, **place}.items())] == 25
                key = frozenset({**common, **place}.items())
                assert page[family + "request_duration_seconds_count"][key] == 5
                assert 0 < page[family + "request_duration_seconds_sum"][key] < 5
                assert page[family + "request_duration_seconds_bucket"][key | {("le", "+Inf")}] == 5
            assert len(page["traefik_router_requests_total"]) == len(page["traefik_service_requests_total"]) == 4
            assert not any("@internal" in value for key in page["traefik_router_requests_total"] for _, value in key)


def test_what_is_not_wanted_is_not_counted_and_our_own_services_are_when_they_are():
    with RawServer(default=reply(200)) as server:
        config = config_of({"app": server}, None, {"addEntryPointsLabels": False, "addServicesLabels": False})
        with Daemon(config) as daemon:
            ask(daemon.ports["web"])
            page = figures(daemon)
            assert not [name for name in page if name.startswith(("traefik_entrypoint", "traefik_service"))]
            assert page["pointsman_worker_requests_total"]
        config = config_of({"app": server}, None, {"addRoutersLabels": True})
        config["metrics"]["addInternals"] = True
        with Daemon(config) as daemon:
            scrape(daemon)
            page = settle(daemon, "traefik_router_requests_total", 1, service="prometheus@internal")
            assert total(page, "traefik_entrypoint_requests_total", entrypoint="metrics") >= 1


def test_failures_have_reasons_attempts_are_counted_one_by_one_and_retries_beside():
    with RawServer(default=reply(200, b"well")) as server:
        closed = "http://127.0.0.1:%d" % free_port()
        services = {"app": balancer(closed, server), "dead": balancer(closed), "none": {"loadBalancer": {"servers": []}}}
        routers = {
            "app": {"rule": "PathPrefix(`/`)", "service": "app", "priority": 1, "middlewares": ["again"]},
            "dead": {"rule": "Path(`/dead`)", "service": "dead"},
            "none": {"rule": "Path(`/none`)", "service": "none"},
        }
        config = config_of(services, routers)
        config["http"]["middlewares"] = {"again": {"retry": {"attempts": 4}}}
        with Daemon(config) as daemon:
            for _ in range(4):
                assert ask(daemon.ports["web"]).status == 200
            assert ask(daemon.ports["web"], target="/dead").status == 502
            assert ask(daemon.ports["web"], target="/none").status == 503
            page = settle(daemon, "traefik_entrypoint_requests_total", 6)

            failed = total(page, "traefik_service_requests_total", service="app@file", code="502")
            assert failed >= 2, "two servers take turns"
            assert total(page, "traefik_service_requests_total", service="app@file", code="200") == 4
            assert total(page, "traefik_service_retries_total", service="app@file") == failed
            assert total(page, "pointsman_upstream_failures_total", service="app@file", reason="connect") == failed
            assert total(page, "pointsman_upstream_failures_total", service="dead@file", reason="connect") == 1
            assert total(page, "pointsman_upstream_failures_total", service="none@file", reason="no_server") == 1
            assert total(page, "traefik_service_requests_total", service="none@file") == 0


def test_tls_certificates_connections_and_handshakes():
    with RawServer(default=reply(200)) as server:
        pair = world().pair("metrics", "b.example", "a.example", cn="Edge")
        config = config_of({"app": server})
        config["http"]["routers"]["app"]["tls"] = {}
        config["tls"] = {"certificates": [pair.files]}
        with Daemon(config) as daemon:
            with TlsClient(daemon.ports["web"], name="a.example") as client:
                assert client.ask(host="a.example").status == 200
                assert total(figures(daemon), "traefik_open_connections", entrypoint="web", protocol="TCP") == 1
            page = settle(daemon, "traefik_entrypoint_requests_tls_total", 1, entrypoint="web", tls_version="1.3")
            assert total(page, "traefik_service_requests_tls_total", service="app@file") == 1
            assert total(page, "pointsman_tls_handshakes_total", entrypoint="web", result="full") == 1
            ((labels, ends),) = page["traefik_tls_certs_not_after"].items()
            assert ("sans", "a.example,b.example") in labels and ("cn", "Edge") in labels
            assert ends > time.time()
            settle(daemon, "traefik_open_connections", 0, entrypoint="web")


def test_promtool_finds_no_fault_in_either_format_and_a_packed_page_is_the_same():
    with RawServer(default=reply(200)) as server:
        with Daemon(config_of({"app": balancer(server, healthCheck={"path": "/", "interval": "1s"})}, None, {"addRoutersLabels": True})) as daemon:
            for target in ("/", "/x"):
                ask(daemon.ports["web"], target=target)
            settle(daemon, "traefik_service_server_up", 1)
            settle(daemon, "traefik_config_reloads_total", 1)
            text = scrape(daemon)
            assert text.get("content-type") == "text/plain; version=0.0.4; charset=utf-8"
            checked = subprocess.run(["promtool", "check", "metrics"], input=text.body, capture_output=True)
            assert checked.returncode == 0 and not checked.stderr, checked.stderr.decode()

            opened = scrape(daemon, [("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")])
            assert opened.get("content-type").startswith("application/openmetrics-text; version=1.0.0")
            assert opened.body.endswith(b"\n# EOF\n") and b"# TYPE traefik_config_reloads counter\ntraefik_config_reloads_total 1\n" in opened.body

            packed = scrape(daemon, [("Accept-Encoding", "gzip")])
            assert packed.get("content-encoding") == "gzip"
            names = lambda body: [line.split("{")[0].split(" ")[0] for line in body.decode().splitlines() if not line.startswith("#")]
            assert names(gzip.decompress(packed.body)) == names(text.body)


def test_counters_never_fall_over_reloads_kills_and_workers_that_go(tmp_path):
    """One scraper beside the load, looking for a counter that is lower than before."""
    fallen, pages = [], []
    with Origin() as origin:
        config = config_of({"app": origin}, workers=2)
        with Daemon(config, workers=None) as daemon:
            ends = threading.Event()

            def watch():
                last = {}
                while not ends.is_set():
                    page = figures(daemon)
                    pages.append(page)
                    for name in page:
                        if name.endswith(("_total", "_count", "_bucket")) and not name.startswith("process_network"):
                            for key, value in page[name].items():
                                if value < last.get((name, key), 0):
                                    fallen.append((name, key, last[name, key], value))
                                last[name, key] = value
                    time.sleep(0.02)

            watcher = threading.Thread(target=watch)
            watcher.start()
            with Running(daemon.ports["web"], kept=8, fresh=2) as load:
                for number, workers in enumerate((4, 1, 2) * 4):
                    config["workers"] = workers
                    reload(daemon, config)
                    config["http"]["routers"]["more%d" % number] = {"rule": "Path(`/more`)", "service": "app"}
                    reload(daemon, config)
                result = load.stop()
            victim = daemon.workers()[0]
            os.kill(victim, signal.SIGKILL)
            assert wait_until(lambda: victim not in daemon.workers() and len(daemon.workers()) >= 2, 10 * SLOW)
            os.kill(daemon.agents()[0], signal.SIGKILL)
            ends.set()
            watcher.join()
            assert not result["failures"], result
            assert not fallen, fallen[:5]
            page = settle(daemon, "traefik_entrypoint_requests_total", result["requests"], entrypoint="web", code="200")
            assert total(page, "traefik_config_reloads_total") == 1 + 2 * 12
            assert total(page, "pointsman_config_reload_seconds_count") == 2 * 12
            assert len(pages) > 10
            assert wait_until(lambda: total(figures(daemon), "pointsman_workers", state="active") == 2, 10 * SLOW)


def test_a_name_that_is_gone_is_shown_once_more_and_a_refused_reload_shows():
    with RawServer(default=reply(200)) as server:
        config = config_of({"app": server, "old": server}, {"app": {"rule": "PathPrefix(`/`)", "service": "app", "priority": 1}, "old": {"rule": "Path(`/old`)", "service": "old"}})
        with Daemon(config) as daemon:
            ask(daemon.ports["web"], target="/old")
            ask(daemon.ports["web"])
            settle(daemon, "traefik_service_requests_total", 2)
            del config["http"]["routers"]["old"], config["http"]["services"]["old"]
            reload(daemon, config)
            assert total(figures(daemon), "traefik_service_requests_total", service="old@file") == 1
            page = figures(daemon)
            assert total(page, "traefik_service_requests_total", service="old@file") == 0
            assert total(page, "traefik_service_requests_total", service="app@file") == 1
            with open(daemon.path, "a") as f:
                f.write("nonsense: [")
            daemon.signal(signal.SIGHUP)
            page = settle(daemon, "pointsman_config_last_reload_error", 1)
            assert total(page, "traefik_config_reloads_total") == 2


def test_a_real_prometheus_scrapes_it_under_load(tmp_path):
    with Origin() as origin, Daemon(config_of({"app": origin}), workers=2) as daemon:
        target = "127.0.0.1:%d" % daemon.ports["metrics"]
        (tmp_path / "prometheus.yml").write_text("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [{job_name: p, static_configs: [{targets: ['%s']}]}]\n" % target)
        port = free_port()
        command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:%d" % port, "--log.level=error"]
        with open(tmp_path / "log", "w") as log:
            prometheus = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
        try:
            def query(text):
                try:
                    answer = ask(port, target="/api/v1/query?query=" + text)
                except OSError:
                    return []
                return json.loads(answer.body)["data"]["result"] if answer.status == 200 else []

            with Running(daemon.ports["web"], kept=4, fresh=1) as load:
                # What dashboards ask for.
                rate = "sum(rate(traefik_entrypoint_requests_total%5B2s%5D))"
                assert wait_until(lambda: query(rate) and float(query(rate)[0]["value"][1]) > 0, 30 * SLOW), (tmp_path / "log").read_text()
                quantile = "histogram_quantile(0.95,sum(rate(traefik_service_request_duration_seconds_bucket%5B2s%5D))by(le,service))"
                assert query(quantile)[0]["metric"] == {"service": "app@file"}
                assert query("up")[0]["value"][1] == "1"
                assert not load.stop()["failures"]
        finally:
            prometheus.terminate()
            prometheus.wait()
