# SPDX-License-Identifier: MIT
"""passTLSClientCert: middlewares-1.md section 4.8, row by row."""
import base64
import re
from urllib.parse import unquote_plus

import pytest

from lib.either import ask, connect, over_both
from lib.server import RawServer
from lib.tls_world import V13, client_context, openssl, tls_site, world

pytestmark = over_both

PEM, INFO = "X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info"
OPTIONS = {
    "pem": {"pem": True},
    "cn": {"info": {"subject": {"commonName": True}}},
    "times": {"info": {"notBefore": True, "notAfter": True}},
    "sans": {"info": {"sans": True}},
    "none": {"info": {"notAfter": False}},
    "all": {"info": {"notAfter": True, "notBefore": True, "sans": True, "serialNumber": True, "subject": {"commonName": True, "organization": True}, "issuer": {"commonName": True}}},
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    auth = {"caFiles": [world().ca.cert], "clientAuthType": "VerifyClientCertIfGiven"}
    routers = {name: {"rule": "PathPrefix(`/%s`)" % name, "service": "app", "middlewares": [name], "entryPoints": ["web"]} for name in OPTIONS}
    routers["plain"] = {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["pem", "all"], "entryPoints": ["plain"]}
    points = {"web": {"http": {"tls": {}}}, "plain": {}}
    http = {"middlewares": {name: {"passTLSClientCert": options} for name, options in OPTIONS.items()}}
    with tls_site(server, routers, {"options": {"default": {"clientAuth": auth}}}, points, http=http) as instance:
        yield instance


@pytest.fixture(scope="module")
def pair():
    return world().pair("dev", "a.example", "10.0.0.1", cn="dev 1")


def told(daemon, server, name, certificate=None, fields=()):
    with connect(daemon.ports["web"], context=client_context(least=V13, certificate=certificate)) as client:
        assert client.ask(target="/" + name, fields=fields).status == 200
    return server.last


def test_PC_1_the_certificate_itself(daemon, server, pair):
    value = told(daemon, server, "pem", pair).get(PEM)
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", value) and base64.b64decode(value) == pair.der


def test_PC_2_leaf_first_then_what_was_sent_with_it(daemon, server, pair, tmp_path):
    both = type(pair)(str(tmp_path), "both", [])
    with open(both.cert, "w") as f:
        f.write(pair.text + world().ca.text)
    with open(pair.key) as source, open(both.key, "w") as f:
        f.write(source.read())
    value = told(daemon, server, "pem", both).get(PEM)
    assert [base64.b64decode(v) for v in value.split(",")] == [pair.der, world().ca.der]


def test_PC_3_names_are_escaped_whole(daemon, server, pair):
    assert told(daemon, server, "cn", pair).get(INFO) == "Subject%3D%22CN%3Ddev+1%22"


def test_PC_4_times(daemon, server, pair):
    assert told(daemon, server, "times", pair).get(INFO) == "NB%3D%221577836800%22%3BNA%3D%222208988800%22"


def test_PC_5_other_names(daemon, server, pair):
    assert told(daemon, server, "sans", pair).get(INFO) == "SAN%3D%22a.example%2C10.0.0.1%22"


def test_4_8_the_order_of_the_fields(daemon, server, pair):
    serial = int(openssl("x509", "-in", pair.cert, "-noout", "-serial").strip().split("=")[1], 16)
    info = unquote_plus(told(daemon, server, "all", pair).get(INFO))
    assert info == 'Subject="CN=dev 1";Issuer="CN=ca of the tests";SerialNumber="%d";NB="1577836800";NA="2208988800";SAN="a.example,10.0.0.1"' % serial


def test_PC_6_without_a_certificate_nobody_can_claim_one(daemon, server):
    request = told(daemon, server, "pem", None, [(PEM, "forged"), (INFO, "forged")])
    assert not request.has(PEM) and not request.has(INFO)
    assert ask(daemon.ports["plain"], fields=[(PEM, "forged"), (INFO, "forged")]).status == 200
    assert not server.last.has(PEM) and not server.last.has(INFO)


def test_PC_7_nothing_chosen_is_an_empty_field(daemon, server, pair):
    request = told(daemon, server, "none", pair)
    assert request.has(INFO) and request.get(INFO) == ""
