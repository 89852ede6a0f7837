# SPDX-License-Identifier: MIT
"""headers: options that are wrong, and what may not get out of a value. middlewares-2.md section 6.1."""
import pytest

from lib.either import ask, h1_only, over_both
from lib.header_options import asked, cors, told
from lib.middleware_site import assert_disabled, assert_refused_whole, site_with
from lib.server import RawServer

pytestmark = over_both

ROW = {"ids": lambda row: row[0]}
A = "https://a.example"
BY_PROXY = [("X-Secure", "yes")]
PREFLIGHT = [("Origin", A), ("Access-Control-Request-Method", "PUT")]

# id, options, the word that the message has, where it may point
BROKEN = [
    ("6.1 nothing set", {"frameDeny": False}, "headers", ("headers", "frameDeny")),
    ("6.1 nothing set, several", {"frameDeny": False, "stsSeconds": 0, "addVaryHeader": False, "contentSecurityPolicy": ""}, "headers",
     ("headers", "frameDeny")),
    ("6.1 origin regex", cors(regex=["("]), "accessControlAllowOriginListRegex", ("(", "'('")),
    ("6.1 origin regex, second", cors(A, regex=["^https://", "[a"]), "accessControlAllowOriginListRegex", ("[a", "'[a'")),
]
POLICIES = ["customFrameOptionsValue", "customBrowserXSSValue", "contentSecurityPolicy", "contentSecurityPolicyReportOnly", "referrerPolicy",
            "permissionsPolicy"]
# what may not get out of a value or a name: id, options
UNSAFE = [
    ("line break in a request field", asked(X_A="a\r\nX-Evil: 1")),
    ("line feed in a request field", asked(X_A="a\nX-Evil: 1")),
    ("zero in a request field", asked(X_A="a\0X-Evil: 1")),
    ("line break in a response field", told(X_A="a\r\nX-Evil: 1")),
    ("line break in a name", {"customRequestHeaders": {"X-A: b\r\nX-Evil": "1"}}),
    ("space in a name", {"customResponseHeaders": {"X A": "1"}}),
    ("colon in a name", {"customRequestHeaders": {"X-Evil:": "1"}}),
    ("line break in a header that is allowed", cors("*", headers=["x-a\r\nX-Evil: 1"])),
    ("line break in a method that is allowed", cors("*", methods=["GET\r\nX-Evil: 1"])),
    ("line break in a header that is exposed", cors("*", expose=["x-a\r\nX-Evil: 1"])),
    ("line break in publicKey", {"publicKey": "a\r\nX-Evil: 1", "sslProxyHeaders": {"X-Secure": "yes"}}),
    *[("line break in " + key, {key: "a\r\nX-Evil: 1"}) for key in POLICIES],
]


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def broken(server):
    middlewares = {"bad%02d" % i: {"headers": row[1]} for i, row in enumerate(BROKEN)}
    middlewares.update({"unsafe%02d" % i: {"headers": row[1]} for i, row in enumerate(UNSAFE)})
    with site_with(server, middlewares) as instance:
        yield instance


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", BROKEN, **ROW)
def test_router_disabled(broken, row):
    assert_disabled(broken, "bad%02d" % BROKEN.index(row), row[2], row[3])


@pytest.mark.parametrize("row", UNSAFE, **ROW)
def test_no_field_out_of_a_value(broken, server, row):
    """security.md section 1: what leaves is one field a name, or nothing at all; the strict reader finds the rest malformed."""
    before, faults = len(server.requests), len(server.errors)
    host = "unsafe%02d.test" % UNSAFE.index(row)
    for answer in (ask(broken.port, fields=BY_PROXY, host=host), ask(broken.port, "OPTIONS", fields=PREFLIGHT, host=host)):
        assert answer.status in (200, 404) and not answer.has("X-Evil")
    assert len(server.errors) == faults
    assert not [r for r in server.requests[before:] if r.has("X-Evil")]


LISTS = ["accessControlAllowHeaders", "accessControlAllowMethods", "accessControlAllowOriginList", "accessControlAllowOriginListRegex",
         "accessControlExposeHeaders", "allowedHosts", "hostsProxyHeaders"]
SWITCHES = ["accessControlAllowCredentials", "addVaryHeader", "stsIncludeSubdomains", "stsPreload", "forceSTSHeader", "frameDeny", "contentTypeNosniff",
            "browserXssFilter", "isDevelopment",
            "sslRedirect", "sslTemporaryRedirect", "sslForceHost", "expandVariables"]
TEXTS = [*POLICIES, "publicKey", "sslHost", "featurePolicy"]
NUMBERS, MAPS = ["accessControlMaxAge", "stsSeconds"], ["customRequestHeaders", "customResponseHeaders", "sslProxyHeaders"]
# id, options, what the message says, where it points
UNREADABLE = [
    ("6.1 nothing at all", {}, "headers", ("headers", "{}")),
    ("6.1 unknown key", {"frameDenny": True}, 'unknown key "frameDenny".*did you mean "frameDeny"', ("frameDenny",)),
    ("6.1 key of the dialect", {"request_headers": {"X-A": "1"}}, 'unknown key "request_headers"', ("request_headers",)),
    ("6.1 empty name", {"customRequestHeaders": {"": "1"}}, "empty", ("''", '""')),
    *[("6.1 list " + key, {key: {"a": "b"}}, key, (key, "a")) for key in LISTS],
    *[("6.1 switch " + key, {key: "maybe"}, key + ".*maybe", ("maybe",)) for key in SWITCHES],
    *[("6.1 text " + key, {key: ["a"]}, key, (key, "-")) for key in TEXTS],
    *[("6.1 number " + key, {key: "5s"}, key + ".*5s", ("5s",)) for key in NUMBERS],
    *[("6.1 number with a point " + key, {key: 1.5}, key + r".*1\.5", ("1.5",)) for key in NUMBERS],
    *[("6.1 map " + key, {key: ["X-A"]}, key, (key, "-")) for key in MAPS],
    *[("6.1 value of map " + key, {key: {"X-A": ["1"]}}, key, ("X-A", "-")) for key in MAPS],
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", UNREADABLE, **ROW)
def test_refused_whole(tmp_path, row):
    assert_refused_whole(tmp_path, {"headers": row[1]}, row[2], row[3])
