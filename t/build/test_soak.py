# SPDX-License-Identifier: MIT
"""What `make soak` takes for growth (t/lib/flatness.py), from figures that are made up."""
import pytest
from house import TOP  # noqa: F401  (it knows where t/ is)

from lib.flatness import FIGURES, Record

LEVEL = dict.fromkeys(FIGURES, 4000)
A_CYCLE = 5


def record(cycles, figure=None, each_sample=0, pid=lambda sample: sample, worker=lambda sample: 4000):
    made = Record(A_CYCLE)
    for sample in range(cycles * A_CYCLE):
        figures = dict(LEVEL)
        if figure:
            figures[figure] += each_sample * sample
        made.add(figures, {pid(sample): worker(sample)})
    return made.findings()


@pytest.mark.parametrize("cycles", [1, 2, 3, 9])
def test_a_level_is_flat(cycles):
    assert record(cycles) == []


@pytest.mark.parametrize("cycles", [2, 3, 9])
@pytest.mark.parametrize("figure", FIGURES)
def test_what_grows_is_named(figure, cycles):
    found = record(cycles, figure, each_sample=400)
    assert len(found) == 1 and found[0].startswith(figure + " grew")


def test_one_more_process_or_a_few_more_descriptors_are_growth():
    assert record(9, "processes", each_sample=0.1)
    assert record(9, "master_fds", each_sample=0.1)


def test_a_worker_that_grows_is_found_though_each_is_replaced_before_long():
    found = record(6, pid=lambda sample: sample // A_CYCLE, worker=lambda sample: 4000 + 700 * (sample % A_CYCLE))
    assert len(found) == 1 and "within its life" in found[0]


def test_what_a_worker_takes_at_first_is_no_growth():
    assert not record(6, pid=lambda sample: sample // A_CYCLE, worker=lambda sample: 9000 if sample % A_CYCLE else 4000)


def test_a_single_high_sample_is_no_growth():
    made = Record(A_CYCLE)
    for sample in range(3 * A_CYCLE):
        made.add(dict(LEVEL, worker_kib=90_000 if sample == 3 * A_CYCLE - 1 else 4000), {1: 4000})
    assert made.findings() == []
