# SPDX-License-Identifier: MIT
"""entryPoints.X.http.encodedCharacters: http-routing.md section 6, last paragraph."""
import pytest

from lib.daemon import site
from lib.either import ask, over_both
from lib.server import RawServer

pytestmark = over_both

KEYS = {
    "allowEncodedSlash": "%2F",
    "allowEncodedBackSlash": "%5C",
    "allowEncodedNullCharacter": "%00",
    "allowEncodedSemicolon": "%3B",
    "allowEncodedPercent": "%25",
    "allowEncodedQuestionMark": "%3F",
    "allowEncodedHash": "%23",
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    points = {"web": {}, "none": {"http": {"encodedCharacters": {k: False for k in KEYS}}}}
    points.update({"only" + k: {"http": {"encodedCharacters": {k: False}}} for k in KEYS})
    routers = {"app": {"rule": "Host(`app.test`)", "service": "app"}}
    with site({"app": server}, routers, points) as instance:
        yield instance


@pytest.mark.parametrize("code", KEYS.values())
def test_http_routing_6_all_allowed_by_default(daemon, server, code):
    assert ask(daemon.ports["web"], target="/x" + code).status == 200
    assert server.last.target == "/x" + code


@pytest.mark.parametrize("code", [c for k in KEYS.values() for c in sorted({k, k.lower()})])
def test_http_routing_6_forbidden_is_400_with_an_empty_body(daemon, server, code):
    before = server.received()
    answer = ask(daemon.ports["none"], target="/x%sy" % code)
    assert (answer.status, answer.body) == (400, b"")
    assert server.received() == before


@pytest.mark.parametrize("key", KEYS)
def test_http_routing_6_each_key_forbids_its_own_character(daemon, key):
    for other, code in KEYS.items():
        assert ask(daemon.ports["only" + key], target="/" + code).status == (400 if other == key else 200)


@pytest.mark.parametrize("target", ["/x?y=%2F%00%25", "/a%20b", "/%41", "/;x", "/a%C3%A9"])
def test_http_routing_6_query_and_other_characters_are_not_inspected(daemon, target):
    assert ask(daemon.ports["none"], target=target).status == 200


def test_http_routing_6_a_raw_backslash_counts_as_encoded(daemon):
    assert ask(daemon.ports["none"], target="/a\\b").status == 400


def test_http_routing_6_the_check_comes_after_matching(daemon):
    assert ask(daemon.ports["none"], target="/x%2F", host="nobody.test").status == 404
