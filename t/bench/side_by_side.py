#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CPU per request beside nginx, HAProxy, Caddy and h2o, one worker each, in one run; the targets of the house and whether they are met.

Drives the bench of ../shared/bench (or of $POINTSMAN_BENCH). The ratio of a row is the median over the rounds of ours to a rival's of
the same round; of the two rivals the better counts, that is the larger ratio.
    t/bench/side_by_side.py                    all scenarios, 7 rounds: about 20 minutes
    t/bench/side_by_side.py --rounds 3 --secs 0.6 h1-small routes
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from traffic import BINARY

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.environ.get("POINTSMAN_BENCH") or os.path.join(TOP, "..", "shared", "bench")
PLAIN, BIG, HTTP2 = ("nginx", "haproxy"), ("nginx+bigbuf", "haproxy"), ("nghttpx", "haproxy", "h2o")
TARGETS = {  # scenario: (target, rivals)
    "h1-small": (0.90, PLAIN),
    "routes": (0.90, PLAIN),
    "h1-64k": (0.95, BIG),
    "h1-1m": (0.95, BIG),
    "post-64k": (0.95, BIG),
    "newconn": (1.00, PLAIN),
    "h1-log": (0.95, PLAIN),
    "idle": (0.6, ()),
    "tls-h1": (0.90, PLAIN),
    "tls-h1-1m": (0.95, PLAIN),
    "tls-full-ec": (1.00, PLAIN),
    "tls-full-rsa": (1.02, PLAIN),
    "tls-resume": (0.98, PLAIN),
    "idle-tls": (14.5, ()),
    "h2-10": (0.95, HTTP2),
    "h2-100": (0.95, HTTP2),
    "h2-64k": (0.95, HTTP2),
    "ws": (1.00, ("nginx",)),
    "gzip": (0.50, ("nginx",)),
    "zstd": (0.37, ("caddy",)),
    "br": (0.73, ("h2o",)),
}
MOST_BYTES = {"gzip": 6300, "zstd": 6400, "br": 6600}  # an answer with its head: less CPU must not mean a larger body


def run(scenario, rounds, secs, folder):
    """The bench of one scenario; its JSON record."""
    _, rivals = TARGETS[scenario]
    out = os.path.join(folder, scenario + ".json")
    proxies = ",".join(("pointsman",) + tuple(rivals or PLAIN))
    command = [os.path.join(BENCH, "bench.py"), "--scenario", scenario, "--proxies", proxies, "--rounds", str(rounds), "--secs", str(secs), "--base", (rivals or PLAIN)[0], "--json", out]
    subprocess.run([sys.executable] + command, env=dict(os.environ, PERF_POINTSMAN=BINARY), check=True)
    with open(out) as f:
        return json.loads(f.readlines()[-1])


def cost(rounds):
    return [r["cpu"] * 1e6 / max(1, r["requests"]) for r in rounds]


def judge_ratio(scenario, record):
    target, rivals = TARGETS[scenario]
    ours = cost(record["results"]["pointsman"])
    ratios = {r: statistics.median(a / b for a, b in zip(ours, cost(record["results"][r]))) for r in rivals if record["results"].get(r)}
    if not ratios or not ours:
        return [(scenario, "not measured", target, False)]
    rival = max(ratios, key=ratios.get)
    errors = sum(r["errors"] + r["bad"] for r in record["results"]["pointsman"])
    note = ", ".join("%s %.2f" % (r, v) for r, v in ratios.items()) + (", %d ERRORS" % errors if errors else "")
    return judge_bytes(scenario, record) + [("%s: CPU to the better of two (%s)" % (scenario, note), "%.2f" % ratios[rival], target, ratios[rival] <= target and not errors)]


def judge_bytes(scenario, record):
    if scenario not in MOST_BYTES:
        return []
    size = statistics.median(r["bytes"] / max(1, r["requests"]) for r in record["results"]["pointsman"])
    return [("%s: bytes of an answer" % scenario, "%.0f" % size, MOST_BYTES[scenario], size <= MOST_BYTES[scenario])]


def judge_idle(scenario, record):
    (row,) = record["results"]["pointsman"]
    most = max(int(k) for k in row if k.isdigit())
    each = (row[str(most)] - row["base"]) / most
    target, _ = TARGETS[scenario]
    return [("%s: KiB of PSS per connection at %d" % (scenario, most), "%.2f" % each, target, each <= target)]


def judge_calls(record):
    total = record["syscalls"].get("pointsman", {}).get("TOTAL")
    return [("h1-small: system calls per request", "%.2f" % total, 4.4, total <= 4.4)] if total is not None else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=list(TARGETS), help=" ".join(TARGETS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--secs", type=float, default=1.5)
    options = parser.parse_args()
    if not os.path.exists(os.path.join(BENCH, "bench.py")):
        raise SystemExit("no bench in %s; name another folder in POINTSMAN_BENCH" % BENCH)
    rows = []
    with tempfile.TemporaryDirectory(prefix="pointsman-bench-") as folder:
        for scenario in options.scenarios:
            record = run(scenario, options.rounds, options.secs, folder)
            rows += judge_idle(scenario, record) if scenario.startswith("idle") else judge_ratio(scenario, record)
            if scenario == "h1-small":
                rows += judge_calls(record)
    print("\n### Targets\n\n| what | measured | target | |\n|---|---|---|---|")
    for what, measured, target, good in rows:
        print("| %s | %s | <= %.2f | %s |" % (what, measured, target, "pass" if good else "FAIL"))
    sys.exit(0 if all(row[3] for row in rows) else 1)


if __name__ == "__main__":
    main()
