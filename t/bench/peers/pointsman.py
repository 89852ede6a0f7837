# SPDX-License-Identifier: MIT
"""options: binary; workers (1); routers (1,000) and servers (1), how many; level (ERROR); static and middlewares, lines of YAML more."""
from .site import ROUTES, first_number

STATIC = """entryPoints:
  web:
    address: "127.0.0.1:{port}"
    transport: {{respondingTimeouts: {{idleTimeout: 300s}}}}
    http2: {{maxConcurrentStreams: 256}}
providers:
  file: {{filename: {dynamic}, watch: false}}
log: {{level: {level}}}
serversTransport: {{maxIdleConnsPerHost: 512}}"""
TLS = """tls:
  certificates:
    - {{certFile: {certificate}, keyFile: {key}}}
  stores: {{default: {{defaultCertificate: {{certFile: {certificate}, keyFile: {key}}}}}}}
  options: {{default: {{minVersion: VersionTLS13}}}}"""


def version():
    from lib.daemon import BINARY

    return first_number(BINARY, "-v")


def routers(site, more):
    if site.kind != "routes":
        return ['    r: {rule: "PathPrefix(`/`)", service: s%s}' % more]
    return ['    r%d: {rule: "Host(`h%d.bench.test`) && PathPrefix(`/p%d/`)", service: s%s}' % (i, i, i, more) for i in range(site.options.get("routers", ROUTES))]


def middlewares(site):
    if site.kind in ("gzip", "br", "zstd"):
        return ["m: {compress: {encodings: [%s]}}" % site.kind]
    if site.kind == "ratelimit":
        return ["m: {rateLimit: {average: 1000000, burst: 1000000}}"]
    return site.options.get("middlewares", [])


def service(site):
    """Servers beyond the first are names of the same upstream: 127.0.0.1, 127.0.0.2, ..."""
    count = site.options.get("servers", 1)
    urls = ["http://127.%d.%d.%d:%d" % (i >> 16 & 255, i >> 8 & 255, i & 255, site.upstream) for i in range(1, count + 1)]
    return "    s: {loadBalancer: {servers: [%s]}}" % ", ".join("{url: '%s'}" % url for url in urls)


def dynamic(site):
    chain = middlewares(site)
    more = ", middlewares: [%s]" % ", ".join(line.partition(":")[0] for line in chain) if chain else ""
    more += ", tls: {}" if site.is_tls else ""
    lines = ["http:", "  routers:", *routers(site, more), "  services:", service(site)]
    if chain:
        lines += ["  middlewares:"] + ["    " + line for line in chain]
    if site.is_tls:
        lines.append(TLS.format(certificate=site.certificate, key=site.key))
    return lines


def command(site):
    static = STATIC.format(port=site.port, level=site.options.get("level", "ERROR"), dynamic=site.write("dynamic.yaml", *dynamic(site)))
    more = ["accessLog: {filePath: %s}" % site.path("access.log")] if site.kind == "http-log" else []
    path = site.write("pointsman.yaml", static, *more, *site.options.get("static", []))
    return [site.options["binary"], "-c", path, "-w", str(site.options.get("workers", 1))]
