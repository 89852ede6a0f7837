# SPDX-License-Identifier: MIT
from .site import ROUTES, first_number

HEAD = """{
admin off
auto_https off
storage file_system %s/storage
log {
  level ERROR
}
servers {
  timeouts {
    idle 5m
  }
}
}"""
PROXY = """reverse_proxy 127.0.0.1:%d {
  transport http {
    keepalive_idle_conns_per_host 512
    keepalive_idle_conns 512
    compression off
  }
}"""


def version():
    return first_number("caddy", "version")


def more(site):
    if site.is_tls:
        return "tls %s %s {\n protocols tls1.3\n}" % (site.certificate, site.key)
    return {"http-log": "log {\n output file %s\n}" % site.path("access.log"), "gzip": "encode gzip", "zstd": "encode zstd"}.get(site.kind, "")


def command(site):
    if site.kind in ("br", "ratelimit"):
        return None
    proxy = PROXY % site.upstream
    if site.kind == "routes":
        servers = ["http://h%d.bench.test:%d {\nbind 127.0.0.1\nhandle /p%d/* {\n%s\n}\n}" % (i, site.port, i, proxy) for i in range(ROUTES)]
    else:
        names = ", ".join("https://%s:%d" % (name, site.port) for name in ("bench.test", "127.0.0.1", "localhost")) if site.is_tls else "http://:%d" % site.port
        servers = ["%s {\nbind 127.0.0.1\n%s\n%s\n}" % (names, more(site), proxy)]
    path = site.write("Caddyfile", HEAD % site.folder, *servers)
    return ["env", "GOMAXPROCS=1", "XDG_DATA_HOME=" + site.folder, "XDG_CONFIG_HOME=" + site.folder, "caddy", "run", "--config", path, "--adapter", "caddyfile"]
