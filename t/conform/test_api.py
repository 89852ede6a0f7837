# SPDX-License-Identifier: MIT
"""The API over a router and in insecure mode: observability.md sections 4.1 and 4.2, static-config.md section 7.4."""
import json
import os
import signal
import threading

import pytest

from lib.daemon import balancer, configuration, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.server import RawServer, reply
from lib.wait import wait_until

pytestmark = over_both

POINTS = {"web": {}, "traefik": {}}
ROUTERS = {
    "shop": {"rule": "Host(`shop.test`)", "service": "app", "middlewares": ["strip"], "entryPoints": ["web"]},
    "odd/name": {"rule": "Host(`odd.test`)", "service": "app", "priority": 7, "entryPoints": ["web"]},
    "sick": {"rule": "Hots(`x`)", "service": "app", "entryPoints": ["web"]},
    "lost": {"rule": "Host(`lost.test`)", "service": "nowhere", "entryPoints": ["web"]},
    "half": {"rule": "Host(`half.test`)", "service": "app", "entryPoints": ["web", "missing"]},
}
HTTP = {
    "middlewares": {
        "strip": {"stripPrefix": {"prefixes": ["/a"]}},
        "auth": {"basicAuth": {"users": ["u:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"]}},
        "wrong": {"replacePathRegex": {"regex": "(", "replacement": "x"}},
        "both": {"stripPrefix": {"prefixes": ["/a"]}, "addPrefix": {"prefix": "/b"}},
        "later": {"plugin": {"x": {}}},
    }
}


def get(daemon, path, point="traefik", **options):
    answer = ask(daemon.ports[point], target=path, **options)
    assert answer.status == 200, (answer.status, answer.body)
    assert answer.get("content-type") == "application/json"
    assert answer.body.endswith(b"\n") and answer.body.count(b"\n") == 1
    return json.loads(answer.body)


@pytest.fixture(scope="module")
def daemon():
    with RawServer() as server:
        with site({"app": balancer(server)}, ROUTERS, POINTS, HTTP, static={"api": {"insecure": True}, "ping": {}}) as instance:
            yield instance


def test_version(daemon):
    version = get(daemon, "/api/version")
    assert version["Version"] in run("-v").stdout + run("-v").stderr
    assert set(version) == {"Version", "Codename", "startDate"}


def test_overview_counts(daemon):
    overview = get(daemon, "/api/overview")
    assert overview["http"]["routers"] == {"total": 8, "warnings": 1, "errors": 2}
    assert overview["http"]["middlewares"] == {"total": 5, "warnings": 0, "errors": 3}
    assert overview["features"] == {"tracing": "", "metrics": "", "accessLog": False}
    assert overview["tcp"]["routers"]["total"] == overview["udp"]["services"]["total"] == 0


def test_entry_points(daemon):
    names = [point["name"] for point in get(daemon, "/api/entrypoints")]
    assert names == ["web", "traefik"]
    point = get(daemon, "/api/entrypoints/web")
    assert point["address"].endswith(":%d" % daemon.ports["web"])
    assert point["transport"]["respondingTimeouts"]["readTimeout"] == "1m0s"


def test_a_router(daemon):
    router = get(daemon, "/api/http/routers/shop@file")
    assert router.pop("observability") == {"accessLogs": True, "metrics": True, "tracing": True, "traceVerbosity": "minimal"}
    assert router == {
        "entryPoints": ["web"], "rule": "Host(`shop.test`)", "middlewares": ["strip"], "service": "app", "priority": 17, "priorityStr": "17", "status": "enabled",
        "using": ["web"], "name": "shop@file", "provider": "file",
    }


def test_a_name_with_a_slash(daemon):
    assert get(daemon, "/api/http/routers/odd%2Fname@file")["name"] == "odd/name@file"


@pytest.mark.parametrize("name, status, says", [("sick", "disabled", "unknown matcher"), ("lost", "disabled", "nowhere"), ("half", "warning", "missing")])
def test_what_is_wrong_with_a_router(daemon, name, status, says):
    router = get(daemon, "/api/http/routers/%s@file" % name)
    assert router["status"] == status
    assert any(says in line for line in router["error"])
    assert ("using" in router) == (status != "disabled")


def test_a_service(daemon):
    service = get(daemon, "/api/http/services/app@file")
    url = service["loadBalancer"]["servers"][0]["url"]
    assert service["serverStatus"] == {url: "UP"}
    assert service["type"] == "loadbalancer" and service["status"] == "enabled"
    assert service["usedBy"] == ["half@file", "odd/name@file", "shop@file", "sick@file"]
    assert service["loadBalancer"]["strategy"] == "wrr" and service["loadBalancer"]["passHostHeader"] is True
    assert service["loadBalancer"]["responseForwarding"] == {"flushInterval": "100ms"}


def test_middlewares(daemon):
    strip = get(daemon, "/api/http/middlewares/strip@file")
    assert strip["stripPrefix"] == {"prefixes": ["/a"]} and strip["type"] == "stripprefix" and strip["usedBy"] == ["shop@file"]
    for name in ("wrong", "both", "later"):
        wrong = get(daemon, "/api/http/middlewares/%s@file" % name)
        assert wrong["status"] == "disabled" and wrong["error"], wrong


def test_no_secret_is_shown(daemon):
    for path in ("/api/rawdata", "/api/http/middlewares/auth@file", "/api/http/middlewares"):
        assert b"apr1" not in ask(daemon.ports["traefik"], target=path).body


def test_raw_data(daemon):
    raw = get(daemon, "/api/rawdata")
    assert set(raw) == {"routers", "services", "middlewares"}
    assert {"api@internal", "dashboard@internal", "ping@internal", "shop@file"} <= set(raw["routers"])
    assert raw["routers"]["api@internal"]["priority"] == 2**63 - 2
    assert raw["routers"]["dashboard@internal"]["priority"] == 2**63 - 3
    assert "name" not in raw["services"]["app@file"]


QUERIES = {
    "search=SHOP": (["shop@file"], "1"),
    "search=lost.test": (["lost@file"], "1"),
    "status=disabled": (["lost@file", "sick@file"], "1"),
    "serviceName=app@file&sortBy=priority&direction=desc": (["shop@file", "half@file", "sick@file", "odd/name@file"], "1"),
    "middlewareName=strip@file": (["shop@file"], "1"),
    "per_page=2": (["api@internal", "dashboard@internal"], "2"),
    "per_page=3&page=3": (["shop@file", "sick@file"], "1"),
}


@pytest.mark.parametrize("query", QUERIES)
def test_lists(daemon, query):
    answer = ask(daemon.ports["traefik"], target="/api/http/routers?" + query)
    assert ([r["name"] for r in json.loads(answer.body)], answer.get("x-next-page")) == QUERIES[query]


WRONG = {
    "/api/http/routers?page=9&per_page=2": (400, "invalid request: page: 9, per_page: 2"),
    "/api/http/routers?page=-1": (400, "invalid request: page: -1"),
    "/api/http/routers/x": (404, "router not found: x"),
    "/api/http/services/x%40file": (404, "service not found: x@file"),
    "/api/http/middlewares/x@file": (404, "middleware not found: x@file"),
    "/api/entrypoints/x": (404, "entry point not found: x"),
}


@pytest.mark.parametrize("path", WRONG)
def test_refusals(daemon, path):
    answer = ask(daemon.ports["traefik"], target=path)
    assert (answer.status, json.loads(answer.body)) == (WRONG[path][0], {"message": WRONG[path][1]})


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/http", "/api/http/other", "/api/version/x", "/other", "/dashboard/", "/debug/vars"])
def test_what_is_not_there(daemon, path):
    assert ask(daemon.ports["traefik"], target=path).status == 404


@pytest.mark.parametrize("path", ["/api/tcp/routers", "/api/tcp/services", "/api/tcp/middlewares", "/api/udp/routers", "/api/udp/services"])
def test_what_does_not_exist_yet_is_empty(daemon, path):
    assert get(daemon, path) == []


@h1_only("HTTP/2 always has an authority")
def test_a_client_without_host(daemon):
    assert ask(daemon.ports["traefik"], target="/api/version", host=None, version="HTTP/1.0").status == 200


def test_only_reading(daemon):
    answer = ask(daemon.ports["traefik"], "POST", "/api/version", body=b"x" * 100000)
    assert (answer.status, answer.get("allow")) == (405, "GET, HEAD")
    assert ask(daemon.ports["traefik"], "HEAD", "/api/version").status == 200


def test_the_front_door_leads_to_the_dashboard(daemon):
    answer = ask(daemon.ports["traefik"], target="/", host="box.test:8080")
    assert (answer.status, answer.get("location")) == (301, "http://box.test:8080/dashboard/")


def test_only_on_its_entry_point(daemon):
    assert ask(daemon.ports["web"], target="/api/version").status == 404


def test_over_a_router_of_ones_own(server):
    """Secure mode: middlewares guard it, basePath stands in front, the access log does not tell unless asked."""
    routers = {
        "app": {"rule": "PathPrefix(`/`)", "service": "app"},
        "admin": {"rule": "PathPrefix(`/admin`)", "service": "api@internal", "middlewares": ["only"]},
    }
    http = {"middlewares": {"only": {"ipAllowList": {"sourceRange": ["127.0.0.1/32"]}}}}
    static = {"api": {"basePath": "/admin", "dashboardName": "here"}, "accessLog": {"format": "json", "addInternals": True}}
    with site({"app": server}, routers, http=http, static=static) as daemon:
        assert get(daemon, "/admin/api/version", "web")["dashboardName"] == "here"
        assert ask(daemon.port, target="/api/version").body != b""
        assert ask(daemon.port, target="/admin/").get("location") == "/admin/dashboard/"
        assert wait_until(lambda: '"RouterName":"admin@file"' in daemon.log)
        line = next(json.loads(x) for x in daemon.log.splitlines() if "admin@file" in x)
        assert (line["ServiceName"], line["OriginStatus"]) == ("api@internal", 200)


HOSTS = {
    "listed": ("admin.test", None, 200),
    "with-a-port": ("ADMIN.test:8080", None, 200),
    "its-own-origin": ("admin.test", "http://admin.test:8080", 200),
    "rebound-name": ("evil.test", None, 403),
    "address": ("127.0.0.1", None, 403),
    "another-origin": ("admin.test", "http://evil.test", 403),
    "no-origin-at-all": ("admin.test", "null", 403),
}


@pytest.fixture(scope="module")
def guarded():
    with RawServer() as server:
        routers = {"app": {"rule": "PathPrefix(`/`)", "service": "app", "entryPoints": ["web"]}}
        with site({"app": server}, routers, POINTS, static={"api": {"insecure": True, "allowedHosts": ["admin.test"]}}) as instance:
            yield instance


@pytest.mark.parametrize("row", HOSTS, ids=["security-8-" + row for row in HOSTS])
def test_allowed_hosts(guarded, row):
    host, origin, status = HOSTS[row]
    fields = [("Origin", origin)] if origin else []
    answer = ask(guarded.ports["traefik"], target="/api/rawdata", host=host, fields=fields)
    assert answer.status == status
    assert status == 200 or set(json.loads(answer.body)) == {"message"}
    assert ask(guarded.ports["traefik"], target="/", host=host, fields=fields).status == (301 if status == 200 else 403)


def test_security_8_allowed_hosts_are_those_of_the_api_alone(guarded):
    assert ask(guarded.ports["web"], host="evil.test").status == 200


@h1_only("the configuration alone")
def test_without_the_section_nobody_answers(server):
    routers = {"admin": {"rule": "PathPrefix(`/admin`)", "service": "api@internal"}}
    with site({"app": server}, routers) as daemon:
        assert "api@internal" in daemon.log and "not enabled" in daemon.log
        assert ask(daemon.port, target="/admin/api/version").status == 404


def test_prometheus_over_its_router_and_a_router_of_ones_own(server):
    server.answers["/health"] = reply(500)
    service = balancer(server, healthCheck={"path": "/health", "interval": "200ms"})
    routers = {"app": {"rule": "PathPrefix(`/`)", "service": "app", "entryPoints": ["web"]}, "mine": {"rule": "Path(`/figures`)", "service": "prometheus@internal", "entryPoints": ["web"]}}
    with site({"app": service}, routers, POINTS, static={"metrics": {"prometheus": {}}}) as daemon:
        line = 'traefik_service_server_up{service="app@file",url="%s"} 0' % server.url
        assert wait_until(lambda: line in ask(daemon.ports["traefik"], target="/metrics").body.decode())
        answer = ask(daemon.port, target="/figures")
        assert line in answer.body.decode()
        assert answer.get("content-type").startswith("text/plain; version=0.0.4")


def test_a_dead_agent_takes_nothing_with_it_and_comes_back(server):
    with site({"app": server}, {"all": {"rule": "PathPrefix(`/`)", "service": "app", "entryPoints": ["web"]}}, POINTS, static={"api": {"insecure": True}}, workers=2) as daemon:
        get(daemon, "/api/version")
        for _ in range(3):
            before = daemon.agents()
            os.kill(before[0], signal.SIGKILL)
            # What is asked meanwhile waits in the queue that the master keeps, or fails alone.
            assert ask(daemon.ports["traefik"], target="/api/version").status in (200, 502)
            assert ask(daemon.port).status == 200
            assert wait_until(lambda: daemon.agents() and daemon.agents() != before)
            assert wait_until(lambda: ask(daemon.ports["traefik"], target="/api/version").status == 200)


def test_an_agent_that_hangs_holds_up_nobody_else(server):
    with site({"app": server}, {"all": {"rule": "PathPrefix(`/`)", "service": "app", "entryPoints": ["web"]}}, POINTS, static={"api": {"insecure": True}}) as daemon:
        assert wait_until(lambda: len(daemon.agents()) == 1)
        os.kill(daemon.agents()[0], signal.SIGSTOP)
        try:
            with connect(daemon.ports["traefik"]) as waiting:
                waiting.request(target="/api/version")
                assert all(ask(daemon.port).status == 200 for _ in range(20))
                os.kill(daemon.agents()[0], signal.SIGCONT)
                assert waiting.response().status == 200
        finally:
            os.kill(daemon.agents()[0], signal.SIGCONT)


def test_a_client_that_leaves_does_not_trouble_the_agent(daemon):
    for _ in range(20):
        with connect(daemon.ports["traefik"]) as client:
            client.request(target="/api/rawdata")
            client.leave()
    assert get(daemon, "/api/version")


def test_many_at_once(daemon):
    got = []

    def some():
        for _ in range(10):
            got.append(ask(daemon.ports["traefik"], target="/api/rawdata").status)

    threads = [threading.Thread(target=some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [200] * 80


def socket_of(daemon):
    """Where the master's socket for the agent is. The kernel keeps the name that it was bound by."""
    held = {os.readlink("/proc/%d/fd/%s" % (daemon.pid, fd)) for fd in os.listdir("/proc/%d/fd" % daemon.pid)}
    lines = [line.split() for line in open("/proc/net/unix") if line.rstrip().endswith("/agent.sock~")]
    return next(fields[-1][:-1] for fields in lines if "socket:[%s]" % fields[6] in held)


@h1_only("the processes alone")
def test_the_socket_lies_in_a_closed_folder_and_goes_with_the_daemon(server):
    with site({"app": server}, static={"api": {}}) as daemon:
        path = socket_of(daemon)
        assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
    assert not os.path.exists(os.path.dirname(path))


@h1_only("the processes alone")
def test_a_killed_master_leaves_nothing_that_the_next_one_does_not_take_away(server):
    with site({"app": server}, static={"api": {}}, exits=-signal.SIGKILL) as daemon:
        path = socket_of(daemon)
        os.kill(daemon.pid, signal.SIGKILL)
        assert wait_until(lambda: not daemon.processes())
    assert os.path.exists(path)
    with site({"app": server}, static={"api": {}}):
        assert not os.path.exists(path)


@h1_only("the agent alone")
def test_the_api_of_a_large_configuration_is_paged(server):
    services = {"s%04d" % i: balancer(server) for i in range(2000)}
    routers = {"r%04d" % i: {"rule": "Host(`h%d.test`)" % i, "service": "s%04d" % i, "entryPoints": ["web"]} for i in range(2000)}
    with site(services, routers, POINTS, static={"api": {"insecure": True}}) as daemon:
        page = get(daemon, "/api/http/routers?per_page=10&page=150")
        assert [r["name"] for r in page][0] == "r1488@file"
        assert len(get(daemon, "/api/rawdata")["routers"]) == 2002


@h1_only("the configuration alone")
def test_insecure_alone_shows_itself_to_this_box_only(server, tmp_path):
    config = configuration({"app": server}, api={"insecure": True})
    path = tmp_path / "c.yml"
    path.write_text(json.dumps(config))
    result = run("-TT", "-c", path)
    assert "127.0.0.1:8080" in result.stdout
