"""Rates over the last seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.monitor.rates import Rate

S = 1_000_000_000


def test_rate_of_a_steady_growth_is_exact():
    rate = Rate()
    for step in range(10_000):
        rate.mark(step * S // 1000, step)
    assert rate.per_second() == pytest.approx(1000.0, rel=1e-9)


def test_rate_forgets_what_was_before_its_window():
    rate = Rate(window_ns=5 * S)
    for step in range(100):
        rate.mark(step * S // 10, 100 * step)
    for step in range(100, 200):
        rate.mark(step * S // 10, 10_000 + (step - 100))
    assert rate.per_second() == pytest.approx(10.0, rel=0.02)


def test_rate_of_a_seldom_growth_is_that_of_its_last_two_marks():
    rate = Rate()
    assert rate.per_second() is None
    rate.mark(0, 0)
    assert rate.per_second() is None
    rate.mark(100 * S, 1)
    assert rate.per_second() == 0.01
    rate.mark(150 * S, 2)
    rate.mark(200 * S, 3)
    assert rate.per_second() == 0.02


def test_rate_up_to_now_falls_when_nothing_comes_any_more():
    rate = Rate()
    for step in range(50):
        rate.mark(step * S // 10, step * 100)
    assert rate.per_second(now_ns=50 * S // 10) == pytest.approx(980.0)
    assert rate.per_second(now_ns=49 * S) == pytest.approx(100.0)


def test_rate_begins_anew_after_a_reboot():
    rate = Rate()
    rate.mark(50 * S, 0)
    rate.mark(51 * S, 1)
    rate.clear()
    rate.mark(0, 1)
    assert rate.per_second() is None
    rate.mark(S, 11)
    assert rate.per_second() == 10.0


@given(st.lists(st.integers(0, 3 * S), min_size=2, max_size=300))
def test_rate_keeps_no_more_marks_than_its_window_holds(steps):
    rate, time_ns = Rate(), 0
    for total, step in enumerate(steps):
        time_ns += step
        rate.mark(time_ns, total)
    assert len(rate._marks) <= 53
