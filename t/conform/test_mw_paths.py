# SPDX-License-Identifier: MIT
"""addPrefix, stripPrefix, stripPrefixRegex, replacePath, replacePathRegex: middlewares-1.md sections 0, 1 and 2."""
import re

import pytest

from lib.daemon import run, site
from lib.either import ask, h1_only, over_both
from lib.middleware_site import assert_disabled, assert_refused_whole, site_with
from lib.server import RawServer

pytestmark = over_both

ROW = {"ids": lambda row: row[0]}
PREFIX, REPLACED = "X-Forwarded-Prefix", "X-Replaced-Path"


def add(prefix):
    return {"addPrefix": {"prefix": prefix}}


def strip(*prefixes, **more):
    return {"stripPrefix": dict({"prefixes": list(prefixes)}, **more)}


def strip_regex(*patterns):
    return {"stripPrefixRegex": {"regex": list(patterns)}}


def replace(path):
    return {"replacePath": {"path": path}}


def replace_regex(pattern, *replacement):
    return {"replacePathRegex": dict({"regex": pattern}, **({"replacement": replacement[0]} if replacement else {}))}


def utf8(text):
    """As the raw server reads it: a byte is a character."""
    return text.encode().decode("latin1")


FORCED = {"forceSlash": True}
# id, middleware, target, target that the server sees, values of X-Forwarded-Prefix or X-Replaced-Path there
SEEN = [
    # -- 2.1
    ("AP-1", add("/v2"), "/cart?x=1", "/v2/cart?x=1", []),
    ("AP-2", add("v2"), "/cart", "/v2/cart", []),
    ("AP-2 request of one slash", add("v2"), "/", "/v2/", []),
    ("AP-3", add("/v2/"), "/cart", "/v2//cart", []),
    ("AP-3 no dot check", add("/a/../b"), "/cart", "/a/../b/cart", []),
    ("AP-4", add("/v2"), "/a%2Fb", "/v2/a%2Fb", []),
    ("AP-4 lower case", add("/v2"), "/a%2fb?c=%2f", "/v2/a%2Fb?c=%2f", []),
    ("AP-4 no leading slash", add("v2"), "/a%2Fb", "/v2/a%2Fb", []),
    ("AP-5", add("/v2"), "/", "/v2/", []),
    ("2.1 no slash between", add("/v2-"), "/", "/v2-/", []),
    ("2.1 the prefix is literal", add("/p%20q"), "/x", "/p%2520q/x", []),
    ("2.1 the prefix is literal for the raw path too", add("/p%20q"), "/a%2Fb", "/p%2520q/a/b", []),
    ("2.1 a space", add("/p q"), "/x", "/p%20q/x", []),
    ("2.1 a question mark", add("/a?b"), "/x?c", "/a%3Fb/x?c", []),
    ("2.1 a hash", add("/a#b"), "/x", "/a%23b/x", []),
    ("2 characters kept", add("/aZ09-_.~$&+,:;=@"), "/x", "/aZ09-_.~$&+,:;=@/x", []),
    ("2 characters escaped anew", add("/!\"'()*<>[\\]^`{|}"), "/x", "/%21%22%27%28%29%2A%3C%3E%5B%5C%5D%5E%60%7B%7C%7D/x", []),
    ("2 UTF-8 escaped anew", add("/\u00e9"), "/x", "/%C3%A9/x", []),
    ("2 raw path stays as it came", add("/v2"), "/a!b'(c)*", "/v2/a!b'(c)*", []),
    # -- 2.2
    ("SP-1", strip("/shop"), "/shop/cart", "/cart", ["/shop"]),
    ("SP-2", strip("/shop"), "/shop", "/", ["/shop"]),
    ("SP-3", strip("/shop"), "/shopping", "/ping", ["/shop"]),
    ("SP-4", strip("/shop/"), "/shop", "/shop", []),
    ("SP-5", strip("/a", "/a/b"), "/a/b/c", "/b/c", ["/a"]),
    ("SP-5 the other order", strip("/a/b", "/a"), "/a/b/c", "/c", ["/a/b"]),
    ("SP-5 second of the list", strip("/z", "/a"), "/a/b", "/b", ["/a"]),
    ("SP-6", strip("/shop"), "/shop/x%2Fy", "/x%2Fy", ["/shop"]),
    ("SP-7", strip("/shop/"), "/sh%6Fp/x%2Fy", "/x%2Fy", ["/shop/"]),
    ("SP-9", strip("/"), "/", "/", ["/"]),
    ("SP-9 with more", strip("/"), "/a/b", "/a/b", ["/"]),
    ("SP-11", strip("/shop"), "/shop?k=v", "/?k=v", ["/shop"]),
    ("SP-11 slash", strip("/shop/"), "/shop/?k=v", "/?k=v", ["/shop/"]),
    ("2.2 trimmed", strip("  /shop "), "/shop/x", "/x", ["/shop"]),
    ("2.2 no match", strip("/shop"), "/cart/shop", "/cart/shop", []),
    ("2.2 case", strip("/shop"), "/Shop/x", "/Shop/x", []),
    ("2.2 empty list", strip(), "/shop/x", "/shop/x", []),
    ("2.2 prefix without a slash", strip("shop"), "/shop/x", "/shop/x", []),
    ("2.2 prefix is decoded text", strip("/a b"), "/a%20b/c%2Fd", "/c%2Fd", ["/a b"]),
    ("2.2 prefix is no escaped text", strip("/a%20b"), "/a%20b/c", "/a%20b/c", []),
    ("2.2 UTF-8", strip("/\u00e9"), "/%c3%a9/x%2Fy", "/x%2Fy", [utf8("/\u00e9")]),
    ("2.2 raw path walked by decoded bytes", strip("/a/b"), "/a%2Fb/c%2Fd", "/c%2Fd", ["/a/b"]),
    ("2.2 raw path dropped", strip("/shop"), "/shop%2Fx", "/x", ["/shop"]),
    ("2.2 raw path dropped and escaped anew", strip("/shop"), "/shop%2Fx%20!%2Fy", "/x%20%21/y", ["/shop"]),
    ("2.2 leading slash of a raw path", strip("/shop"), "/shopx%2Fy", "/x%2Fy", ["/shop"]),
    ("2.2 dots that are no segment", strip("/shop"), "/shop/...a/b../.c", "/...a/b../.c", ["/shop"]),
    ("2.2 a trailing slash is kept", strip("/shop"), "/shop/a/", "/a/", ["/shop"]),
    ("2.2 forceSlash", strip("/shop", **FORCED), "/shop", "/", ["/shop"]),
    ("2.2 forceSlash remainder", strip("/shop", **FORCED), "/shop/x", "/x", ["/shop"]),
    ("2.2 forceSlash glued", strip("/shop", **FORCED), "/shopping", "/ping", ["/shop"]),
    ("2.2 forceSlash raw path", strip("/shop", **FORCED), "/shop/x%2Fy", "/x%2Fy", ["/shop"]),
    ("2.2 forceSlash off", strip("/shop", forceSlash=False), "/shop", "/", ["/shop"]),
    # -- 2.3
    ("SR-1", strip_regex("^/t/[0-9]+"), "/t/42/list", "/list", ["/t/42"]),
    ("SR-2", strip_regex("/[0-9]+"), "/t/42/list", "/t/42/list", []),
    ("SR-3", strip_regex("/[a-z]+"), "/abc", "/", ["/abc"]),
    ("SR-4", strip_regex("x*"), "/abc", "/abc", []),
    ("SR-5", strip_regex("^/t/[^/]+"), "/t/a%2Fb/c", "/b/c", ["/t/a"]),
    ("2.3 raw path kept", strip_regex("^/t/[0-9]+"), "/t/42/a%2Fb?c=d", "/a%2Fb?c=d", ["/t/42"]),
    ("2.3 trimmed", strip_regex("  ^/t/[0-9]+ "), "/t/42/list", "/list", ["/t/42"]),
    ("2.3 list order", strip_regex("^/t", "^/t/[0-9]+"), "/t/42/list", "/42/list", ["/t"]),
    ("2.3 list order turned round", strip_regex("^/t/[0-9]+", "^/t"), "/t/42/list", "/list", ["/t/42"]),
    ("2.3 no match, then the next", strip_regex("^/u", "^/t"), "/t/42", "/42", ["/t"]),
    ("2.3 empty match, then the next", strip_regex("x*", "^/t"), "/t/42", "/42", ["/t"]),
    ("2.3 match elsewhere, then the next", strip_regex("/[0-9]+", "^/t"), "/t/42", "/42", ["/t"]),
    ("2.3 the text counts, not where it was", strip_regex("/a$"), "/a/b/a", "/b/a", ["/a"]),
    ("2.3 first alternative", strip_regex("^/a|^/ab"), "/abc", "/bc", ["/a"]),
    ("2.3 glued", strip_regex("^/shop"), "/shopping", "/ping", ["/shop"]),
    ("2.3 decoded text", strip_regex("^/a b"), "/a%20b/c", "/c", ["/a b"]),
    ("2.3 empty list", strip_regex(), "/abc", "/abc", []),
    ("2.3 flags", strip_regex("(?i)^/SHOP"), "/shop/x", "/x", ["/shop"]),
    # -- 2.4
    ("RP-1", replace("/new"), "/old/x?q=1", "/new?q=1", ["/old/x"]),
    ("RP-2", replace("/a%2Fb"), "/z", "/a%2Fb", ["/z"]),
    ("RP-3", replace("/new"), "/o%2Fx", "/new", ["/o%2Fx"]),
    ("RP-4", replace("/a?b=c"), "/z", "/a%3Fb=c", ["/z"]),
    ("RP-4 query of the request", replace("/a?b=c"), "/z?d=e", "/a%3Fb=c?d=e", ["/z"]),
    ("RP-6", replace(""), "/z", "/", ["/z"]),
    ("RP-6 query", replace(""), "/z?q=1", "/?q=1", ["/z"]),
    ("2.4 no leading slash", replace("new"), "/z", "/new", ["/z"]),
    ("2.4 no dot check", replace("/a/../b//c/."), "/z", "/a/../b//c/.", ["/z"]),
    ("2.4 space", replace("/a b"), "/z", "/a%20b", ["/z"]),
    ("2.4 escaped space", replace("/a%20b"), "/z", "/a%20b", ["/z"]),
    ("2.4 UTF-8", replace("/\u00e9"), "/z", "/%C3%A9", ["/z"]),
    ("2.4 the same path", replace("/z"), "/z", "/z", ["/z"]),
    ("2.4 the escaped original", replace("/new"), "/a%20b%C3%A9?c", "/new?c", ["/a%20b%C3%A9"]),
    # -- 2.5
    ("RR-1", replace_regex("^/u/([^/]+)$", "/users/$1"), "/u/ann?x", "/users/ann?x", ["/u/ann"]),
    ("RR-2", replace_regex("/u", "/x"), "/u/u", "/x/x", ["/u/u"]),
    ("RR-3", replace_regex("^/u/(.*)", "/p$1z"), "/u/ann", "/p", ["/u/ann"]),
    ("RR-4", replace_regex("^/u/(.*)", "/p/${1}z"), "/u/ann", "/p/annz", ["/u/ann"]),
    ("RR-6", replace_regex("^/u/(.*)", "/q/$1"), "/u/a%2Fb", "/q/a%2Fb", ["/u/a%2Fb"]),
    ("RR-6 escaped space", replace_regex("^/u/(.*)", "/q/$1"), "/u/a%20b?c=%20", "/q/a%20b?c=%20", ["/u/a%20b"]),
    ("RR-7", replace_regex("^/v", "/w"), "/u", "/u", []),
    ("RR-7 the query is not looked at", replace_regex("x", "y"), "/u?x", "/u?x", []),
    ("2.5 trimmed", replace_regex("  ^/u ", " /w  "), "/u/a", "/w/a", ["/u/a"]),
    ("2.5 no replacement", replace_regex("^/u"), "/u/a", "/a", ["/u/a"]),
    ("2.5 nothing left", replace_regex("^/u$", ""), "/u?a", "/?a", ["/u"]),
    ("2.5 leading slash", replace_regex("^/u", "w"), "/u/a", "/w/a", ["/u/a"]),
    ("2.5 the escaped path is matched", replace_regex("%2F", "/"), "/a%2Fb", "/a/b", ["/a%2Fb"]),
    ("2.5 the decoded path is not", replace_regex("^/a/b", "/c"), "/a%2Fb", "/a%2Fb", []),
    ("2.5 every match", replace_regex("o", "0"), "/foo/boo", "/f00/b00", ["/foo/boo"]),
    ("2.5 empty matches", replace_regex("x*", "-"), "/ab", "/-/-a-b-", ["/ab"]),
    ("2.5 replacement that is escaped", replace_regex("^/u/(.*)", "/q%2F$1"), "/u/a", "/q%2Fa", ["/u/a"]),
    ("2.5 question mark", replace_regex("^/q/(.*)", "/r?v=$1"), "/q/1", "/r%3Fv=1", ["/q/1"]),
    ("2.5 the same path", replace_regex("^/u", "/u"), "/u/a", "/u/a", ["/u/a"]),
    ("2.5 dots that are no segment", replace_regex("^/u", "/..."), "/u/b..", "/.../b..", ["/u/b.."]),
    ("0 name", replace_regex("^/n/(?P<id>[0-9]+)$", "/w/$id/x"), "/n/42", "/w/42/x", ["/n/42"]),
    ("0 name in braces", replace_regex("^/n/(?P<id>[0-9]+)$", "/id-${id}x"), "/n/42", "/id-42x", ["/n/42"]),
    ("0 the longest name", replace_regex("^/n/(?P<id>[0-9]+)$", "/w$idx/y"), "/n/42", "/w/y", ["/n/42"]),
    ("0 underscore belongs to the name", replace_regex("^/n/(.*)", "/w$1_/y"), "/n/42", "/w/y", ["/n/42"]),
    ("0 the name ends before a hyphen", replace_regex("^/n/(.*)", "/w/$1-y"), "/n/42", "/w/42-y", ["/n/42"]),
    ("0 two dollars", replace_regex("^/n/(.*)", "/w/$$1"), "/n/42", "/w/$1", ["/n/42"]),
    ("0 whole match", replace_regex("^/n", "/w$0"), "/n/42", "/w/n/42", ["/n/42"]),
    ("0 unknown group", replace_regex("^/n/(.*)", "/w${7}${none}/x"), "/n/42", "/w/x", ["/n/42"]),
    ("0 group that took no part", replace_regex("^/(a)|^/(b)", "/w$1"), "/b/x", "/w/x", ["/b/x"]),
    # -- 1
    ("1 keys in another case", {"ADDPREFIX": {"Prefix": "/v2"}}, "/x", "/v2/x", []),
    ("1 list keys in another case", {"stripprefix": {"PREFIXES": ["/shop"], "forceslash": False}}, "/shop/x", "/x", ["/shop"]),
]

BAD, BROKEN_ESCAPE = (400, "Bad Request"), (500, 'invalid URL escape "%zz"')
# id, middleware, target, status and text that the client gets; the server gets nothing. X: of an entry point that does not sanitise
REFUSED = [
    ("SP-8", strip("/shop"), "/shop../etc", BAD),
    ("SP-8 one dot", strip("/shop"), "/shop./etc", BAD),
    ("SP-8 nothing but dots", strip("/shop"), "/shop..", BAD),
    ("SP-8 query", strip("/shop"), "/shop../etc?a=b", BAD),
    ("SP-8 encoded", strip("/shop"), "/shop%2e%2e/etc", BAD),
    ("SP-8 forceSlash", strip("/shop", **FORCED), "/shop../etc", BAD),
    ("2.2 dots further on X", strip("/shop"), "/shop/a/../b", BAD),
    ("2.2 double slash X", strip("/shop"), "/shop//x", BAD),
    ("2.2 double slash further on X", strip("/shop"), "/shop/a//x", BAD),
    ("2.3 dots", strip_regex("^/t/[0-9]+"), "/t/42../etc", BAD),
    ("2.3 double slash X", strip_regex("^/t/[0-9]+"), "/t/42//etc", BAD),
    ("RP-5", replace("/bad%zz"), "/z", BROKEN_ESCAPE),
    ("RP-5 at the end", replace("/bad%2"), "/z", (500, 'invalid URL escape "%2"')),
    ("RP-5 lonely", replace("/bad%"), "/z", (500, 'invalid URL escape "%"')),
    ("RR-5", replace_regex("^/u/(.*)", "/../$1"), "/u/a", BAD),
    ("RR-5 one dot", replace_regex("^/u/(.*)", "/./$1"), "/u/a", BAD),
    ("RR-5 at the end", replace_regex("^/u/(.*)", "/$1/.."), "/u/a", BAD),
    ("RR-5 encoded", replace_regex("^/u/(.*)", "/%2e%2e/$1"), "/u/a", BAD),
    ("RR-5 double slash", replace_regex("^/u/(.*)", "/q//$1"), "/u/a", BAD),
    ("2.5 broken escape", replace_regex("^/u/(.*)", "/q%zz$1"), "/u/a", BROKEN_ESCAPE),
]
# id, middlewares, target, what the server sees, fields there
TOGETHER = [
    ("SP-10", [strip("/shop"), strip("/a")], "/shop/a/x", "/x", {PREFIX: ["/shop", "/a"]}),
    ("SP-10 one matches", [strip("/nothing"), strip("/a")], "/a/x", "/x", {PREFIX: ["/a"]}),
    ("SP-10 with a regex", [strip("/shop"), strip_regex("^/[0-9]+")], "/shop/42/x", "/x", {PREFIX: ["/shop", "/42"]}),
    ("0 add, then strip", [add("/v2"), strip("/v2/a")], "/a/x", "/x", {PREFIX: ["/v2/a"]}),
    ("0 strip, then add", [strip("/a"), add("/v2")], "/a/x%2Fy", "/v2/x%2Fy", {PREFIX: ["/a"]}),
    ("0 strip all, then add", [strip("/a"), add("/v2")], "/a?b", "/v2?b", {PREFIX: ["/a"]}),
    ("0 strip all, then match nothing", [strip("/a"), replace_regex("^/$", "/x")], "/a", "/", {PREFIX: ["/a"], REPLACED: []}),
    ("0 strip, then replace", [strip("/a"), replace("/new")], "/a/x", "/new", {PREFIX: ["/a"], REPLACED: ["/x"]}),
    ("2.4 replaced twice", [replace("/one"), replace("/two")], "/x", "/two", {REPLACED: ["/x", "/one"]}),
    ("2.5 replaced twice", [replace("/u/a%2Fb"), replace_regex("^/u/(.*)", "/v/$1")], "/x", "/v/a%2Fb", {REPLACED: ["/x", "/u/a%2Fb"]}),
    ("2.4 dots of replacePath meet the dot check", [replace("/a/../b"), strip("/nothing")], "/x", "/a/../b", {REPLACED: ["/x"]}),
]
QUERY = "?x=%2f/../y//z&%41=a?b"


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    middlewares, routers = {}, {}

    def route(name, those):
        names = ["%s-%d" % (name, i) for i in range(len(those))]
        middlewares.update(zip(names, those))
        routers[name] = {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": names}

    for kind, table in (("seen", SEEN), ("refused", REFUSED)):
        for i, row in enumerate(table):
            route("%s%d" % (kind, i), [row[1]])
    for i, row in enumerate(TOGETHER):
        route("together%d" % i, row[1])
    for name, one in {"add": add("/v2"), "strip": strip("/shop"), "regex": strip_regex("^/shop"), "replace": replace("/new"),
                      "rr": replace_regex("^/shop", "/new")}.items():
        route(name, [one])
    route("space", [add("/p q")])
    route("line", [strip_regex("^/t/[^/]+")])
    route("config", [strip("/a\r\nX-Evil: y")])
    route("addline", [add("/a HTTP/1.1\r\nX-Evil: y\r\nX-B: ")])
    points = {"web": {}, "trusting": {"forwardedHeaders": {"insecure": True}}, "raw": {"http": {"sanitizePath": False}}}
    with site({"app": server}, routers, points, http={"middlewares": middlewares}) as instance:
        yield instance


@pytest.mark.parametrize("row", SEEN, **ROW)
def test_seen(daemon, server, row):
    before = len(server.requests)
    assert ask(daemon.port, target=row[2], host="seen%d.test" % SEEN.index(row)).status == 200
    assert (len(server.requests), server.last.target) == (before + 1, row[3])
    assert server.last.all(PREFIX) + server.last.all(REPLACED) == row[4]
    assert not server.last.has(REPLACED if "strip" in next(iter(row[1])).lower() else PREFIX)


@pytest.mark.parametrize("row", REFUSED, **ROW)
def test_refused(daemon, server, row):
    before = len(server.requests)
    answer = ask(daemon.ports["raw" if row[0].endswith(" X") else "web"], target=row[2], host="refused%d.test" % REFUSED.index(row))
    assert (answer.status, answer.body.decode()) == (row[3][0], row[3][1] + "\n")
    assert (answer.all("Content-Type"), answer.all("X-Content-Type-Options")) == (["text/plain; charset=utf-8"], ["nosniff"])
    assert len(server.requests) == before


@pytest.mark.parametrize("row", TOGETHER, **ROW)
def test_together(daemon, server, row):
    assert ask(daemon.port, target=row[2], host="together%d.test" % TOGETHER.index(row)).status == 200
    assert server.last.target == row[3]
    assert {name: server.last.all(name) for name in row[4]} == row[4]


@pytest.mark.parametrize("host, target, seen", [
    ("add", "/shop/a", "/v2/shop/a"), ("strip", "/shop/a", "/a"), ("strip", "/other", "/other"), ("regex", "/shop/a", "/a"),
    ("replace", "/shop/a", "/new"), ("rr", "/shop/a", "/new/a"), ("rr", "/other", "/other"),
], ids=lambda value: str(value))
def test_2_the_query_is_untouched(daemon, server, host, target, seen):
    for query in (QUERY, "?", ""):
        assert ask(daemon.port, target=target + query, host=host + ".test").status == 200
        assert server.last.target == seen + query


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_2_any_method_with_its_body(daemon, server, method):
    body = b"abc" if method == "POST" else None
    assert ask(daemon.port, method, "/shop/a", host="strip.test", body=body).status == 200
    assert (server.last.method, server.last.target, server.last.body) == (method, "/a", body or b"")


@pytest.mark.parametrize("host, name, values", [("strip", PREFIX, ["/own", "/shop"]), ("regex", PREFIX, ["/own", "/shop"])])
def test_2_2_the_prefix_is_added_to_that_of_a_trusted_peer(daemon, server, host, name, values):
    assert ask(daemon.ports["trusting"], target="/shop/a", fields=[(name, "/own")], host=host + ".test").status == 200
    assert server.last.all(name) == values
    assert ask(daemon.ports["trusting"], target="/other", fields=[(name, "/own")], host=host + ".test").status == 200
    assert server.last.all(name) == ["/own"]


@pytest.mark.parametrize("host", ["strip", "regex"])
def test_2_2_the_prefix_of_another_peer_is_gone(daemon, server, host):
    for name in (PREFIX, "X_Forwarded_Prefix"):
        assert ask(daemon.port, target="/shop/a", fields=[(name, "/own")], host=host + ".test").status == 200
        assert (server.last.all(PREFIX), server.last.has("X_Forwarded_Prefix")) == (["/shop"], False)


@pytest.mark.parametrize("host", ["replace", "rr"])
def test_2_4_the_replaced_path_of_a_client_stays_beside(daemon, server, host):
    assert ask(daemon.port, target="/shop/a", fields=[(REPLACED, "/own")], host=host + ".test").status == 200
    assert server.last.all(REPLACED) == ["/own", "/shop/a"]


def test_2_1_a_space_before_a_raw_path(daemon, server):
    """The raw path with a literal space cannot go out as it is: escaped, or dropped for the decoded one."""
    assert ask(daemon.port, target="/a%2Fb", host="space.test").status == 200
    assert server.last.target in ("/p%20q/a%2Fb", "/p%20q/a/b")


@pytest.mark.parametrize("host, target, raw", [("strip", "/shop/a%2F..%2Fb", "/a%2F..%2Fb"), ("regex", "/shop/a%2F..%2Fb", "/a%2F..%2Fb"),
                                               ("rr", "/shop%2F..%2Fb", "/new%2F..%2Fb")])
def test_2_encoded_slashes_around_dots_are_never_resolved(daemon, server, host, target, raw):
    before = len(server.requests)
    answer = ask(daemon.port, target=target, host=host + ".test")
    assert answer.status == 400 and len(server.requests) == before or server.last.target == raw


@pytest.mark.parametrize("host, target", [("line", "/t/a%0D%0AX-Evil:%20y/c"), ("config", "/a%0D%0AX-Evil:%20y/c"), ("addline", "/c")])
def test_2_a_line_break_makes_no_field(daemon, server, host, target):
    before = len(server.requests)
    ask(daemon.port, target=target, host=host + ".test")
    assert len(server.requests) == before or not server.last.has("X-Evil")


def test_1_each_request_of_a_connection_anew(daemon, server):
    for target, seen in (("/shop/a", "/a"), ("/b", "/b"), ("/shop", "/")):
        ask(daemon.port, target=target, host="strip.test")
        assert server.last.target == seen


# -- options that are wrong -----------------------------------------------------------------------------------------------------------
# id, middleware, the option named, where the message may point
BROKEN = [
    ("AP-6", add(""), "prefix", ("prefix", "''", '""')),
    ("SR-6", strip_regex("("), "regex", ("(", "'('")),
    ("SR-6 second of the list", strip_regex("^/a", "[b"), "regex", ("[b", "'[b'")),
    ("SR-6 no RE2", strip_regex("^/(?=a)"), "regex", ("^/(?=a)", "'^/(?=a)'")),
    ("2.5 regex", replace_regex("(", "/x"), "regex", ("(", "'('")),
    ("2.5 regex, no RE2", replace_regex(r"^/(a)\1", "/x"), "regex", ("^/", "'^/")),
    ("1 two types", dict(add("/x"), **strip("/x")), "bad[0-9]+", ("bad", "addPrefix", "stripPrefix")),
]


@pytest.fixture(scope="module")
def broken(server):
    middlewares = {"bad%02d" % i: row[1] for i, row in enumerate(BROKEN)}
    with site_with(server, middlewares) as instance:
        yield instance


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", BROKEN, **ROW)
def test_router_disabled(broken, row):
    assert_disabled(broken, "bad%02d" % BROKEN.index(row), row[2], row[3])


# id, type, options, what the message says, where it points
UNREADABLE = [
    ("AP-6 missing", "addPrefix", {}, "addPrefix", ("addPrefix", "{}")),
    ("1 empty stripPrefix", "stripPrefix", {}, "stripPrefix", ("stripPrefix", "{}")),
    ("1 empty stripPrefixRegex", "stripPrefixRegex", {}, "stripPrefixRegex", ("stripPrefixRegex", "{}")),
    ("1 empty replacePath", "replacePath", {}, "replacePath", ("replacePath", "{}")),
    ("1 empty replacePathRegex", "replacePathRegex", {}, "replacePathRegex", ("replacePathRegex", "{}")),
    ("2.1 unknown key", "addPrefix", {"prefx": "/v2"}, 'unknown key "prefx"', ("prefx",)),
    ("2.2 unknown key", "stripPrefix", {"prefix": ["/v2"]}, 'unknown key "prefix"', ("prefix",)),
    ("2.3 unknown key", "stripPrefixRegex", {"regex": ["/v2"], "forceSlash": True}, 'unknown key "forceSlash"', ("forceSlash",)),
    ("2.4 unknown key", "replacePath", {"paths": "/v2"}, 'unknown key "paths"', ("paths",)),
    ("2.5 unknown key", "replacePathRegex", {"regex": "a", "replace": "/v2"}, 'unknown key "replace"', ("replace",)),
    ("2.1 prefix", "addPrefix", {"prefix": ["/v2"]}, "prefix", ("prefix", "-")),
    ("2.2 prefixes", "stripPrefix", {"prefixes": {"a": "/v2"}}, "prefixes", ("prefixes", "a")),
    ("2.2 an item of prefixes", "stripPrefix", {"prefixes": ["/v2", {"a": "b"}]}, "prefixes", ("a",)),
    ("2.2 forceSlash", "stripPrefix", {"prefixes": ["/v2"], "forceSlash": "maybe"}, "forceSlash.*maybe", ("maybe",)),
    ("2.3 regex", "stripPrefixRegex", {"regex": {"a": "/v2"}}, "regex", ("regex", "a")),
    ("2.4 path", "replacePath", {"path": ["/v2"]}, "path", ("path", "-")),
    ("2.5 regex is a list", "replacePathRegex", {"regex": ["a"], "replacement": "/v2"}, "regex", ("regex", "-")),
    ("2.5 replacement", "replacePathRegex", {"regex": "a", "replacement": {"b": "c"}}, "replacement", ("replacement", "b")),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("row", UNREADABLE, **ROW)
def test_refused_whole(tmp_path, row):
    assert_refused_whole(tmp_path, {row[1]: row[2]}, row[3], row[4])


@h1_only("the configuration alone")
def test_2_2_force_slash_warns(server):
    middlewares = {"old": strip("/shop", **FORCED), "new": strip("/shop")}
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": [name]} for name in middlewares}
    with site({"app": server}, routers, http={"middlewares": middlewares}) as daemon:
        tested = run("-t", "-c", daemon.path)
        assert tested.returncode == 0
        assert re.search(r"pointsman\.yaml:\d+:\d+: warning: [^\n]*\bold\.[^\n]*forceSlash", tested.stderr), tested.stderr
        assert "middlewares.new" not in tested.stderr
