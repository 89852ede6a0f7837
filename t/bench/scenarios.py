# SPDX-License-Identifier: MIT
"""What is measured side by side, against whom, and what is aimed at."""
import dataclasses

EVERYBODY = ("nginx", "haproxy", "nghttpx", "h2o", "caddy")
BODIES = ("nginx", "nginx+bigbuf", "haproxy", "nghttpx", "h2o", "caddy")


@dataclasses.dataclass(frozen=True)
class Scenario:
    what: str
    kind: str  # of configuration: peers/site.py
    load: str = ""  # words for `load`
    streams: tuple = ()  # HTTP/2: connections, streams of each, path; h2load instead of `load`
    peers: tuple = EVERYBODY
    best_of: tuple = ()  # the target is a ratio to the best of these
    target: float = None
    most_bytes: int = None  # of an answer with its head: less CPU must not mean a larger body


RATIOS = {
    "h1-small": Scenario("GET, 200 bytes, 32 kept connections", "http", "--conns 32", best_of=("haproxy", "nginx"), target=0.80),
    "h1-small-1": Scenario("the same over one connection: no batches", "http", "--conns 1"),
    "h1-small-256": Scenario("the same over 256 connections", "http", "--conns 256"),
    "h1-log": Scenario("h1-small with the access log on, to a file", "http-log", "--conns 32", best_of=("nginx",), target=0.82),
    "routes": Scenario("1,000 routers of host and path, hit evenly", "routes", "--conns 32 --routes 1000", best_of=("haproxy",), target=0.82),
    "ratelimit": Scenario("h1-small behind a rate limit that is never reached", "ratelimit", "--conns 32"),
    "h1-64k": Scenario("GET, 64 KiB", "http", "--conns 16 --path /b/65536", peers=BODIES, best_of=("haproxy", "nginx+bigbuf"), target=0.88),
    "h1-1m": Scenario("GET, 1 MiB", "http", "--conns 8 --path /b/1048576", peers=BODIES, best_of=("haproxy", "nghttpx", "caddy"), target=0.88),
    "post-64k": Scenario("POST, 64 KiB, answer of 200 bytes", "http", "--conns 16 --post 65536", peers=BODIES, best_of=("haproxy",), target=0.82),
    "newconn": Scenario("a new TCP connection for each request", "http", "--conns 32 --close 1 --spread 1", best_of=("nginx",), target=0.90),
    "gzip": Scenario("gzip of a JSON of 32 KiB", "gzip", "--conns 8 --path /json --ae gzip", best_of=("caddy",), target=0.60, most_bytes=6300),
    "br": Scenario("brotli of a JSON of 32 KiB", "br", "--conns 8 --path /json --ae br", best_of=("h2o",), target=0.65, most_bytes=6600),
    "zstd": Scenario("zstd of a JSON of 32 KiB", "zstd", "--conns 8 --path /json --ae zstd", best_of=("caddy",), target=0.35, most_bytes=6400),
    "tls-h1": Scenario("TLS 1.3, GET, 200 bytes, 32 kept connections", "tls-ec", "--conns 32 --tls 1", best_of=("haproxy", "nginx"), target=0.82),
    "tls-h1-1m": Scenario("TLS 1.3, GET, 1 MiB", "tls-ec", "--conns 8 --tls 1 --path /b/1048576", peers=BODIES, best_of=("haproxy", "caddy"), target=0.82),
    "tls-full-ec": Scenario("a full handshake for each request, ECDSA P-256", "tls-ec", "--conns 16 --tls 1 --close 1 --spread 1", best_of=("nginx",), target=0.88),
    "tls-full-rsa": Scenario("a full handshake for each request, RSA 2048", "tls-rsa", "--conns 16 --tls 1 --close 1 --spread 1", best_of=("h2o",), target=0.95),
    "tls-resume": Scenario("a resumed handshake for each request", "tls-ec", "--conns 16 --tls 1 --close 1 --resume 1 --spread 1", best_of=("nginx",), target=0.88),
    "h2-10": Scenario("HTTP/2, 10 connections of 10 streams, 200 bytes", "tls-ec", streams=(10, 10, "/b/200"), best_of=("nghttpx", "haproxy"), target=0.82),
    "h2-100": Scenario("HTTP/2, 4 connections of 100 streams, 200 bytes", "tls-ec", streams=(4, 100, "/b/200"), best_of=("nghttpx", "haproxy"), target=0.82),
    "h2-64k": Scenario("HTTP/2, 4 connections of 10 streams, 64 KiB", "tls-ec", streams=(4, 10, "/b/65536"), peers=BODIES, best_of=("haproxy",), target=0.88),
    "ws": Scenario("WebSocket, messages of 64 bytes sent back", "ws", "--mode ws --conns 32", best_of=("nginx",), target=0.97),
}
# Open loop: so many requests a second fall due; "direct" asks the upstream itself.
DELAYS = {
    "lat-h1": Scenario("1,000 requests a second, plain", "http", "--conns 16 --rate 1000", peers=("nginx", "haproxy", "direct")),
    "lat-tls": Scenario("1,000 requests a second, TLS 1.3", "tls-ec", "--conns 16 --rate 1000 --tls 1", peers=("nginx", "haproxy", "direct")),
}
# The target is KiB of PSS for each connection, of the larger crowd.
IDLE = {
    "idle": Scenario("idle connections, plain", "http", "--mode idle --spread 1", target=0.35),
    "idle-tls": Scenario("idle connections, TLS 1.3", "tls-ec", "--mode idle --spread 1 --tls 1", target=13.5),
}
ALL = {**RATIOS, **DELAYS, **IDLE}
QUICK = ("h1-small", "routes", "h1-64k", "post-64k", "newconn", "gzip", "tls-h1", "tls-full-ec", "h2-10", "ws")
