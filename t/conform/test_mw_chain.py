# SPDX-License-Identifier: MIT
"""What all middlewares have in common, and chains of them: middlewares-1.md section 1, middlewares-2.md sections 7, 8 and 11."""
import gzip
import hashlib
import re

import pytest

from lib.client import RawClient, head
from lib.daemon import balancer, configuration, run, site, to_yaml
from lib.either import ask, h1_only, over_both
from lib.middleware_site import assert_disabled, assert_refused_whole, behind, findings, host_of, site_with
from lib.server import RawServer, reply

pytestmark = over_both

PASSWORD_HASH = hashlib.md5(b"jane:traefik:secret").hexdigest()


def prefix(text):
    return {"addPrefix": {"prefix": text}}


def told(value):
    return {"headers": {"customResponseHeaders": {"X-By": value}}}


def chain(*names):
    return {"chain": {"middlewares": list(names)}}


def digest(**more):
    return {"digestAuth": dict({"users": ["jane:traefik:" + PASSWORD_HASH]}, **more)}


# What a request sees on its way is read from the path, what an answer saw from the last of X-By.
MIDDLEWARES = {
    **{"p" + c: prefix("/" + c) for c in "12345"},
    **{"t" + c: told(c) for c in "12345"},
    "deny": {"ipAllowList": {"sourceRange": ["203.0.113.1"]}},
    "page": {"errors": {"status": ["403"], "service": "app", "query": "/page/{status}"}},
    "zip": {"compress": {"minResponseBodyBytes": 1}},
    "vary": {"headers": {"accessControlAllowOriginList": ["https://a.example"], "addVaryHeader": True}},
    "kept": {"buffering": {"maxResponseBodyBytes": 100000}},
    "sniff": {"contentType": {}},
    "again": {"retry": {"attempts": 2}},
    "digest": digest(),
    "CH-1": chain("p1", "p2"),
    "CH-2": chain("p1", "CH-2a", "p5"),
    "CH-2a": chain("p2", "CH-2b", "p2"),
    "CH-2b": chain("p3", "p4@file"),
    "CH-answers": chain("t1", "CH-answers2"),
    "CH-answers2": chain("t2", "p2"),
    "nothing": {"chain": {"middlewares": []}},
    "nothing2": chain("nothing", "p1", "nothing"),
    "late": chain("p1", "deny", "p2"),
    "dressed": chain("t1", "page", "deny"),
    "every": chain("t1", "vary", "zip", "page", "kept", "sniff"),
    "tries": chain("t1", "again", "sniff"),
    "packed": chain("zip", "vary"),
    "whole": chain("zip", "kept"),
    "proof": chain("digest", "p1"),
    "proof, too late": chain("p1", "digest"),
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    middlewares = {name.replace(", ", "-").replace(" ", "-"): options for name, options in MIDDLEWARES.items()}
    routers = behind(middlewares)
    points = {"web": {}, "front": {"http": {"middlewares": ["p1@file", "CH-answers2@file"]}}}
    for router in routers.values():
        router["entryPoints"] = ["web"]
    routers["twice"] = {"rule": "Host(`twice.test`)", "service": "app", "middlewares": ["p1", "CH-1", "p1"], "entryPoints": ["web"]}
    routers["parent"] = {"rule": "Host(`family.test`)", "middlewares": ["p3", "t3"], "entryPoints": ["front"]}
    routers["child"] = {"rule": "Method(`GET`)", "service": "own", "middlewares": ["p4", "t4"], "parentRefs": ["parent"]}
    services = {"app": server, "own": dict(balancer(server), middlewares=["p5", "t5"])}
    with site(services, routers, points, http={"middlewares": middlewares}) as instance:
        yield instance


SEEN = [
    ("CH-1", "/2/1/x"),
    ("CH-2", "/5/2/4/3/2/1/x"),
    ("CH-2b", "/4/3/x"),
    ("nothing", "/x"),
    ("nothing2", "/1/x"),
    ("twice", "/1/2/1/1/x"),
]


@pytest.mark.parametrize("name, seen", SEEN, ids=[row[0] for row in SEEN])
def test_7_expanded_in_place(daemon, server, name, seen):
    assert ask(daemon.port, target="/x", host=host_of(name)).status == 200
    assert server.last.target == seen


def test_7_answers_pass_the_other_way_round(daemon):
    assert ask(daemon.port, host=host_of("CH-answers")).all("X-By") == ["1"]
    assert ask(daemon.port, host=host_of("CH-answers2")).all("X-By") == ["2"]


def test_1_4_entry_point_parents_children_service(daemon, server):
    answer = ask(daemon.ports["front"], target="/x", host="family.test")
    assert (answer.status, server.last.target, answer.all("X-By")) == (200, "/5/4/3/2/1/x", ["2"])


def test_1_4_what_stands_behind_a_refusal_is_not_asked(daemon, server):
    before = len(server.requests)
    assert ask(daemon.port, host="late.test").status == 403
    assert len(server.requests) == before


def test_1_8_answers_of_inner_middlewares_are_answers(daemon, server):
    answer = ask(daemon.port, target="/x", host="dressed.test")
    assert (answer.status, answer.get("X-By"), server.last.target) == (403, "1", "/page/403")


def test_1_8_answers_of_the_proxy_are_answers(daemon, server):
    server.answers["/cut"] = lambda connection, request: connection.close()
    answer = ask(daemon.port, target="/cut", host="every.test")
    assert (answer.status, answer.get("X-By")) == (502, "1")


def hinted(connection, request):
    connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
    return reply(200, b"hello", [("Content-Type", "text/plain")])


def test_1_7_interim_answers_pass_untouched(daemon, server, spoken):
    server.answers["/hints"] = hinted
    answer = ask(daemon.port, target="/hints", host="every.test")
    assert [(hint.status, hint.names(), hint.get("Link")) for hint in answer.interim] == [(103, ["Link" if spoken == "h1" else "link"], "</a.css>")]
    assert (answer.status, answer.get("X-By")) == (200, "1")


def test_1_7_a_try_that_may_be_repeated_has_no_interim_answers(daemon, server):
    server.answers["/hints"] = hinted
    answer = ask(daemon.port, target="/hints", host="tries.test")
    assert (answer.status, answer.interim) == (200, [])


@h1_only("Upgrade")
@pytest.mark.parametrize("name", ["every", "tries"])
def test_1_7_no_middleware_touches_the_bytes_of_a_tunnel(daemon, server, name):
    def tunnel(connection, request):
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n<html>" + bytes(connection.reader.buffer))
        while data := connection._read():
            connection.send(data)
        connection.close()

    server.answers["/tunnel"] = tunnel
    with RawClient(daemon.port) as client:
        client.send(head(target="/tunnel", host=host_of(name), fields=[("Connection", "Upgrade"), ("Upgrade", "echo"), ("Accept-Encoding", "gzip")]))
        answer = client.response()
        assert answer.status == 101 and not answer.has("Content-Encoding") and not answer.has("Content-Type")
        data = b"<html>" + b"0123456789" * 10000
        client.send(data[6:])
        assert client.take(len(data)) == data


# -- orders that users rely on --------------------------------------------------------------------------------------------


def authorized(challenge, uri):
    nonce, opaque = (re.search(r'%s="([^"]*)"' % name, challenge).group(1) for name in ("nonce", "opaque"))
    wanted = hashlib.md5(b"GET:" + uri.encode()).hexdigest()
    proof = hashlib.md5((":".join([PASSWORD_HASH, nonce, "00000001", "c", "auth", wanted])).encode()).hexdigest()
    text = 'Digest username="jane", realm="traefik", nonce="%s", uri="%s", opaque="%s", qop=auth, nc=00000001, cnonce="c", response="%s", algorithm=MD5'
    return [("Authorization", text % (nonce, uri, opaque, proof))]


@pytest.mark.parametrize("name, status", [("proof", 200), ("proof-too-late", 401)])
def test_11_digest_before_path_rewriting(daemon, name, status):
    challenge = ask(daemon.port, target="/x", host=host_of(name)).get("WWW-Authenticate")
    assert ask(daemon.port, target="/x", fields=authorized(challenge, "/x"), host=host_of(name)).status == status


def test_11_compress_outside_headers_merges_vary(daemon, server):
    server.answers["/page"] = reply(200, b"hello " * 50, [("Content-Type", "text/html"), ("Vary", "Accept")])
    answer = ask(daemon.port, target="/page", fields=[("Accept-Encoding", "gzip"), ("Origin", "https://a.example")], host="packed.test")
    assert gzip.decompress(answer.body) == b"hello " * 50
    vary = [word.strip() for line in answer.all("Vary") for word in line.split(",")]
    assert sorted(vary) == ["Accept", "Accept-Encoding", "Origin"]


def test_11_buffering_inside_compress_removes_streaming(daemon, server):
    def dies(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n" + b"hello")
        connection.close()

    server.answers["/dies"] = dies
    assert ask(daemon.port, target="/dies", fields=[("Accept-Encoding", "gzip")], host="whole.test").status == 502


# -- what is wrong --------------------------------------------------------------------------------------------------------
# name, options, what the message says besides the name, where it points
BROKEN = [
    ("missing", chain("p1", "nobody"), "nobody", ("nobody",)),
    ("missingbehind", chain("p1", "missing"), "missing", ("missing",)),
    ("self", chain("self"), "cycle: self@file -> self@file", ("self",)),
    ("x", chain("y"), "y", ("y", "x")),
    ("y", chain("x"), "cycle: x@file -> y@file -> x@file", ("x",)),
    ("one", chain("p1", "two"), "two", ("two", "three")),
    ("two", chain("three"), None, ("three", "one")),
    ("three", chain("p1", "one"), None, ("one",)),
    ("leadsthere", chain("p1", "three"), "three", ("three",)),
    ("broken", chain("p1", "bad"), "bad", ("bad",)),
    ("bad", prefix(""), "prefix", ("prefix", "''", '""')),
    ("twotypes", dict(prefix("/a"), **told("a")), "twotypes", ("twotypes", "addPrefix", "headers")),
    ("toomany", chain(*["p1"] * 256), "at most 255", ("p1",)),
]


@pytest.fixture(scope="module")
def broken(server):
    middlewares = dict({row[0]: row[1] for row in BROKEN}, p1=prefix("/1"))
    with site_with(server, middlewares) as instance:
        yield instance


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", BROKEN, ids=lambda row: row[0])
def test_CH_3_CH_4_only_their_routers_are_disabled(broken, row):
    name, _, words, where = row
    if words is not None and words.startswith(("cycle", "at most")):
        text = broken.file("pointsman.yaml")
        found = findings(text, "pointsman.yaml", broken.tested.stderr, '"%s"' % name, re.escape(words))
        assert found and all(at.startswith(where) for at in found), broken.tested.stderr
    elif words is not None:
        assert_disabled(broken, name, re.escape(words), where)
    assert ask(broken.port, host=host_of(name)).status == 404


@h1_only("the configuration alone")
def test_7_chains_that_multiply_have_an_end(server):
    middlewares = {"d0": prefix("/0")}
    middlewares.update({"d%d" % i: chain("d%d" % (i - 1), "d%d" % (i - 1)) for i in range(1, 40)})  # 2^39 links
    with site_with(server, middlewares) as daemon:
        assert [ask(daemon.port, host=host_of(name)).status for name in ("d7", "d8", "d20", "d39")] == [200, 404, 404, 404]


@h1_only("the configuration alone")
def test_1_5_a_list_has_an_end(server):
    routers = {"long": {"rule": "Host(`long.test`)", "service": "app", "middlewares": ["p"] * 101},
               "short": {"rule": "Host(`short.test`)", "service": "app", "middlewares": ["p"] * 100}}
    points = {"web": {}, "front": {"http": {"middlewares": ["p@file"] * 101}}}
    with site({"app": server}, routers, points, http={"middlewares": {"p": prefix("/p")}}) as daemon:
        assert [ask(daemon.port, host=host).status for host in ("long.test", "short.test")] == [404, 200]
        assert ask(daemon.ports["front"], host="short.test").status == 404
        assert "too many middlewares" in run("-t", "-c", daemon.path).stderr


def test_1_5_its_traffic_falls_to_other_routers(server):
    routers = {
        "guarded": {"rule": "Host(`app.test`)", "priority": 10, "service": "app", "middlewares": ["nobody"]},
        "open": {"rule": "PathPrefix(`/`)", "priority": 1, "service": "app", "middlewares": ["p"]},
    }
    with site({"app": server}, routers, http={"middlewares": {"p": prefix("/open")}}) as daemon:
        assert ask(daemon.port, target="/x").status == 200
        assert server.last.target == "/open/x"
        assert re.search(r'\bguarded\b[^\n]*"nobody"', daemon.log)
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1 and re.search(r'pointsman\.yaml:\d+:\d+: error: [^\n]*\bguarded\b[^\n]*"nobody"', tested.stderr), tested.stderr


def test_1_5_of_an_entry_point(server):
    points = {"web": {"http": {"middlewares": ["loop@file"]}}, "other": {}}
    with site({"app": server}, None, points, http={"middlewares": {"loop": chain("loop")}}) as daemon:
        assert ask(daemon.port).status == 404
        assert ask(daemon.ports["other"]).status == 200


def test_1_5_of_a_service(server):
    services = {"guarded": dict(balancer(server), middlewares=["loop"]), "app": server}
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": name} for name in services}
    with site(services, routers, http={"middlewares": {"loop": chain("loop")}}) as daemon:
        assert ask(daemon.port, host="guarded.test").status in (404, 503)
        assert ask(daemon.port, host="app.test").status == 200


# -- how they are written -------------------------------------------------------------------------------------------------

EMPTY = ["addPrefix", "stripPrefix", "stripPrefixRegex", "replacePath", "replacePathRegex", "redirectScheme", "redirectRegex", "ipAllowList", "ipWhiteList",
         "ipDenyList", "basicAuth", "digestAuth", "forwardAuth", "passTLSClientCert", "encodedCharacters", "retry", "buffering", "headers", "errors", "chain"]


@pytest.mark.parametrize("kind", EMPTY)
def test_1_3_an_empty_section_refuses_the_document(tmp_path, kind):
    assert_refused_whole(tmp_path, {kind: {}}, "empty", (kind, "{}"))


MAY_BE_EMPTY = ["compress", "contentType"]


@pytest.mark.parametrize("kind", MAY_BE_EMPTY)
@pytest.mark.parametrize("value, works", [({}, True), (True, True), ("true", True), (False, False)], ids=["section", "true", "text", "false"])
def test_1_3_but_of_these_it_means_something(server, kind, value, works):
    server.answers["/text"] = reply(200, b"hello " * 300, [("Content-Type", "text/plain")] if kind == "compress" else [])
    with site_with(server, {"m": {kind: value}}) as daemon:
        answer = ask(daemon.port, target="/text", fields=[("Accept-Encoding", "gzip")], host="m.test")
    assert answer.has("Content-Encoding" if kind == "compress" else "Content-Type") == works
    assert daemon.tested.returncode == 0


@pytest.mark.parametrize("kind", ["ipAllowList", "ipWhiteList"])
@pytest.mark.parametrize("value", [{}, True])
def test_1_3_ip_strategy(server, kind, value):
    with site_with(server, {"m": {kind: {"sourceRange": ["127.0.0.1"], "ipStrategy": value}}}) as daemon:
        assert ask(daemon.port, host="m.test").status == 200


def test_1_2_types_and_keys_have_no_case(server):
    with site_with(server, {"m": {"STRIPprefix": {"PREFIXES": ["/x"]}}}) as daemon:
        assert ask(daemon.port, target="/x/y", host="m.test").status == 200
        assert server.last.target == "/y"


UNSUPPORTED = ["plugin", "apiKey", "hmac", "ldap", "oidc", "opa", "waf", "oAuthClientCredentials"]


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_8_not_supported(tmp_path, kind):
    path = tmp_path / "c.yaml"
    path.write_text(to_yaml(configuration({"app": 1}, http={"middlewares": {"m": {kind: {"x": {"y": "z"}}}}})))
    tested = run("-t", "-c", path)
    assert tested.returncode == 1
    assert any(at.startswith(kind) for at in findings(path.read_text(), "c.yaml", tested.stderr, kind)), tested.stderr
