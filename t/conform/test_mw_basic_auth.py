# SPDX-License-Identifier: MIT
"""basicAuth: middlewares-1.md section 4.4, row by row."""
import base64
import crypt
import hashlib
import subprocess
import threading
import time

import pytest

from lib.daemon import Daemon, configuration, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.server import RawServer
from lib.wait import wait_until

pytestmark = over_both


def bcrypt(password, cost=4, prefix="$2b$"):
    made = crypt.crypt(password, "$2b$%02d$abcdefghijklmnopqrstuu" % cost)
    assert made and made.startswith("$2b$")
    return prefix + made[4:]


def md5(password, how):
    return subprocess.run(["openssl", "passwd", how, "-salt", "saltsalt", password], capture_output=True, text=True, check=True).stdout.strip()


def sha(password):
    return "{SHA}" + base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()


SECRET = "s3:cr\u00e9t"
HASHES = {
    "bcrypt": bcrypt(SECRET),
    "bcrypta": bcrypt(SECRET, prefix="$2a$"),
    "bcryptx": bcrypt(SECRET, prefix="$2x$"),
    "bcrypty": bcrypt(SECRET, prefix="$2y$"),
    "apr1": md5(SECRET, "-apr1"),
    "md5": md5(SECRET, "-1"),
    "sha": sha(SECRET),
    "long": md5("p" * 100, "-apr1"),
    "empty": sha(""),
}
NEVER = {"plain": SECRET.replace(":", ""), "sha256": crypt.crypt(SECRET, "$5$abc$"), "sha512": crypt.crypt(SECRET, "$6$abc$"), "broken": "$2b$04$short", "none": ""}


def credentials(user, password, scheme="Basic"):
    return [("Authorization", "%s %s" % (scheme, base64.b64encode(("%s:%s" % (user, password)).encode()).decode()))]


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server, tmp_path_factory):
    file = tmp_path_factory.mktemp("users") / "users"
    file.write_text("# people\n\nbob:%s\n  carl:%s  \nboth:%s\n" % (sha("bob"), sha("carl"), sha("from the file")))
    users = ["%s:%s" % pair for pair in {**HASHES, **NEVER}.items()]
    options = {
        "plain": {"users": users},
        "strip": {"users": users, "removeHeader": True, "realm": "ops"},
        "field": {"users": users, "headerField": "X-User"},
        "file": {"usersFile": str(file), "users": ["both:" + sha("from the list")]},
    }
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": [name]} for name in options}
    middlewares = {name: {"basicAuth": value} for name, value in options.items()}
    with site({"app": server}, routers, http={"middlewares": middlewares}, static={"accessLog": {"filePath": "access.log", "format": "json"}}) as instance:
        instance.users_file = file
        yield instance


def go(daemon, user=None, password=None, name="plain", fields=(), **more):
    own = credentials(user, password) if user is not None else []
    return ask(daemon.port, fields=own + list(fields), host="%s.test" % name, **more)


def is_refused(answer, realm="traefik"):
    assert (answer.status, answer.body, answer.get("Content-Type")) == (401, b"401 Unauthorized\n", "text/plain")
    assert answer.get("WWW-Authenticate") == 'Basic realm="%s"' % realm
    return True


@pytest.mark.parametrize("value", [None, "", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Bearer x", "Digest x"])
def test_BA_1_without_credentials_there_is_a_challenge(daemon, value):
    assert is_refused(go(daemon, fields=[] if value is None else [("Authorization", value)]))


@pytest.mark.parametrize("user", [u for u in HASHES if u not in ("long", "empty")])
def test_BA_2_BA_4_the_right_password_passes_and_others_do_not(daemon, user):
    for _ in range(2):  # the second time it is remembered
        assert go(daemon, user, SECRET).status == 200
    for wrong in ("", SECRET + "x", SECRET[:-1], SECRET + "\0", SECRET.upper()):
        assert is_refused(go(daemon, user, wrong))


def test_4_4_long_and_empty_passwords(daemon):
    assert go(daemon, "long", "p" * 100).status == 200
    assert is_refused(go(daemon, "long", "p" * 99))
    assert go(daemon, "empty", "").status == 200


def test_BA_3_the_scheme_has_no_case(daemon):
    for scheme in ("basic", "BASIC"):
        assert ask(daemon.port, fields=credentials("sha", SECRET, scheme), host="plain.test").status == 200


@pytest.mark.parametrize("user", NEVER)
def test_BA_5_other_hashes_never_match(daemon, user):
    for password in (NEVER[user], SECRET, ""):
        assert is_refused(go(daemon, user, password))


def test_4_4_unknown_users_are_refused(daemon):
    for password in ("", SECRET):
        assert is_refused(go(daemon, "nobody", password))


def test_BA_6_BA_8_removeHeader_and_realm(daemon, server):
    assert is_refused(go(daemon, name="strip"), "ops")
    assert go(daemon, "sha", SECRET, "strip").status == 200
    assert not server.last.has("Authorization")
    assert go(daemon, "sha", SECRET).status == 200
    assert server.last.has("Authorization")


def test_BA_7_the_service_is_told_the_name(daemon, server):
    assert go(daemon, "apr1", SECRET, "field", [("X-User", "root"), ("x-user", "admin")]).status == 200
    assert server.last.all("X-User") == ["apr1"]


def test_BA_9_the_list_beats_the_file(daemon):
    assert go(daemon, "bob", "bob", "file").status == 200
    assert go(daemon, "carl", "carl", "file").status == 200
    assert go(daemon, "both", "from the list", "file").status == 200
    assert is_refused(go(daemon, "both", "from the file", "file"))


def test_BA_11_a_file_counts_as_it_was_read(daemon):
    daemon.users_file.write_text("bob:%s\n" % sha("other"))
    assert go(daemon, "bob", "bob", "file").status == 200


def test_4_4_the_claimed_name_is_in_the_access_log(daemon):
    go(daemon, "mallory", "x")
    go(daemon, "sha", SECRET)
    assert wait_until(lambda: '"ClientUsername":"mallory"' in daemon.file("access.log") and '"ClientUsername":"sha"' in daemon.file("access.log"))


BAD = [
    ({"users": ["a:b:c"]}, "users"),
    ({"users": ["nobody"]}, "users"),
    ({"realm": "x"}, "users"),
    ({"usersFile": "/nowhere/users"}, "usersFile"),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("options, what", BAD)
def test_BA_10_bad_options_disable_the_router(server, options, what):
    routers = {"r": {"rule": "Host(`r.test`)", "service": "app", "middlewares": ["m"]}, "o": {"rule": "Host(`o.test`)", "service": "app"}}
    with Daemon(configuration({"app": server}, routers, http={"middlewares": {"m": {"basicAuth": options}}})) as daemon:
        assert ask(daemon.port, host="r.test").status == 404
        assert ask(daemon.port, host="o.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    assert any("pointsman.yaml:" in line and what in line for line in tested.stderr.splitlines()), tested.stderr
    assert "a:b:c" not in tested.stderr


def test_4_4_slow_hashes_hold_nobody_else_and_too_many_of_them_get_503(server):
    users = ["u%d:%s" % (i, bcrypt("right", 10)) for i in range(2)]
    routers = {
        "slow": {"rule": "Host(`slow.test`)", "service": "app", "middlewares": ["m"]},
        "free": {"rule": "Host(`free.test`)", "service": "app"},
    }
    with Daemon(configuration({"app": server}, routers, http={"middlewares": {"m": {"basicAuth": {"users": users}}}})) as daemon:
        clients = [connect(daemon.port) for _ in range(300)]
        for i, client in enumerate(clients):
            client.request(fields=credentials("u%d" % (i % 2), "wrong %d" % i), host="slow.test")
        began = time.monotonic()
        assert ask(daemon.port, host="free.test").status == 200
        assert time.monotonic() - began < 2
        busy = [c for c in clients[256:]]
        assert {c.response().status for c in busy} <= {401, 503}
        assert any(True for _ in busy)
        for client in clients:
            client.close()
        assert ask(daemon.port, host="free.test").status == 200


def test_4_4_one_question_asked_often_is_computed_once(server):
    users = ["u:" + bcrypt("right", 12)]
    with Daemon(configuration({"app": server}, {"r": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}, http={"middlewares": {"m": {"basicAuth": {"users": users}}}})) as daemon:
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.append(ask(daemon.port, fields=credentials("u", "right")).status)) for _ in range(40)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        assert statuses == [200] * 40
        assert took < 20  # forty of them one after the other take longer on any machine
