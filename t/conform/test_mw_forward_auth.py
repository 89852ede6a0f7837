# SPDX-License-Identifier: MIT
"""forwardAuth: middlewares-1.md section 4.6, row by row and option by option."""
import time

import pytest

from lib.daemon import Daemon, configuration, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, describe, reply
from lib.wait import wait_until

pytestmark = over_both


@pytest.fixture(scope="module")
def app():
    with RawServer(default=lambda c, r: describe(c, r).replace(b"Content-Type", b"Set-Cookie: app=1; Path=/\r\nSet-Cookie: sid=old\r\nContent-Type", 1)) as instance:
        yield instance


@pytest.fixture(scope="module")
def auth():
    with RawServer(default=reply(204, b"")) as instance:
        yield instance


TRUSTS = {"unset": None, "false": False, "true": True}


@pytest.fixture(scope="module")
def daemon(app, auth):
    url = auth.url
    options = {
        "user": {"authResponseHeaders": ["X-User"]},
        "regex": {"authResponseHeadersRegex": "^X-Auth-"},
        "location": {},
        "keep": {"preserveLocationHeader": True},
        "method": {"preserveRequestMethod": True},
        "signin": {"authSigninURL": "https://sso.example/in?x=1"},
        "body10": {"forwardBody": True, "maxBodySize": 10},
        "body": {"forwardBody": True, "maxBodySize": 4000000, "preserveRequestMethod": True},
        "answer5": {"maxResponseBodySize": 5},
        "cookies": {"addAuthCookiesToResponse": ["sid", "extra"]},
        "cookie": {"authRequestHeaders": ["Cookie"], "trustForwardHeader": False},
        "trustlist": {"authRequestHeaders": ["Cookie"], "trustForwardHeader": True},
        "named": {"headerField": "X-User"},
    }
    middlewares = {name: {"forwardAuth": dict({"address": url + "/check?a=b", "trustForwardHeader": False}, **more)} for name, more in options.items()}
    for name, value in TRUSTS.items():
        middlewares["trust-" + name] = {"forwardAuth": dict({"address": url + "/check"}, **({} if value is None else {"trustForwardHeader": value}))}
    middlewares["down"] = {"forwardAuth": {"address": "http://127.0.0.1:%d/" % free_port(), "trustForwardHeader": False}}
    middlewares["strip"] = {"stripPrefix": {"prefixes": ["/api"]}}
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": [name]} for name in middlewares}
    routers["stripped"] = {"rule": "Host(`stripped.test`)", "service": "app", "middlewares": ["strip", "trust-false"]}
    points = {"web": {"forwardedHeaders": {"insecure": True}}, "plain": {}}
    with site({"app": app}, routers, points, http={"middlewares": middlewares}, static={"accessLog": {"filePath": "access.log", "format": "json"}}) as instance:
        yield instance


@pytest.fixture
def answers(auth):
    """What the auth server says in this test."""

    def set_to(answer):
        auth.default = answer

    yield set_to
    auth.default = reply(204, b"")


def go(daemon, name, method="GET", target="/", point="web", **more):
    return ask(daemon.ports[point], method, target, host="%s.test" % name, **more)


def test_FA_1_listed_fields_replace_those_of_the_client(daemon, app, answers):
    answers(reply(204, b"", [("X-User", "ann"), ("X-User", "bob"), ("X-Other", "no")]))
    assert go(daemon, "user", fields=[("X-User", "root"), ("x-user", "too")]).status == 200
    assert app.last.all("X-User") == ["ann", "bob"] and not app.last.has("X-Other")


def test_FA_2_a_field_that_is_not_there_is_taken_from_the_request_all_the_same(daemon, app, answers):
    answers(reply(200, b"fine"))
    assert go(daemon, "user", fields=[("X-User", "root")]).status == 200
    assert not app.last.has("X-User")


def test_4_6_regex_goes_by_canonical_names(daemon, app, answers):
    answers(reply(204, b"", [("x-auth-id", "7"), ("X-Other", "no")]))
    assert go(daemon, "regex", fields=[("X-AUTH-ROLE", "admin"), ("X-Keep", "1")]).status == 200
    assert (app.last.get("X-Auth-Id"), app.last.has("X-Auth-Role"), app.last.get("X-Keep"), app.last.has("X-Other")) == ("7", False, "1", False)


def test_FA_3_a_refusal_is_the_clients_answer(daemon, app, answers):
    answers(reply(403, b"no", [("X-Why", "because"), ("Content-Type", "text/x"), ("Keep-Alive", "timeout=5")]))
    before = len(app.requests)
    answer = go(daemon, "user")
    assert (answer.status, answer.body, answer.get("X-Why"), answer.get("Content-Type"), answer.has("Keep-Alive")) == (403, b"no", "because", "text/x", False)
    assert len(app.requests) == before


def test_FA_4_FA_5_a_relative_location_is_that_of_the_auth_server(daemon, auth, answers):
    answers(reply(302, b"", [("Location", "/login?next=1")]))
    assert go(daemon, "location").get("Location") == auth.url + "/login?next=1"
    assert go(daemon, "keep").get("Location") == "/login?next=1"
    answers(reply(302, b"", [("Location", "https://other.example/x")]))
    assert go(daemon, "location").get("Location") == "https://other.example/x"


def test_FA_6_no_answer_is_no_permission(daemon):
    answer = go(daemon, "down")
    assert (answer.status, answer.body) == (500, b"")


@pytest.mark.parametrize("how", ["closed", "garbage", "cut"])
def test_4_6_neither_is_half_an_answer(daemon, answers, how):
    def bad(connection, request):
        if how == "garbage":
            return b"hello\r\n\r\n"
        if how == "cut":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.close()

    answers(bad)
    answer = go(daemon, "user")
    assert (answer.status, answer.body) == (500, b"")


def test_FA_7_the_question_is_GET_without_a_body(daemon, auth, app):
    assert go(daemon, "user", "POST", "/x?y=1", body=b"hello").status == 200
    assert (auth.last.method, auth.last.target, auth.last.body, auth.last.get("X-Forwarded-Method")) == ("GET", "/check?a=b", b"", "POST")
    assert not auth.last.has("Content-Length") and auth.last.get("Host") == auth.url[len("http://") :]
    assert app.last.body == b"hello"


def test_4_6_preserveRequestMethod(daemon, auth):
    go(daemon, "method", "PUT", body=b"hello")
    assert (auth.last.method, auth.last.body) == ("PUT", b"")


def test_FA_8_a_body_over_the_limit_is_401(daemon, auth):
    before = len(auth.requests)
    answer = go(daemon, "body10", "POST", body=b"01234567890")
    assert (answer.status, answer.body, len(auth.requests)) == (401, b"", before)
    with connect(daemon.ports["web"]) as client:
        client.begin(host="body10.test")
        client.piece(b"01234")
        client.piece(b"567890")
        client.finish()
        assert client.response().status == 401
    assert len(auth.requests) == before
    assert go(daemon, "body10", "POST", body=b"0123456789").status == 200


@pytest.mark.parametrize("size", [5, 3000000])
def test_4_6_forwardBody_sends_it_to_both(daemon, auth, app, size):
    body = b"m" * size
    assert go(daemon, "body", "POST", body=body).status == 200
    assert (auth.last.body, auth.last.method, app.last.body) == (body, "POST", body)


XFF = [("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-Host", "evil"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "99"), ("X-Real-Ip", "9.9.9.9"), ("X-Forwarded-Uri", "/evil")]


def forwarded(request):
    return {n: request.get("X-Forwarded-" + n) for n in ("For", "Host", "Proto", "Port", "Uri", "Method")}


def test_FA_9_trust_false_tells_our_own_facts(daemon, auth):
    go(daemon, "trust-false", target="/a?b=c", fields=XFF + [("X_Forwarded_Host", "evil")])
    port = str(daemon.ports["web"])
    assert forwarded(auth.last) == {"For": "127.0.0.1", "Host": "trust-false.test", "Proto": "http", "Port": "80", "Uri": "/a?b=c", "Method": "GET"}, port
    assert not auth.last.has("X-Real-Ip") and not auth.last.has("X_Forwarded_Host")


def test_FA_10_trust_true_adds_the_peer_and_keeps_the_rest(daemon, auth):
    go(daemon, "trust-true", target="/a", fields=XFF)
    assert forwarded(auth.last) == {"For": "1.1.1.1, 127.0.0.1", "Host": "evil", "Proto": "https", "Port": "99", "Uri": "/evil", "Method": "GET"}
    assert auth.last.get("X-Real-Ip") == "9.9.9.9"


def test_4_6_trust_unset_is_some_of_both(daemon, auth):
    go(daemon, "trust-unset", target="/a", fields=XFF)
    assert forwarded(auth.last) == {"For": "127.0.0.1", "Host": "trust-unset.test", "Proto": "http", "Port": "99", "Uri": "/a", "Method": "GET"}
    assert auth.last.get("X-Real-Ip") == "9.9.9.9"


def test_FA_11_only_listed_fields_and_the_six(daemon, auth):
    go(daemon, "cookie", fields=[("Cookie", "a=b"), ("X-Own", "1"), ("User-Agent", "me")])
    names = sorted(n.lower() for n, _ in auth.last.fields)
    assert names == ["cookie", "host"] + ["x-forwarded-" + n for n in ("for", "host", "method", "port", "proto", "uri")]


def test_4_6_trust_with_a_list_lets_the_managed_names_pass(daemon, auth):
    go(daemon, "trustlist", fields=XFF + [("X-Own", "1")])
    assert auth.last.get("X-Real-Ip") == "9.9.9.9" and not auth.last.has("X-Own")


def test_FA_12_signin(daemon, answers):
    for method in ("GET", "POST"):
        answers(reply(401, b"who?"))
        answer = go(daemon, "signin", method, body=b"x" if method == "POST" else None)
        assert (answer.status, answer.body, answer.get("Location")) == (302, b"", "https://sso.example/in?x=1")
    answers(reply(403, b"no"))
    assert go(daemon, "signin").status == 403


def test_4_6_an_answer_that_is_too_large_is_401(daemon, answers):
    for status in (200, 403):
        answers(reply(status, b"123456"))
        answer = go(daemon, "answer5")
        assert (answer.status, answer.body) == (401, b"")
    answers(reply(200, b"12345"))
    assert go(daemon, "answer5").status == 200


def test_4_6_cookies(daemon, answers):
    answers(reply(200, b"", [("Set-Cookie", "sid=new; HttpOnly"), ("Set-Cookie", "secret=1"), ("Set-Cookie", "extra=2")]))
    assert go(daemon, "cookies").all("Set-Cookie") == ["app=1; Path=/", "sid=new; HttpOnly", "extra=2"]
    answers(reply(200, b""))
    assert go(daemon, "cookies").all("Set-Cookie") == ["app=1; Path=/", "sid=old"]


@h1_only("Connection")
def test_4_6_what_belongs_to_one_hop_stays_here(daemon, auth):
    go(daemon, "user", fields=[("Connection", "X-Hop, Upgrade"), ("X-Hop", "1"), ("Upgrade", "websocket"), ("TE", "trailers"), ("Proxy-Authorization", "Basic x")])
    for name in ("Connection", "X-Hop", "Upgrade", "TE"):
        assert not auth.last.has(name), name
    assert auth.last.get("Proxy-Authorization") == "Basic x" and not auth.last.has("User-Agent")


def test_4_6_the_target_is_that_of_this_place_in_the_chain(daemon, auth):
    go(daemon, "stripped", target="/api/x?q=1")
    assert auth.last.get("X-Forwarded-Uri") == "/x?q=1"


def test_4_6_headerField_names_the_user_in_the_access_log(daemon, answers):
    answers(reply(200, b"", [("X-User", "ann")]))
    go(daemon, "named")
    assert wait_until(lambda: '"ClientUsername":"ann"' in daemon.file("access.log"))


def test_4_6_connections_to_the_auth_server_are_kept(daemon, auth):
    go(daemon, "user")
    before = len(auth.connections)
    for _ in range(5):
        go(daemon, "user")
    assert len(auth.connections) == before


def test_4_6_a_client_that_leaves_cancels_the_question(daemon, auth, answers):
    seen = []
    answers(lambda connection, request: seen.append("asked") or seen.append(connection.wait_end()))
    with connect(daemon.ports["web"]) as client:
        client.request(host="user.test")
        assert wait_until(lambda: seen)
        client.leave()
        assert wait_until(lambda: len(seen) == 2) and seen[1] is not None


def test_4_6_a_slow_answer_holds_nobody_else(daemon, answers):
    def slow(connection, request):
        time.sleep(0.5)
        return reply(204, b"")

    answers(slow)
    with connect(daemon.ports["web"]) as client:
        client.request(host="user.test")
        began = time.monotonic()
        assert go(daemon, "down").status == 500
        assert time.monotonic() - began < 0.4
        assert client.response().status == 200


BAD = [
    ({}, "address"),
    ({"address": "localhost"}, "address"),
    ({"address": "ftp://x/"}, "address"),
    ({"address": "http://127.0.0.1:1/", "authResponseHeadersRegex": "("}, "authResponseHeadersRegex"),
    ({"address": "https://127.0.0.1:1/", "tls": {"cert": "/nowhere.pem", "key": "/nowhere.key"}}, "nowhere.pem"),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("options, what", BAD)
def test_4_6_bad_options_disable_the_router(app, options, what):
    routers = {"r": {"rule": "Host(`r.test`)", "service": "app", "middlewares": ["m"]}, "o": {"rule": "Host(`o.test`)", "service": "app"}}
    config = configuration({"app": app}, routers, http={"middlewares": {"m": {"forwardAuth": dict({"headerField": "X"}, **options)}}})
    with Daemon(config) as daemon:
        assert ask(daemon.port, host="r.test").status == 404
        assert ask(daemon.port, host="o.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    assert any("pointsman.yaml:" in line and what in line for line in tested.stderr.splitlines()), tested.stderr
