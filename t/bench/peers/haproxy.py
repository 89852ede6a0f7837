# SPDX-License-Identifier: MIT
from .site import ROUTES, first_number

HEAD = """global
  nbthread 1
  maxconn 9800
  tune.ssl.default-dh-param 2048
{log}
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  timeout tunnel 300s
  timeout http-keep-alive 300s
  maxconn 9800
  http-reuse always
  option forwardfor
{log_format}
frontend f
  bind 127.0.0.1:{port} backlog 4096{tls}"""
LIMIT = """  stick-table type ip size 100k expire 30s store http_req_rate(1s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100000000 }"""
GZIP = """  filter compression
  compression algo gzip
  compression type application/json"""


def version():
    return first_number("haproxy", "-v")


def secure(site):
    with open(site.certificate) as certificate, open(site.key) as key:
        return " ssl crt %s alpn h2,http/1.1 ssl-min-ver TLSv1.3" % site.write("both.pem", certificate.read() + key.read())


def frontend(site):
    if site.kind == "routes":
        routes = site.write("hosts.map", *("h%d.bench.test/p%d/ b" % (i, i) for i in range(ROUTES)))
        return ["  use_backend %%[base,map_beg(%s)]" % routes]
    return [text for kind, text in (("ratelimit", LIMIT), ("gzip", GZIP)) if kind == site.kind] + ["  default_backend b"]


def command(site):
    if site.kind in ("br", "zstd"):
        return None
    logs = site.kind == "http-log"
    head = HEAD.format(
        port=site.port,
        tls=secure(site) if site.is_tls else "",
        log="  log stdout format raw local0" if logs else "",
        log_format="  log global\n  option httplog" if logs else "",
    )
    path = site.write("haproxy.cfg", head, *frontend(site), "backend b", "  server s 127.0.0.1:%d" % site.upstream)
    return ["haproxy", "-db", "-f", path]
