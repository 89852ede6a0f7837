# SPDX-License-Identifier: MIT
"""What a proxy is told about the place where it is to serve."""
import dataclasses
import os
import re
import subprocess


ROUTES = 1000  # of the kind "routes": Host(h<i>.bench.test) with the path prefix /p<i>/


@dataclasses.dataclass
class Site:
    kind: str  # http, http-log, tls-ec, tls-rsa, routes, gzip, br, zstd, ratelimit, ws
    port: int
    upstream: int
    folder: str
    certificate: str = ""
    key: str = ""
    variants: tuple = ()
    options: dict = dataclasses.field(default_factory=dict)  # of pointsman: see there

    @property
    def is_tls(self):
        return self.kind.startswith("tls")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, *lines):
        with open(self.path(name), "w") as f:
            f.write("\n".join(lines) + "\n")
        return self.path(name)


def first_number(*command):
    """The first version number of what a command prints."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return None
    match = re.search(r"\d+\.\d+[\w.+-]*", result.stdout + result.stderr)
    return match and match[0]
