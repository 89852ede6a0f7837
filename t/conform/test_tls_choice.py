# SPDX-License-Identifier: MIT
"""Which certificate and which options a client gets. tls-acme.md sections 1 to 4, http-routing.md section 7."""
import json
import re
import shutil
import subprocess

import pytest

from lib.daemon import run, to_yaml
from lib.either import ask, connect, outcome, over_both
from lib.ports import free_port
from lib.server import RawServer
from lib.tls_world import V10, V11, V12, V13, TlsClient, client_context, openssl, s_client, served, tls_site, world
from lib.wait import wait_until


@pytest.fixture(scope="module")
def w():
    return world()


# -- certificates ----------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def several(w):
    pairs = {
        "wild": w.pair("wild", "*.example.org"),
        "two": w.pair("two", "*.aaa.org", "a.example.org"),
        "host": w.pair("host", "host.test"),
        "address": w.pair("address", "192.0.2.9", "127.0.0.1", cn="address"),
        "cn": w.pair("cn", cn="only-cn.test"),
        "old": w.pair("old", "old.test", start="20200101000000Z", end="20210101000000Z"),
        "low": w.pair("low", "b.test", "shared.test"),
        "high": w.pair("high", "c.test", "shared.test"),
        "rsa": w.pair("both-rsa", "both.test", kind="rsa"),
        "ecdsa": w.pair("both-ecdsa", "both.test"),
    }
    with RawServer() as server:
        certificates = [p.files for p in pairs.values()] + [dict(w.pair("elsewhere", "elsewhere.test").files, stores=["other"])]
        with tls_site(server, tls={"certificates": certificates, "stores": {"default": {"defaultCertificate": w.pair("fallback", "fallback.test").files}}}) as daemon:
            yield daemon


CHOICES = {
    "exact": ("host.test", "host"),
    "upper-case": ("HOST.test", "host"),
    "exact-before-wildcard": ("a.example.org", "two"),
    "wildcard": ("b.example.org", "wild"),
    "wildcard-is-one-label": ("b.c.example.org", "fallback"),
    "wildcard-is-not-nothing": ("example.org", "fallback"),
    "common-name": ("only-cn.test", "cn"),
    "expired-is-served": ("old.test", "old"),
    "greatest-list-of-names": ("shared.test", "high"),
    "another-store": ("elsewhere.test", "fallback"),
    "unknown": ("unknown.test", "fallback"),
    "no-name-is-the-local-address": (None, "address"),
}


@pytest.mark.parametrize("row", CHOICES, ids=["tls-acme-2-" + k for k in CHOICES])
def test_the_certificate_for_a_name(several, row):
    name, label = CHOICES[row]
    assert served(several.port, name) == label


@pytest.mark.parametrize("ciphers, label", [("ECDHE-RSA-AES128-GCM-SHA256", "both-rsa"), ("ECDHE-ECDSA-AES128-GCM-SHA256", "both-ecdsa")])
def test_both_kinds_of_key_side_by_side(several, ciphers, label):
    assert served(several.port, "both.test", client_context(most=V12, ciphers=ciphers)) == label


def test_without_a_default_one_is_made_and_all_workers_have_it(w, server):
    with tls_site(server, tls={"certificates": []}, workers=2) as daemon:
        seen = set()
        for _ in range(12):
            with TlsClient(daemon.port, "x.test") as client:
                seen.add(client.socket.getpeercert(True))
        assert len(seen) == 1
        text = openssl("x509", "-inform", "der", "-noout", "-subject", "-ext", "subjectAltName", stdin=seen.pop())
        assert "pointsman default certificate" in text and "TRAEFIK" not in text
        assert re.search(r"DNS:[0-9a-f]{32}\.[0-9a-f]{32}\.pointsman\.default", text)


def test_contents_instead_of_files(w, server):
    with tls_site(server, tls={"certificates": [w.pair("app", "app.test", "*.app.test").contents]}) as daemon:
        assert served(daemon.port) == "app"


def test_a_default_certificate_that_is_broken_is_none(w, server):
    tls = {"certificates": [w.pair("app", "app.test", "*.app.test").files], "stores": {"default": {"defaultCertificate": {"certFile": "missing.pem", "keyFile": "missing.key"}}}}
    with tls_site(server, tls=tls) as daemon:
        assert served(daemon.port) == "app"
        assert served(daemon.port, "other.test") == "unrecognized_name"


def findings(tmp_path, certificates, **more):
    path = tmp_path / "c.yaml"
    path.write_text(to_yaml({"entryPoints": {"web": {"address": "127.0.0.1:%d" % free_port()}}, "tls": {"certificates": certificates}, **more}))
    return run("-t", "-c", str(path), cwd=tmp_path)


BROKEN = {
    "mismatch": lambda w: w.mixed("mixed", w.pair("host", "host.test"), w.pair("app", "app.test", "*.app.test")).files,
    "encrypted": lambda w: w.encrypted("locked", w.pair("host", "host.test")).files,
    "no-pem": lambda w: {"certFile": w.config, "keyFile": w.pair("host", "host.test").key},
    "missing": lambda w: {"certFile": "nowhere.pem", "keyFile": w.pair("host", "host.test").key},
    "no-key": lambda w: {"certFile": w.pair("host", "host.test").cert},
}
WORDS = {"mismatch": "does not belong", "encrypted": "encrypted", "no-pem": "no certificate in PEM", "missing": "nowhere.pem.*no such file", "no-key": "no keyFile"}


@pytest.mark.parametrize("row", BROKEN, ids=["tls-acme-1-" + k for k in BROKEN])
def test_a_broken_pair_is_told_and_the_rest_serves(w, server, tmp_path, row):
    pair = BROKEN[row](w)
    result = findings(tmp_path, [pair])
    assert result.returncode == 1
    assert re.search(r"c\.yaml:\d+:\d+: error: .*" + WORDS[row] + ".*; ", result.stderr, re.I), result.stderr
    with tls_site(server, tls={"certificates": [pair, w.pair("app", "app.test", "*.app.test").files]}) as daemon:
        assert served(daemon.port) == "app"


def test_days_and_weakness_are_warnings(w, tmp_path):
    old = w.pair("old", "old.test", start="20200101000000Z", end="20210101000000Z")
    early = w.pair("early", "early.test", start="20380101000000Z")
    weak = w.pair("weak", "weak.test", kind="weak")
    result = findings(tmp_path, [old.files, early.files, weak.files])
    assert result.returncode == 0, result.stderr
    for words in ("warning: .*has expired on 2021-01-01", "warning: .*not valid before 2038-01-01", "warning: .*weak.*1024 bits"):
        assert re.search(words, result.stderr), (words, result.stderr)


def test_a_key_that_others_may_read(w, tmp_path):
    host = w.pair("host", "host.test")
    loose = w.mixed("loose", host, host, mode=0o644)
    result = findings(tmp_path, [loose.files])
    assert result.returncode == 0 and re.search("warning: .*loose.key.*everybody.*chmod", result.stderr), result.stderr
    assert findings(tmp_path, [loose.files], strictKeyPermissions=True).returncode == 1


# -- options ---------------------------------------------------------------------------------------------------------------------------
def options_site(server, options, **more):
    return tls_site(server, tls={"options": {"default": options}} if options else {}, **more)


VERSIONS = {
    "default": ({}, {V10: False, V11: False, V12: True, V13: True}),
    "at-least-1.3": ({"minVersion": "VersionTLS13"}, {V12: False, V13: True}),
    "at-most-1.2": ({"maxVersion": "VersionTLS12"}, {V12: True, V13: False}),
    "old-ones": ({"minVersion": "VersionTLS10"}, {V10: True, V11: True, V12: True}),
}


@pytest.mark.parametrize("row", VERSIONS, ids=["tls-acme-4-versions-" + k for k in VERSIONS])
def test_versions(server, row):
    options, expected = VERSIONS[row]
    if row == "old-ones":
        options = dict(options, cipherSuites=["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"])
    with options_site(server, options) as daemon:
        for version, works in expected.items():
            got = outcome(daemon.port, context=client_context(version, version))
            assert got == (200 if works else "protocol_version"), version


@pytest.mark.parametrize("name, works", [("ECDHE-ECDSA-AES128-GCM-SHA256", True), ("ECDHE-ECDSA-AES256-SHA", False), ("ECDHE-ECDSA-CHACHA20-POLY1305", True)])
def test_the_default_suites_are_aead_only(server, name, works):
    with options_site(server, {}) as daemon:
        assert outcome(daemon.port, context=client_context(most=V12, ciphers=name + ":@SECLEVEL=0")) == (200 if works else "handshake_failure")


@pytest.mark.parametrize("name", ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"])
def test_named_suites_are_the_only_ones(server, name):
    with options_site(server, {"cipherSuites": [name]}) as daemon:
        assert outcome(daemon.port, context=client_context(most=V12, ciphers="ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0")) == 200
        assert outcome(daemon.port, context=client_context(most=V12, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")) == "handshake_failure"
        assert outcome(daemon.port, context=client_context(least=V13)) == 200


@pytest.mark.parametrize("group, works", [("P-384", True), ("P-256", False)])
def test_curves(server, group, works):
    with options_site(server, {"curvePreferences": ["secp384r1"]}) as daemon:
        text = s_client(daemon.port, "-groups", group, stdin=b"Q\n")
        assert ("Server Temp Key: ECDH, secp384r1" in text or "Server Temp Key: ECDH, P-384" in text) == works, text


ALPN = {
    "none-offered": (None, None),
    "http-1.1": (["http/1.1"], "http/1.1"),
    "h2": (["http/1.1", "h2"], "h2"),
    "no-common-one": (["spdy/3"], "no_application_protocol"),
}


@pytest.mark.parametrize("row", ALPN, ids=["tls-acme-4-alpn-" + k for k in ALPN])
def test_alpn(server, row):
    offered, expected = ALPN[row]
    with options_site(server, {}) as daemon:
        context = client_context(alpn=offered)
        if expected == "no_application_protocol":
            assert outcome(daemon.port, context=context) == expected
            return
        with TlsClient(daemon.port, context=context) as client:
            assert client.socket.selected_alpn_protocol() == expected
            assert expected == "h2" or client.ask().status == 200


def test_strict_names(server):
    with options_site(server, {"sniStrict": True}) as daemon:
        assert outcome(daemon.port, "a.app.test") == 200
        assert outcome(daemon.port, "other.test") == "unrecognized_name"
        assert outcome(daemon.port, None) == "unrecognized_name"


CLIENTS = {  # type: (without, self-signed, of another authority, of ours)
    "NoClientCert": (True, True, True, True),
    "RequestClientCert": (True, True, True, True),
    "RequireAnyClientCert": (False, True, True, True),
    "VerifyClientCertIfGiven": (True, False, False, True),
    "RequireAndVerifyClientCert": (False, False, False, True),
    None: (False, False, False, True),
}


@pytest.mark.parametrize("kind", CLIENTS, ids=["tls-acme-4-clients-%s" % k for k in CLIENTS])
@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_clients_certificates(w, server, kind, version):
    auth = {"caFiles": [w.ca.cert]}
    if kind:
        auth["clientAuthType"] = kind
    certificates = (None, w.pair("self", "self.test", self_signed=True), w.pair("strange", "strange.test", ca=w.other_ca), w.pair("known", "known.test"))
    with options_site(server, {"clientAuth": auth}) as daemon:
        for certificate, works in zip(certificates, CLIENTS[kind]):
            got = outcome(daemon.port, context=client_context(version, version, certificate=certificate))
            assert (got == 200) == works, (certificate and certificate.label, got)


def test_a_session_with_a_certificate_is_never_resumed(w, server):
    with options_site(server, {"clientAuth": {"caFiles": [w.ca.cert]}}) as daemon:
        context = client_context(most=V12, certificate=w.pair("known", "known.test"))
        with TlsClient(daemon.port, context=context) as first:
            first.ask()
            session = first.session
        with TlsClient(daemon.port, context=context, session=session) as second:
            assert not second.reused and second.ask().status == 200


# -- resumption ------------------------------------------------------------------------------------------------------------------------
def resume(daemon, context, name="app.test", again="app.test", tries=8):
    """How many of some tries resume the session of one connection."""
    with TlsClient(daemon.port, name, context) as first:
        first.ask(host=name)
        session = first.session
    count = 0
    for _ in range(tries):
        with TlsClient(daemon.port, again, context, session=session) as client:
            client.ask(host=again)
            count += client.reused
    return count


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_every_worker_resumes(server, version):
    with options_site(server, {}, workers=2) as daemon:
        assert resume(daemon, client_context(version, version)) == 8


def test_disabled_tickets(server):
    with options_site(server, {"disableSessionTickets": True}) as daemon:
        assert resume(daemon, client_context(most=V12)) == 0
        assert resume(daemon, client_context(least=V13)) == 0


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_a_session_belongs_to_its_name_and_options(server, version):
    routers = {
        "a": {"rule": "Host(`app.test`)", "service": "app", "tls": {}},
        "b": {"rule": "Host(`b.app.test`)", "service": "app", "tls": {}},
        "c": {"rule": "Host(`c.app.test`)", "service": "app", "tls": {"options": "other"}},
    }
    with tls_site(server, routers, tls={"options": {"other": {"minVersion": "VersionTLS12"}}}) as daemon:
        context = client_context(version, version)
        assert resume(daemon, context) == 8
        assert resume(daemon, context, again="b.app.test", tries=2) == 0
        assert resume(daemon, context, again="c.app.test", tries=2) == 0


# -- options and routers -------------------------------------------------------------------------------------------------------------
ONLY_13 = {"minVersion": "VersionTLS13"}


def test_options_are_bound_to_hosts(server):
    routers = {
        "a": {"rule": "Host(`a.app.test`) && PathPrefix(`/`)", "service": "app", "tls": {"options": "new"}},
        "w": {"rule": "Host(`*.w.test`)", "service": "app", "tls": {"options": "new"}},
        "n": {"rule": "PathPrefix(`/`) && !Host(`n.test`)", "service": "app", "tls": {"options": "new"}},
        "r": {"rule": "HostRegexp(`^r`)", "service": "app", "tls": {}},
    }
    with tls_site(server, routers, tls={"options": {"new": ONLY_13}}, points={"web": {}}) as daemon:
        old = client_context(most=V12)
        for name, expected in (("a.app.test", "protocol_version"), ("x.w.test", "protocol_version"), ("n.test", "protocol_version"), ("x.y.w.test", 200), ("r.test", 200)):
            assert outcome(daemon.port, name, old) == expected, name


def router_names(daemon):
    return [json.loads(line).get("RouterName") for line in daemon.log.splitlines() if line.startswith("{") and "RouterName" in line]


@over_both
def test_options_without_a_host_are_not_used(server):
    routers = {"p": {"rule": "PathPrefix(`/`)", "service": "app", "tls": {"options": "new"}}}
    with tls_site(server, routers, tls={"options": {"new": ONLY_13}}, points={"web": {}}, static={"accessLog": {"format": "json"}}) as daemon:
        assert outcome(daemon.port, context=client_context(most=V12)) == 200
        assert re.search(r"warning: router \"p\" has TLS options but no Host", daemon.log)
        wait_until(lambda: "web-conflicted-p@file" in router_names(daemon))


@over_both
def test_different_options_for_one_host_fall_back_to_the_default(server):
    routers = {
        "p": {"rule": "Host(`app.test`) && Path(`/p`)", "service": "app", "tls": {"options": "new"}},
        "q": {"rule": "Host(`app.test`)", "service": "app", "tls": {}},
        "z": {"rule": "Host(`z.app.test`)", "service": "app", "tls": {"options": "new"}},
    }
    with tls_site(server, routers, tls={"options": {"new": ONLY_13}}, points={"web": {}}, static={"accessLog": {"format": "json"}}) as daemon:
        assert outcome(daemon.port, context=client_context(most=V12), target="/p") == 200
        assert outcome(daemon.port, "z.app.test", client_context(most=V12)) == "protocol_version"
        assert re.search(r"warning: router \"p\" asks for TLS options", daemon.log)
        wait_until(lambda: "web-conflicted-p@file" in router_names(daemon))


@pytest.mark.parametrize("options", ["missing", "broken"])
def test_hosts_of_unusable_options_are_closed(server, options):
    routers = {"a": {"rule": "Host(`a.app.test`)", "service": "app", "tls": {"options": options}}, "f": {"rule": "PathPrefix(`/`)", "service": "app", "tls": {}}}
    with tls_site(server, routers, tls={"options": {"broken": {"cipherSuites": ["NONE"]}}}, points={"web": {}}) as daemon:
        assert outcome(daemon.port, "a.app.test") == "closed"
        assert outcome(daemon.port, "b.app.test") == 200


def test_a_broken_default_closes_whoever_would_get_it(server):
    routers = {"a": {"rule": "Host(`a.app.test`)", "service": "app", "tls": {"options": "new"}}}
    with tls_site(server, routers, tls={"options": {"new": ONLY_13, "default": {"curvePreferences": ["none"]}}}, points={"web": {}}) as daemon:
        assert outcome(daemon.port, "a.app.test") == 200
        assert outcome(daemon.port, "b.app.test") == "closed"


@over_both
def test_another_host_than_the_server_name(server):
    routers = {
        "a": {"rule": "Host(`a.app.test`)", "service": "app", "tls": {}},
        "b": {"rule": "Host(`b.app.test`)", "service": "app", "tls": {"options": "new"}},
        "c": {"rule": "Host(`c.app.test`)", "service": "app", "tls": {}},
    }
    with tls_site(server, routers, tls={"options": {"new": ONLY_13}}, points={"web": {}}) as daemon:
        assert outcome(daemon.port, "a.app.test", host="c.app.test") == 200
        assert outcome(daemon.port, "b.app.test", host="b.app.test") == 200
        assert outcome(daemon.port, None, host="b.app.test") == 421
        with connect(daemon.port, name="a.app.test", context=client_context()) as client:
            answer = client.ask(host="b.app.test")
            assert (answer.status, answer.body) == (421, b"Misdirected Request\n")


@over_both
def test_http_and_https_share_an_entry_point_but_no_router(server):
    routers = {"s": {"rule": "Path(`/s`)", "service": "app", "tls": {}}, "p": {"rule": "Path(`/p`)", "service": "app"}}
    with tls_site(server, routers, points={"web": {}}) as daemon:
        assert [outcome(daemon.port, target=t) for t in ("/s", "/p")] == [200, 404]
        assert [ask(daemon.port, target=t).status for t in ("/s", "/p")] == [404, 200]


@over_both
def test_an_entry_point_gives_tls_to_its_routers_and_to_ours(server):
    with tls_site(server, static={"ping": {"entryPoint": "web"}}) as daemon:
        assert outcome(daemon.port) == 200 and outcome(daemon.port, target="/ping") == 200
        assert ask(daemon.port, target="/ping").status == 404


@over_both
def test_what_a_server_hears_of_tls(server):
    with tls_site(server) as daemon:
        assert outcome(daemon.port) == 200
        assert server.last.all("x-forwarded-proto") == ["https"]


@over_both
def test_tls_in_the_access_log(w, server):
    auth = {"caFiles": [w.ca.cert], "clientAuthType": "VerifyClientCertIfGiven"}
    with tls_site(server, tls={"options": {"default": {"clientAuth": auth}}}, static={"accessLog": {"format": "json"}}) as daemon:
        assert outcome(daemon.port, context=client_context(least=V13, certificate=w.pair("known", "known.test"))) == 200
        wait_until(lambda: "TLSVersion" in daemon.log)
        line = next(json.loads(x) for x in daemon.log.splitlines() if "TLSVersion" in x)
        assert (line["TLSVersion"], line["TLSServerName"], line["TLSResumed"], line["RequestScheme"]) == ("1.3", "app.test", False, "https")
        assert line["TLSCipher"].startswith("TLS_") and line["TLSClientSubject"] == "CN=known.test"


def test_texts_that_mean_nothing(tmp_path):
    path = tmp_path / "c.yaml"
    for options, words in (("{minVersion: VersionTLS14}", "VersionTLS14"), ("{preferServerCipherSuites: true}", "preferServerCipherSuites"), ("{clientAuth: {clientAuthType: Maybe}}", "Maybe")):
        path.write_text("entryPoints: {web: {address: '127.0.0.1:0'}}\ntls:\n  options:\n    o: %s\n" % options)
        result = run("-t", "-c", str(path), cwd=tmp_path)
        assert re.search(r"c\.yaml:4:\d+: \w+: .*" + words, result.stderr), result.stderr


# -- other clients ---------------------------------------------------------------------------------------------------------------------
def test_curl(w, server):
    with tls_site(server) as daemon:
        command = ["curl", "-sS", "--cacert", w.ca.cert, "--resolve", "app.test:%d:127.0.0.1" % daemon.port, "-o", "/dev/null", "-w", "%{http_code} %{ssl_verify_result}"]
        for options in ([], ["--tls-max", "1.2"], ["-d", "x" * 100000]):
            done = subprocess.run(command + options + ["https://app.test:%d/" % daemon.port], capture_output=True, text=True, timeout=30)
            assert done.stdout == "200 0", done.stderr


@pytest.mark.skipif(not shutil.which("gnutls-cli"), reason="gnutls-cli is not installed")
@pytest.mark.parametrize("priority", ["NORMAL", "NORMAL:-VERS-TLS1.3", "NORMAL:-GROUP-ALL:+GROUP-SECP256R1"])
def test_gnutls(w, server, priority):
    with tls_site(server) as daemon:
        command = ["gnutls-cli", "--x509cafile", w.ca.cert, "--priority", priority, "-p", str(daemon.port), "--sni-hostname", "app.test", "--verify-hostname", "app.test", "127.0.0.1"]
        done = subprocess.run(command, input="GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n", capture_output=True, text=True, timeout=30)
        assert "HTTP/1.1 200 OK" in done.stdout and "Status: The certificate is trusted" in done.stdout, done.stdout + done.stderr
