"""Axes: round numbers at their places."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freefall.report.axis import Axis, time_axis, value_axis
from freefall.report.element import Markup, element
from freefall.report.numbers import count, duration, fixed, micros, whole

numbers = st.one_of(st.floats(-1e9, 1e9), st.floats(-1e-3, 1e-3), st.floats(-1e200, 1e200))


@given(numbers, numbers, st.integers(2, 12))
def test_ticks_are_few_round_rising_and_within_and_their_labels_are_true(a, b, most):
    low, high = sorted((a, b))
    assume(high - low > 1e-6 * max(abs(low), abs(high), 1e-12))
    axis = Axis(low, high, 0, 100)
    ticks = axis.ticks(most)
    values = [value for value, _ in ticks]
    assert len(ticks) <= most + 1
    assert values == sorted(set(values))
    slack = 1e-6 * (high - low)
    assert all(low - slack <= value <= high + slack for value in values)
    assert [float(label) for _, label in ticks] == pytest.approx(values, rel=1e-9, abs=1e-9 * (high - low))
    assert len({label for _, label in ticks}) == len(ticks)
    assert all(len(label) <= 14 for _, label in ticks)
    if most >= 5:
        assert len(ticks) >= 2


def test_places_are_linear_for_numbers_and_arrays():
    axis = Axis(0, 10, 200, 100)
    assert axis.at(2.5) == 175
    assert axis.at(np.array([0.0, 10.0])).tolist() == [200, 100]


@pytest.mark.parametrize("low, high", [(5.0, 5.0), (0.0, 0.0), (-1e-9, -1e-9), (1.0, 2.0)])
def test_axis_of_values_has_room_even_for_one_value(low, high):
    axis = value_axis(low, high, 0, 1)
    assert axis.low < low <= high < axis.high


@pytest.mark.parametrize("seconds, unit, high", [(0, "s", 0.001), (170, "s", 170), (600, "min", 10), (86_400, "h", 24)])
def test_time_is_in_the_unit_that_fits(seconds, unit, high):
    axis, _, name = time_axis(seconds, 0, 100)
    assert (name, axis.high) == (unit, high)


def test_text_and_attributes_are_escaped_and_markup_is_not():
    inner = element("b", "<&>")
    assert inner == "<b>&lt;&amp;&gt;</b>" and isinstance(inner, Markup)
    assert element("p", inner, None, "a", class_="x", id=None, title='"<', stroke_width=2) == (
        '<p class="x" title="&quot;&lt;" stroke-width="2"><b>&lt;&amp;&gt;</b>a</p>'
    )


def test_numbers_are_short_and_never_minus_zero():
    assert (fixed(-0.0004, 2), fixed(1.005, 1)) == ("0.00", "1.0")
    assert (whole(1234567), whole(12)) == ("1\u202f234\u202f567", "12")
    assert (micros(-1e-9), micros(12_345), micros(1_234_567)) == ("0.0", "12.3", "1235")
    assert (count(1, "gap"), count(2, "gap")) == ("1 gap", "2 gaps")
    assert [duration(s) for s in (3.14, 125, 12_000, 180_000)] == ["3.1 s", "2 min 5 s", "3 h 20 min", "2 d 2 h"]
