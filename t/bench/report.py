# SPDX-License-Identifier: MIT
"""Tables of what was measured side by side. A record is what side_by_side.py writes as JSON; the text follows from it alone."""
import statistics

import scenarios

COLUMNS = ("nginx", "nginx+bigbuf", "haproxy", "nghttpx", "h2o", "caddy")
NOISY = 0.05  # of the time that the proxy wanted a processor, the share for which it had none


def table(head, rows):
    lines = ["| %s |" % " | ".join(head), "|%s" % ("---|" * len(head))]
    return lines + ["| %s |" % " | ".join(str(cell) for cell in row) for row in rows] + [""]


def number(value):
    return "%.2f" % value if value < 10 else "%.1f" % value if value < 100 else "%.0f" % value


def spread(values, form=number):
    return "%s (%s–%s)" % (form(statistics.median(values)), form(min(values)), form(max(values)))


def cost(runs):
    """CPU microseconds per request, a round each."""
    return [run["cpu"] * 1e6 / max(1, run["requests"]) for run in runs]


def each(runs, key):
    return [run[key] / max(1, run["requests"]) for run in runs]


def failures(runs):
    return sum(run["errors"] + run["bad"] for run in runs)


def ratios(measured, peer):
    """Ours to a peer's, round by round."""
    ours, theirs = measured["runs"].get("pointsman"), measured["runs"].get(peer)
    return [a / b for a, b in zip(cost(ours), cost(theirs)) if b] if ours and theirs else []


def judge(name, measured):
    """(figure, target, text) of a scenario that has a target; the best peer is the one that leaves us the largest ratio."""
    scenario = scenarios.ALL[name]
    if name in scenarios.IDLE:
        figure = idle_each(measured["runs"]["pointsman"]) if "pointsman" in measured["runs"] else None
        what = "KiB a connection"
    else:
        medians = {peer: statistics.median(ratios(measured, peer)) for peer in scenario.best_of if ratios(measured, peer)}
        best = max(medians, key=medians.get, default=None)
        figure, what = medians.get(best), "of %s" % best
    if figure is None:
        return None, scenario.target, "not measured"
    if failures_of(name, measured):
        return figure, scenario.target, "%d requests failed" % failures_of(name, measured)
    size = statistics.median(each(measured["runs"]["pointsman"], "bytes")) if scenario.most_bytes else 0
    if scenario.most_bytes and size > scenario.most_bytes:
        return figure, scenario.target, "missed: answers of %.0f bytes, more than %d" % (size, scenario.most_bytes)
    return figure, scenario.target, ("met" if round(figure, 3) <= scenario.target else "missed") + ", %.2f %s" % (figure, what)


def failures_of(name, measured):
    runs = measured["runs"].get("pointsman", [])
    return runs["errors"] if name in scenarios.IDLE and runs else failures(runs) if name not in scenarios.IDLE else 0


def main_table(record):
    head = ["scenario", "CPU µs a request", *("to " + peer for peer in COLUMNS), "target", "outcome", "calls"]
    rows = []
    for name, measured in record["scenarios"].items():
        ours = measured["runs"].get("pointsman")
        if name not in scenarios.RATIOS or not ours:
            continue
        cells = [spread(ratios(measured, peer), "{:.2f}".format) if ratios(measured, peer) else "" for peer in COLUMNS]
        scenario = scenarios.ALL[name]
        aim = ["%.2f" % scenario.target, judge(name, measured)[2]] if scenario.target else ["", ""]
        calls = measured["calls"].get("pointsman")
        rows.append([name, spread(cost(ours)), *cells, *aim, "%.2f" % calls if calls else ""])
    return table(head, rows) if rows else []


def delay_table(record):
    rows = []
    for name in scenarios.DELAYS:
        measured = record["scenarios"].get(name, {"runs": {}})
        direct = measured["runs"].get("direct")
        for peer, runs in measured["runs"].items():
            added = [statistics.median(run[q] for run in runs) - statistics.median(run[q] for run in direct) for q in ("p50", "p99", "p999")] if direct else []
            cells = [spread([run[q] for run in runs]) for q in ("p50", "p99", "p999")]
            rows.append([name, peer, *cells, " ".join("%+.0f" % a for a in added) if peer != "direct" else "", failures(runs)])
    head = ["scenario", "proxy", "p50 µs", "p99 µs", "p99.9 µs", "added to direct", "errors"]
    return ["Latency at a fixed rate; a request's clock starts when it was due.", "", *table(head, rows)] if rows else []


def idle_each(run):
    """KiB of PSS a connection, of the larger crowd."""
    most = max(run["crowds"], key=int)
    return (run["crowds"][most] - run["base"]) / int(most)


def idle_table(record):
    rows = []
    for name in scenarios.IDLE:
        measured = record["scenarios"].get(name, {"runs": {}})
        for peer, run in measured["runs"].items():
            crowds = ", ".join("%d at %s" % (kib, count) for count, kib in run["crowds"].items())
            rows.append([name, peer, run["base"], crowds, "%.2f" % idle_each(run), run["after"], run["errors"], judge(name, measured)[2] if peer == "pointsman" else ""])
    head = ["scenario", "proxy", "KiB at rest", "KiB with connections", "KiB each", "KiB afterwards", "errors", "outcome"]
    return ["Memory (PSS) of idle connections, after one request each.", "", *table(head, rows)] if rows else []


def label(name, peer, runs):
    """A peer that resumes only some sessions is no measure for one that resumes all."""
    if "--resume" not in scenarios.ALL[name].load:
        return peer
    return "%s, %.0f %% resumed" % (peer, 100 * sum(r["resumed"] for r in runs) / max(1, sum(r["handshakes"] for r in runs)))


def details(record):
    lines = []
    for name, measured in record["scenarios"].items():
        if name not in scenarios.RATIOS:
            continue
        rows = []
        for peer, runs in measured["runs"].items():
            calls, rate = measured["calls"].get(peer), [run["requests"] / run["seconds"] for run in runs]
            shares = ["%.0f %%" % (100 * statistics.median(share)) for share in ([r["cpu"] / r["seconds"] for r in runs], [r["wait"] / max(1e-9, r["cpu"] + r["wait"]) for r in runs], [r["system"] for r in runs])]
            rows.append([label(name, peer, runs), spread(cost(runs)), "%.0f" % statistics.median(rate), *shares, "%.2f" % calls if calls else "", "%.0f" % statistics.median(each(runs, "bytes")), failures(runs)])
        lines += ["### %s: %s" % (name, scenarios.ALL[name].what), ""]
        lines += table(["proxy", "CPU µs a request", "requests/s", "busy", "waited", "kernel", "calls", "bytes", "errors"], rows)
    return ["## Details", "", *lines] if lines else []


def waited(record):
    """The median over all runs of the share that the proxy waited for its processor: what neighbours took."""
    runs = [run for name, m in record["scenarios"].items() if name in scenarios.RATIOS for peer in m["runs"].values() for run in peer]
    return statistics.median(r["wait"] / max(1e-9, r["cpu"] + r["wait"]) for r in runs) if runs else 0


def heading(record):
    share = waited(record)
    trust = "Quiet" if share <= NOISY else "**Noisy**"
    peers = ", ".join("%s %s" % row for row in record["versions"].items())
    return [
        "# Side by side, %s, commit %s" % (record["date"][:10], record["commit"]),
        "",
        "%s; %s." % (record["machine"], peers),
        "%d rounds of %g s. %s: proxies waited for their processor %.0f %% of the time that they wanted it.%s"
        % (record["rounds"], record["seconds"], trust, 100 * share, " %s" % record["note"] if record["note"] else ""),
        "Cells are medians (min–max); a ratio is ours to theirs of the same round, and below 1 we are cheaper.",
        "",
    ]


def losses(record):
    """Where the table says that somebody is cheaper, and what missed its target."""
    lines = []
    for name, measured in record["scenarios"].items():
        cheaper = ["%s (%.2f)" % (peer, statistics.median(ratios(measured, peer))) for peer in COLUMNS if name in scenarios.RATIOS and ratios(measured, peer) and statistics.median(ratios(measured, peer)) > 1]
        outcome = judge(name, measured)[2] if scenarios.ALL[name].target else ""
        if cheaper or outcome and not outcome.startswith("met"):
            lines.append("- %s: %s" % (name, "; ".join(filter(None, [outcome if not outcome.startswith("met") else "", "cheaper: " + ", ".join(cheaper) if cheaper else ""]))))
    return ["## Where we lose, or miss", "", *(lines or ["Nowhere in this run."]), ""]


def text(record):
    return "\n".join([*heading(record), *main_table(record), *delay_table(record), *idle_table(record), *losses(record), *details(record)])
