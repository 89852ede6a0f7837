# SPDX-License-Identifier: MIT
"""Messages and exit codes: operations.md sections 1 and 2, static-config.md sections 2 to 4, decisions 9, 10, 12 and 13.

Each row is a configuration with one fault, marked by a caret comment on its own line: the message must name that line.
"""
import json
import re
import textwrap

import pytest

from lib.client import ask
from lib.daemon import Daemon, run
from lib.ports import free_port

LINE = re.compile(r"(?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+): (?P<level>error|warning|notice): (?P<what>[^\n]+)")
BASE = """
entryPoints:
  web:
    address: "127.0.0.1:8081"
"""
ROUTER = """
http:
  routers:
    web: {rule: "PathPrefix(`/`)", service: app}
  services:
    app: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}
"""


def write(folder, text, name="c.yaml"):
    path = folder / name
    path.write_text(textwrap.dedent(text).lstrip("\n"))
    return path


def marked(text):
    """The configuration without its marks, and the line that was marked with `# <<<`."""
    lines = textwrap.dedent(text).lstrip("\n").split("\n")
    at = next((i + 1 for i, line in enumerate(lines) if "# <<<" in line), None)
    return "\n".join(line.replace("# <<<", "").rstrip() for line in lines), at


# name: (configuration, a regular expression that the message must match, level)
STATIC = {
    "unknown-root-key": (BASE + "entryPionts: {}  # <<<\n", r'"entryPionts".*did you mean "entryPoints"', "error"),
    "unknown-key": ('entryPoints:\n  web:\n    adress: ":8081"  # <<<\n', r'"adress".*did you mean "address"', "error"),
    "unknown-key-deep": (BASE + "    transport:\n      respondingTimeouts:\n        readTimout: 5s  # <<<\n", r'"readTimout".*did you mean "readTimeout"', "error"),
    "tab": ("entryPoints:\n\tweb:  # <<<\n", r"", "error"),
    "unclosed-bracket": ('entryPoints:\n  web: {address: ":8081"\nlog: {}  \n', r"", "error"),
    "duplicate-key": (BASE + "log: {level: INFO}\nlog: {level: DEBUG}  # <<<\n", r"log", "error"),
    "duplicate-entry-point": (BASE + '  web:  # <<<\n    address: ":8082"\n', r"web", "error"),
    "not-a-map": (BASE + "log: [1]  # <<<\n", r"log", "error"),
    "list-expected": ('entryPoints: 5  # <<<\n', r"entryPoints", "error"),
    "bad-int": (BASE + "    http:\n      maxHeaderBytes: lots  # <<<\n", r"lots", "error"),
    "bad-bool": (BASE + "    asDefault: yes  # <<<\n", r"yes", "error"),
    "bad-duration": (BASE + "    transport:\n      respondingTimeouts:\n        readTimeout: 1d  # <<<\n", r"1d", "error"),
    "bad-duration-fraction": (BASE + "    transport:\n      respondingTimeouts:\n        readTimeout: 1.5  # <<<\n", r"1\.5", "error"),
    "bad-address": ('entryPoints:\n  web:\n    address: "8081"  # <<<\n', r"8081", "error"),
    "bad-port": ('entryPoints:\n  web:\n    address: ":808100"  # <<<\n', r"808100", "error"),
    "bad-protocol-suffix": ('entryPoints:\n  web:\n    address: ":8081/sctp"  # <<<\n', r"sctp", "error"),
    "udp-entry-point": ('entryPoints:\n  dns:\n    address: ":8053/udp"  # <<<\n', r"not supported", "error"),
    "missing-address": ("entryPoints:\n  web: {asDefault: true}  # <<<\n", r"address", "error"),
    "empty-section": (BASE + "    transport: {}  # <<<\n", r"transport", "error"),
    "empty-forwarded-headers": (BASE + "    forwardedHeaders: {}  # <<<\n", r"forwardedHeaders", "error"),
    "bad-trusted-ip": (BASE + "    forwardedHeaders:\n      trustedIPs: [10.0.0.0/33]  # <<<\n", r"10\.0\.0\.0/33", "error"),
    "proxy-protocol-trusts-nobody": (BASE + "    proxyProtocol: {}  # <<<\n", r"proxyProtocol", "error"),
    "bad-underscore-strategy": (BASE + "    http:\n      underscoreHeadersStrategy: maybe  # <<<\n", r"maybe", "error"),
    "bad-log-level": (BASE + "log:\n  level: LOUD  # <<<\n", r"LOUD", "error"),
    "bad-rule-syntax": (BASE + "core:\n  defaultRuleSyntax: v4  # <<<\n", r"v4", "error"),
    "bad-precedence": (BASE + "providers:\n  precedence: [file, nowhere]  # <<<\n", r"nowhere", "error"),
    "unknown-provider": (BASE + "providers:\n  docker: {}  # <<<\n", r"docker.*not supported", "error"),
    "api-base-path": (BASE + "api: {basePath: x}  # <<<\n", r"basePath.*begins with", "error"),
    "metrics": (BASE + "metrics:\n  statsD: {}  # <<<\n", r"not supported", "error"),
    "plugins": (BASE + "experimental:\n  plugins: {x: {moduleName: y}}  # <<<\n", r"plugins", "error"),
    "negative-h2-streams": (BASE + "    http2:\n      maxConcurrentStreams: -1  # <<<\n", r"-1", "error"),
    "redirection-to-nowhere": (BASE + "    http:\n      redirections:\n        entryPoint:\n          to: nowhere  # <<<\n", r"nowhere", "error"),
    "undefined-variable": ('entryPoints:\n  web:\n    address: "127.0.0.1:${NO_SUCH_PORT}"  # <<<\n', r"NO_SUCH_PORT", "error"),
    "bad-workers": (BASE + "workers: many  # <<<\n", r"many", "error"),
    "two-entry-points-one-address": (BASE + '  two:\n    address: "127.0.0.1:8081"  # <<<\n', r"8081", "error"),
}
DYNAMIC_REFUSED = {
    "unknown-key": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app, midlewares: []}  # <<<\n", r'"midlewares".*did you mean "middlewares"'),
    "unknown-section": ("http:\n  router:  # <<<\n    web: {}\n", r'"router".*did you mean "routers"'),
    "wrong-kind": ("http:\n  routers: [web]  # <<<\n", r"routers"),
    "bad-int": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app, priority: high}  # <<<\n", r"high"),
    "forbidden-empty": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app, observability: {}}  # <<<\n", r"observability"),
    "duplicate-router": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app}\n    web: {rule: \"Path(`/`)\", service: app}  # <<<\n", r"web"),
}
DYNAMIC_BROKEN = {
    "rule-unquoted": ("rule: \"Host(example.com)\"  # <<<", r"quoted"),
    "rule-single-quotes": ("rule: \"Host('a')\"  # <<<", r"quote"),
    "rule-unknown-matcher": ("rule: \"Hots(`a`)\"  # <<<", r'"Hots".*did you mean "Host"'),
    "rule-unclosed": ("rule: \"Host(`a`\"  # <<<", r""),
    "rule-arguments": ("rule: \"Host(`a`, `b`)\"  # <<<", r"Host"),
    "rule-operator": ("rule: \"Host(`a`) == Host(`b`)\"  # <<<", r""),
    "rule-regexp": ("rule: \"PathRegexp(`(`)\"  # <<<", r""),
    "rule-path": ("rule: \"PathPrefix(`api`)\"  # <<<", r"/"),
    "rule-ip": ("rule: \"ClientIP(`1.2.3`)\"  # <<<", r"1\.2\.3"),
    "rule-empty": ("rule: \"\"  # <<<", r"rule"),
}
DYNAMIC_BROKEN_DOCUMENTS = {
    "unknown-service": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: ap}  # <<<\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:1\"}]}}\n", r'"ap".*did you mean "app"'),
    "unknown-middleware": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app, middlewares: [mw]}  # <<<\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:1\"}]}}\n", r'"?mw"?'),
    "no-service": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\"}  # <<<\n", r"service"),
    "cycle": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: x}\n  services:\n    x: {weighted: {services: [{name: y}]}}\n    y: {weighted: {services: [{name: x}]}}\n", r"cycle|itself"),
    "bad-url": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app}\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://[::1\"}]}}  # <<<\n", r"URL"),
    "two-service-kinds": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app}\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:1\"}]}, weighted: {services: []}}  # <<<\n", r"^service \"app\""),
    "service-kind-not-yet": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app}\n  services:\n    app: {mirroring: {service: x}}  # <<<\n", r"mirroring.*not supported"),
    "strategy-not-yet": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app}\n  services:\n    app: {loadBalancer: {strategy: p2c, servers: [{url: \"http://127.0.0.1:1\"}]}}  # <<<\n", r"p2c.*not supported"),
    "middleware-type-not-yet": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app, middlewares: [m]}\n  middlewares:\n    m: {jwt: {secret: x}}  # <<<\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:1\"}]}}\n", r"jwt.*not supported"),
    "router-tls": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app, tls: {options: nope}}  # <<<\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:1\"}]}}\n", r"nope.*do not exist"),
    "unknown-transport": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app}\n  services:\n    app: {loadBalancer: {serversTransport: t, servers: [{url: \"http://127.0.0.1:1\"}]}}  # <<<\n", r'"t"'),
    "unknown-entry-points": ("http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app, entryPoints: [wbe]}  # <<<\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:1\"}]}}\n", r"no valid entry point"),
}
WARNINGS = {
    "http3": (BASE + "    http3: {}  # <<<\n", r"http3"),
    "unresolvable-name": (BASE + "http:\n  routers:\n    web: {rule: \"Path(`/`)\", service: app}\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://no-such-name.invalid\"}]}}  # <<<\n", r"no-such-name\.invalid"),
    "v2-syntax": (BASE + "core:\n  defaultRuleSyntax: v2  # <<<\n", r"v2|deprecated"),
    "unused-service": (BASE + ROUTER + "    old: {loadBalancer: {servers: [{url: \"http://127.0.0.1:2\"}]}}  # <<<\n", r'"old".*never used'),
}


def findings(text):
    return [m.groupdict() for m in map(LINE.fullmatch, text.splitlines()) if m]


def judge(folder, text, pattern, level, code):
    text, at = marked(text)
    (folder / "dyn.yaml").write_text("")
    path = write(folder, text)
    result = run("-t", "-c", path, cwd=folder)
    assert result.returncode == code, result.stderr
    found = [f for f in findings(result.stderr) if f["level"] == level and re.search(pattern, f["what"])]
    assert found, result.stderr
    for f in found:
        assert f["file"].endswith("c.yaml")
        assert "; " in f["what"] or level == "warning", "it does not say what to do: %r" % f["what"]
        assert at is None or int(f["line"]) == at, (f, at)
    end = "test is successful" if code == 0 else "test failed"
    assert result.stderr.rstrip().endswith("pointsman: configuration file %s %s" % (path, end)), result.stderr
    return result


@pytest.mark.parametrize("row", STATIC, ids=["static-" + k for k in STATIC])
def test_fault_in_the_static_part(tmp_path, row):
    judge(tmp_path, *STATIC[row], 1)


@pytest.mark.parametrize("row", DYNAMIC_REFUSED, ids=["decision-9-refused-" + k for k in DYNAMIC_REFUSED])
def test_fault_that_refuses_the_dynamic_document(tmp_path, row):
    text, pattern = DYNAMIC_REFUSED[row]
    judge(tmp_path, BASE + text, pattern, "error", 1)


@pytest.mark.parametrize("row", DYNAMIC_BROKEN, ids=["decision-9-" + k for k in DYNAMIC_BROKEN])
def test_fault_in_a_rule(tmp_path, row):
    line, pattern = DYNAMIC_BROKEN[row]
    text = BASE + "http:\n  routers:\n    web:\n      %s\n      service: app\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:1\"}]}}\n" % line
    judge(tmp_path, text, pattern, "error", 1)


@pytest.mark.parametrize("row", DYNAMIC_BROKEN_DOCUMENTS, ids=["decision-9-broken-" + k for k in DYNAMIC_BROKEN_DOCUMENTS])
def test_broken_object(tmp_path, row):
    text, pattern = DYNAMIC_BROKEN_DOCUMENTS[row]
    judge(tmp_path, BASE + text, pattern, "error", 1)


@pytest.mark.parametrize("row", WARNINGS, ids=["decision-13-warning-" + k for k in WARNINGS])
def test_warning(tmp_path, row):
    judge(tmp_path, *WARNINGS[row], "warning", 0)
    assert run("-t", "--strict", "-c", tmp_path / "c.yaml", cwd=tmp_path).returncode == 1


def test_operations_2_an_empty_file_is_a_warning(tmp_path):
    path = write(tmp_path, "")
    result = run("-t", "-c", path)
    assert result.returncode == 0
    assert re.search(r"c\.yaml(:\d+:\d+)?: warning: .+", result.stderr), result.stderr


def test_operations_2_all_findings_of_a_run_are_reported(tmp_path):
    path = write(tmp_path, BASE + "log: {level: LOUD, formt: json}\naccessLog: {bufferingSize: x}\nnope: 1\n")
    result = run("-t", "-c", path)
    lines = {int(f["line"]) for f in findings(result.stderr)}
    assert {4, 5, 6} <= lines, result.stderr


def test_operations_2_up_to_50_errors(tmp_path):
    path = write(tmp_path, BASE + "".join("nope%d: 1\n" % i for i in range(200)))
    result = run("-t", "-c", path)
    assert 45 <= len(findings(result.stderr)) <= 51
    assert result.returncode == 1


def test_operations_2_success_in_nginx_words(tmp_path):
    path = write(tmp_path, BASE + ROUTER)
    for flag in (["-t"], ["--validate"], ["--validate-config"], ["check-config"]):
        result = run(*flag, "-c", path)
        assert result.returncode == 0
        assert result.stderr.splitlines()[-2:] == [
            "pointsman: the configuration file %s syntax is ok" % path,
            "pointsman: configuration file %s test is successful" % path,
        ]


def test_operations_1_quiet(tmp_path):
    good, bad = write(tmp_path, BASE + ROUTER), write(tmp_path, "nope: 1\n", "bad.yaml")
    result = run("-t", "-q", "-c", good)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    result = run("-t", "-q", "-c", bad)
    assert result.returncode == 1 and "bad.yaml:1:1: error: " in result.stderr


def test_operations_2_json(tmp_path):
    path = write(tmp_path, BASE + "log: {formt: json}\n")
    result = run("-t", "--format=json", "-c", path)
    assert result.returncode == 1
    found = json.loads(result.stdout)
    assert [(f["line"], f["level"]) for f in found] == [(4, "error")]
    assert found[0]["file"].endswith("c.yaml") and "formt" in found[0]["what"] and "format" in found[0]["advice"]
    assert json.loads(run("-t", "--format=json", "-c", write(tmp_path, BASE + ROUTER, "good.yaml")).stdout) == []


def test_operations_2_column_is_that_of_the_key_or_value(tmp_path):
    path = write(tmp_path, BASE + "log: {level: LOUD}\n")
    found = findings(run("-t", "-c", path).stderr)
    assert [(f["line"], f["column"]) for f in found] == [("4", "14")]


def test_operations_2_message_in_the_file_of_the_provider(tmp_path):
    write(tmp_path, "http:\n  routers:\n    web: {rule: \"Hots(`a`)\", service: x}\n", "dyn.yaml")
    path = write(tmp_path, BASE + "providers:\n  file:\n    filename: %s/dyn.yaml\n    watch: false\n" % tmp_path)
    result = run("-t", "-c", path)
    assert result.returncode == 1
    assert any(f["file"].endswith("dyn.yaml") and f["line"] == "3" for f in findings(result.stderr)), result.stderr


# -- what serves all the same ---------------------------------------------------------------------------------------------------------
def serve(folder, port, server, more):
    write(folder, "http:\n  routers:\n    good: {rule: \"PathPrefix(`/`)\", service: app}\n  services:\n    app: {loadBalancer: {servers: [{url: \"%s\"}]}}\n" % server.url, "a.yaml")
    for name, text in more.items():
        write(folder, text, name)
    return "entryPoints:\n  web:\n    address: 127.0.0.1:%d\nproviders:\n  file:\n    directory: %s\n    watch: false\n" % (port, folder)


@pytest.mark.parametrize("text", ["http: [", "http:\n  nope: 1\n", "http:\n  routers:\n    x: {rule: \"Hots(`a`)\", service: app}\n", ""], ids=["syntax", "unknown-key", "broken-object", "empty"])
def test_decision_10_a_broken_file_of_a_directory_does_not_stop_the_others(tmp_path, server, text):
    folder = tmp_path / "conf.d"
    folder.mkdir()
    config = serve(folder, free_port(), server, {"b.yaml": text})
    with Daemon(config) as daemon:
        assert ask(daemon.port).status == 200
        if text:
            assert "b.yaml" in daemon.log


def test_static_config_5_1_directories_are_read_recursively_and_by_extension(tmp_path, server):
    folder = tmp_path / "conf.d"
    (folder / "deep" / "er").mkdir(parents=True)
    router = "http:\n  routers:\n    %s: {rule: \"Path(`/%s`)\", service: noop@internal, priority: 99}\n"
    config = serve(folder, free_port(), server, {})
    write(folder / "deep" / "er", router % ("one", "one"), "one.yml")
    write(folder / "deep", router % ("two", "two"), "two.YAML")
    write(folder / "deep", router % ("three", "three"), "three.txt")
    with Daemon(config) as daemon:
        assert [ask(daemon.port, target="/" + t).status for t in ("one", "two", "three")] == [418, 418, 200]


def test_static_config_5_1_duplicate_names_the_first_file_wins_with_a_warning(tmp_path, server):
    folder = tmp_path / "conf.d"
    folder.mkdir()
    config = serve(folder, free_port(), server, {"b.yaml": "http:\n  routers:\n    good: {rule: \"PathPrefix(`/`)\", service: noop@internal}\n"})
    with Daemon(config) as daemon:
        assert ask(daemon.port).status == 200
        assert "good" in daemon.log and "b.yaml" in daemon.log


def test_issue_a_missing_dynamic_file_is_named(tmp_path):
    path = write(tmp_path, BASE + "providers:\n  file:\n    filename: /no/such/file.yaml\n")
    result = run("-t", "-c", path)
    assert result.returncode == 1 and "/no/such/file.yaml" in result.stderr


def test_decision_12_templates(tmp_path, server):
    text = """
    http:
      routers:
        {{ range $i, $e := until 3 }}
        r{{ $i }}:
          rule: "Path(`/{{ env "PREFIX" | default "none" | upper }}{{ $e }}`)"
          service: noop@internal
        {{- end }}
    """
    write(tmp_path, text, "dyn.yaml")
    config = "entryPoints:\n  web:\n    address: 127.0.0.1:%d\nproviders:\n  file:\n    filename: %s/dyn.yaml\n    watch: false\n" % (free_port(), tmp_path)
    with Daemon(config, env={"PREFIX": "x"}) as daemon:
        assert [ask(daemon.port, target="/X%d" % i).status for i in range(4)] == [418, 418, 418, 404]


def test_decision_12_an_unknown_function_is_named_with_its_place(tmp_path):
    write(tmp_path, "http:\n  routers: {{ nope 1 }}\n", "dyn.yaml")
    path = write(tmp_path, BASE + "providers:\n  file:\n    filename: %s/dyn.yaml\n    watch: false\n" % tmp_path)
    result = run("-t", "-c", path)
    assert result.returncode == 1
    assert any(f["line"] == "2" and "nope" in f["what"] for f in findings(result.stderr)), result.stderr


# -- values (section 2) ------------------------------------------------------------------------------------------------------------------
VALUES = {
    "key-case": "ENTRYPOINTS:\n  Web:\n    ADDRESS: 127.0.0.1:{port}\n",
    "environment": "entryPoints:\n  Web:\n    address: 127.0.0.1:${{TEST_PORT}}\n",
    "environment-default": "entryPoints:\n  Web:\n    address: 127.0.0.1:${{NO_SUCH:-{port}}}\n",
    "anchors": "entryPoints:\n  Web:\n    <<: &a {{asDefault: true}}\n    address: 127.0.0.1:{port}\n  two:\n    <<: *a\n    address: 127.0.0.1:{other}\n",
    "null-section-is-not-set": "entryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n    proxyProtocol:\n    http:\n      tls:\n",
    "null-under-a-misspelled-key": "entryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n    proxyProtocl:\n",
    "durations": "entryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n    transport:\n      respondingTimeouts: {{readTimeout: 1h30m, idleTimeout: 5, writeTimeout: 1.5s}}\n",
    "list-as-text": "entryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n    forwardedHeaders:\n      trustedIPs: \"10.0.0.0/8 , ::1\"\n",
    "empty-list": "entryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n    forwardedHeaders:\n      trustedIPs: []\n",
    "bool-words": "entryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n    asDefault: \"T\"\n    reusePort: 0\n",
    "json": '{{"entryPoints": {{"Web": {{"address": "127.0.0.1:{port}"}}}}}}\n',
    "bom": "\ufeffentryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n",
    "crlf": "entryPoints:\r\n  Web:\r\n    address: 127.0.0.1:{port}\r\n",
    "section-true": "entryPoints:\n  Web:\n    address: 127.0.0.1:{port}\n  traefik:\n    address: 127.0.0.1:{other}\nping: true\n",
}


@pytest.mark.parametrize("row", VALUES, ids=["static-config-2-" + k for k in VALUES])
def test_values_that_are_taken(tmp_path, row):
    port = free_port()
    text = VALUES[row].format(port=port, other=free_port())
    with Daemon(text, wait=False, env={"TEST_PORT": str(port)}) as daemon:
        daemon.ports = {"web": port}
        daemon.wait_ready()
        assert ask(port).status == 404


def test_operations_1_dollar_is_escaped_by_doubling(tmp_path):
    path = write(tmp_path, "entryPoints:\n  web:\n    address: 127.0.0.1:$$5\n")
    result = run("-t", "-c", path)
    assert result.returncode == 1 and "127.0.0.1:$5" in result.stderr


def test_operations_1_rules_keep_their_dollars(server, tmp_path):
    config = "entryPoints:\n  web:\n    address: 127.0.0.1:%d\nhttp:\n  routers:\n    x: {rule: \"PathRegexp(`^/a$`)\", service: noop@internal}\n" % free_port()
    with Daemon(config) as daemon:
        assert [ask(daemon.port, target=t).status for t in ("/a", "/ab")] == [418, 404]
