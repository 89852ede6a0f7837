# SPDX-License-Identifier: MIT
"""Who may know whom: a room includes itself and rooms of a smaller tier; library headers stay in their rooms."""
import os
import re

ROOMS = {
    0: ["core"],
    1: ["os", "shm", "config"],
    2: ["net"],
    3: ["http", "tls"],
    4: ["observe", "rules", "upstream", "h1", "h2", "ws"],
    5: ["routing", "tcp", "udp"],
    6: ["runtime", "agent"],
    7: ["process"],
}
TIER = {room: tier for tier, rooms in ROOMS.items() for room in rooms}

# A library's headers, and who may include them. {fmt} is for cold messages: in any .cc, in no header.
LIBRARIES = {
    r"uv(\.h|/)": ("libuv", {"net"}),
    r"openssl/": ("OpenSSL", {"tls"}),
    r"llhttp": ("llhttp", {"h1"}),
    r"nghttp2/": ("nghttp2", {"h2"}),
    r"yaml\.h": ("libyaml", {"config"}),
    r"re2/": ("RE2", {"core"}),
    r"ares(_|\.h)": ("c-ares", {"agent"}),
    r"nlohmann/": ("nlohmann-json", {"agent"}),
    r"z(lib|conf)\.h": ("zlib", {"agent"}),
    r"brotli/": ("brotli", set()),
    r"zstd": ("zstd", set()),
    r"hiredis": ("hiredis", set()),
}
# What a module's file `libs` must name before the module includes such a header.
PKG_CONFIG = {"OpenSSL": "openssl", "zlib": "zlib", "brotli": "libbrotlienc", "zstd": "libzstd", "RE2": "re2", "hiredis": "hiredis", "nlohmann-json": "nlohmann_json"}

# The kernel's doors. A room that is not named here works on values and is handed what it needs.
SYSTEM = re.compile(r"^(sys/(socket|epoll|un|mman|wait|signalfd|prctl|resource|stat|ioctl|sendfile|eventfd|timerfd|uio)|netinet/\w+|unistd|fcntl|poll|signal|pthread|grp|pwd|sched)\.h$")
WORLDLY = {"core", "os", "shm", "net", "observe", "agent", "process", "main.cc"}

MODULE_ROOMS = {"core", "http", "observe"}
MODULE_HEADERS = {"config/node.h", "config/option.h", "upstream/balancer.h", "upstream/schedule.h", "rules/matcher.h", "shm/buckets.h", "shm/counts.h", "agent/provider.h", "agent/exporter.h", "agent/store.h"}


def library_of(name):
    return next((rule for pattern, rule in LIBRARIES.items() if re.match(pattern, name)), None)


def module_edge(path, name, target, libs):
    folder = "/".join(path.split("/")[:3]) + "/"
    if target and target.startswith("modules/"):
        return None if target.startswith(folder) else "another module"
    if target and target.startswith("src/"):
        allowed = name in MODULE_HEADERS or name.split("/")[0] in MODULE_ROOMS
        return None if allowed else "not for modules"
    library = library_of(name)
    if library and PKG_CONFIG.get(library[0]) not in libs:
        return "%s is not named in %slibs" % (library[0], folder)
    return None


def room_edge(path, bracket, name, target):
    room = path.split("/")[1]
    if target and target.startswith("modules/"):
        return "nothing under src/ knows a module"
    if bracket == '"':
        if name == "features.h":
            return None if room in ("process", "main.cc") else "paths and version are known to process and main.cc only"
        other = name.split("/")[0]
        if other not in TIER or not target:
            return "no room of that name, or no such file"
        if room == "main.cc" or room == other or TIER[other] < TIER[room]:
            return None
        return "%s is of tier %d, %s of tier %d" % (room, TIER[room], other, TIER[other])
    if name.startswith("fmt/") and path.endswith(".h"):
        return "{fmt} is for cold messages: .cc files only"
    library = library_of(name)
    if library and room not in library[1]:
        return "headers of %s belong to %s" % (library[0], " ".join(sorted(library[1])) or "modules")
    if SYSTEM.match(name) and room not in WORLDLY:
        return "the kernel's doors belong to %s" % " ".join(sorted(WORLDLY))
    return None


def check(tree):
    for path in tree.select(("src/", "modules/"), (".h", ".cc")):
        parts = path.split("/")
        if parts[0] == "src" and len(parts) > 2 and parts[1] not in TIER:
            yield "%s:1: room %s has no tier" % (path, parts[1])
            continue
        libs_file = "/".join(parts[:3]) + "/libs"
        libs = tree.text(libs_file).split() if parts[0] == "modules" and os.path.isfile(os.path.join(tree.top, libs_file)) else []
        for line, bracket, name in tree.includes(path):
            target = tree.resolve(path, name) if bracket == '"' else None
            wrong = module_edge(path, name, target, libs) if parts[0] == "modules" else room_edge(path, bracket, name, target)
            if wrong:
                yield "%s:%d: includes %s: %s" % (path, line, name, wrong)
