# SPDX-License-Identifier: MIT
"""digestAuth: middlewares-1.md section 4.5, row by row."""
import hashlib
import re

import pytest

from lib.daemon import Daemon, configuration, run, site
from lib.either import ask, h1_only, over_both
from lib.server import RawServer

pytestmark = over_both


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


USERS = ["ann:traefik:" + md5("ann:traefik:secret"), "eve:other:" + md5("eve:other:secret")]


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    options = {"plain": {"users": USERS}, "field": {"users": USERS, "headerField": "X-User", "removeHeader": True}, "nobody": {"realm": "x"}}
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": [name]} for name in options}
    with site({"app": server}, routers, http={"middlewares": {k: {"digestAuth": v} for k, v in options.items()}}) as instance:
        yield instance


SHAPE = re.compile(r'^Digest realm="([^"]+)", nonce="([A-Za-z0-9+/=]{16})", opaque="([^"]{16})", (stale="true", )?algorithm="MD5", qop="auth"$')


def challenge(answer):
    assert (answer.status, answer.body, answer.get("Content-Type")) == (401, b"401 Unauthorized\n", "text/plain")
    match = SHAPE.match(answer.get("WWW-Authenticate"))
    assert match, answer.get("WWW-Authenticate")
    return {"realm": match[1], "nonce": match[2], "opaque": match[3], "stale": bool(match[4])}


def fresh(daemon, name="plain"):
    return challenge(ask(daemon.port, host=name + ".test"))


def proof(given, user="ann", password="secret", uri="/", method="GET", nc="00000001", ha1=None, **changes):
    ha1 = md5("%s:%s:%s" % (user, given["realm"], password)) if ha1 is None else ha1
    response = md5("%s:%s:%s:abc:auth:%s" % (ha1, given["nonce"], nc, md5("%s:%s" % (method, uri))))
    fields = {"username": user, "realm": given["realm"], "nonce": given["nonce"], "uri": uri, "qop": "auth", "nc": nc, "cnonce": "abc", "response": response, "opaque": given["opaque"], "algorithm": "MD5"}
    fields.update(changes)
    bare = ("qop", "nc", "algorithm")
    return [("Authorization", "Digest " + ", ".join("%s=%s" % (k, v if k in bare else '"%s"' % v) for k, v in fields.items() if v is not None))]


def go(daemon, fields, name="plain", target="/", method="GET"):
    return ask(daemon.port, method, target, fields, host=name + ".test")


def test_DA_1_a_challenge_with_a_fresh_nonce_each_time(daemon):
    assert len({fresh(daemon)["nonce"] for _ in range(20)}) == 20
    assert len({fresh(daemon)["opaque"] for _ in range(3)}) == 1


def test_DA_2_DA_3_a_right_answer_counts_once(daemon):
    fields = proof(fresh(daemon))
    assert go(daemon, fields).status == 200
    assert challenge(go(daemon, fields))["stale"] is False


def test_DA_4_a_smaller_count_is_stale(daemon):
    given = fresh(daemon)
    assert go(daemon, proof(given, nc="00000003")).status == 200
    assert challenge(go(daemon, proof(given, nc="00000002")))["stale"] is True
    assert go(daemon, proof(given, nc="0000000a")).status == 200


WRONG = [
    ("DA-5", {"algorithm": "SHA-256"}),
    ("DA-6", {"qop": None}),
    ("DA-7", {"user": "nobody"}),
    ("DA-7 empty HA1", {"user": "nobody", "ha1": ""}),
    ("DA-9", {"user": "eve"}),
    ("DA-10", {"opaque": "0123456789abcdef"}),
    ("password", {"password": "wrong"}),
    ("count", {"nc": "zzz"}),
    ("uri", {"uri": "/elsewhere"}),
    ("method", {"method": "POST"}),
    ("foreign nonce", {"nonce": "AAAAAAAAAAAAAAAA"}),
    ("short nonce", {"nonce": "AAAA"}),
    ("no response", {"response": None}),
]


@pytest.mark.parametrize("changes", [w[1] for w in WRONG], ids=[w[0] for w in WRONG])
def test_4_5_everything_else_is_refused(daemon, changes):
    given = dict(fresh(daemon), **({"nonce": changes["nonce"]} if "nonce" in changes else {}))
    assert challenge(go(daemon, proof(given, **changes)))["stale"] is False


def test_4_5_algorithm_may_be_absent_and_the_scheme_has_no_case(daemon):
    fields = proof(fresh(daemon), algorithm=None)
    assert go(daemon, [("Authorization", "digest" + fields[0][1][6:])]).status == 200


def test_4_5_the_query_is_part_of_the_target_and_a_prefix_of_the_path_will_do(daemon):
    assert go(daemon, proof(fresh(daemon), uri="/a?b=c"), target="/a?b=c").status == 200
    assert go(daemon, proof(fresh(daemon), uri="/a"), target="/a/b").status == 200


def test_DA_8_a_nonce_of_one_worker_is_good_at_another(server):
    config = configuration({"app": server}, {"r": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}, http={"middlewares": {"m": {"digestAuth": {"users": USERS}}}})
    with Daemon(config, workers=3) as daemon:
        for _ in range(20):
            assert ask(daemon.port, fields=proof(challenge(ask(daemon.port)))).status == 200


def test_4_5_the_service_is_told_the_user_and_not_the_proof(daemon, server):
    assert go(daemon, proof(fresh(daemon, "field")) + [("X-User", "root")], "field").status == 200
    assert server.last.all("X-User") == ["ann"] and not server.last.has("Authorization")


def test_4_5_without_users_nobody_passes(daemon):
    assert challenge(go(daemon, proof(fresh(daemon, "nobody")), "nobody"))["realm"] == "x"


@h1_only("the configuration alone")
@pytest.mark.parametrize("line", ["a:b", "a:b:c:d", "a"])
def test_4_5_malformed_users_disable_the_router(server, line):
    routers = {"r": {"rule": "Host(`r.test`)", "service": "app", "middlewares": ["m"]}, "o": {"rule": "Host(`o.test`)", "service": "app"}}
    with Daemon(configuration({"app": server}, routers, http={"middlewares": {"m": {"digestAuth": {"users": [line]}}}})) as daemon:
        assert ask(daemon.port, host="r.test").status == 404
        assert ask(daemon.port, host="o.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    assert any("pointsman.yaml:" in t and "http.middlewares.m.digestAuth.users" in t for t in tested.stderr.splitlines()), tested.stderr
