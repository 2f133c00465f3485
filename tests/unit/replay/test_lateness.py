"""Percentiles in bounded memory, against numpy's of all the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.replay import Lateness

numbers = st.lists(st.one_of(st.integers(0, 10_000_000), st.integers(0, 10**13)), min_size=1, max_size=60)


@given(numbers, st.sampled_from([1, 50, 90, 99, 100]))
def test_a_percentile_is_the_number_that_so_many_do_not_exceed(late, percent):
    lateness = Lateness()
    for ns in late:
        lateness.add(ns)
    exact = np.percentile(late, percent, method="inverted_cdf")
    got = lateness.percentile_ns(percent)
    assert exact - max(1000, exact / 100) < got <= exact
    assert (lateness.count, lateness.max_ns, lateness.last_ns) == (len(late), max(late), late[-1])


def test_a_replay_of_days_keeps_a_few_thousand_numbers():
    lateness = Lateness()
    for us in range(0, 3_000_000, 7):
        lateness.add(us * 1000)
    assert len(lateness._buckets) < 5000
    assert lateness.percentile_ns(50) == pytest.approx(1.5e9, rel=0.01)


def test_of_nothing_there_is_no_lateness():
    assert Lateness().percentile_ns(99) == 0
