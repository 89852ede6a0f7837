# SPDX-License-Identifier: MIT
from .site import ROUTES, first_number

OPTIONS = """workers=1
backlog=4096
frontend-http2-read-timeout=300s
frontend-read-timeout=300s
frontend-keep-alive-timeout=300s
backend-keep-alive-timeout=300s
add-x-forwarded-for=yes
rlimit-nofile=20000
no-ocsp=yes
frontend-http2-max-concurrent-streams=256
tls-min-proto-version=TLSv1.3"""


def version():
    return first_number("nghttpx", "--version")


def command(site):
    if site.kind in ("br", "zstd", "gzip", "ratelimit"):
        return None
    lines = ["frontend=127.0.0.1,%d%s" % (site.port, "" if site.is_tls else ";no-tls"), OPTIONS, "errorlog-file=" + site.path("error.log"), "pid-file=" + site.path("pid")]
    if site.is_tls:
        lines += ["private-key-file=" + site.key, "certificate-file=" + site.certificate]
    if site.kind == "http-log":
        lines.append("accesslog-file=" + site.path("access.log"))
    if site.kind == "routes":
        lines += ["backend=127.0.0.1,%d;h%d.bench.test/p%d/" % (site.upstream, i, i) for i in range(ROUTES)]
        lines.append("backend=127.0.0.1,1")
    else:
        lines.append("backend=127.0.0.1,%d" % site.upstream)
    return ["nghttpx", "--conf=" + site.write("nghttpx.conf", *lines)]
