# SPDX-License-Identifier: MIT
"""Which certificate a client gets, and what `-t` says of those that are configured: tls-acme.md sections 1 to 3, security.md section 6 (keys)."""
import os
import re
import ssl

import pytest

from lib.client import RawClient, ask
from lib.daemon import run, to_yaml
from lib.ports import free_port
from lib.server import RawServer
from lib.tls_world import V12, TlsClient, client_context, hello, openssl, outcome, record, s_client, served, sni, tls_site, verdict, world, COMMON
from lib.wait import wait_until

LINE = re.compile(r"(?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+): (?P<level>error|warning|notice): (?P<what>[^\n]+)")

# label: names of the certificate, the first one is its common name too
CERTIFICATES = {
    "exact": ["a.example.com"],
    "wild": ["*.example.com"],
    "apex": ["example.com"],
    "many-wild": ["*.aaa.org", "a.example.org"],
    "wild-org": ["*.example.org"],
    "low": ["a.order.test", "shared.order.test"],
    "high": ["b.order.test", "shared.order.test"],
    "wild-low": ["a.worder.test", "*.sub.worder.test"],
    "wild-high": ["b.worder.test", "*.sub.worder.test"],
    "address": ["127.0.0.1"],
    "address-2": ["127.0.0.2", "second.test"],
    "dotted": ["dotted.test.", "*.dotted.test."],
    "upper": ["UPPER.Test"],
    "old": ["old.test"],
    "future": ["future.test"],
    "deep": ["*.deep.example.com"],
    "local": ["localhost"],
    "strange": ["*"],
}
TIMES = {"old": {"end": "20210101000000Z"}, "future": {"start": "20380101000000Z"}}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def shop(server):
    """One daemon that has all of them, and one with only a common name, and "fallback" as the default."""
    w = world()
    pairs = [w.pair("c-" + label, *names, **TIMES.get(label, {})) for label, names in CERTIFICATES.items()]
    pairs.append(w.pair("c-common", cn="common.test"))
    store = {"default": {"defaultCertificate": w.pair("fallback", "fallback.test").files}}
    points = {"web": {"address": ":%d" % free_port(), "http": {"tls": {}}}}
    with tls_site(server, tls={"certificates": [p.files for p in pairs], "stores": store}, points=points) as daemon:
        yield daemon


CHOICE = {
    "exact": ("a.example.com", "c-exact"),
    "exact-before-wildcard": ("example.com", "c-apex"),
    "wildcard": ("other.example.com", "c-wild"),
    "wildcard-is-one-label": ("a.b.example.com", "fallback"),
    "wildcard-of-two-below": ("x.deep.example.com", "c-deep"),
    "wildcard-covers-the-name-of-a-deeper-zone": ("deep.example.com", "c-wild"),
    "exact-among-many-before-wildcard": ("a.example.org", "c-many-wild"),
    "wildcard-of-its-own-zone": ("x.aaa.org", "c-many-wild"),
    "apex-is-not-in-the-wildcard": ("aaa.org", "fallback"),
    "wildcard-org": ("b.example.org", "c-wild-org"),
    "reverse-order-of-keys": ("shared.order.test", "c-high"),
    "reverse-order-leaves-the-others": ("a.order.test", "c-low"),
    "reverse-order-of-wildcards": ("x.sub.worder.test", "c-wild-high"),
    "trailing-dot-of-the-certificate": ("dotted.test", "c-dotted"),
    "trailing-dot-of-a-wildcard": ("x.dotted.test", "c-dotted"),
    "upper-case-certificate": ("upper.test", "c-upper"),
    "upper-case-client": ("A.eXample.COM", "c-exact"),
    "upper-case-client-and-wildcard": ("OTHER.Example.com", "c-wild"),
    "expired": ("old.test", "c-old"),
    "not-yet-valid": ("future.test", "c-future"),
    "only-a-common-name": ("common.test", "c-common"),
    "unknown": ("nowhere.test", "fallback"),
    "the-default-by-its-own-name": ("fallback.test", "fallback"),
    "one-label": ("localhost", "c-local"),
    "suffix-is-not-enough": ("xexample.com", "fallback"),
    "prefix-is-not-enough": ("a.example.co", "fallback"),
    "empty-first-label": (".example.com", "fallback"),
    "star-as-a-name": ("*.example.com", "c-wild"),
    "no-name-by-local-address": (None, "c-address"),
}


@pytest.mark.parametrize("row", CHOICE, ids=["tls-acme-2-" + k for k in CHOICE])
def test_choice(shop, row):
    name, label = CHOICE[row]
    with RawClient(shop.port) as client:
        client.send(record(hello(names=(name,) if name else ())))
        assert verdict(client) == label


@pytest.mark.parametrize("row", ["exact", "wildcard", "unknown", "expired", "no-name-by-local-address"])
@pytest.mark.parametrize("least", [V12, None], ids=["1.2", "1.3"])
def test_tls_acme_2_choice_in_both_versions(shop, row, least):
    name, label = CHOICE[row]
    context = client_context(most=V12) if least else client_context(least=ssl.TLSVersion.TLSv1_3)
    assert served(shop.port, name, context) == label


def test_tls_acme_2_no_name_by_another_local_address(shop):
    assert served(shop.port, None, host="127.0.0.2") == "c-address-2"
    assert served(shop.port, None, host="127.0.0.3") == "fallback"


def test_tls_acme_2_an_address_as_name_of_no_kind_is_no_name(shop):
    """A name type other than host_name: RFC 6066 knows none; no certificate of a name may come of it."""
    with RawClient(shop.port) as client:
        client.send(record(hello(sni("a.example.com", kind=1) + COMMON)))
        assert verdict(client) != "c-exact"


def test_tls_acme_2_the_chain_and_the_name_hold(shop):
    context = client_context(ca=world().ca)
    assert outcome(shop.port, "a.example.com", context) == 200
    assert outcome(shop.port, "nowhere.test", context).startswith("certificate_verify_failed")
    assert outcome(shop.port, "old.test", context).startswith("certificate_verify_failed")


def test_tls_acme_1_intermediates_are_sent(server, tmp_path):
    w = world()
    leaf = w.pair("chained", "chained.test")
    chain = tmp_path / "chain.pem"
    chain.write_text(leaf.text + w.ca.text)
    with tls_site(server, tls={"certificates": [{"certFile": str(chain), "keyFile": leaf.key}]}) as daemon:
        text = s_client(daemon.port, "-showcerts", name="chained.test")
        assert text.count("BEGIN CERTIFICATE") >= 2 and " 1 s:CN = ca of the tests" in text, text
        assert " 1 s:" not in s_client(daemon.port, "-showcerts", name="chained.example")


# -- RSA and ECDSA side by side -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module", params=["rsa-first", "ecdsa-first"])
def both(request, server):
    w = world()
    pairs = [w.pair("both-rsa", "both.test", "*.both.test", kind="rsa"), w.pair("both-ec", "both.test", "*.both.test")]
    with tls_site(server, tls={"certificates": [p.files for p in (pairs if request.param == "rsa-first" else pairs[::-1])]}) as daemon:
        yield daemon


@pytest.mark.parametrize("name", ["both.test", "x.both.test"])
@pytest.mark.parametrize("ciphers, label", [("ECDHE-RSA-AES128-GCM-SHA256", "both-rsa"), ("ECDHE-ECDSA-AES128-GCM-SHA256", "both-ec")])
def test_tls_acme_1_key_type_by_suites_of_tls_1_2(both, name, ciphers, label):
    assert served(both.port, name, client_context(most=V12, ciphers=ciphers)) == label


@pytest.mark.parametrize("algorithms, word", [("RSA-PSS+SHA256", "rsaEncryption"), ("ECDSA+SHA256", "id-ecPublicKey")])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_tls_acme_1_key_type_by_signature_algorithms(both, version, algorithms, word):
    text = s_client(both.port, version, "-sigalgs", algorithms, "-showcerts", name="both.test")
    assert "a:PKEY: " + word in text, text


def test_tls_acme_1_same_names_and_kind_the_first_is_served(server):
    w = world()
    pairs = [w.pair("twin-1", "twin.test"), w.pair("twin-2", "twin.test")]
    with tls_site(server, tls={"certificates": [p.files for p in pairs]}) as daemon:
        assert served(daemon.port, "twin.test") == "twin-1"


# -- broken ones among good ones ------------------------------------------------------------------------------------------------------
def broken_pairs(folder):
    w = world()
    one, two = w.pair("good-1", "good-1.test"), w.pair("good-2", "good-2.test")
    (folder / "garbage.pem").write_text("no certificate\n")
    (folder / "empty.pem").write_text("")
    (folder / "cut.pem").write_text(one.text[: len(one.text) // 2])
    return {
        "mismatch": w.mixed("mismatch", one, two).files,
        "encrypted": w.encrypted("encrypted", one).files,
        "missing-certificate": {"certFile": str(folder / "nowhere.pem"), "keyFile": one.key},
        "missing-key": {"certFile": one.cert, "keyFile": str(folder / "nowhere.key")},
        "garbage": {"certFile": str(folder / "garbage.pem"), "keyFile": one.key},
        "garbage-key": {"certFile": one.cert, "keyFile": str(folder / "garbage.pem")},
        "empty": {"certFile": str(folder / "empty.pem"), "keyFile": one.key},
        "cut": {"certFile": str(folder / "cut.pem"), "keyFile": one.key},
        "folder": {"certFile": str(folder), "keyFile": one.key},
        "swapped": {"certFile": one.key, "keyFile": one.cert},
        "content-garbage": {"certFile": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "keyFile": one.key},
    }


BROKEN = ["mismatch", "encrypted", "missing-certificate", "missing-key", "garbage", "garbage-key", "empty", "cut", "folder", "swapped", "content-garbage"]


def test_tls_acme_1_a_broken_pair_is_left_out_and_the_rest_served(server, tmp_path):
    good = world().pair("good-1", "good-1.test"), world().pair("good-2", "good-2.test")
    rows = broken_pairs(tmp_path)
    assert sorted(rows) == sorted(BROKEN)
    with tls_site(server, tls={"certificates": [good[0].files, *rows.values(), good[1].files]}) as daemon:
        assert [served(daemon.port, n) for n in ("good-1.test", "good-2.test", "x.test")] == ["good-1", "good-2", "?"]


@pytest.mark.parametrize("row", BROKEN, ids=["tls-acme-3-broken-default-" + k for k in BROKEN])
def test_broken_default_no_handshake_that_needs_it(server, tmp_path, row):
    good = world().pair("good-1", "good-1.test")
    store = {"default": {"defaultCertificate": broken_pairs(tmp_path)[row]}}
    with tls_site(server, tls={"certificates": [good.files], "stores": store}) as daemon:
        assert served(daemon.port, "good-1.test") == "good-1"
        assert served(daemon.port, "x.test") in ("unrecognized_name", "handshake_failure", "internal_error", "closed")
        assert ask(daemon.port).status == 404  # plain HTTP goes on


# -- stores ---------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stores, label", [(["default"], "stored"), (["other", "default"], "stored"), ([], "stored"), (["other"], "?"), (["acme-tls/1"], "?"), (["Default"], "?")])
def test_tls_acme_1_only_the_store_default_is_served(server, stores, label):
    with tls_site(server, tls={"certificates": [dict(world().pair("stored", "stored.test").files, stores=stores)]}) as daemon:
        assert served(daemon.port, "stored.test") == label


def test_tls_acme_1_no_default_certificate_of_another_store(server):
    stores = {"other": {"defaultCertificate": world().pair("stored", "stored.test").files}}
    with tls_site(server, tls={"stores": stores}) as daemon:
        assert served(daemon.port, "x.test") == "?"


@pytest.mark.parametrize("form", ["files", "contents"])
def test_tls_acme_3_default_certificate(server, form):
    stores = {"default": {"defaultCertificate": getattr(world().pair("fallback", "fallback.test"), form)}}
    with tls_site(server, tls={"stores": stores}) as daemon:
        assert served(daemon.port, "x.test") == "fallback"
        assert served(daemon.port, None) == "fallback"
        assert served(daemon.port, "app.test") == "app"


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
@pytest.mark.parametrize("form", ["files", "contents", "file-and-content", "content-and-file", "relative"])
def test_tls_acme_1_file_or_content(server, tmp_path, form, kind):
    pair = world().pair("foc-" + kind, kind + ".foc.test", kind=kind)
    files, contents = pair.files, pair.contents
    forms = {
        "files": files,
        "contents": contents,
        "file-and-content": {"certFile": pair.cert, "keyFile": contents["keyFile"]},
        "content-and-file": {"certFile": contents["certFile"], "keyFile": pair.key},
        "relative": {"certFile": "foc.pem", "keyFile": "keys/foc.key"},
    }
    (tmp_path / "keys").mkdir()
    (tmp_path / "foc.pem").write_text(pair.text)
    (tmp_path / "keys" / "foc.key").write_text(contents["keyFile"])
    with tls_site(server, tls={"certificates": [forms[form]]}, folder=str(tmp_path)) as daemon:
        assert served(daemon.port, kind + ".foc.test") == "foc-" + kind


# -- the one that is made -------------------------------------------------------------------------------------------------------------
def test_tls_acme_3_generated_default_is_the_same_on_all_workers(server):
    with tls_site(server, workers=2) as daemon:
        assert wait_until(lambda: len(daemon.workers()) == 2)
        seen = set()
        for _ in range(40):
            with TlsClient(daemon.port, "x.test") as client:
                seen.add(client.socket.getpeercert(True))
        assert len(seen) == 1


def test_tls_acme_3_generated_default_outlives_a_worker(server):
    with tls_site(server) as daemon:
        with TlsClient(daemon.port, "x.test") as client:
            before = client.socket.getpeercert(True)
        worker = daemon.worker()
        os.kill(worker, 9)
        assert wait_until(lambda: daemon.workers() and daemon.workers() != [worker])
        with TlsClient(daemon.port, "x.test") as client:
            assert client.socket.getpeercert(True) == before


def test_tls_acme_3_generated_default_is_made_anew_at_each_start(server):
    seen = set()
    for _ in range(2):
        with tls_site(server) as daemon, TlsClient(daemon.port, "x.test") as client:
            seen.add(client.socket.getpeercert(True))
    assert len(seen) == 2


def test_tls_acme_3_generated_default_has_names_and_a_common_name_of_our_own(server):
    with tls_site(server) as daemon, TlsClient(daemon.port, "x.test") as client:
        text = openssl("x509", "-noout", "-text", stdin=ssl.DER_cert_to_PEM_cert(client.socket.getpeercert(True)).encode())
    assert re.search(r"Subject: CN = pointsman", text, re.I), text
    assert re.search(r"DNS:[0-9a-f]{32}\.[0-9a-f]{32}\.\S+\.default", text), text
    assert "TRAEFIK" not in text


# -- what -t says ---------------------------------------------------------------------------------------------------------------------
HEAD = """entryPoints:
  web:
    address: "127.0.0.1:8443"
    http: {tls: {}}
%s
http:
  routers:
    all: {rule: "PathPrefix(`/`)", service: noop@internal}
tls:
"""


def findings(folder, lists, static=""):
    """What -t reports of tls.certificates entries, each written on three lines: (index of the entry, its key) -> (level, message)."""
    text = HEAD % static + "  certificates:\n" + "".join("    - certFile: %s\n      keyFile: %s\n" % (p["certFile"], p["keyFile"]) for p in lists)
    path = folder / "c.yaml"
    path.write_text(text)
    result = run("-t", "-c", path)
    found = {}
    first = (HEAD % static).count("\n") + 2
    for match in LINE.finditer(result.stdout + result.stderr):
        at = int(match["line"]) - first
        assert match["file"] == str(path) and int(match["column"]) == (17 if at % 2 == 0 else 16), match[0]
        found[(at // 2, "certFile" if at % 2 == 0 else "keyFile")] = (match["level"], match["what"])
    return found, result


SAID = {
    "good": (None, None, None),
    "expired": ("warning", "certFile", r"expired on 2021-01-01"),
    "not-yet-valid": ("warning", "certFile", r"not valid before 2038-01-01"),
    "weak": ("warning", "certFile", r"weak.*1024"),
    "mismatch": ("error", "certFile", r"key does not belong"),
    "encrypted": ("error", "certFile", r"key|encrypted"),
    "missing-certificate": ("error", "certFile", r"nowhere\.pem.*no such file"),
    "missing-key": ("error", "keyFile", r"nowhere\.key.*no such file"),
    "garbage": ("error", "certFile", r"garbage\.pem"),
    "empty": ("error", "certFile", r"empty\.pem.*empty"),
    "folder": ("error", "certFile", r"directory"),
    "open-key": ("warning", "keyFile", r"read by everybody"),
    "group-key": (None, None, None),
}


def said_pairs(folder):
    w = world()
    good = w.pair("good-1", "good-1.test")
    rows = broken_pairs(folder)
    rows["good"] = good.files
    rows["expired"] = w.pair("c-old", "old.test", end="20210101000000Z").files
    rows["not-yet-valid"] = w.pair("c-future", "future.test", start="20380101000000Z").files
    rows["weak"] = w.pair("weak", "weak.test", kind="rsa1024").files
    rows["open-key"] = w.mixed("open-key", good, good, 0o644).files
    rows["group-key"] = w.mixed("group-key", good, good, 0o640).files
    return rows


@pytest.mark.parametrize("row", SAID, ids=["tls-acme-1-said-" + k for k in SAID])
def test_finding_with_its_place(tmp_path, row):
    level, key, text = SAID[row]
    found, result = findings(tmp_path, [world().pair("good-2", "good-2.test").files, said_pairs(tmp_path)[row]])
    if level is None:
        assert not found and result.returncode == 0, found
        return
    assert list(found) == [(1, key)], found
    assert found[(1, key)][0] == level and re.search(text, found[(1, key)][1]), found
    assert result.returncode == (1 if level == "error" else 0)


def test_tls_acme_1_a_shadowed_twin_is_told(tmp_path):
    w = world()
    found, _ = findings(tmp_path, [w.pair("twin-1", "twin.test").files, w.pair("twin-2", "twin.test").files])
    assert list(found) == [(1, "certFile")] and re.search(r"same names", found[(1, "certFile")][1])


@pytest.mark.parametrize("static, status, level", [("", 0, "warning"), ("strictKeyPermissions: false", 0, "warning"), ("strictKeyPermissions: true", 1, "error")])
def test_security_6_key_that_others_may_read(tmp_path, static, status, level):
    found, result = findings(tmp_path, [said_pairs(tmp_path)["open-key"]], static)
    assert result.returncode == status and found[(0, "keyFile")][0] == level, result.stderr


def test_security_6_strict_permissions_are_no_burden_on_a_private_key(tmp_path):
    found, result = findings(tmp_path, [world().pair("good-1", "good-1.test").files], "strictKeyPermissions: true")
    assert result.returncode == 0 and not found


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: gives a key to somebody else")
@pytest.mark.parametrize("static, level", [("", "warning"), ("strictKeyPermissions: true", "error")])
def test_security_6_key_of_somebody_else(tmp_path, static, level):
    good = world().pair("good-1", "good-1.test")
    pair = world().mixed("foreign-key", good, good)
    os.chown(pair.key, 12345, 0)
    found, _ = findings(tmp_path, [pair.files], static)
    assert found[(0, "keyFile")][0] == level and "12345" in found[(0, "keyFile")][1], found


def test_security_6_a_refused_key_is_not_served(server):
    good = world().pair("good-1", "good-1.test")
    pair = world().mixed("open-key", good, good, 0o644)
    with tls_site(server, tls={"certificates": [pair.files]}, static={"strictKeyPermissions": True}) as daemon:
        assert served(daemon.port, "good-1.test") == "?"


@pytest.mark.parametrize("arguments", [["-TT"], ["-t"], ["-T"]])
def test_security_6_no_key_in_what_is_printed(tmp_path, arguments):
    """-T prints the files as they are; the key is in a file of its own there, and a content in the other two."""
    pair = world().pair("good-1", "good-1.test")
    files = pair.files if arguments == ["-T"] else pair.contents
    path = tmp_path / "c.yaml"
    path.write_text(to_yaml({"entryPoints": {"web": {"address": ":8443", "http": {"tls": {}}}}, "tls": {"certificates": [files], "stores": {"default": {"defaultCertificate": files}}}}))
    result = run(*arguments, "-c", path)
    assert result.returncode == 0, result.stderr
    secret = pair.contents["keyFile"].splitlines()[1]
    assert secret not in result.stdout + result.stderr
