# SPDX-License-Identifier: MIT
"""The proxies that are measured. Each module has `command(site)`: writes its configuration, says what to run; None: it cannot do this kind.

All by the same rules: one worker or thread; no access log but in http-log; connections to the upstream are kept, without limit;
connections of clients are kept for 300 s; X-Forwarded-For where there is such a thing; TLS 1.3 with the same certificate.
"""
from . import caddy, h2o, haproxy, nghttpx, nginx, pointsman

MODULES = {"pointsman": pointsman, "nginx": nginx, "haproxy": haproxy, "nghttpx": nghttpx, "h2o": h2o, "caddy": caddy}


def command(name, site):
    """`nginx+bigbuf` is nginx, told "bigbuf" by site.variants."""
    return MODULES[name.partition("+")[0]].command(site)


def versions():
    return {name: module.version() for name, module in MODULES.items()}
