# SPDX-License-Identifier: MIT
"""What a middleware says in a header the client cannot say beside it in another spelling: security.md section 2 (names with an
underscore) and section 8 (identity fields)."""
import base64
import hashlib

import pytest

from lib.daemon import site
from lib.either import ask, h1_only, over_both
from lib.middleware_site import behind, host_of
from lib.server import RawServer, reply

pytestmark = over_both

PASSWORD = "{SHA}" + base64.b64encode(hashlib.sha1(b"pw").digest()).decode()
ME = ("Authorization", "Basic " + base64.b64encode(b"me:pw").decode())
SPELLINGS = ["X-Some-User", "x-some-USER", "X_Some_User", "X-Some_User", "x.some.user", "X_Some.User"]


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with RawServer(default=reply(200, b"", [("X-Some-User", "real")])) as tells, RawServer(default=reply(200, b"")) as silent:
        middlewares = {
            "basic": {"basicAuth": {"users": ["me:" + PASSWORD], "headerField": "X-Some-User", "removeHeader": True}},
            "custom": {"headers": {"customRequestHeaders": {"X-Some-User": "real"}}},
            "gone": {"headers": {"customRequestHeaders": {"X-Some-User": ""}}},
            "both": {"headers": {"customRequestHeaders": {"X-Some-User": "real", "X_Some_User": "real"}}},
            "asked": {"forwardAuth": {"address": tells.url, "authResponseHeaders": ["X-Some-User"]}},
            "asked-in-vain": {"forwardAuth": {"address": silent.url, "authResponseHeaders": ["X-Some-User"]}},
            "asked-by-pattern": {"forwardAuth": {"address": tells.url, "authResponseHeadersRegex": "^X-Some-"}},
        }
        with site({"app": server}, behind(middlewares), http={"middlewares": middlewares}) as instance:
            yield instance


SAID = {"basic": ["me"], "custom": ["real"], "gone": [], "both": ["real", "real"], "asked": ["real"], "asked-in-vain": [], "asked-by-pattern": ["real"]}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", SAID)
def test_security_8_the_clients_word_is_deleted(daemon, server, name, spelling):
    assert ask(daemon.port, host=host_of(name), fields=[ME, (spelling, "forged"), ("X-Some-Users", "kept")]).status == 200
    folded = [(k.lower().replace("_", "-").replace(".", "-"), v) for k, v in server.last.fields]
    assert [v for k, v in folded if k == "x-some-user"] == SAID[name]
    assert [v for k, v in folded if k == "x-some-users"] == ([] if name == "asked-by-pattern" else ["kept"])


@h1_only("Connection")
@pytest.mark.parametrize("name", [name for name in SAID if SAID[name]])
def test_security_2_connection_does_not_remove_what_a_middleware_says(daemon, server, name):
    assert ask(daemon.port, host=host_of(name), fields=[ME, ("Connection", "close, X-Some-User")]).status == 200
    assert server.last.all("x-some-user") == SAID[name][:1]
