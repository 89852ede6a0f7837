# SPDX-License-Identifier: MIT
"""The access log: observability.md sections 3.2 to 3.4."""
import base64
import json
import os
import re
import signal
import threading
import time

import pytest

from lib.daemon import site
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.wait import wait_until
from lib.wire import Cut

pytestmark = over_both

COMMON = re.compile(
    r'(?P<host>\S+) - (?P<user>\S+) \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d+) (?P<size>\d+|-)'
    r' "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)" (?P<count>\d+) "(?P<router>[^"]*)" "(?P<url>[^"]*)" (?P<ms>\d+)ms'
)
PROTOCOL = {"h1": "HTTP/1.1", "h2": "HTTP/2.0"}
CLF = re.compile(COMMON.pattern.split(" (?P<count>")[0])


@pytest.fixture(scope="module")
def server():
    with RawServer(default=reply(200, b"hello", [("X-Origin", "o")])) as instance:
        yield instance


class Logged:
    """A site with an access log, and the lines it writes."""

    def __init__(self, server, routers=None, points=None, static=None, workers=1, services=None, http=None, **options):
        self.daemon = site({"app": server, **(services or {})}, routers, points, http, static=dict({"accessLog": dict({"filePath": "access.log"}, **options)}, **(static or {})), workers=workers)
        self.read = 0

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.daemon.__exit__(*args)

    def lines(self, count=1):
        """So many new lines."""

        def new():
            return self.daemon.file("access.log").split("\n")[self.read : -1]

        assert wait_until(lambda: len(new()) >= count, 4), "%d lines instead of %d" % (len(new()), count)
        found = new()
        self.read += len(found)
        assert len(found) == count, found
        return found

    def line(self, *args, **request):
        ask(self.daemon.port, *args, **request)
        return self.lines()[0]


@pytest.fixture(scope="module")
def common(server):
    routers = {"web": {"rule": "PathPrefix(`/`)", "service": "app"}}
    with Logged(server, routers) as instance:
        yield instance


@pytest.fixture(scope="module")
def full(server):
    fields = {"headers": {"defaultMode": "keep", "names": {"User-Agent": "keep", "authorization": "redact", "X-Gone": "drop"}}}
    routers = {"web": {"rule": "PathPrefix(`/`)", "service": "app"}, "none": {"rule": "Path(`/none`)", "service": "empty", "priority": 50}, "dead": {"rule": "Path(`/dead`)", "service": "dead", "priority": 50}}
    services = {"empty": {"loadBalancer": {"servers": []}}, "dead": free_port()}
    points = {"web": {"forwardedHeaders": {"insecure": True}}}
    with Logged(server, routers, points, services=services, format="json", fields=fields) as instance:
        yield instance


# -- common ---------------------------------------------------------------------------------------------------------------------------
def test_observability_3_3_common_line(common, server, spoken):
    line = COMMON.fullmatch(common.line(target="/a?b=c", fields=[("User-Agent", "me"), ("Referer", "there")]))
    assert line["host"] == "127.0.0.1" and line["user"] == "-"
    assert line["request"] == "GET /a?b=c " + PROTOCOL[spoken]
    assert (line["status"], line["size"]) == ("200", "5")
    assert (line["referer"], line["agent"]) == ("-", "-")  # headers are dropped by default
    assert (line["router"], line["url"]) == ("web@file", server.url)
    assert int(line["ms"]) < 3000
    stamp = time.mktime(time.strptime(line["time"][:20], "%d/%b/%Y:%H:%M:%S"))
    assert abs(stamp - time.mktime(time.gmtime())) < 30 and line["time"].endswith("+0000")


def test_observability_3_3_count_goes_up_by_one(common):
    counts = [int(COMMON.fullmatch(common.line())["count"]) for _ in range(3)]
    assert counts == list(range(counts[0], counts[0] + 3))


def test_observability_3_3_request_of_1_0_and_other_methods(common, spoken):
    if spoken == "h1":
        assert COMMON.fullmatch(common.line(version="HTTP/1.0"))["request"] == "GET / HTTP/1.0"
    assert COMMON.fullmatch(common.line("DELETE", "/x"))["request"] == "DELETE /x " + PROTOCOL[spoken]


@pytest.mark.parametrize("target", ['/x"y', "/x\\y", '/?q="'])
def test_security_8_quotes_and_backslashes_are_escaped(common, target):
    line = common.line(target=target)
    assert COMMON.fullmatch(line), line


def test_security_8_bytes_outside_ascii_are_escaped(common):
    line = common.line(target="/?q=\xe9\xff")
    assert line.isascii() and COMMON.fullmatch(line), line


def test_observability_3_3_generic_clf(server):
    with Logged(server, format="genericCLF", fields={"headers": {"defaultMode": "keep"}}) as logged:
        line = logged.line(target="/x", fields=[("User-Agent", 'a"b'), ("Referer", "there")])
        match = CLF.fullmatch(line)
        assert match, line
        assert (match["referer"], match["agent"]) == ("there", 'a\\"b')


def test_observability_3_3_common_with_kept_headers(server):
    with Logged(server, fields={"headers": {"names": {"User-Agent": "keep"}}}) as logged:
        line = COMMON.fullmatch(logged.line(fields=[("User-Agent", "me"), ("Referer", "there")]))
        assert (line["referer"], line["agent"]) == ("-", "me")


@h1_only("the configuration alone")
def test_observability_3_2_unknown_format_is_common_with_a_message(server):
    with Logged(server, format="xml") as logged:
        assert COMMON.fullmatch(logged.line())
        assert "xml" in logged.daemon.log


def test_observability_3_3_refused_and_unrouted_requests_are_logged(server):
    with Logged(server, {"one": {"rule": "Path(`/one`)", "service": "app"}}) as logged:
        line = COMMON.fullmatch(logged.line(target="/two"))
        assert (line["status"], line["router"], line["url"]) == ("404", "-", "-")


# -- json --------------------------------------------------------------------------------------------------------------------------------
def test_observability_3_4_json_fields(full, server, spoken):
    record = json.loads(full.line("POST", "/a?b=c", body=b"hello!", host="app.test:8080"))
    assert list(record) == sorted(record), "keys are sorted"
    expected = {
        "ClientHost": "127.0.0.1", "ClientUsername": "-", "DownstreamContentSize": 5, "DownstreamStatus": 200, "OriginContentSize": 5,
        "OriginStatus": 200, "RequestAddr": "app.test:8080", "RequestContentSize": 6, "RequestHost": "app.test", "RequestMethod": "POST",
        "RequestPath": "/a?b=c", "RequestPort": "8080", "RequestProtocol": PROTOCOL[spoken], "RequestScheme": "http", "RetryAttempts": 0,
        "RouterName": "web@file", "ServiceName": "app@file", "ServiceURL": server.url, "ServiceAddr": "127.0.0.1:%d" % server.port,
        "entryPointName": "web", "level": "info", "msg": "",
    }
    assert {k: record.get(k) for k in expected} == expected
    for name in ("StartUTC", "StartLocal", "time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", record[name]), record[name]
    assert record["ClientAddr"] == "127.0.0.1:" + record["ClientPort"]
    assert all(isinstance(record[k], int) for k in ("Duration", "OriginDuration", "Overhead", "RequestCount"))
    assert 0 < record["OriginDuration"] <= record["Duration"] < 5e9
    assert record["Overhead"] == record["Duration"] - record["OriginDuration"]


def test_observability_3_4_no_port_in_the_host(full):
    record = json.loads(full.line())
    assert (record["RequestHost"], record["RequestPort"]) == ("app.test", "-")


def test_observability_3_4_client_host_is_the_whole_forwarded_for(full):
    record = json.loads(full.line(fields=[("X-Forwarded-For", "192.0.2.1, 192.0.2.2")]))
    assert record["ClientHost"] == "192.0.2.1, 192.0.2.2" and record["ClientAddr"].startswith("127.0.0.1:")


@pytest.mark.parametrize("target, status", [("/none", 503), ("/dead", 502)])
def test_observability_3_4_answered_by_the_proxy(full, target, status):
    record = json.loads(full.line(target=target))
    assert record["DownstreamStatus"] == status
    assert "OriginStatus" not in record and "OriginContentSize" not in record
    assert record["RouterName"] in ("none@file", "dead@file")


def test_observability_3_2_headers_keep_redact_drop(full):
    record = json.loads(full.line(fields=[("User-Agent", "me"), ("Authorization", "secret"), ("X-Gone", "1"), ("X-Two", "1"), ("X-Two", "2")]))
    assert record["request_User-Agent"] == "me"
    assert record["request_Authorization"] == "REDACTED"
    assert "request_X-Gone" not in record and "secret" not in json.dumps(record)
    assert record["request_X-Two"] == "1,2"
    assert record["origin_X-Origin"] == "o" and record["downstream_X-Origin"] == "o"


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\tb", "\x80\xff", "</script>", "\u00e9"])
def test_security_8_json_strings_are_escaped(full, value):
    line = full.line(fields=[("X-V", value)])
    record = json.loads(line)
    assert "\t" not in line
    assert "request_X-V" in record


def test_observability_3_4_termination_of_a_cut(full, server):
    server.answers["/cut"] = lambda c, r: (c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"), c.close()) and None
    with connect(full.daemon.port) as client, pytest.raises(Cut):
        client.ask(target="/cut")
    record = json.loads(full.lines()[0])
    assert record["DownstreamStatus"] == 200 and record["DownstreamContentSize"] <= 4
    assert record.get("TerminationReason")


def test_observability_3_4_head_and_1xx(full, server):
    server.answers["/hints"] = b"HTTP/1.1 103 Early Hints\r\n\r\n" + reply(204, b"", length=False)
    record = json.loads(full.line(target="/hints"))
    assert (record["DownstreamStatus"], record["DownstreamContentSize"]) == (204, 0)
    assert json.loads(full.line("HEAD"))["DownstreamContentSize"] == 0


@h1_only("Upgrade")
def test_observability_3_4_upgraded_connection_is_logged_at_its_end(full, server):
    server.answers["/ws"] = lambda c, r: (c.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello"), c.wait_end(), c.close()) and None
    with connect(full.daemon.port) as client:
        assert client.ask(target="/ws", fields=[("Connection", "Upgrade"), ("Upgrade", "x")]).status == 101
    assert json.loads(full.lines()[0])["DownstreamStatus"] == 101


# -- options -------------------------------------------------------------------------------------------------------------------------------
def test_observability_3_2_fields_drop(server):
    with Logged(server, format="json", fields={"defaultMode": "drop", "names": {"requestmethod": "keep", "RequestPath": "keep"}}) as logged:
        record = json.loads(logged.line(target="/x"))
        assert {k for k in record if k not in ("level", "msg", "time")} == {"RequestMethod", "RequestPath"}


def test_observability_3_2_query_drop(server):
    with Logged(server, format="json", fields={"queryParameters": {"defaultMode": "drop"}}) as logged:
        assert json.loads(logged.line(target="/x?secret=1"))["RequestPath"] == "/x"
        assert json.loads(logged.line(target="/x?"))["RequestPath"] == "/x"


@pytest.mark.parametrize(
    "filters, kept",
    [({"statusCodes": ["404", "500-503"]}, ["404", "503"]), ({"minDuration": "150ms"}, ["slow"]), ({"statusCodes": ["404"], "minDuration": "150ms"}, ["404", "slow"]), ({"retryAttempts": True}, [])],
    ids=["status", "duration", "either", "retries"],
)
def test_observability_3_2_filters(server, filters, kept):
    server.answers["/slow"] = lambda c, r: (time.sleep(0.25), reply(200, b""))[1]
    server.answers["/503"] = reply(503, b"")
    server.answers["/404"] = reply(404, b"")
    with Logged(server, filters=filters) as logged:
        for target in ("/200", "/404", "/503", "/slow"):
            ask(logged.daemon.port, target=target)
        found = [COMMON.fullmatch(line)["request"].split()[1][1:] for line in logged.lines(len(kept))] if kept else []
        assert found == kept
        time.sleep(0.15)
        assert logged.daemon.file("access.log").count("\n") == len(kept)


def test_observability_3_2_standard_output_is_the_default(server, spoken):
    with site({"app": server}, static={"accessLog": {}}) as daemon:
        ask(daemon.port, target="/stdout")
        assert wait_until(lambda: '"GET /stdout %s" 200 5' % PROTOCOL[spoken] in daemon.log)


@h1_only("the file alone")
def test_observability_3_2_parent_folders_are_made_and_the_file_is_not_for_others(server):
    with site({"app": server}, static={"accessLog": {"filePath": "deep/er/access.log"}}) as daemon:
        ask(daemon.port)
        assert wait_until(lambda: daemon.file("deep/er/access.log"))
        assert os.stat(os.path.join(daemon.folder, "deep/er/access.log")).st_mode & 0o777 == 0o640


@h1_only("the file alone")
def test_observability_3_2_buffered_lines_come_within_a_second_and_at_the_end(server):
    with Logged(server, bufferingSize=100) as logged:
        ask(logged.daemon.port)
        assert wait_until(lambda: logged.daemon.file("access.log"), 3)


@h1_only("the file alone")
def test_observability_3_2_buffered_lines_are_written_at_exit(server, tmp_path):
    with site({"app": server}, static={"accessLog": {"filePath": str(tmp_path / "access.log"), "bufferingSize": 100}}) as daemon:
        for _ in range(10):
            ask(daemon.port)
        daemon.signal(signal.SIGQUIT)
        daemon.wait()
        assert (tmp_path / "access.log").read_text().count("\n") == 10


def test_observability_3_2_internals_only_on_request(server):
    points = {"web": {}, "traefik": {}}
    for add, count in ((False, 1), (True, 2)):
        with Logged(server, points=points, static={"ping": {}}, addInternals=add) as logged:
            ask(logged.daemon.ports["traefik"], target="/ping")
            ask(logged.daemon.ports["web"])
            logged.lines(count)


def test_http_routing_1_router_switches_its_lines_off(server):
    routers = {"quiet": {"rule": "Path(`/quiet`)", "service": "app", "priority": 50, "observability": {"accessLogs": False}}, "web": {"rule": "PathPrefix(`/`)", "service": "app"}}
    with Logged(server, routers) as logged:
        ask(logged.daemon.port, target="/quiet")
        assert "/loud" in logged.line(target="/loud")


def test_static_config_4_entry_point_switches_its_lines_off(server):
    with Logged(server, points={"web": {"observability": {"accessLogs": False}}, "loud": {}}) as logged:
        ask(logged.daemon.ports["web"], target="/quiet")
        ask(logged.daemon.ports["loud"], target="/loud")
        assert "/loud" in logged.lines()[0]


@h1_only("the file alone")
# -- rotation ------------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("buffering", [0, 50])
def test_observability_3_2_reopened_by_usr1_without_losing_a_line(server, buffering):
    with Logged(server, bufferingSize=buffering, workers=2) as logged:
        daemon, stop, sent = logged.daemon, threading.Event(), []

        def load(number):
            count = 0
            while not stop.is_set():
                with connect(daemon.port) as client:
                    for _ in range(20):
                        client.ask(target="/%d-%d" % (number, count))
                        sent.append("/%d-%d" % (number, count))
                        count += 1

        threads = [threading.Thread(target=load, args=(n,)) for n in range(3)]
        for t in threads:
            t.start()
        names = []
        for i in range(4):
            time.sleep(0.15)
            names.append("access.log.%d" % i)
            os.rename(os.path.join(daemon.folder, "access.log"), os.path.join(daemon.folder, names[-1]))
            daemon.signal(signal.SIGUSR1)
            assert wait_until(lambda: os.path.exists(os.path.join(daemon.folder, "access.log")))
        stop.set()
        for t in threads:
            t.join()

        def logged_targets():
            return re.findall(r'"GET (/\d+-\d+) HTTP/1.1"', "".join(daemon.file(n) for n in names + ["access.log"]))

        assert wait_until(lambda: len(logged_targets()) == len(sent), 4), (len(logged_targets()), len(sent))
        assert sorted(logged_targets()) == sorted(sent)
        assert daemon.file("access.log"), "the new file is not used"


def test_observability_3_3_several_workers_write_whole_lines(server):
    with Logged(server, workers=2) as logged:
        threads = [threading.Thread(target=lambda: [ask(logged.daemon.port, target="/" + "x" * 500) for _ in range(40)]) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert all(COMMON.fullmatch(line) for line in logged.lines(160))


# -- hostile values in whatever is logged (security.md section 8) -----------------------------------------------------------------------
FORMATS = {"common": {}, "genericCLF": {"format": "genericCLF"}, "json": {"format": "json"}}
HOSTILE = ["%0d%0aforged", "%1b[31mred", "\x80\xff\xc3", "\xe2\x80\xae", "%00", '"\\"', "%22%5c", "</script>", "a\u0085b"]


@pytest.fixture(scope="module", params=FORMATS)
def open_log(server, request):
    """Every header is kept; users are asked for under /auth."""
    routers = {"auth": {"rule": "PathPrefix(`/auth`)", "service": "app", "middlewares": ["users"]}, "web": {"rule": "PathPrefix(`/`)", "service": "app"}}
    points = {"web": {"forwardedHeaders": {"insecure": True}}}
    http = {"middlewares": {"users": {"basicAuth": {"users": ["me:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="]}}}}
    with Logged(server, routers, points, http=http, fields={"headers": {"defaultMode": "keep"}}, **FORMATS[request.param]) as instance:
        instance.is_json = request.param == "json"
        yield instance


def assert_harmless(logged, line):
    with open(os.path.join(logged.daemon.folder, "access.log"), "rb") as f:
        raw = f.read().rstrip(b"\n").split(b"\n")[-1]
    text = raw.decode("utf-8")  # strictly
    if logged.is_json:
        assert not re.search(r"[\0-\x1f\x7f]", text), text
        return json.loads(text)
    assert re.fullmatch(r"[\x20-\x7e]*", text), text
    assert CLF.match(text), text


@pytest.mark.parametrize("value", HOSTILE)
def test_security_8_a_hostile_path_and_query(open_log, value):
    assert_harmless(open_log, open_log.line(target="/x?q=" + value.replace(" ", "")))
    assert_harmless(open_log, open_log.line(target="/" + value.replace(" ", "")))


@pytest.mark.parametrize("name", ["User-Agent", "Referer", "X-Any", "X-Forwarded-For", "Cookie"])
@pytest.mark.parametrize("value", [v for v in HOSTILE if not v.startswith("%")] + ["a\tb", "x" * 3000])
def test_security_8_a_hostile_header(open_log, name, value):
    assert_harmless(open_log, open_log.line(fields=[(name, value)]))


@pytest.mark.parametrize("user", [b"a\nforged", b"a\r\n", b"\x1b[31m", b"\0", b'"', b"\\", b"\xff\xfe", b"x" * 2000], ids=repr)
def test_security_8_a_hostile_user_name(open_log, user):
    answer = base64.b64encode(user + b":pw").decode()
    assert_harmless(open_log, open_log.line(target="/auth", fields=[("Authorization", "Basic " + answer)]))


@pytest.mark.parametrize("method", ["X!#$%&'*+-.^_`|~", "get"])
def test_security_8_a_strange_method(open_log, method):
    assert_harmless(open_log, open_log.line(method))


@pytest.mark.parametrize("value", ['a"b', "\x80\xff", "a\tb", "</script>"])
def test_security_8_a_hostile_header_of_a_server(open_log, server, value):
    server.answers["/hostile"] = reply(200, b"", [("X-Server", value), ("Location", value), ("Set-Cookie", value)])
    assert_harmless(open_log, open_log.line(target="/hostile"))
