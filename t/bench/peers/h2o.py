# SPDX-License-Identifier: MIT
from .site import ROUTES, first_number

HEAD = """num-threads: 1
num-name-resolution-threads: 1
max-connections: 12000
pid-file: {folder}/pid
error-log: {folder}/error.log
http1-request-timeout: 300
http2-idle-timeout: 300
limit-request-body: 104857600
proxy.timeout.keepalive: 300000
proxy.preserve-host: ON
listen:
  host: 127.0.0.1
  port: {port}"""
TLS = """  ssl:
    certificate-file: %s
    key-file: %s
    minimum-version: TLSv1.2
    ocsp-update-interval: 0"""
HOST = '  "%s":\n    paths:\n      %s:\n        proxy.reverse.url: http://127.0.0.1:%d%s'


def version():
    return first_number("h2o", "--version")


def more(site):
    if site.is_tls:
        return [TLS % (site.certificate, site.key)]
    options = {"ws": "proxy.websocket: ON", "http-log": "access-log: " + site.path("access.log"), "gzip": "compress:\n  gzip: 6", "br": "compress:\n  br: 4"}
    return [options[site.kind]] if site.kind in options else []


def command(site):
    if site.kind in ("zstd", "ratelimit"):
        return None
    if site.kind == "routes":
        hosts = [HOST % ("h%d.bench.test" % i, "/p%d/" % i, site.upstream, "/p%d/" % i) for i in range(ROUTES)]
    else:
        hosts = [HOST % ("*", "/", site.upstream, "/")]
    path = site.write("h2o.yaml", HEAD.format(folder=site.folder, port=site.port), *more(site), "hosts:", *hosts)
    return ["h2o", "-m", "worker", "-c", path]
