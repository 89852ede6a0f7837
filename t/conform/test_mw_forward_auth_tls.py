# SPDX-License-Identifier: MIT
"""forwardAuth towards an auth server that speaks TLS: middlewares-1.md section 4.6, `tls`."""
import pytest

from lib.either import ask, h1_only, over_both
from lib.middleware_site import assert_disabled, host_of, site_with
from lib.server import RawServer, reply
from lib.tls_world import TlsServer, world

pytestmark = over_both


@pytest.fixture(scope="module")
def pairs():
    return {"good": world().pair("auth-good", "127.0.0.1"), "other": world().pair("auth-other", "127.0.0.1", ca=world().other_ca),
            "name": world().pair("auth-name", "elsewhere.test"), "client": world().pair("auth-client", "proxy.test")}


@pytest.fixture(scope="module")
def servers(pairs):
    """By what is in their way: nothing, a stranger's certificate, another name's, a client's certificate that they demand."""
    answer = reply(200, b"", [("X-User", "jane")])
    with TlsServer(pairs["good"], default=answer) as good, TlsServer(pairs["other"], default=answer) as other, TlsServer(pairs["name"], default=answer) as name:
        with TlsServer(pairs["good"], default=answer, client_ca=world().ca, demand=True) as demanding:
            yield {"good": good, "other": other, "name": name, "demanding": demanding}


def tls(**options):
    return {"tls": options}


def rows(pairs):
    ca, client = world().ca, pairs["client"]
    return [
        ("ca", "good", tls(ca=ca.cert), 200),
        ("contents", "good", tls(ca=ca.text), 200),
        ("no ca", "good", {}, 500),
        ("another ca", "good", tls(ca=world().other_ca.cert), 500),
        ("another signer", "other", tls(ca=ca.cert), 500),
        ("another name", "name", tls(ca=ca.cert), 500),
        ("not verified", "other", tls(insecureSkipVerify=True), 200),
        ("name not verified", "name", tls(insecureSkipVerify=True), 200),
        ("no certificate", "demanding", tls(ca=ca.cert), 500),
        ("certificate", "demanding", tls(ca=ca.cert, cert=client.cert, key=client.key), 200),
        ("certificate's contents", "demanding", tls(ca=ca.cert, **{"cert": client.text, "key": client.contents["keyFile"]}), 200),
    ]


def name_of(label):
    return label.replace(" ", "-").replace("'", "")


@pytest.fixture(scope="module")
def daemon(pairs, servers):
    middlewares = {
        name_of(label): {"forwardAuth": dict({"address": servers[server].url + "/check", "trustForwardHeader": False, "authResponseHeaders": ["X-User"]}, **more)}
        for label, server, more, _ in rows(pairs)
    }
    with RawServer() as app, site_with(app, middlewares) as instance:
        instance.app = app
        yield instance


LABELS = ["ca", "contents", "no ca", "another ca", "another signer", "another name", "not verified", "name not verified", "no certificate", "certificate",
          "certificate's contents"]


@pytest.mark.parametrize("label", LABELS)
def test_4_6_tls(daemon, pairs, label):
    (status,) = [row[3] for row in rows(pairs) if row[0] == label]
    before = len(daemon.app.requests)
    assert ask(daemon.port, host=host_of(name_of(label))).status == status
    assert len(daemon.app.requests) == before + (status == 200)
    if status == 200:
        assert daemon.app.last.all("X-User") == ["jane"]


def test_4_6_connections_are_kept_and_each_middleware_has_its_own(daemon, servers):
    before = len(servers["good"].handshakes)
    for _ in range(6):
        assert ask(daemon.port, host="ca.test").status == 200
    assert len(servers["good"].handshakes) <= before + 2  # one a worker


@h1_only("the configuration alone")
def test_4_6_bad_files_disable_the_router(pairs, tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing of this is a certificate\n")
    tmp_path.chmod(0o755)
    address = {"address": "https://127.0.0.1:1/", "trustForwardHeader": False}
    bad = {
        "gone": tls(ca=str(tmp_path / "gone.pem")),
        "garbage": tls(ca=str(broken)),
        "halves": tls(cert=pairs["client"].cert),
        "mismatch": tls(cert=pairs["client"].cert, key=pairs["good"].key),
    }
    with RawServer() as app, site_with(app, {name: {"forwardAuth": dict(address, **more)} for name, more in bad.items()}) as daemon:
        for name in bad:
            assert_disabled(daemon, name, "tls", ("forwardAuth", "ca", "cert", "key", "/", "tls"))
