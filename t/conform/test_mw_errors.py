# SPDX-License-Identifier: MIT
"""errors: middlewares-2.md section 6.4, row by row."""
import time

import pytest

from lib.daemon import Daemon, balancer, configuration, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.wait import wait_until
from lib.wire import Cut

pytestmark = over_both

STATUSES = {"/404": 404, "/500": 500, "/502": 502, "/503": 503, "/418": 418, "/200": 200}


def answer(connection, request):
    status = STATUSES.get(request.target.split("?")[0])
    return reply(status or 200, b"from the app", [("X-Secret", "s3cret")])


def page(connection, request):
    return reply(200, ("page %s" % request.target).encode(), [("X-Page", "yes"), ("Content-Type", "text/x-page")])


@pytest.fixture(scope="module")
def app():
    with RawServer(default=answer) as instance:
        yield instance


@pytest.fixture(scope="module")
def pages():
    with RawServer(default=page) as instance:
        yield instance


MIDDLEWARES = {
    "er1": {"errors": {"status": ["404"], "service": "pages", "query": "/e/{status}.html"}},
    "er3": {"errors": {"status": ["500-599"], "service": "pages", "query": "{status}/{originalStatus}", "statusRewrites": {"502": 500, "500-599": 555}}},
    "er4": {"errors": {"status": ["404"], "service": "pages", "statusRewrites": {"503": 500}}},
    "er6": {"errors": {"status": ["404,500-503"], "service": "pages", "query": "/e?u={url}"}},
    "er8": {"errors": {"status": ["404"], "service": "gone", "query": "/x"}},
    "er10": {"errors": {"status": ["404"], "service": "pages", "errorRequestHeaders": ["Accept"]}},
    "er10none": {"errors": {"status": ["404"], "service": "pages", "errorRequestHeaders": []}},
    "deny": {"ipDenyList": {"sourceRange": ["127.0.0.0/8"], "rejectStatusCode": 404}},
    "own": {"errors": {"status": ["404"], "service": "renamed"}},
    "tag": {"headers": {"customResponseHeaders": {"X-Tag": "outer"}}},
    "tagin": {"headers": {"customResponseHeaders": {"X-Inner": "inner"}}},
}
CHAINS = {name: [name] for name in MIDDLEWARES}
CHAINS.update({"after": ["er1", "deny"], "before": ["deny", "er1"], "dressed": ["tag", "er1", "tagin"], "twice": ["er6", "er1"]})


@pytest.fixture(scope="module")
def daemon(app, pages):
    services = {"app": app, "pages": pages, "gone": free_port(), "renamed": {"loadBalancer": {"servers": [{"url": pages.url}], "passHostHeader": False}}}
    routers = {name: {"rule": "Host(`%s.test`)" % name, "service": "app", "middlewares": chain} for name, chain in CHAINS.items()}
    with site(services, routers, http={"middlewares": MIDDLEWARES}) as instance:
        yield instance


def test_ER_1_the_page_comes_under_the_status_of_the_answer(daemon):
    got = ask(daemon.port, target="/404", host="er1.test")
    assert (got.status, got.body, got.get("X-Page"), got.get("Content-Type")) == (404, b"page /e/404.html", "yes", "text/x-page")


def test_6_4_other_answers_pass_untouched(daemon):
    for target in ("/200", "/500"):
        got = ask(daemon.port, target=target, host="er1.test")
        assert (got.status, got.body, got.get("X-Secret")) == (STATUSES[target], b"from the app", "s3cret")


def test_ER_2_whatever_status_the_page_has(daemon, pages):
    pages.answers["/e/404.html"] = reply(418, b"teapot")
    try:
        got = ask(daemon.port, target="/404", host="er1.test")
    finally:
        del pages.answers["/e/404.html"]
    assert (got.status, got.body) == (404, b"teapot")


def test_ER_3_rewrites_in_the_order_of_the_file(daemon):
    got = ask(daemon.port, target="/502", host="er3.test")
    assert (got.status, got.body) == (500, b"page /500/502")
    got = ask(daemon.port, target="/503", host="er3.test")
    assert (got.status, got.body) == (555, b"page /555/503")


def test_ER_4_a_rewrite_alone_catches_nothing(daemon):
    got = ask(daemon.port, target="/503", host="er4.test")
    assert (got.status, got.body) == (503, b"from the app")


def test_ER_5_a_page_is_fetched_by_GET_without_a_body(daemon, pages):
    got = ask(daemon.port, "POST", "/404", body=b"hello", host="er1.test")
    assert (got.status, got.body) == (404, b"page /e/404.html")
    assert (pages.last.method, pages.last.body, pages.last.framing) == ("GET", b"", pages.last.framing)
    assert not pages.last.has("Content-Length") and not pages.last.has("Transfer-Encoding")


def test_ER_6_the_url_is_escaped_whole(daemon, pages):
    ask(daemon.port, target="/404?y=1%202", host="er6.test")
    assert pages.last.target == "/e?u=http%3A%2F%2Fer6.test%2F404%3Fy%3D1%25202"


def test_ER_7_only_what_is_inside_is_dressed(daemon):
    assert ask(daemon.port, target="/200", host="after.test").body == b"page /e/404.html"
    assert ask(daemon.port, target="/200", host="before.test").body == b"Not Found"


def test_ER_8_a_page_service_that_is_down_changes_the_body_only(daemon):
    got = ask(daemon.port, target="/404", host="er8.test")
    assert (got.status, got.body) == (404, b"Bad Gateway")


def test_ER_9_nothing_of_the_answer_is_left(daemon):
    assert not ask(daemon.port, target="/404", host="er1.test").has("X-Secret")


def test_ER_10_only_listed_fields_of_the_request_are_copied(daemon, pages):
    fields = [("Accept", "text/html"), ("X-Own", "1"), ("Cookie", "a=b")]
    ask(daemon.port, target="/404", host="er10.test", fields=fields)
    assert pages.last.get("Accept") == "text/html" and not pages.last.has("X-Own") and not pages.last.has("Cookie")
    ask(daemon.port, target="/404", host="er10none.test", fields=fields)
    assert [n.lower() for n, _ in pages.last.fields] == ["host"]
    ask(daemon.port, target="/404", host="er1.test", fields=fields)
    assert (pages.last.get("X-Own"), pages.last.get("Cookie")) == ("1", "a=b")


def test_6_4_host_is_the_clients_and_the_peer_is_not_added(daemon, pages):
    ask(daemon.port, target="/404", host="er1.test")
    assert pages.last.get("Host") == "er1.test" and not pages.last.has("X-Forwarded-For")
    ask(daemon.port, target="/404", host="own.test")
    assert pages.last.get("Host") == pages.url[len("http://") :]


def test_6_4_without_a_query_the_page_is_the_root(daemon, pages):
    ask(daemon.port, target="/404", host="er10.test")
    assert pages.last.target == "/"


def test_6_4_links_outside_see_the_page_and_links_inside_do_not(daemon):
    got = ask(daemon.port, target="/404", host="dressed.test")
    assert (got.get("X-Tag"), got.has("X-Inner")) == ("outer", False)


def test_6_4_a_page_may_be_dressed_once_more(daemon, pages):
    got = ask(daemon.port, target="/404", host="twice.test")
    assert (got.status, got.body[:9]) == (404, b"page /e?u")


def test_6_4_HEAD_has_no_body(daemon):
    got = ask(daemon.port, "HEAD", "/404", host="er1.test")
    assert (got.status, got.body) == (404, b"")


def test_6_4_a_large_page_streams(daemon, pages):
    pages.answers["/e/404.html"] = reply(200, b"x" * 5000000)
    try:
        got = ask(daemon.port, target="/404", host="er1.test")
    finally:
        del pages.answers["/e/404.html"]
    assert (got.status, len(got.body)) == (404, 5000000)


def test_6_4_a_page_that_is_cut_is_cut(daemon, pages):
    def cut(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        time.sleep(0.05)
        connection.reset()

    pages.answers["/e/404.html"] = cut
    try:
        with pytest.raises(Cut):
            ask(daemon.port, target="/404", host="er1.test")
    finally:
        del pages.answers["/e/404.html"]
    assert ask(daemon.port, target="/404", host="er1.test").body == b"page /e/404.html"


def test_6_4_an_answer_that_is_cut_while_it_is_thrown_away_does_not_matter(daemon, app):
    def cut(connection, request):
        connection.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\nhalf")
        connection.reset()

    app.answers["/cut"] = cut
    got = ask(daemon.port, target="/cut", host="er1.test")
    assert (got.status, got.body) == (404, b"page /e/404.html")


def test_6_4_a_client_that_leaves_while_the_page_is_fetched(daemon, pages):
    seen = []

    def never(connection, request):
        seen.append("asked")
        seen.append(connection.wait_end())

    pages.answers["/e/404.html"] = never
    with connect(daemon.port) as client:
        client.request(target="/404", host="er1.test")
        assert wait_until(lambda: seen)
        client.leave()
        assert wait_until(lambda: len(seen) == 2) and seen[1] is not None
    del pages.answers["/e/404.html"]
    assert ask(daemon.port, target="/404", host="er1.test").body == b"page /e/404.html"


BAD = [
    ({"status": ["x"], "service": "app"}, "status"),
    ({"status": ["404"], "service": "nobody"}, "nobody"),
    ({"status": ["404"]}, "service"),
    ({"status": ["404"], "service": "app", "statusRewrites": {"x": 500}}, "statusRewrites"),
    ({"status": ["404"], "service": "app", "statusRewrites": {"404": "abc"}}, "statusRewrites"),
]


@h1_only("the configuration alone")
@pytest.mark.parametrize("options, what", BAD)
def test_6_4_bad_options_disable_the_router(app, options, what):
    routers = {"r": {"rule": "Host(`r.test`)", "service": "app", "middlewares": ["m"]}, "o": {"rule": "Host(`o.test`)", "service": "app"}}
    with Daemon(configuration({"app": app}, routers, http={"middlewares": {"m": {"errors": options}}})) as daemon:
        assert ask(daemon.port, target="/x", host="r.test").status == 404
        assert ask(daemon.port, target="/200", host="o.test").status == 200
        tested = run("-t", "-c", daemon.path)
    assert tested.returncode == 1
    assert any("pointsman.yaml:" in line and "http.middlewares.m.errors" in line and what in line for line in tested.stderr.splitlines()), tested.stderr


# -- the answer that is dropped -------------------------------------------------------------------------------------------
LATE, STALLS = b"late", b"stalls"
HEAD_OF = {"length": b"Content-Length: %d\r\n\r\n", "chunked": b"Transfer-Encoding: chunked\r\n\r\n"}
# id, framing, the size of its body, what follows the body, whether the connection goes on
DROPPED = [
    ("short", "length", 60000, b"", True),
    ("long", "length", 200000, b"", False),
    ("more than it said", "length", 1000, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", False),
    ("stalls", "length", 1000, STALLS, False),
    ("chunked", "chunked", 60000, b"0\r\n\r\n", True),
    ("long and chunked", "chunked", 200000, b"0\r\n\r\n", False),
    ("with trailers", "chunked", 1000, b"0\r\nX-Sum: 1\r\n\r\n", False),
    ("malformed", "chunked", 1000, b"zzz\r\n\r\n", False),
    ("never ends", "chunked", 1000, STALLS, False),
]


def dropped(framing, size, rest):
    """Its head leaves alone, then comes the body in two pieces."""
    body = b"x" * size if framing == "length" else b"%x\r\n%s\r\n" % (size, b"x" * size)

    def answer(connection, request):
        connection.send(b"HTTP/1.1 500 Internal Server Error\r\n" + (HEAD_OF[framing] % size if framing == "length" else HEAD_OF[framing]))
        time.sleep(0.05)
        connection.send(body[: len(body) // 2])
        if rest is not STALLS:
            time.sleep(0.02)
            connection.send_slowly(body[len(body) // 2 :] + rest, step=40000)

    return answer


@pytest.mark.parametrize("row", DROPPED, ids=lambda row: row[0])
def test_decision_49_a_short_rest_is_read_and_the_connection_goes_on(pages, row):
    _, framing, size, rest, goes_on = row
    with RawServer(answers={"/dropped": dropped(framing, size, rest), "/fine": reply(200, b"fine")}) as app:
        middlewares = {"page": {"errors": {"status": ["500"], "service": "pages", "query": "/p"}}}
        routers = {"all": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["page"]}}
        # A request waits for the one connection, or for its end.
        http = {"middlewares": middlewares, "serversTransports": {"one": {"maxConnsPerHost": 1}}}
        with site({"app": balancer(app, serversTransport="one"), "pages": pages}, routers, None, http, None, ("-w", "1")) as daemon:
            assert ask(daemon.port, target="/dropped").body == b"page /p"
            assert [ask(daemon.port, target="/fine").body for _ in range(2)] == [b"fine"] * 2
            assert len(app.connections) == (1 if goes_on else 2)
