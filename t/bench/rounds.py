# SPDX-License-Identifier: MIT
"""One round against one proxy: what the clients counted, and what the proxy used meanwhile."""
import generator
import meter
from stand import TOOLS

WARM = 0.2


def words(ground, scenario, proxy, **length):
    return generator.pinned(ground.cores[1]) + generator.command(TOOLS, scenario, proxy.port, **length)


def ready(ground, scenario, proxy):
    """Returns when it has answered once: a port may be open before anybody serves it."""
    return generator.run(scenario, words(ground, scenario, proxy, count=1))


def used(proxy):
    return meter.used(proxy.pid) if proxy.process else meter.Used({}, (0, 0))


def rounded(figures):
    return {key: round(value, 6) for key, value in figures.items()}


def once(ground, scenario, proxy, seconds, warm=WARM):
    if scenario.streams:
        before = used(proxy)
        result = generator.run(scenario, words(ground, scenario, proxy, seconds=seconds))
        return rounded({**result, **used(proxy).since(before)})
    with generator.Held(words(ground, scenario, proxy, seconds=seconds, warm=warm)) as held:
        before = used(proxy)
        result = held.result()
        return rounded({**result, **used(proxy).since(before)})


def calls(ground, scenario, proxy):
    """System calls a request, the set-up of connections included."""
    count, text = meter.calls(proxy.pid, words(ground, scenario, proxy, seconds=0.5))
    return count and count / max(1, generator.result(scenario, text)["requests"])
